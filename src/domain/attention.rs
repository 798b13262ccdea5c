//! Attention items: why leave is not in Optedo, in a form that the admin can act on. Pure.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::domain::failure::{FailureKind, Upstream};
use crate::domain::ids::{EventId, PersonId, UserId};

/// What an item is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr, VariantArray, ToSchema)]
#[schema(as = AttentionKind, rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum AttentionKind {
    /// No Optedo user has exactly this name.
    UnmatchedPerson,
    /// Several Optedo users, or several people in Officient, have this name.
    AmbiguousPerson,
    /// No Optedo absence type has this description.
    UnmappedLeaveType,
    /// Several Optedo absence types have this description.
    AmbiguousLeaveType,
    /// The event cannot become an absence as it is.
    InvalidEvent,
    /// Optedo does not accept the absence.
    RejectedByOptedo,
    /// Too many deletions at once: the admin must confirm.
    DeletionsHeld,
    /// Officient does not know an event name.
    WebhookRefused,
    /// Sweeps keep finding changes that no webhook announced.
    WebhooksSilent,
    /// An admin must sign in at Officient again.
    ReauthorizationRequired,
    /// Optedo does not accept our token.
    OptedoUnauthorized,
    /// Officient has failed for a while.
    OfficientFailing,
    /// Optedo has failed for a while.
    OptedoFailing,
    /// One person could not be read or written for a while, although others could.
    PersonFailing,
    /// Somebody changed or deleted the person's absences in Optedo.
    DiffersInOptedo,
    /// People who are archived in Officient have absences from today on: the admin decides about them.
    ArchivedPeople,
    /// The admin paused long ago.
    Paused,
    /// One side of a link made by hand no longer exists.
    LinkBroken,
}

/// The reason of an item, as data that the page shows in the admin's language. It decides the [`AttentionKind`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "case", rename_all = "snake_case")]
pub enum Cause {
    /// No active Optedo user has exactly this name.
    NoSuchUser,
    /// People are archived or deleted in Officient, and have absences in Optedo. An older version opened an item for
    /// each.
    Archived,
    /// The user whom the admin linked the person to no longer exists in Optedo.
    LinkedUserGone {
        user: i64,
    },
    /// The person whom the admin linked to the user no longer exists in Officient.
    LinkedPersonGone {
        user: i64,
    },
    /// `count` active Optedo users have this name.
    SeveralUsers {
        count: usize,
    },
    /// `count` people in Officient have this name.
    SeveralPeople {
        count: usize,
    },
    /// No absence type has exactly this description.
    NoSuchType,
    /// The leave type has leave now, and no absence type from this year on.
    UnmappedNextYear {
        year: i16,
    },
    /// The absence type that the admin chose no longer exists.
    ChosenTypeGone {
        absence_type: i64,
    },
    /// `count` absence types have this description.
    SeveralTypes {
        count: usize,
    },
    /// The event cannot become an absence.
    Invalid {
        fault: EventFault,
        #[serde(default)]
        date: Option<Date>,
    },
    /// Optedo does not accept the absence.
    Rejected {
        status: u16,
        message: String,
        #[serde(default)]
        date: Option<Date>,
    },
    /// `count` deletions at once are more than allowed.
    DeletionsHeld {
        count: i64,
    },
    /// Officient does not know the event name.
    WebhookRefused {
        message: String,
    },
    /// `sweeps` sweeps in a row found changes that no webhook announced.
    WebhooksSilent {
        sweeps: i32,
    },
    /// The refresh token was refused.
    ReauthorizationRequired,
    /// Our token was refused.
    OptedoUnauthorized,
    /// An upstream fails.
    UpstreamFailing(LastingFailure),
    /// Only this person fails.
    PersonFailing(LastingFailure),
    /// `count` absences in Optedo are not as Officient says.
    DiffersInOptedo {
        count: i64,
    },
    Paused {
        since: Timestamp,
    },
}

/// A failure that was tried again until now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastingFailure {
    pub failure: FailureKind,
    /// The call and what came back; no names, no leave.
    pub error: String,
    pub since: Timestamp,
}

/// Which field of an event is missing, or not understood. Their names in the database are older than these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum EventFault {
    /// There is no date, or one that contradicts the day or the year under which the event is listed.
    #[serde(rename = "no_date")]
    Date,
    /// Whether the event is time off.
    #[serde(rename = "no_kind")]
    Type,
    #[serde(rename = "no_status")]
    Status,
    /// The duration is missing, not positive, or longer than a day.
    #[serde(rename = "no_duration")]
    Duration,
    /// The start is not within the day.
    #[serde(rename = "out_of_range")]
    Start,
    /// How long the person works that day.
    Scheduled,
    Working,
    /// The name of the leave type, on which the mapping depends.
    Name,
    /// The leave type's field for Optedo, or its name.
    LeaveType,
    /// One id, twice in the calendar with different content.
    ListedTwice,
    /// An entry of the calendar without an id that is understood.
    Entry,
}

