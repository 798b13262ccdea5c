//! Who matches whom and what maps to what, as it is now: for the page and the API.

use std::collections::HashMap;

use utoipa::ToSchema;

use crate::config::Config;
use crate::db::people::Person;
use crate::domain::absence::AbsenceType;
use crate::domain::attention::AttentionItem;
use crate::domain::calendar::LeaveType;
use crate::domain::ids::UserId;
use crate::domain::mapping::{self, Description, Mapping};
use crate::domain::matching::{PersonMatch, UserDirectory, match_person};

/// Whether somebody in Officient is somebody in Optedo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum MatchState {
    /// Exactly one user.
    Matched,
    /// None.
    Unmatched,
    /// More than one.
    Ambiguous,
    /// Archived in Officient.
    Archived,
    /// The names were not read yet.
    Unknown,
}

impl MatchState {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::Matched, Self::Unmatched, Self::Ambiguous, Self::Archived, Self::Unknown];

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Unmatched => "unmatched",
            Self::Ambiguous => "ambiguous",
            Self::Archived => "archived",
            Self::Unknown => "unknown",
        }
    }
}

/// Whom a person matches.
pub struct Matched {
    /// Whether.
    pub state: MatchState,
    /// Whom.
    pub user: Option<UserId>,
    /// Why nobody.
    pub item: Option<AttentionItem>,
}

/// Whom each of these people matches, in their order. Two with one name match nobody.
pub fn match_everybody(people: &[Person], users: &UserDirectory) -> Vec<Matched> {
    let mut by_name: HashMap<(&str, &str), usize> = HashMap::new();
    for names in people.iter().filter(|person| !person.archived).filter_map(|person| person.names.as_ref()) {
        *by_name.entry((&names.first, &names.last)).or_default() += 1;
    }
    let outcome = |person: &Person| {
        let names = person.names.as_ref()?;
        let namesakes =
            by_name.get(&(names.first.as_str(), names.last.as_str())).map_or(0, |count| count - 1);
        Some(match_person(person.id, names, namesakes, users))
    };
    let matched = people.iter().map(|person| {
        let (state, user, item) = match outcome(person) {
            _ if person.archived => (MatchState::Archived, None, None),
            None => (MatchState::Unknown, None, None),
            Some(PersonMatch::Matched(user)) => (MatchState::Matched, Some(user), None),
            Some(PersonMatch::Unmatched(item)) => (MatchState::Unmatched, None, Some(item)),
            Some(PersonMatch::Ambiguous(item)) => (MatchState::Ambiguous, None, Some(item)),
        };
        Matched { state, user, item }
    });
    matched.collect()
}

/// What a leave type maps to.
pub struct MappedType {
    /// Its name in Officient; the word of a built-in one.
    pub name: String,
    /// What is looked for in Optedo.
    pub description: Description,
    /// Whether it is there.
    pub mapping: Mapping,
}

/// What each leave type maps to, and the built-in ones whose description is configured.
pub fn map_everything<'a>(
    config: &Config,
    leave_types: impl Iterator<Item = &'a LeaveType>,
    absence_types: &[AbsenceType],
) -> Vec<MappedType> {
    let app_name = &config.officient.integration_app;
    let custom = leave_types.map(|kind| (kind.name.clone(), mapping::describe_type(kind, app_name)));
    let built_in = [("sick_day", &config.leave_types.sick_day), ("education", &config.leave_types.education)];
    let built_in = built_in.into_iter().filter_map(|(word, chosen)| {
        let text = chosen.clone()?;
        Some((word.to_owned(), Description { type_id: word.to_owned(), text, is_chosen: true }))
    });
    let mapped = custom.chain(built_in).map(|(name, description)| {
        let mapping = mapping::look_up(&description, absence_types);
        MappedType { name, description, mapping }
    });
    mapped.collect()
}
