//! Attention items in the admin's words: the cause, where names differ, what to do.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::difference::{Piece, pieces, whole};
use super::{Moment, Tab, address};
use crate::db::attention::StoredItem;
use crate::db::people;
use crate::db::preview::ListedItem;
use crate::domain::attention::{AttentionKind, Cause, Difference, EventFault, Hint, HintedNames};
use crate::domain::company::Names;
use crate::domain::ids::{CompanyId, PersonId};
use crate::sync::Engine;
use crate::web::texts::Language;

/// An item on a page.
pub(super) struct ItemView {
    /// To retry or ignore it; `None` in a preview.
    pub(super) id: Option<i64>,
    pub(super) kind: &'static str,
    pub(super) title: String,
    pub(super) cause: String,
    pub(super) comparison: Option<Comparison>,
    pub(super) remedy: &'static str,
    pub(super) waiting: Option<String>,
    pub(super) since: Option<Moment>,
    pub(super) resolved_at: Option<Moment>,
    pub(super) retry: &'static str,
    /// The page that shows the subject, where there is one.
    pub(super) more: Option<String>,
}

/// Two texts that nearly match, side by side.
pub(super) struct Comparison {
    pub(super) says: String,
    pub(super) rows: Vec<ComparedRow>,
}

/// One text of the two, or one part of a name.
pub(super) struct ComparedRow {
    pub(super) label: &'static str,
    pub(super) ours: Vec<Piece>,
    pub(super) theirs: Vec<Piece>,
}

/// What both a stored item and one of a preview have.
struct About<'a> {
    kind: AttentionKind,
    /// Officient's id of the subject.
    id: &'a str,
    /// The person's name or the description looked for.
    name: Option<&'a str>,
    cause: Option<&'a Cause>,
    /// In English: for an item of a version that stored no cause.
    detail: &'a str,
    hint: Option<&'a Hint>,
    waiting: i64,
}

/// Stored items as they are shown.
pub(super) async fn stored(
    engine: &Engine,
    company: Option<CompanyId>,
    t: Language,
    items: &[StoredItem],
) -> Result<Vec<ItemView>, sqlx::Error> {
    let known = items.iter().filter_map(|item| Some((item.kind.parse().ok()?, item)));
    let known: Vec<(AttentionKind, &StoredItem)> = known.collect();
    let names =
        names(engine, company, known.iter().map(|(kind, item)| (*kind, item.subject_id.as_str()))).await?;
    let views = known.into_iter().map(|(kind, item)| {
        let about = About {
            kind,
            id: &item.subject_id,
            name: item.subject.as_deref(),
            cause: item.cause.as_ref(),
            detail: &item.detail,
            hint: item.hint.as_ref(),
            waiting: item.waiting,
        };
        ItemView {
            id: Some(item.id),
            since: Some(item.first_seen_at.into()),
            resolved_at: item.resolved_at.map(<Moment as From<Timestamp>>::from),
            ..view(t, &about, &names)
        }
    });
    Ok(views.collect())
}

/// Items of a preview as they are shown.
pub(super) async fn previewed(
    engine: &Engine,
    company: Option<CompanyId>,
    t: Language,
    items: &[ListedItem],
) -> Result<Vec<ItemView>, sqlx::Error> {
    let names =
        names(engine, company, items.iter().map(|item| (item.cause.kind(), item.subject_id.as_str())))
            .await?;
    let views = items.iter().map(|item| {
        let about = About {
            kind: item.cause.kind(),
            id: &item.subject_id,
            name: item.subject.as_deref(),
            cause: Some(&item.cause),
            detail: "",
            hint: item.hint.as_ref(),
            waiting: item.waiting,
        };
        view(t, &about, &names)
    });
    Ok(views.collect())
}

