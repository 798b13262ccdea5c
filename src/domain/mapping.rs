//! Which Optedo absence type a leave type maps to. Pure.
//!
//! What the admin chose for the type goes first, unless the operator's configuration describes it. Otherwise Officient
//! decides: the description is the `code` of our entry in the type's `integrations` (the field that the admin fills in
//! under
//! *Verloftypes – Geavanceerd*), otherwise the type's name. It must equal the description of exactly one absence type.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};
use utoipa::ToSchema;

use crate::config;
use crate::domain::absence::AbsenceType;
use crate::domain::attention::{AttentionItem, Cause, EventFault, Hint, difference};
use crate::domain::calendar::{CalendarEvent, Integration, LeaveType, LeaveTypeRef};
use crate::domain::ids::{AbsenceTypeId, LeaveTypeId};

/// The type id of Officient's built-in type for sick leave.
pub const SICK_DAY: &str = "sick_day";
/// The type id of Officient's built-in type for training.
pub const EDUCATION: &str = "education";

/// What the admin chose for a leave type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeChoice {
    /// This absence type, whatever Officient says; worked time too.
    AbsenceType(AbsenceTypeId),
    /// Nothing of this type is written.
    Exclude(Existing),
}

/// What becomes of absences that were written before their leave was excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Existing {
    Keep,
    /// They are deleted, under the deletion limit.
    Delete,
}

/// The admin's choices by type id ([`Description::type_id`]).
pub type TypeChoices = BTreeMap<String, TypeChoice>;

/// A choice that is not stored yet, so that a preview shows its effect first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedChoice {
    pub type_id: String,
    /// `None`: the stored choice is undone.
    pub choice: Option<TypeChoice>,
}

impl ProposedChoice {
    /// Changes the choices as if this one were stored.
    pub fn apply_to(&self, choices: &mut TypeChoices) {
        match self.choice {
            Some(choice) => drop(choices.insert(self.type_id.clone(), choice)),
            None => drop(choices.remove(&self.type_id)),
        }
    }
}

/// The settings that decide the mapping.
#[derive(Clone, Copy)]
pub struct MappingRules<'a> {
    /// Which entry of a type's `integrations` is ours, compared without case.
    pub integration_app: &'a str,
    /// The operator's descriptions for the built-in types.
    pub built_in: &'a config::LeaveTypes,
    pub choices: &'a TypeChoices,
    pub absence_types: &'a [AbsenceType],
}

impl<'a> MappingRules<'a> {
    pub fn new(config: &'a config::Config, choices: &'a TypeChoices, absence_types: &'a [AbsenceType]) -> Self {
        let integration_app = &config.officient.integration_app;
        Self { integration_app, built_in: &config.leave_types, choices, absence_types }
    }

    /// The description that the operator configured for a built-in type.
    pub fn configured(&self, type_id: &str) -> Option<&'a String> {
        match type_id {
            SICK_DAY => self.built_in.sick_day.as_ref(),
            EDUCATION => self.built_in.education.as_ref(),
            _ => None,
        }
    }

    /// The admin's choice, if there is one and the operator's configuration leaves room for it.
    pub fn choice(&self, type_id: &str) -> Option<TypeChoice> {
        self.choices.get(type_id).copied().filter(|_| self.configured(type_id).is_none())
    }

    /// The result of a choice for the type of this name.
    pub fn apply(&self, choice: TypeChoice, type_id: &str, name: &str) -> Mapping {
        match choice {
            TypeChoice::Exclude(existing) => Mapping::LeftOut(existing),
            TypeChoice::AbsenceType(id) if self.absence_types.iter().any(|kind| kind.id == id) => Mapping::To(id),
            TypeChoice::AbsenceType(id) => {
                let cause = Cause::ChosenTypeGone { absence_type: id.0 };
                Mapping::Blocked(AttentionItem::of_type(type_id, name, cause, None))
            }
        }
    }
}

/// The result for one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapping {
    To(AbsenceTypeId),
    /// Worked time, of a type for which the admin did not fill in our field.
    Excluded,
    /// The admin excluded the type.
    LeftOut(Existing),
    /// No absence type has the description, or more than one has.
    Blocked(AttentionItem),
}

/// The description that an Optedo absence type must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Officient's id of the type; `sick_day` or `education` for a built-in type.
    pub type_id: String,
    pub text: String,
    /// The admin filled it in; otherwise it is the type's own name.
    pub is_chosen: bool,
}

