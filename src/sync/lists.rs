//! Which person matches which user, and which leave type maps to which absence type. For the page, the API and the
//! doctor; the flow itself decides anew for each person.
//!
//! The page and the API show what the last reconciliation found, as the attention items and the verdict do, so that
//! they never contradict each other. The doctor shows what is so now.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use super::engine::Engine;
use crate::db::leave_types::StoredChoice;
use crate::db::people::Person;
use crate::db::{attention, queue};
use crate::domain::absence::{AbsenceType, User};
use crate::domain::attention::{AttentionItem, AttentionKind, Hint, hint_sentence};
use crate::domain::calendar::LeaveType;
use crate::domain::ids::{AbsenceTypeId, CompanyId, UserId};
use crate::domain::mapping::{self, Description, EDUCATION, Mapping, MappingRules, SICK_DAY, TypeChoice};
use crate::domain::matching::{PersonChoice, PersonChoices, PersonMatch, UserDirectory, match_person};
use crate::domain::sync_request::{SyncReason, SyncRequest};

/// How soon a person is reconciled again because the page shows another match.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// Whether a person in Officient matches a user in Optedo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum MatchState {
    Matched,
    /// Linked to a user by hand.
    Linked,
    /// The admin excluded the person.
    Excluded,
    Unmatched,
    Ambiguous,
    /// Archived in Officient.
    Archived,
    /// The names were not read yet.
    Unknown,
}

impl MatchState {
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;
}

pub struct CurrentMatch<'a> {
    pub state: MatchState,
    pub user: Option<&'a User>,
    /// Why no user matches.
    pub item: Option<AttentionItem>,
}

impl Engine {
    /// The matches of these people, in their order, as their last reconciliation found them; as of now where there was
    /// none.
    ///
    /// People whose match is another by now are reconciled, if the list of users `is_recent`, but not again within
    /// ten seconds: the leader may know another list.
    pub async fn shown_matches<'a>(
        &self,
        company: CompanyId,
        people: &[Person],
        (users, is_recent): (&'a UserDirectory, bool),
        choices: &PersonChoices,
    ) -> Result<Vec<CurrentMatch<'a>>, sqlx::Error> {
        let now = self.clock.now();
        let mut changed = Vec::new();
        let mut matches = match_everybody(people, users, choices);
        for (person, shown) in people.iter().zip(&mut matches) {
            let Some((state, user)) = as_reconciled(person, choices) else { continue };
            if (state, user) != (shown.state, shown.user.map(|user| user.id)) {
                let is_due = person.synced_at.is_some_and(|at| now.duration_since(at) > AGAIN_AFTER);
                changed.extend((is_recent && is_due && person.request.is_none()).then_some(person.id.0));
                *shown = CurrentMatch { state, user: user.and_then(|user| users.user(user)), item: None };
            }
        }
        if !changed.is_empty() {
            queue::request_sync(&self.db, company, &changed, self.request_after_change()).await?;
            self.work_signal.notify(&self.db).await;
        }
        Ok(matches)
    }

    /// The mappings of these leave types, and of the built-in ones: as of now, but where leave is blocked because of
    /// its type as its last reconciliation found it. Everybody is reconciled if one of the lists has changed.
    pub async fn shown_mappings<'a>(
        &self,
        company: CompanyId,
        rules: MappingRules<'_>,
        stored: &[StoredChoice],
        leave_types: impl Iterator<Item = &'a LeaveType>,
    ) -> Result<Vec<CurrentMapping>, sqlx::Error> {
        if self.reference_data.take_changed_types() {
            queue::request_sync_of_all(&self.db, company, self.request_after_change(), i64::MAX).await?;
            self.work_signal.notify(&self.db).await;
        }
        let mut mappings = map_everything(rules, stored, leave_types);
        for blocking in attention::blocking_types(&self.db, company).await? {
            let of_type = mappings.iter_mut().find(|mapping| mapping.type_id == blocking.type_id);
            let Some(mapping) = of_type else { continue };
            mapping.waiting = blocking.missing;
            let state = if blocking.is_ambiguous { MappingState::Ambiguous } else { MappingState::Unmapped };
            if mapping.state != MappingState::Unknown && mapping.state != state {
                (mapping.state, mapping.absence_type, mapping.hint) = (state, None, None);
            }
        }
        Ok(mappings)
    }

    fn request_after_change(&self) -> SyncRequest {
        SyncRequest { reason: SyncReason::Import, at: self.clock.now(), webhook_received_at: None }
    }
}