impl Cause {
    pub fn kind(&self) -> AttentionKind {
        match self {
            Self::NoSuchUser => AttentionKind::UnmatchedPerson,
            Self::Archived => AttentionKind::ArchivedPeople,
            Self::LinkedUserGone { .. } | Self::LinkedPersonGone { .. } => AttentionKind::LinkBroken,
            Self::SeveralUsers { .. } | Self::SeveralPeople { .. } => AttentionKind::AmbiguousPerson,
            Self::NoSuchType | Self::ChosenTypeGone { .. } | Self::UnmappedNextYear { .. } => {
                AttentionKind::UnmappedLeaveType
            }
            Self::SeveralTypes { .. } => AttentionKind::AmbiguousLeaveType,
            Self::Invalid { .. } => AttentionKind::InvalidEvent,
            Self::Rejected { .. } => AttentionKind::RejectedByOptedo,
            Self::DeletionsHeld { .. } => AttentionKind::DeletionsHeld,
            Self::WebhookRefused { .. } => AttentionKind::WebhookRefused,
            Self::WebhooksSilent { .. } => AttentionKind::WebhooksSilent,
            Self::ReauthorizationRequired => AttentionKind::ReauthorizationRequired,
            Self::OptedoUnauthorized => AttentionKind::OptedoUnauthorized,
            Self::UpstreamFailing(lasting) if lasting.failure.is_of_optedo() => AttentionKind::OptedoFailing,
            Self::UpstreamFailing(_) => AttentionKind::OfficientFailing,
            Self::PersonFailing(_) => AttentionKind::PersonFailing,
            Self::DiffersInOptedo { .. } => AttentionKind::DiffersInOptedo,
            Self::Paused { .. } => AttentionKind::Paused,
        }
    }
}

impl std::fmt::Display for EventFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Date => "has no date that is understood, or another one than the day under which it is listed",
            Self::Type => "has a type that is not understood (“time_off” and “overtime” are)",
            Self::Status => "has a status that is not understood (“approved”, “pending” and “declined” are)",
            Self::Duration => "has no duration_minutes between 1 and 1440",
            Self::Start => "has a start_time_minutes that is not between 0 and 1439",
            Self::Scheduled => "is on a day whose scheduled_minutes is not understood",
            Self::Working => "has a value of working that is not understood (0 and 1 are)",
            Self::Name => "has a name that is not understood",
            Self::LeaveType => "is of a leave type whose field for Optedo is not understood",
            Self::ListedTwice => "is listed twice with different content",
            Self::Entry => "has no id that is understood",
        })
    }
}

/// A near miss: a name or description in Optedo that nearly matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hint {
    pub difference: Difference,
    /// The name or description in Optedo.
    pub candidate: String,
    /// The parts of a name; absent in hints that an older version stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<HintedNames>,
}

/// A user's two names in Optedo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintedNames {
    pub first: String,
    pub last: String,
    /// The user's id; absent in hints that an older version stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
}

/// How two texts differ that nearly match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Difference {
    /// The same letters in another Unicode form (é as one code point or as two).
    UnicodeForm,
    Spaces,
    Case,
    Accents,
    /// First and last name are swapped.
    Swapped,
    /// More than one of the differences above.
    Several,
    /// The names are equal, but the user is inactive in Optedo.
    Inactive,
    /// The last name in Optedo has the insertion ("van den") that Officient keeps apart.
    Insertion,
    /// The names are equal, but the admin linked somebody else to the user.
    Linked,
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
            Difference::Linked => "is there but linked to somebody else by hand",
            Difference::Insertion => "has in its last name the insertion that Officient keeps in a field of its own",
        };
        write!(f, "“{}” in Optedo {how}", self.candidate)
    }
}

/// Serializes a hint as the API shows it: a sentence.
pub fn hint_sentence<S: Serializer>(hint: &Option<Hint>, serializer: S) -> Result<S::Ok, S::Error> {
    hint.as_ref().map(ToString::to_string).serialize(serializer)
}

/// An attention item. At most one item of a kind is open for a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttentionItem {
    /// Officient's id of the subject, or a fixed word for a kind without a subject.
    pub subject_id: String,
    /// The person's name, or the description looked for.
    pub subject: Option<String>,
    pub cause: Cause,
    pub hint: Option<Hint>,
}

impl AttentionItem {
    fn new(cause: Cause, subject_id: impl Into<String>, subject: Option<&str>) -> Self {
        Self { cause, subject_id: subject_id.into(), subject: subject.map(str::to_owned), hint: None }
    }