/// The description of one of the company's own types; `None`: what decides about it is not understood.
pub fn describe_type(leave_type: &LeaveType, integration_app: &str) -> Option<Description> {
    let app = integration_app.to_lowercase();
    let is_ours = |entry: &&Integration| entry.app.as_ref().is_some_and(|name| name.to_lowercase() == app);
    let ours = leave_type.integrations.iter().filter(is_ours);
    let code = ours.map(|entry| entry.code.as_deref()).find(|code| *code != Some(""));
    // An entry whose app is not understood may be ours.
    let is_unclear = || leave_type.integrations.iter().any(|entry| entry.app.is_none());
    let text = match code {
        Some(code) => code?,
        None if is_unclear() => return None,
        None => leave_type.name.as_deref()?,
    };
    let (type_id, text) = (leave_type.id.to_string(), text.to_owned());
    Some(Description { type_id, text, is_chosen: code.is_some() })
}

/// Maps an event; `leave_types` are those of the event's year. An error names the field that is not understood.
pub fn map_type(
    event: &CalendarEvent,
    leave_types: &[LeaveType],
    rules: MappingRules<'_>,
) -> Result<Mapping, EventFault> {
    let type_id = type_id(event.leave_type);
    if let Some((choice, type_id)) = type_id.as_deref().and_then(|id| Some((rules.choice(id)?, id))) {
        return Ok(rules.apply(choice, type_id, event.name.as_deref().unwrap_or_default()));
    }
    let description = match event.leave_type {
        LeaveTypeRef::SickDay => built_in(SICK_DAY, event, rules)?,
        LeaveTypeRef::Education => built_in(EDUCATION, event, rules)?,
        LeaveTypeRef::Custom(id) => {
            let Some(kind) = leave_types.iter().find(|kind| Some(kind.id) == id) else {
                // The name alone could be another type's description: a type we cannot see is not guessed.
                let name = event.name.as_deref().unwrap_or_default();
                let item = AttentionItem::of_type(type_id.as_deref().unwrap_or(name), name, Cause::NoSuchType, None);
                return Ok(Mapping::Blocked(item));
            };
            describe_type(kind, rules.integration_app).ok_or(EventFault::LeaveType)?
        }
    };
    if !description.is_chosen && event.is_worked? {
        return Ok(Mapping::Excluded);
    }
    Ok(look_up(&description, rules.absence_types))
}

/// Items about the leave types of `year`, which comes next, that are used and map to no absence type, although they do
/// now.
pub fn unmapped_next_year(
    year: i16,
    (this_year, next_year): (&[LeaveType], &[LeaveType]),
    used: &BTreeSet<LeaveTypeId>,
    rules: MappingRules<'_>,
) -> Vec<AttentionItem> {
    // Of such a type, the leave of this year has an item already.
    let is_unmapped_now = |id| this_year.iter().any(|kind| kind.id == id && unmapped(kind, rules).is_some());
    let concerned = next_year.iter().filter(|kind| used.contains(&kind.id) && !is_unmapped_now(kind.id));
    let item = |kind: &LeaveType| {
        let (description, hint) = unmapped(kind, rules)?;
        Some(AttentionItem::unmapped_next_year(year, &kind.id.to_string(), &description, hint))
    };
    concerned.filter_map(item).collect()
}

/// What was looked for, and a near match, if the type maps to no absence type.
fn unmapped(kind: &LeaveType, rules: MappingRules<'_>) -> Option<(String, Option<Hint>)> {
    let type_id = kind.id.to_string();
    let name = kind.name.as_deref().unwrap_or_default();
    let mapping = match (rules.choice(&type_id), describe_type(kind, rules.integration_app)) {
        (Some(choice), _) => rules.apply(choice, &type_id, name),
        (None, Some(description)) => look_up(&description, rules.absence_types),
        (None, None) => return Some((name.to_owned(), None)),
    };
    match mapping {
        Mapping::Blocked(item) => Some((item.subject.unwrap_or_default(), item.hint)),
        Mapping::To(_) | Mapping::Excluded | Mapping::LeftOut(_) => None,
    }
}

/// `None`: the response does not say which of the company's own types it is.
fn type_id(leave_type: LeaveTypeRef) -> Option<String> {
    match leave_type {
        LeaveTypeRef::SickDay => Some(SICK_DAY.to_owned()),
        LeaveTypeRef::Education => Some(EDUCATION.to_owned()),
        LeaveTypeRef::Custom(id) => id.map(|id| id.to_string()),
    }
}