/// What the last reconciliation of this person found. `None`: there was none since the admin's choice, or the person is
/// archived.
fn as_reconciled(person: &Person, choices: &PersonChoices) -> Option<(MatchState, Option<UserId>)> {
    if person.archived && person.request.is_none() {
        return None;
    }
    let is_linked = person.user.is_some_and(|user| choices.get(&person.id) == Some(&PersonChoice::Link(user)));
    let state = person.match_state.parse().ok().filter(|state| *state != MatchState::Unknown)?;
    Some((if is_linked { MatchState::Linked } else { state }, person.user))
}

/// The matches of these people as of now, in their order. Two people with the same name match nobody, unless the admin
/// chose for one.
pub fn match_everybody<'a>(
    people: &[Person],
    users: &'a UserDirectory,
    choices: &PersonChoices,
) -> Vec<CurrentMatch<'a>> {
    let mut namesakes: HashMap<(&str, &str), usize> = HashMap::new();
    let undecided = people.iter().filter(|person| !person.archived && !choices.contains_key(&person.id));
    for names in undecided.filter_map(|person| person.names.as_ref()) {
        *namesakes.entry((&names.first, &names.last)).or_default() += 1;
    }
    let current_match = |person: &Person| {
        if person.archived {
            return CurrentMatch { state: MatchState::Archived, user: None, item: None };
        }
        let Some(names) = &person.names else {
            return CurrentMatch { state: MatchState::Unknown, user: None, item: None };
        };
        let others = namesakes.get(&(&*names.first, &*names.last)).map_or(0, |count| count.saturating_sub(1));
        let (state, user, item) = match match_person(person.id, names, others, users, choices) {
            PersonMatch::Matched(user) if choices.contains_key(&person.id) => {
                (MatchState::Linked, users.user(user), None)
            }
            PersonMatch::Matched(user) => (MatchState::Matched, users.user(user), None),
            PersonMatch::Excluded(_) => (MatchState::Excluded, None, None),
            PersonMatch::Unmatched(item) => (MatchState::Unmatched, None, Some(item)),
            PersonMatch::Ambiguous(item) => (MatchState::Ambiguous, None, Some(item)),
        };
        CurrentMatch { state, user, item }
    };
    people.iter().map(current_match).collect()
}

/// Whether Optedo has the absence type of a leave type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum MappingState {
    Mapped,
    Unmapped,
    Ambiguous,
    /// The admin excluded the type.
    Excluded,
    /// A built-in type that nobody described: each event is looked for by its own name.
    Unknown,
}

/// A leave type and the absence type that it maps to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeaveType)]
pub struct CurrentMapping {
    /// Officient's id; `sick_day` or `education` for the built-in types.
    pub type_id: String,
    pub name: String,
    /// What Officient, or the operator's configuration, has Optedo's list searched for; null for a built-in type that
    /// nobody described: each event is looked for by its own name.
    pub description: Option<String>,
    /// The admin filled the description in.
    #[serde(skip)]
    pub is_described: bool,
    /// The operator's configuration describes it, so the admin cannot choose.
    #[serde(skip)]
    pub is_fixed: bool,
    pub state: MappingState,
    pub absence_type: Option<AbsenceType>,
    /// A near match.
    #[serde(serialize_with = "hint_sentence")]
    #[schema(value_type = Option<String>)]
    pub hint: Option<Hint>,
    pub mapping: Choice,
    /// Absences that wait for the mapping.
    #[serde(skip)]
    pub waiting: i64,
    /// Why no absence type matches.
    #[serde(skip)]
    pub item: Option<AttentionItem>,
}