/// The names, in their parts, of the people that items are about.
async fn names(
    engine: &Engine,
    company: Option<CompanyId>,
    subjects: impl Iterator<Item = (AttentionKind, &str)>,
) -> Result<HashMap<PersonId, Names>, sqlx::Error> {
    let Some(company) = company else { return Ok(HashMap::new()) };
    let people = subjects.filter(|(kind, _)| *kind == AttentionKind::UnmatchedPerson);
    let people: Vec<i64> = people.filter_map(|(_, id)| id.parse().ok()).collect();
    people::names(&engine.db, company, &people).await
}

fn view(t: Language, item: &About<'_>, names: &HashMap<PersonId, Names>) -> ItemView {
    let person = item.id.parse().ok().map(PersonId).and_then(|id| names.get(&id));
    let comparison = item.hint.map(|hint| match (person, &hint.names) {
        (Some(ours), Some(theirs)) => compare_names(t, hint.difference, ours, theirs),
        _ => compare_texts(t, hint.difference, item.name.unwrap_or_default(), &hint.candidate),
    });
    let is_inactive = item.hint.is_some_and(|hint| hint.difference == Difference::Inactive);
    let more = match item.kind {
        AttentionKind::UnmatchedPerson | AttentionKind::AmbiguousPerson => {
            // Who is archived is in a list of their own.
            let state = if matches!(item.cause, Some(Cause::Archived)) { "archived" } else { "" };
            let search = |name| address(&Tab::People.path(), None, &[], &[("q", name), ("state", state)]);
            let search = item.name.map(search);
            Some(search.unwrap_or_else(|| Tab::People.path()))
        }
        AttentionKind::UnmappedLeaveType | AttentionKind::AmbiguousLeaveType => Some(Tab::LeaveTypes.path()),
        AttentionKind::InvalidEvent
        | AttentionKind::RejectedByOptedo
        | AttentionKind::DeletionsHeld
        | AttentionKind::WebhookRefused
        | AttentionKind::WebhooksSilent
        | AttentionKind::ReauthorizationRequired
        | AttentionKind::OptedoUnauthorized => None,
    };
    let says_waiting = item.waiting > 0 && item.kind != AttentionKind::DeletionsHeld;
    ItemView {
        id: None,
        kind: kind_label(t, item.kind),
        title: item
            .name
            .filter(|name| !name.is_empty())
            .map_or_else(|| title(t, item.kind).to_owned(), str::to_owned),
        cause: item.cause.map_or_else(|| item.detail.to_owned(), |cause| cause_text(t, cause, item.waiting)),
        comparison,
        remedy: if is_inactive { t.remedy_inactive() } else { remedy(t, item) },
        waiting: says_waiting.then(|| t.items_waiting(item.waiting)),
        since: None,
        resolved_at: None,
        retry: if item.kind == AttentionKind::DeletionsHeld { t.confirm_deletions() } else { t.retry() },
        more,
    }
}

fn kind_label(t: Language, kind: AttentionKind) -> &'static str {
    match kind {
        AttentionKind::UnmatchedPerson | AttentionKind::AmbiguousPerson => t.kind_person(),
        AttentionKind::UnmappedLeaveType | AttentionKind::AmbiguousLeaveType => t.kind_leave_type(),
        AttentionKind::InvalidEvent | AttentionKind::RejectedByOptedo | AttentionKind::DeletionsHeld => {
            t.kind_absence()
        }
        AttentionKind::WebhookRefused
        | AttentionKind::WebhooksSilent
        | AttentionKind::ReauthorizationRequired
        | AttentionKind::OptedoUnauthorized => t.kind_connection(),
    }
}

/// The title of an item that is about nobody and nothing in particular.
fn title(t: Language, kind: AttentionKind) -> &'static str {
    match kind {
        AttentionKind::DeletionsHeld => t.title_deletions_held(),
        AttentionKind::WebhooksSilent => t.title_webhooks_silent(),
        AttentionKind::ReauthorizationRequired => t.title_reauthorization(),
        AttentionKind::OptedoUnauthorized => t.title_optedo_unauthorized(),
        AttentionKind::UnmatchedPerson
        | AttentionKind::AmbiguousPerson
        | AttentionKind::UnmappedLeaveType
        | AttentionKind::AmbiguousLeaveType
        | AttentionKind::InvalidEvent
        | AttentionKind::RejectedByOptedo
        | AttentionKind::WebhookRefused => t.officient(),
    }
}