fn built_in(type_id: &str, event: &CalendarEvent, rules: MappingRules<'_>) -> Result<Description, EventFault> {
    let chosen = rules.configured(type_id);
    let text = chosen.map_or_else(|| event.name.clone(), |chosen| Ok(chosen.clone()))?;
    Ok(Description { type_id: type_id.to_owned(), text, is_chosen: chosen.is_some() })
}

/// Finds the one absence type with this description.
pub fn look_up(description: &Description, absence_types: &[AbsenceType]) -> Mapping {
    let item = |cause, hint| AttentionItem::of_type(&description.type_id, &description.text, cause, hint);
    let mut matches = absence_types.iter().filter(|kind| kind.description == description.text);
    match (matches.next(), matches.count()) {
        (Some(kind), 0) => Mapping::To(kind.id),
        (Some(_), others) => Mapping::Blocked(item(Cause::SeveralTypes { count: others + 1 }, None)),
        (None, _) => Mapping::Blocked(item(Cause::NoSuchType, nearest(&description.text, absence_types))),
    }
}

fn nearest(description: &str, absence_types: &[AbsenceType]) -> Option<Hint> {
    absence_types.iter().find_map(|kind| {
        let difference = difference(description, &kind.description)?;
        Some(Hint { difference, candidate: kind.description.clone(), names: None })
    })
}

#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else it is, the test fails")]
mod tests {
    use super::*;
    use crate::domain::attention::{AttentionKind, Difference};
    use crate::domain::calendar::{Category, Status};
    use crate::domain::ids::{EventId, LeaveTypeId};

    const NOT_UNDERSTOOD: &str = "(not understood)";

    fn event(leave_type: LeaveTypeRef, name: &str, is_worked: bool) -> CalendarEvent {
        CalendarEvent {
            id: EventId(1),
            date: Err(EventFault::Date),
            name: Ok(name.into()),
            leave_type,
            category: Ok(Category::TimeOff),
            status: Ok(Status::Approved),
            is_worked: Ok(is_worked),
            duration_minutes: Ok(None),
            start_minutes: None,
            scheduled_minutes: Ok(0),
        }
    }

    fn leave_type(id: i64, name: &str, integrations: &[(&str, &str)]) -> LeaveType {
        let text = |text: &str| Some(text.to_owned()).filter(|text| text != NOT_UNDERSTOOD);
        let integration = |(app, code): &(&str, &str)| Integration { app: text(app), code: text(code) };
        let integrations = integrations.iter().map(integration).collect();
        LeaveType { id: LeaveTypeId(id), name: text(name), integrations }
    }

    fn map(
        event: &CalendarEvent,
        leave_types: &[LeaveType],
        descriptions: &[&str],
        built_in: &config::LeaveTypes,
    ) -> Mapping {
        let absence_types: Vec<AbsenceType> = (1..)
            .zip(descriptions)
            .map(|(id, text)| AbsenceType { id: AbsenceTypeId(id), description: (*text).into() })
            .collect();
        map_type(
            event,
            leave_types,
            MappingRules {
                integration_app: "optedo",
                built_in,
                choices: &TypeChoices::new(),
                absence_types: &absence_types,
            },
        )
        .unwrap()
    }

    #[test]
    fn only_what_decides_about_the_type_must_be_understood() {
        let rules = MappingRules {
            integration_app: "optedo",
            built_in: &config::LeaveTypes::default(),
            choices: &TypeChoices::new(),
            absence_types: &[AbsenceType { id: AbsenceTypeId(1), description: "Vakantie".into() }],
        };
        let odd = NOT_UNDERSTOOD;
        let table = [
            ("Vakantie", ("acerta", odd), Ok(Mapping::To(AbsenceTypeId(1)))),
            (odd, ("optedo", "Vakantie"), Ok(Mapping::To(AbsenceTypeId(1)))),
            ("Vakantie", ("optedo", odd), Err(EventFault::LeaveType)),
            ("Vakantie", (odd, "192"), Err(EventFault::LeaveType)),
            (odd, ("acerta", "192"), Err(EventFault::LeaveType)),
        ];
        for (name, integration, expected) in table {
            let types = [leave_type(80, name, &[integration])];
            assert_eq!(map_type(&event(custom(80), "Verlof", false), &types, rules), expected, "{integration:?}");
        }
        let both = [leave_type(80, "Verlof", &[(odd, odd), ("optedo", "Vakantie")])];
        let mapped = map_type(&event(custom(80), "Verlof", false), &both, rules);
        assert_eq!(mapped, Ok(Mapping::To(AbsenceTypeId(1))));
    }