/// Who decides about a leave type: Officient, or the admin by choosing an absence type or excluding the leave type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema, strum::EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum MappingMode {
    #[default]
    Officient,
    AbsenceType,
    Exclude,
}

/// The admin's choice for a leave type.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Mapping)]
pub struct Choice {
    pub mode: MappingMode,
    pub absence_type_id: Option<AbsenceTypeId>,
    /// As given at sign-in.
    pub changed_by: Option<String>,
    pub changed_at: Option<Timestamp>,
}

impl Choice {
    fn of(stored: &StoredChoice) -> Self {
        let (changed_by, changed_at) = (stored.changed_by.clone(), Some(stored.changed_at));
        let (mode, absence_type_id) = match stored.choice {
            None => (MappingMode::Officient, None),
            Some(TypeChoice::AbsenceType(id)) => (MappingMode::AbsenceType, Some(id)),
            Some(TypeChoice::Exclude(_)) => (MappingMode::Exclude, None),
        };
        Self { mode, absence_type_id, changed_by, changed_at }
    }
}

/// The mappings of these leave types, and of the built-in ones.
pub fn map_everything<'a>(
    rules: MappingRules<'_>,
    stored: &[StoredChoice],
    leave_types: impl Iterator<Item = &'a LeaveType>,
) -> Vec<CurrentMapping> {
    let custom = leave_types.map(|leave_type| {
        let type_id = leave_type.id.to_string();
        let name = leave_type.name.clone().unwrap_or_default();
        let not_understood = || Description { type_id: type_id.clone(), text: name.clone(), is_chosen: false };
        let description = mapping::describe_type(leave_type, rules.integration_app).unwrap_or_else(not_understood);
        (type_id, name.clone(), Some(description))
    });
    let built_in = [SICK_DAY, EDUCATION].into_iter().map(|type_id| {
        let describe = |text: &String| Description { type_id: type_id.into(), text: text.clone(), is_chosen: true };
        (type_id.to_owned(), type_id.to_owned(), rules.configured(type_id).map(describe))
    });
    let choice_of = |type_id: &str| stored.iter().find(|stored| stored.type_id == type_id).map(Choice::of);
    let map = |(type_id, name, description): (String, String, Option<Description>)| {
        let choice = choice_of(&type_id).unwrap_or_default();
        current_mapping(type_id, name, description, choice, rules)
    };
    custom.chain(built_in).map(map).collect()
}

fn current_mapping(
    type_id: String,
    name: String,
    description: Option<Description>,
    choice: Choice,
    rules: MappingRules<'_>,
) -> CurrentMapping {
    let mapping = match (rules.choice(&type_id), &description) {
        (Some(choice), _) => Some(rules.apply(choice, &type_id, &name)),
        (None, description) => description.as_ref().map(|text| mapping::look_up(text, rules.absence_types)),
    };
    let (state, absence_type, item) = match mapping {
        None | Some(Mapping::Excluded) => (MappingState::Unknown, None, None),
        Some(Mapping::LeftOut(_)) => (MappingState::Excluded, None, None),
        Some(Mapping::To(id)) => (MappingState::Mapped, rules.absence_types.iter().find(|kind| kind.id == id), None),
        Some(Mapping::Blocked(item)) if item.kind() == AttentionKind::AmbiguousLeaveType => {
            (MappingState::Ambiguous, None, Some(item))
        }
        Some(Mapping::Blocked(item)) => (MappingState::Unmapped, None, Some(item)),
    };
    CurrentMapping {
        is_described: description.as_ref().is_some_and(|description| description.is_chosen),
        is_fixed: rules.configured(&type_id).is_some(),
        type_id,
        name,
        description: description.map(|description| description.text),
        state,
        absence_type: absence_type.cloned(),
        hint: item.as_ref().and_then(|item| item.hint.clone()),
        mapping: choice,
        waiting: 0,
        item,
    }
}