fn cause_text(t: Language, cause: &Cause, waiting: i64) -> String {
    match cause {
        Cause::NoSuchUser => t.cause_no_such_user().to_owned(),
        Cause::Archived => t.cause_archived().to_owned(),
        Cause::SeveralUsers { count } => t.cause_several_users(*count),
        Cause::SeveralPeople { count } => t.cause_several_people(*count),
        Cause::NoSuchType => t.cause_no_such_type().to_owned(),
        Cause::SeveralTypes { count } => t.cause_several_types(*count),
        Cause::Invalid { fault, date } => {
            let fault = match fault {
                EventFault::NoDate => t.cause_no_date(),
                EventFault::NoKind => t.cause_no_kind(),
                EventFault::NoStatus => t.cause_no_status(),
                EventFault::NoDuration => t.cause_no_duration(),
                EventFault::OutOfRange => t.cause_out_of_range(),
            };
            with_day(t, fault, *date)
        }
        Cause::Rejected { status, message, date } => {
            let message = if message.is_empty() { status.to_string() } else { message.clone() };
            with_day(t, &t.cause_rejected(&message), *date)
        }
        // The count goes down while deletions are confirmed; the cause says how many there were.
        Cause::DeletionsHeld { count } => t.cause_deletions_held(if waiting > 0 { waiting } else { *count }),
        Cause::WebhookRefused { .. } => t.cause_webhook_refused().to_owned(),
        Cause::WebhooksSilent { .. } => t.cause_webhooks_silent().to_owned(),
        Cause::ReauthorizationRequired => t.reauthorization_text().to_owned(),
        Cause::OptedoUnauthorized => t.cause_optedo_unauthorized().to_owned(),
    }
}

/// Which day it is about, so that it can be found.
fn with_day(t: Language, text: &str, date: Option<Date>) -> String {
    match date {
        Some(date) => format!("{text} {}", t.on_day(&date.strftime("%d/%m/%Y").to_string())),
        None => text.to_owned(),
    }
}