    fn custom(id: i64) -> LeaveTypeRef {
        LeaveTypeRef::Custom(Some(LeaveTypeId(id)))
    }

    #[test]
    fn the_filled_in_field_goes_before_the_name_and_the_app_is_compared_without_case() {
        let types = [
            leave_type(80, "Verlof", &[("acerta", "192"), ("Optedo", "Vakantie")]),
            leave_type(81, "ADV", &[("optedo", "")]),
        ];
        let built_in = config::LeaveTypes::default();
        let descriptions = ["Verlof", "Vakantie", "ADV", "192"];
        assert_eq!(
            map(&event(custom(80), "Verlof", false), &types, &descriptions, &built_in),
            Mapping::To(AbsenceTypeId(2))
        );
        assert_eq!(
            map(&event(custom(81), "ADV", false), &types, &descriptions, &built_in),
            Mapping::To(AbsenceTypeId(3))
        );
    }

    #[test]
    fn built_in_types_use_the_configured_description_else_their_own_name() {
        let chosen = config::LeaveTypes { sick_day: Some("Ziekte".into()), education: Some("Opleiding".into()) };
        let unset = config::LeaveTypes::default();
        let sick = event(LeaveTypeRef::SickDay, "Sick day", false);
        assert_eq!(map(&sick, &[], &["Ziekte", "Sick day"], &chosen), Mapping::To(AbsenceTypeId(1)));
        assert_eq!(map(&sick, &[], &["Ziekte", "Sick day"], &unset), Mapping::To(AbsenceTypeId(2)));
        let training = event(LeaveTypeRef::Education, "Education", true);
        assert_eq!(map(&training, &[], &["Opleiding"], &chosen), Mapping::To(AbsenceTypeId(1)));
        assert_eq!(map(&training, &[], &["Education"], &unset), Mapping::Excluded);
    }

    #[test]
    fn worked_time_is_written_only_when_the_field_is_filled_in() {
        let types = [leave_type(80, "Thuiswerk", &[]), leave_type(81, "Telewerk", &[("optedo", "Thuiswerk")])];
        let built_in = config::LeaveTypes::default();
        assert_eq!(map(&event(custom(80), "Thuiswerk", true), &types, &["Thuiswerk"], &built_in), Mapping::Excluded);
        assert_eq!(
            map(&event(custom(81), "Telewerk", true), &types, &["Thuiswerk"], &built_in),
            Mapping::To(AbsenceTypeId(1))
        );
    }

    #[test]
    fn what_is_not_there_exactly_once_is_held_back_with_its_reason() {
        let types = [leave_type(80, "vakantie", &[])];
        let built_in = config::LeaveTypes::default();
        let held =
            |descriptions: &[&str]| match map(&event(custom(80), "vakantie", false), &types, descriptions, &built_in) {
                Mapping::Blocked(item) => item,
                other => panic!("{other:?}"),
            };
        let unmapped = held(&["Vakantie"]);
        assert_eq!((unmapped.kind(), unmapped.subject_id.as_str()), (AttentionKind::UnmappedLeaveType, "80"));
        assert_eq!(unmapped.hint.unwrap().difference, Difference::Case);
        let ambiguous = held(&["vakantie", "vakantie"]);
        assert_eq!(ambiguous.kind(), AttentionKind::AmbiguousLeaveType);
        assert_eq!(ambiguous.cause, Cause::SeveralTypes { count: 2 });
        assert_eq!(held(&[]).hint, None);
    }

    #[test]
    fn a_type_that_officient_does_not_list_is_not_guessed_by_its_name() {
        let built_in = config::LeaveTypes::default();
        let mapping = map(&event(custom(99), "Verlof", false), &[], &["Verlof"], &built_in);
        assert!(matches!(mapping, Mapping::Blocked(item) if item.subject_id == "99"));
    }