    pub fn of_person(person: PersonId, name: &str, cause: Cause, hint: Option<Hint>) -> Self {
        Self { hint, ..Self::new(cause, person.to_string(), Some(name)) }
    }

    /// `type_id`: Officient's id; `sick_day` or `education` for a built-in type.
    pub fn of_type(type_id: &str, description: &str, cause: Cause, hint: Option<Hint>) -> Self {
        Self { hint, ..Self::new(cause, type_id, Some(description)) }
    }

    /// A type of next year. Its subject differs from that of the type of this year.
    pub fn unmapped_next_year(year: i16, type_id: &str, description: &str, hint: Option<Hint>) -> Self {
        Self::of_type(&format!("{type_id}-{year}"), description, Cause::UnmappedNextYear { year }, hint)
    }

    /// `name`: the full name of the person.
    pub fn of_event(event: EventId, name: &str, cause: Cause) -> Self {
        Self::new(cause, event.to_string(), Some(name))
    }

    /// An entry of the person's calendar that names no event.
    pub fn unreadable_entry(person: PersonId, name: &str) -> Self {
        let cause = Cause::Invalid { fault: EventFault::Entry, date: None };
        Self::new(cause, format!("person-{person}"), Some(name))
    }

    pub fn deletions_held(count: i64) -> Self {
        Self::new(Cause::DeletionsHeld { count }, "deletions", None)
    }

    /// The subject of [`AttentionItem::archived_people`].
    pub const ARCHIVED: &str = "archived";

    pub fn archived_people() -> Self {
        Self::new(Cause::Archived, Self::ARCHIVED, None)
    }

    pub fn webhook_refused(event: &str, message: &str) -> Self {
        Self::new(Cause::WebhookRefused { message: message.to_owned() }, event, Some(event))
    }

    pub fn webhooks_silent(sweeps: i32) -> Self {
        Self::new(Cause::WebhooksSilent { sweeps }, "webhooks", None)
    }

    pub fn reauthorization_required() -> Self {
        Self::new(Cause::ReauthorizationRequired, "officient", None)
    }

    pub fn optedo_unauthorized() -> Self {
        Self::new(Cause::OptedoUnauthorized, "optedo", None)
    }

    /// The subject of [`AttentionItem::paused`].
    pub const PAUSE: &str = "pause";

    pub fn paused(since: Timestamp) -> Self {
        Self::new(Cause::Paused { since }, Self::PAUSE, None)
    }

    pub fn upstream_failing(upstream: Upstream, lasting: LastingFailure) -> Self {
        let subject_id = match upstream {
            Upstream::Officient => "officient",
            Upstream::Optedo => "optedo",
        };
        Self::new(Cause::UpstreamFailing(lasting), subject_id, None)
    }

    pub fn kind(&self) -> AttentionKind {
        self.cause.kind()
    }

    /// The cause as an English sentence, for the API and the commands. The page has texts of its own.
    pub fn detail(&self) -> String {
        let subject = self.subject.as_deref().unwrap_or_default();
        let subject_id = &self.subject_id;
        match &self.cause {
            Cause::NoSuchUser => format!("No active Optedo user is called exactly “{subject}”."),
            Cause::Archived => {
                "People who are archived or deleted in Officient have absences in Optedo from today on. They \
                stay until somebody decides: delete or keep them."
                    .to_owned()
            }
            Cause::LinkedUserGone { user } => format!(
                "User {user}, to whom “{subject}” was linked by hand, no longer exists in Optedo. \
                 Link “{subject}” again, or remove the link."
            ),
            Cause::LinkedPersonGone { user } => format!(
                "“{subject}” no longer exists in Officient. The link with user {user} ended; what is in Optedo stays."
            ),
            Cause::SeveralUsers { count } => format!("{count} active Optedo users are called “{subject}”."),
            Cause::SeveralPeople { count } => format!("{count} people in Officient are called “{subject}”."),
            Cause::NoSuchType => format!("No absence type in Optedo is described exactly “{subject}”."),
            Cause::UnmappedNextYear { year } => format!(
                "From {year} on, no absence type in Optedo is described “{subject}”. \
                 Leave of this type is used now."
            ),
            Cause::ChosenTypeGone { absence_type } => {
                format!("Absence type {absence_type}, which was chosen for “{subject}”, no longer exists in Optedo.")
            }
            Cause::SeveralTypes { count } => {
                format!("{count} absence types in Optedo are described “{subject}”.")
            }
            Cause::Invalid { fault: EventFault::Entry, .. } => {
                "An entry of the calendar in Officient has no id that is understood; nothing is deleted meanwhile."
                    .to_owned()
            }
            Cause::Invalid { fault, .. } => format!("Event {subject_id} in Officient {fault}."),
            Cause::Rejected { status, message, .. } => {
                format!("Optedo refused the absence of event {subject_id} ({status}): {message}")
            }
            Cause::DeletionsHeld { count } => format!(
                "{count} absences would be deleted from Optedo because their events are gone from Officient. \
                 That is more than allowed at once: confirm it, or put the events back."
            ),
            Cause::WebhookRefused { message } => {
                format!("Officient refused to send the event “{subject}”: {message}")
            }
            Cause::WebhooksSilent { sweeps } => format!(
                "The last {sweeps} times that everybody was looked at, leave had changed without a webhook. \
                 Changes arrive late: check the event names."
            ),
            Cause::ReauthorizationRequired => {
                "Officient no longer accepts the connection: sign in again. Nothing is lost meanwhile.".to_owned()
            }
            Cause::OptedoUnauthorized => {
                "Optedo does not accept the API token: check optedo.api_token. Everything waits meanwhile.".to_owned()
            }
            Cause::UpstreamFailing(LastingFailure { error, since, .. }) => format!(
                "Since {since:.0}, a call fails: {error}. It is tried again by itself, and nothing is lost meanwhile."
            ),
            Cause::Paused { since } => {
                format!("Paused since {since:.0}: nothing is written to Optedo. Resume on the settings page.")
            }
            Cause::DiffersInOptedo { count } => format!(
                "{count} absences of “{subject}” in Optedo are not as Officient says. \
                 Restore them, or keep them as they are."
            ),
            Cause::PersonFailing(LastingFailure { error, since, .. }) => format!(
                "Since {since:.0}, this person cannot be reconciled, while others can: {error}. \
                 It is tried again by itself."
            ),
        }
    }
}

