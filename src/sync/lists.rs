//! Which person matches which user, and which leave type maps to which absence type, as of now. For the page, the API
//! and the doctor; the flow itself decides anew for each person.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::config::Config;
use crate::db::people::Person;
use crate::domain::absence::AbsenceType;
use crate::domain::attention::AttentionItem;
use crate::domain::calendar::LeaveType;
use crate::domain::ids::UserId;
use crate::domain::mapping::{self, Description, Mapping};
use crate::domain::matching::{PersonMatch, UserDirectory, match_person};

/// Whether a person in Officient matches a user in Optedo.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema, strum::IntoStaticStr, strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum MatchState {
    Matched,
    Unmatched,
    Ambiguous,
    /// Archived in Officient.
    Archived,
    /// The names were not read yet.
    Unknown,
}

pub struct CurrentMatch {
    pub state: MatchState,
    pub user: Option<UserId>,
    /// Why no user matches.
    pub item: Option<AttentionItem>,
}

/// The matches of these people, in their order. Two people with the same name match nobody.
pub fn match_everybody(people: &[Person], users: &UserDirectory) -> Vec<CurrentMatch> {
    let mut namesakes: HashMap<(&str, &str), usize> = HashMap::new();
    for names in people.iter().filter(|person| !person.archived).filter_map(|person| person.names.as_ref()) {
        *namesakes.entry((&names.first, &names.last)).or_default() += 1;
    }
    let current_match = |person: &Person| {
        if person.archived {
            return CurrentMatch { state: MatchState::Archived, user: None, item: None };
        }
        let Some(names) = &person.names else {
            return CurrentMatch { state: MatchState::Unknown, user: None, item: None };
        };
        let others = namesakes.get(&(&*names.first, &*names.last)).map_or(0, |count| count - 1);
        let (state, user, item) = match match_person(person.id, names, others, users) {
            PersonMatch::Matched(user) => (MatchState::Matched, Some(user), None),
            PersonMatch::Unmatched(item) => (MatchState::Unmatched, None, Some(item)),
            PersonMatch::Ambiguous(item) => (MatchState::Ambiguous, None, Some(item)),
        };
        CurrentMatch { state, user, item }
    };
    people.iter().map(current_match).collect()
}

pub struct CurrentMapping {
    /// The leave type's name in Officient; `sick_day` or `education` for the built-in ones.
    pub name: String,
    /// What is looked for in Optedo.
    pub description: Description,
    pub mapping: Mapping,
}

/// The mappings of these leave types, and of the built-in ones whose description is configured.
pub fn map_everything<'a>(
    config: &Config,
    leave_types: impl Iterator<Item = &'a LeaveType>,
    absence_types: &[AbsenceType],
) -> Vec<CurrentMapping> {
    let app_name = &config.officient.integration_app;
    let custom = leave_types.map(|leave_type| {
        let name = leave_type.name.clone().unwrap_or_default();
        let not_understood =
            || Description { type_id: leave_type.id.to_string(), text: name.clone(), is_chosen: false };
        let description = mapping::describe_type(leave_type, app_name).unwrap_or_else(not_understood);
        (name, description)
    });
    let built_in = [("sick_day", &config.leave_types.sick_day), ("education", &config.leave_types.education)];
    let built_in = built_in.into_iter().filter_map(|(name, description)| {
        let (name, text) = (name.to_owned(), description.clone()?);
        Some((name.clone(), Description { type_id: name, text, is_chosen: true }))
    });
    let mapped = custom.chain(built_in).map(|(name, description)| {
        let mapping = mapping::look_up(&description, absence_types);
        CurrentMapping { name, description, mapping }
    });
    mapped.collect()
}