    #[test]
    fn types_of_next_year_that_are_used_and_map_to_nothing_become_items_if_they_map_to_something_now() {
        let now =
            [(80, "Vakantie"), (81, "Vakantie"), (82, "Vakantie"), (83, "Vakantie"), (84, "Oud"), (85, "Gekozen")];
        let now = now.map(|(id, name)| leave_type(id, name, &[]));
        let next = [
            leave_type(80, "Verlof", &[("optedo", "Vakantie")]),
            leave_type(81, "ADV", &[]),
            leave_type(82, "Ongebruikt", &[]),
            leave_type(83, NOT_UNDERSTOOD, &[]),
            leave_type(84, "Oud", &[]),
            leave_type(85, "Gekozen", &[]),
            leave_type(86, "Nieuw", &[]),
        ];
        let absence_types = [AbsenceType { id: AbsenceTypeId(1), description: "Vakantie".into() }];
        let choices = [("85".to_owned(), TypeChoice::Exclude(Existing::Keep))].into();
        let built_in = config::LeaveTypes::default();
        let rules = MappingRules {
            integration_app: "optedo",
            built_in: &built_in,
            choices: &choices,
            absence_types: &absence_types,
        };
        let used = [80, 81, 83, 84, 85].map(LeaveTypeId).into();
        let items = unmapped_next_year(2027, (&now, &next), &used, rules);
        let subjects: Vec<&str> = items.iter().map(|item| item.subject_id.as_str()).collect();
        assert_eq!(subjects, ["81-2027", "83-2027"]);
        assert_eq!((items[0].kind(), items[0].subject.as_deref()), (AttentionKind::UnmappedLeaveType, Some("ADV")));
    }

    #[test]
    fn the_admins_choice_goes_before_officient_and_the_operators_before_both() {
        let absence_types = [(1, "Ziekte"), (2, "Afwezig")]
            .map(|(id, text)| AbsenceType { id: AbsenceTypeId(id), description: text.into() });
        let choose = |choice, built_in: &config::LeaveTypes, event: &CalendarEvent| {
            let choices = [(SICK_DAY.to_owned(), choice), ("80".to_owned(), choice)].into();
            let rules =
                MappingRules { integration_app: "optedo", built_in, choices: &choices, absence_types: &absence_types };
            map_type(event, &[leave_type(80, "Ziekte", &[("optedo", "Ziekte")])], rules).unwrap()
        };
        let unset = config::LeaveTypes::default();
        let sick = event(LeaveTypeRef::SickDay, "Ziekte", false);
        let worked = event(custom(80), "Ziekte", true);
        let neutral = TypeChoice::AbsenceType(AbsenceTypeId(2));
        for event in [&sick, &worked] {
            assert_eq!(choose(neutral, &unset, event), Mapping::To(AbsenceTypeId(2)));
            for existing in [Existing::Keep, Existing::Delete] {
                assert_eq!(choose(TypeChoice::Exclude(existing), &unset, event), Mapping::LeftOut(existing));
            }
            let gone = choose(TypeChoice::AbsenceType(AbsenceTypeId(9)), &unset, event);
            assert!(
                matches!(&gone, Mapping::Blocked(item) if item.cause == Cause::ChosenTypeGone { absence_type: 9 }),
                "{gone:?}"
            );
        }
        let configured = config::LeaveTypes { sick_day: Some("Ziekte".into()), education: None };
        assert_eq!(choose(neutral, &configured, &sick), Mapping::To(AbsenceTypeId(1)));
    }

    #[test]
    fn a_proposed_choice_adds_replaces_or_undoes_the_choice_of_its_type_alone() {
        let (neutral, exclude) = (TypeChoice::AbsenceType(AbsenceTypeId(2)), TypeChoice::Exclude(Existing::Keep));
        let stored = [("80", neutral), ("81", neutral)];
        for (type_id, choice, expected) in [
            ("82", Some(exclude), vec![("80", neutral), ("81", neutral), ("82", exclude)]),
            ("80", Some(exclude), vec![("80", exclude), ("81", neutral)]),
            ("80", None, vec![("81", neutral)]),
            ("82", None, stored.to_vec()),
        ] {
            let mut choices = stored.map(|(id, choice)| (id.to_owned(), choice)).into();
            ProposedChoice { type_id: type_id.to_owned(), choice }.apply_to(&mut choices);
            let choices: Vec<_> = choices.iter().map(|(id, choice)| (id.as_str(), *choice)).collect();
            assert_eq!(choices, expected, "{type_id} {choice:?}");
        }
    }
}