fn remedy(t: Language, item: &About<'_>) -> &'static str {
    let About { kind, cause, id, .. } = *item;
    match kind {
        AttentionKind::UnmatchedPerson if matches!(cause, Some(Cause::Archived)) => t.remedy_archived(),
        AttentionKind::UnmatchedPerson => t.remedy_no_such_user(),
        AttentionKind::AmbiguousPerson => t.remedy_ambiguous_person(),
        AttentionKind::UnmappedLeaveType if matches!(id, "sick_day" | "education") => {
            t.remedy_built_in_type()
        }
        AttentionKind::UnmappedLeaveType => t.remedy_no_such_type(),
        AttentionKind::AmbiguousLeaveType => t.remedy_several_types(),
        AttentionKind::InvalidEvent => t.remedy_invalid_event(),
        AttentionKind::RejectedByOptedo => t.remedy_rejected(),
        AttentionKind::DeletionsHeld => t.remedy_deletions_held(),
        AttentionKind::WebhookRefused => t.remedy_webhook_refused(),
        AttentionKind::WebhooksSilent => t.remedy_webhooks_silent(),
        AttentionKind::ReauthorizationRequired => t.remedy_reauthorization(),
        AttentionKind::OptedoUnauthorized => t.remedy_optedo_unauthorized(),
    }
}

/// Two descriptions side by side.
pub(super) fn compare_texts(t: Language, difference: Difference, ours: &str, theirs: &str) -> Comparison {
    let rows = vec![row(t.description(), ours, theirs, difference)];
    Comparison { says: sentence(t, difference, &rows), rows }
}

/// Two names side by side, part by part.
pub(super) fn compare_names(
    t: Language,
    difference: Difference,
    ours: &Names,
    theirs: &HintedNames,
) -> Comparison {
    let mut rows = vec![
        row(t.first_name(), &ours.first, &theirs.first, difference),
        row(t.last_name(), &ours.last, &theirs.last, difference),
    ];
    let is_divided_otherwise =
        difference == Difference::Spaces && format!("{} {}", theirs.first, theirs.last) == ours.full();
    let says =
        if is_divided_otherwise { t.difference_parts().to_owned() } else { sentence(t, difference, &rows) };
    if difference == Difference::Inactive {
        // The names are the same: there is nothing to compare.
        rows.clear();
    }
    Comparison { says, rows }
}

fn row(label: &'static str, ours: &str, theirs: &str, difference: Difference) -> ComparedRow {
    let (ours, theirs) = match difference {
        // Letters that both parts happen to have mean nothing.
        Difference::Swapped => (whole(ours), whole(theirs)),
        Difference::UnicodeForm => pieces(ours, theirs, true),
        Difference::Spaces
        | Difference::Case
        | Difference::Accents
        | Difference::Several
        | Difference::Inactive => pieces(ours, theirs, false),
    };
    ComparedRow { label, ours, theirs }
}

fn sentence(t: Language, difference: Difference, rows: &[ComparedRow]) -> String {
    match difference {
        Difference::Case => first_letter(t, rows).unwrap_or_else(|| t.difference_case().to_owned()),
        Difference::Spaces => t.difference_spaces().to_owned(),
        Difference::Accents => t.difference_accents().to_owned(),
        Difference::UnicodeForm => t.difference_form().to_owned(),
        Difference::Swapped => t.difference_swapped().to_owned(),
        Difference::Several => t.difference_several().to_owned(),
        Difference::Inactive => t.difference_inactive().to_owned(),
    }
}

/// “The first letter differs”, where nothing but the very first one does.
fn first_letter(t: Language, rows: &[ComparedRow]) -> Option<String> {
    let (first, others) = rows.split_first()?;
    let is_equal = |row: &ComparedRow| row.ours.iter().chain(&row.theirs).all(|piece| !piece.differs);
    let one_letter = |pieces: &[Piece]| match pieces {
        [first, rest @ ..] => {
            (first.differs && first.text.chars().count() == 1 && rest.iter().all(|piece| !piece.differs))
                .then(|| first.text.clone())
        }
        [] => None,
    };
    let (ours, theirs) = one_letter(&first.ours).zip(one_letter(&first.theirs))?;
    others.iter().all(is_equal).then(|| t.difference_first_letter(&ours, &theirs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(difference: Difference, ours: (&str, &str), theirs: (&str, &str)) -> String {
        let ours = Names { first: ours.0.into(), last: ours.1.into() };
        let theirs = HintedNames { first: theirs.0.into(), last: theirs.1.into() };
        compare_names(Language::English, difference, &ours, &theirs).says
    }

    #[test]
    fn names_that_differ_in_the_first_letter_are_said_to() {
        let case = Difference::Case;
        let first = "The first letter differs: ‘j’ in Officient, ‘J’ in Optedo.";
        assert_eq!(says(case, ("jan", "Peeters"), ("Jan", "Peeters")), first);
        let several = "Upper and lower case differ.";
        assert_eq!(says(case, ("jan", "peeters"), ("Jan", "Peeters")), several);
        assert_eq!(says(case, ("Jan", "peeters"), ("Jan", "Peeters")), several);
        assert_eq!(says(case, ("JAN", "Peeters"), ("Jan", "Peeters")), several);
    }

    #[test]
    fn names_that_are_divided_otherwise_are_said_to() {
        let parts = says(Difference::Spaces, ("Jan Van", "Damme"), ("Jan", "Van Damme"));
        assert_eq!(parts, Language::English.difference_parts());
        let spaces = says(Difference::Spaces, ("Jan ", "Peeters"), ("Jan", "Peeters"));
        assert_eq!(spaces, Language::English.difference_spaces());
    }
}
