//! Attention items: why something is not in Optedo, in a form that a person can act on. Pure.

use serde::{Deserialize, Serialize};

use crate::ids::{EventId, PersonId};

/// What an item is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No Optedo user has exactly this name, or the person was archived while absences stand.
    UnmatchedPerson,
    /// Several Optedo users, or several people in Officient, have this name.
    AmbiguousPerson,
    /// No Optedo absence type has this description.
    UnmappedLeaveType,
    /// Several have.
    AmbiguousLeaveType,
    /// The event cannot be an absence as it is.
    InvalidEvent,
    /// Optedo does not accept the absence.
    RejectedByOptedo,
    /// Too many deletions at once: the admin must confirm.
    DeletionsHeld,
    /// Officient does not know an event name.
    WebhookRefused,
    /// Sweeps keep finding changes that no webhook announced.
    WebhooksSilent,
    /// Somebody must sign in at Officient again.
    ReauthorizationRequired,
    /// Optedo does not accept our token.
    OptedoUnauthorized,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::UnmatchedPerson,
        Self::AmbiguousPerson,
        Self::UnmappedLeaveType,
        Self::AmbiguousLeaveType,
        Self::InvalidEvent,
        Self::RejectedByOptedo,
        Self::DeletionsHeld,
        Self::WebhookRefused,
        Self::WebhooksSilent,
        Self::ReauthorizationRequired,
        Self::OptedoUnauthorized,
    ];

    /// The word of the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnmatchedPerson => "unmatched_person",
            Self::AmbiguousPerson => "ambiguous_person",
            Self::UnmappedLeaveType => "unmapped_leave_type",
            Self::AmbiguousLeaveType => "ambiguous_leave_type",
            Self::InvalidEvent => "invalid_event",
            Self::RejectedByOptedo => "rejected_by_optedo",
            Self::DeletionsHeld => "deletions_held",
            Self::WebhookRefused => "webhook_refused",
            Self::WebhooksSilent => "webhooks_silent",
            Self::ReauthorizationRequired => "reauthorization_required",
            Self::OptedoUnauthorized => "optedo_unauthorized",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A near miss: what is in Optedo, and in what it differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hint {
    /// In what the two differ.
    pub difference: Difference,
    /// The name or description in Optedo.
    pub candidate: String,
}

/// In what two texts differ that nearly match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The same letters in another Unicode form (é as one code point or as two).
    UnicodeForm,
    /// Spaces before, after or between.
    Spaces,
    /// Upper and lower case.
    Case,
    /// Accents.
    Accents,
    /// First and last name are swapped.
    Swapped,
    /// More than one of these.
    Several,
    /// Nothing: but the user is inactive in Optedo.
    Inactive,
}

impl std::fmt::Display for Hint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let how = match self.difference {
            Difference::UnicodeForm => "looks the same but is spelt with other Unicode characters",
            Difference::Spaces => "differs in spaces",
            Difference::Case => "differs in upper and lower case",
            Difference::Accents => "differs in accents",
            Difference::Swapped => "has first and last name the other way round",
            Difference::Several => "differs in case, spaces or accents",
            Difference::Inactive => "is there but inactive",
        };
        write!(f, "“{}” in Optedo {how}", self.candidate)
    }
}

/// An item: one is open for a kind and a subject at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is about.
    pub kind: Kind,
    /// Officient's id of the subject.
    pub subject_id: String,
    /// The person's name, or the description looked for.
    pub subject: Option<String>,
    /// What is the case, in a sentence.
    pub detail: String,
    /// The near miss.
    pub hint: Option<Hint>,
}

impl Item {
    fn of_person(
        kind: Kind,
        person: PersonId,
        name: &str,
        detail: impl Into<String>,
        hint: Option<Hint>,
    ) -> Self {
        let subject = Some(name.to_owned());
        Self { kind, subject_id: person.to_string(), subject, detail: detail.into(), hint }
    }

    /// No Optedo user has this name.
    pub fn unmatched(person: PersonId, name: &str, hint: Option<Hint>) -> Self {
        let detail = format!("No active Optedo user is called exactly “{name}”.");
        Self::of_person(Kind::UnmatchedPerson, person, name, detail, hint)
    }

    /// The person is archived or deleted in Officient while absences stand in Optedo.
    pub fn archived(person: PersonId, name: &str) -> Self {
        let detail = "Archived or deleted in Officient; the absences in Optedo stay as they are.";
        Self::of_person(Kind::UnmatchedPerson, person, name, detail, None)
    }

    /// Several Optedo users, or several people in Officient, have this name.
    pub fn ambiguous_person(person: PersonId, name: &str, users: usize, people: usize) -> Self {
        let detail = if users > 1 {
            format!("{users} active Optedo users are called “{name}”.")
        } else {
            format!("{people} people in Officient are called “{name}”.")
        };
        Self::of_person(Kind::AmbiguousPerson, person, name, detail, None)
    }

    /// No Optedo absence type has this description. `type_id`: Officient's, or the word of a built-in type.
    pub fn unmapped(type_id: String, description: &str, hint: Option<Hint>) -> Self {
        Self {
            kind: Kind::UnmappedLeaveType,
            subject_id: type_id,
            subject: Some(description.to_owned()),
            detail: format!("No absence type in Optedo is described exactly “{description}”."),
            hint,
        }
    }

