//! Which person matches which user, and which leave type maps to which absence type, as of now. For the page, the API
//! and the doctor; the flow itself decides anew for each person.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::config::Config;
use crate::db::people::Person;
use crate::domain::absence::{AbsenceType, User};
use crate::domain::attention::{AttentionItem, AttentionKind, Hint, hint_sentence};
use crate::domain::calendar::LeaveType;
use crate::domain::mapping::{self, Description, Mapping};
use crate::domain::matching::{PersonMatch, UserDirectory, match_person};

/// Whether a person in Officient matches a user in Optedo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema, strum::IntoStaticStr, strum::VariantArray)]
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

impl MatchState {
    pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;
}

pub struct CurrentMatch<'a> {
    pub state: MatchState,
    pub user: Option<&'a User>,
    /// Why no user matches.
    pub item: Option<AttentionItem>,
}

/// The matches of these people, in their order. Two people with the same name match nobody.
pub fn match_everybody<'a>(people: &[Person], users: &'a UserDirectory) -> Vec<CurrentMatch<'a>> {
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
            PersonMatch::Matched(user) => (MatchState::Matched, users.user(user), None),
            PersonMatch::Unmatched(item) => (MatchState::Unmatched, None, Some(item)),
            PersonMatch::Ambiguous(item) => (MatchState::Ambiguous, None, Some(item)),
        };
        CurrentMatch { state, user, item }
    };
    people.iter().map(current_match).collect()
}

/// Whether Optedo has the absence type of a leave type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum MappingState {
    Mapped,
    Unmapped,
    Ambiguous,
}

/// A leave type and the absence type that it maps to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeaveType)]
pub struct CurrentMapping {
    /// Officient's id; `sick_day` or `education` for the built-in types.
    pub type_id: String,
    pub name: String,
    /// What is looked for in Optedo.
    pub description: String,
    /// The admin filled the description in.
    #[serde(skip)]
    pub is_chosen: bool,
    pub state: MappingState,
    pub absence_type: Option<AbsenceType>,
    /// A near match.
    #[serde(serialize_with = "hint_sentence")]
    #[schema(value_type = Option<String>)]
    pub hint: Option<Hint>,
    /// Why no absence type matches.
    #[serde(skip)]
    pub item: Option<AttentionItem>,
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
    custom.chain(built_in).map(|(name, description)| current_mapping(name, description, absence_types)).collect()
}

fn current_mapping(name: String, description: Description, absence_types: &[AbsenceType]) -> CurrentMapping {
    let (state, absence_type, item) = match mapping::look_up(&description, absence_types) {
        Mapping::To(id) => {
            (MappingState::Mapped, absence_types.iter().find(|absence_type| absence_type.id == id), None)
        }
        Mapping::Blocked(item) if item.kind() == AttentionKind::AmbiguousLeaveType => {
            (MappingState::Ambiguous, None, Some(item))
        }
        Mapping::Blocked(item) => (MappingState::Unmapped, None, Some(item)),
        Mapping::Excluded => (MappingState::Unmapped, None, None),
    };
    let Description { type_id, text: description, is_chosen } = description;
    let hint = item.as_ref().and_then(|item| item.hint.clone());
    CurrentMapping { type_id, name, description, is_chosen, state, absence_type: absence_type.cloned(), hint, item }
}