/// The text without case, accents, spaces, hyphens and apostrophes. Texts that nearly match fold to the same text.
pub fn fold(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::is_combining_mark;

    let is_kept = |char: &char| !char.is_whitespace() && !['-', '\'', '’'].contains(char);
    if text.is_ascii() {
        // As most names are: there is nothing to compose, and no accent to take away.
        return text.chars().filter(is_kept).map(|char| char.to_ascii_lowercase()).collect();
    }
    let lower = text.nfc().collect::<String>().to_lowercase();
    lower.nfd().filter(|char| !is_combining_mark(*char)).filter(is_kept).collect()
}

/// How `theirs` differs from `ours` if the two nearly match; `None` if they are equal, or not similar.
pub fn difference(ours: &str, theirs: &str) -> Option<Difference> {
    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::is_combining_mark;

    let form = |text: &str| text.nfc().collect::<String>();
    let spaces = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let case = |text: &str| text.to_lowercase();
    let accents = |text: &str| text.nfd().filter(|char| !is_combining_mark(*char)).collect::<String>();
    let same = |fold: &dyn Fn(&str) -> String| fold(ours) == fold(theirs);

    if ours == theirs || fold(ours).is_empty() {
        None
    } else if same(&form) {
        Some(Difference::UnicodeForm)
    } else if same(&spaces) {
        Some(Difference::Spaces)
    } else if same(&case) {
        Some(Difference::Case)
    } else if same(&accents) {
        Some(Difference::Accents)
    } else if same(&fold) {
        Some(Difference::Several)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_says_its_cause_as_a_sentence() {
        let cause = Cause::Invalid { fault: EventFault::Start, date: None };
        let item = AttentionItem::of_event(EventId(7), "Sofie Maes", cause);
        let detail = "Event 7 in Officient has a start_time_minutes that is not between 0 and 1439.";
        assert_eq!((item.kind(), item.detail().as_str()), (AttentionKind::InvalidEvent, detail));
    }

    #[test]
    fn a_lasting_failure_is_an_item_about_the_upstream_that_fails() {
        for (upstream, failure, kind) in [
            (Upstream::Officient, FailureKind::OfficientUnavailable, AttentionKind::OfficientFailing),
            (Upstream::Officient, FailureKind::OfficientUnreadable, AttentionKind::OfficientFailing),
            (Upstream::Optedo, FailureKind::OptedoUnavailable, AttentionKind::OptedoFailing),
            (Upstream::Optedo, FailureKind::OptedoRefused, AttentionKind::OptedoFailing),
        ] {
            let lasting = LastingFailure { failure, error: String::new(), since: Timestamp::UNIX_EPOCH };
            assert_eq!(AttentionItem::upstream_failing(upstream, lasting).kind(), kind, "{failure:?}");
        }
    }

    #[test]
    fn a_hint_names_the_candidate_and_how_it_differs() {
        let hint = Hint { difference: Difference::Spaces, candidate: "Sofie  Maes".into(), names: None };
        assert_eq!(hint.to_string(), "“Sofie  Maes” in Optedo differs in spaces");
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