    /// Several absence types have this description.
    pub fn ambiguous_type(type_id: String, description: &str, count: usize) -> Self {
        Self {
            kind: Kind::AmbiguousLeaveType,
            subject_id: type_id,
            subject: Some(description.to_owned()),
            detail: format!("{count} absence types in Optedo are described “{description}”."),
            hint: None,
        }
    }

    /// The event cannot be an absence as it is.
    pub fn invalid_event(event: EventId, name: &str, fault: &str) -> Self {
        Self {
            kind: Kind::InvalidEvent,
            subject_id: event.to_string(),
            subject: Some(name.to_owned()),
            detail: format!("Event {event} in Officient {fault}."),
            hint: None,
        }
    }

    /// Optedo does not accept the absence.
    pub fn rejected(event: EventId, name: &str, status: u16, message: &str) -> Self {
        Self {
            kind: Kind::RejectedByOptedo,
            subject_id: event.to_string(),
            subject: Some(name.to_owned()),
            detail: format!("Optedo refused the absence of event {event} ({status}): {message}"),
            hint: None,
        }
    }

    /// More deletions at once than allowed.
    pub fn deletions_held(count: i64) -> Self {
        let detail = format!(
            "{count} absences would be deleted from Optedo because their events are gone from Officient. \
             That is more than allowed at once: confirm it, or put the events back."
        );
        Self {
            kind: Kind::DeletionsHeld,
            subject_id: "deletions".to_owned(),
            subject: None,
            detail,
            hint: None,
        }
    }

    /// Officient does not know this event name.
    pub fn webhook_refused(event: &str, why: &str) -> Self {
        Self {
            kind: Kind::WebhookRefused,
            subject_id: event.to_owned(),
            subject: Some(event.to_owned()),
            detail: format!("Officient refused to send the event “{event}”: {why}"),
            hint: None,
        }
    }

    /// Sweeps keep finding changes that no webhook announced.
    pub fn webhooks_silent(sweeps: i32) -> Self {
        let detail = format!(
            "The last {sweeps} times that everybody was looked at, leave had changed without a webhook. \
             Changes arrive late: check the event names."
        );
        Self {
            kind: Kind::WebhooksSilent,
            subject_id: "webhooks".to_owned(),
            subject: None,
            detail,
            hint: None,
        }
    }

    /// Somebody must sign in at Officient again.
    pub fn reauthorization_required() -> Self {
        let detail = "Officient no longer accepts the connection: sign in again. Nothing is lost meanwhile.";
        let subject_id = "officient".to_owned();
        Self {
            kind: Kind::ReauthorizationRequired,
            subject_id,
            subject: None,
            detail: detail.to_owned(),
            hint: None,
        }
    }

    /// Optedo does not accept our token.
    pub fn optedo_unauthorized() -> Self {
        let detail =
            "Optedo does not accept the API token: check optedo.api_token. Everything waits meanwhile.";
        let subject_id = "optedo".to_owned();
        Self {
            kind: Kind::OptedoUnauthorized,
            subject_id,
            subject: None,
            detail: detail.to_owned(),
            hint: None,
        }
    }
}

/// In what `theirs` differs from `ours` if the two nearly match; `None` when they are equal or unlike.
pub fn difference(ours: &str, theirs: &str) -> Option<Difference> {
    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::is_combining_mark;

    let form = |text: &str| text.nfc().collect::<String>();
    let spaces = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let case = |text: &str| text.to_lowercase();
    let accents = |text: &str| text.nfd().filter(|char| !is_combining_mark(*char)).collect::<String>();
    let everything = |text: &str| accents(&case(&spaces(&form(text)))).replace(['-', '\'', '’', ' '], "");
    let same = |fold: &dyn Fn(&str) -> String| fold(ours) == fold(theirs);

    if ours == theirs || everything(ours).is_empty() {
        None
    } else if same(&form) {
        Some(Difference::UnicodeForm)
    } else if same(&spaces) {
        Some(Difference::Spaces)
    } else if same(&case) {
        Some(Difference::Case)
    } else if same(&accents) {
        Some(Difference::Accents)
    } else if same(&everything) {
        Some(Difference::Several)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("other"), None);
    }

    #[test]
    fn a_near_miss_is_named_by_what_differs() {
        let tests = [
            ("jan Peeters", "Jan Peeters", Some(Difference::Case)),
            ("Jan Peeters ", "Jan Peeters", Some(Difference::Spaces)),
            ("Jan  Peeters", "Jan Peeters", Some(Difference::Spaces)),
            ("Renee Peeters", "Renée Peeters", Some(Difference::Accents)),
            ("Rene\u{301}e", "Ren\u{e9}e", Some(Difference::UnicodeForm)),
            ("renee  peeters", "Renée Peeters", Some(Difference::Several)),
            ("Jan-Pieter", "jan pieter", Some(Difference::Several)),
            ("Jan Peeters", "Jan Peeters", None),
            ("Jan Peeters", "Piet Janssens", None),
            ("", " ", None),
        ];
        for (ours, theirs, expected) in tests {
            assert_eq!(difference(ours, theirs), expected, "{ours:?} {theirs:?}");
        }
    }
}
