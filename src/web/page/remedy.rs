//! What solves an attention item: one edit, where to make it, and the choices that solve it on this page.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::frame::Visit;
use super::person_choice;
use crate::config::Links;
use crate::db::attention::StoredItem;
use crate::db::person_choices;
use crate::domain::absence::{AbsenceType, User};
use crate::domain::attention::{AttentionKind, Cause, Difference, Hint};
use crate::domain::company::Names;
use crate::domain::ids::{EventId, PersonId, UserId};
use crate::domain::mapping::{EDUCATION, MappingRules, SICK_DAY};
use crate::domain::matching::{PersonChoices, UserDirectory};
use crate::texts::{Language, Text};

/// An item with more absence types than this refers to the tab of leave types, where they are in a list.
const TYPES_SHOWN: usize = 15;

/// What the views of the items share.
pub(super) struct Known<'a> {
    pub(super) names: HashMap<PersonId, Names>,
    /// The person of each event.
    pub(super) owners: HashMap<EventId, PersonId>,
    /// The names of leave types as Officient shows them, by type id.
    pub(super) type_names: HashMap<String, String>,
    pub(super) offers: Offers,
    pub(super) links: &'a Links,
}

pub(super) struct Remedy {
    /// One edit that solves the item, as far as it is known.
    pub(super) text: String,
    /// Where that is done, with the label of each address.
    pub(super) places: Vec<(Text<'static>, String)>,
    /// Choices for the person, each with the address that shows its effect before it is saved.
    pub(super) for_person: Vec<(Text<'static>, String)>,
    pub(super) for_type: Option<TypeOffer>,
}

/// Choices for a leave type; the form that they are in asks for their effect.
pub(super) struct TypeOffer {
    pub(super) type_id: String,
    pub(super) absence_types: Arc<Vec<AbsenceType>>,
}

/// What the admin can choose from.
#[derive(Default)]
pub(super) struct Offers {
    users: Arc<UserDirectory>,
    person_choices: PersonChoices,
    absence_types: Arc<Vec<AbsenceType>>,
    /// The built-in types whose absence type the operator configured.
    fixed_types: Vec<&'static str>,
}

impl Offers {
    /// Reads only the lists that these items need.
    pub(super) async fn for_items(visit: &Visit, items: &[StoredItem]) -> Result<Self, sqlx::Error> {
        let engine = &visit.engine;
        let mut offers = Self::default();
        let Some(company) = visit.connection.company_id else { return Ok(offers) };
        if items.iter().any(|item| item.kind == AttentionKind::AmbiguousPerson.into_str()) {
            offers.users = engine.reference_data.show_users().await.map(|shown| shown.value).unwrap_or_default();
            offers.person_choices = person_choices::in_effect(&person_choices::stored(&engine.db, company).await?);
        }
        if items.iter().any(|item| type_of(item).is_some()) {
            let types = engine.reference_data.show_absence_types().await;
            offers.absence_types = types.map(|shown| shown.value).unwrap_or_default();
            let no_choices = BTreeMap::new();
            let rules = MappingRules::new(&engine.config, &no_choices, &offers.absence_types);
            offers.fixed_types =
                [SICK_DAY, EDUCATION].into_iter().filter(|type_id| rules.configured(type_id).is_some()).collect();
        }
        Ok(offers)
    }

    /// Whether the type is built in, and what is looked for in Optedo is its name in Officient.
    pub(super) fn has_own_name(&self, type_id: &str) -> bool {
        [SICK_DAY, EDUCATION].contains(&type_id) && !self.fixed_types.contains(&type_id)
    }

    /// The users with exactly this name whom the person may be linked to.
    fn namesakes(&self, names: &Names) -> Vec<&User> {
        self.users.with_names(names, &self.person_choices).collect()
    }

    fn for_type(&self, item: &StoredItem) -> Option<TypeOffer> {
        let (type_id, _year) = type_of(item)?;
        let is_short = (1..=TYPES_SHOWN).contains(&self.absence_types.len());
        let may_choose = is_short && !self.fixed_types.contains(&type_id);
        let absence_types = Arc::clone(&self.absence_types);
        may_choose.then(|| TypeOffer { type_id: type_id.to_owned(), absence_types })
    }
}

impl Remedy {
    pub(super) fn new(t: Language, kind: AttentionKind, item: &StoredItem, known: &Known<'_>) -> Self {
        let person = person_of(kind, item, &known.owners);
        let names = person.and_then(|person| known.names.get(&person));
        // Whom the person may be linked to, and how the page names them.
        let candidates: Vec<(UserId, String)> = if kind == AttentionKind::AmbiguousPerson {
            let namesakes = names.map(|names| known.offers.namesakes(names)).unwrap_or_default();
            namesakes.into_iter().map(|user| (user.id, user.full_name())).collect()
        } else {
            let hint = item.hint.as_ref();
            let hint = hint.filter(|hint| !matches!(hint.difference, Difference::Inactive | Difference::Linked));
            hint.and_then(|hint| Some((hint.names.as_ref()?.user?, hint.candidate.clone()))).into_iter().collect()
        };
        let mut places = Vec::new();
        if let Some((link, person)) = known.links.officient_person.as_ref().zip(person) {
            places.push((t.text("open-in-officient"), link.url(person.0)));
        }
        if let Some(link) = &known.links.optedo_user {
            let hinted = item.hint.as_ref().and_then(|hint| hint.names.as_ref()?.user);
            let users = candidates.iter().map(|(user, _)| *user).chain(hinted.filter(|_| candidates.is_empty()));
            places.extend(users.map(|user| (t.text("open-user").with("user", user.to_string()), link.url(user.0))));
        }
        Self {
            text: text(t, kind, item, names, &known.offers),
            places,
            for_person: person.map(|person| for_person(t, kind, person, candidates)).unwrap_or_default(),
            for_type: known.offers.for_type(item),
        }
    }
}

fn for_person(
    t: Language,
    kind: AttentionKind,
    person: PersonId,
    candidates: Vec<(UserId, String)>,
) -> Vec<(Text<'static>, String)> {
    if !matches!(kind, AttentionKind::UnmatchedPerson | AttentionKind::AmbiguousPerson) {
        return Vec::new();
    }
    let link = |(user, name): (UserId, String)| {
        let label = t.text("link-with-user").with("user", user.to_string()).with("name", name);
        (label, person_choice::address_from_item(person, &user.to_string()))
    };
    let mut choices: Vec<_> = candidates.into_iter().map(link).collect();
    choices.push((t.text("link-with"), person_choice::address_from_item(person, "")));
    choices.push((t.text("exclude-person"), person_choice::address_from_item(person, "exclude")));
    choices
}

fn text(t: Language, kind: AttentionKind, item: &StoredItem, names: Option<&Names>, offers: &Offers) -> String {
    let is_built_in = [SICK_DAY, EDUCATION].contains(&item.subject_id.as_str());
    let edit = names.zip(item.hint.as_ref()).and_then(|(names, hint)| edit(t, names, hint));
    let text = if let Some(edit) = edit {
        return edit;
    } else if item.hint.as_ref().is_some_and(|hint| hint.difference == Difference::Inactive) {
        t.text("remedy-inactive")
    } else if item.hint.as_ref().is_some_and(|hint| hint.difference == Difference::Linked) {
        t.text("remedy-linked")
    } else if matches!(item.cause, Some(Cause::LinkedPersonGone { .. })) {
        t.text("remedy-linked-person-gone")
    } else if offers.fixed_types.contains(&item.subject_id.as_str()) {
        return t.text("remedy-fixed-type").to_string();
    } else if matches!(item.cause, Some(Cause::ChosenTypeGone { .. })) {
        t.text("remedy-chosen-type-gone")
    } else if kind == AttentionKind::UnmappedLeaveType && is_built_in {
        t.text("remedy-built-in-type")
    } else {
        t.text("remedy").with("kind", kind.into_str())
    };
    if item.subject_id == SICK_DAY { format!("{text} {}", t.text("neutral-type")) } else { text.to_string() }
}

/// Which field of which user to change to which name, so that the person matches.
pub(super) fn edit(t: Language, names: &Names, hint: &Hint) -> Option<String> {
    let theirs = hint.names.as_ref()?;
    let user = theirs.user?.to_string();
    let text = match (theirs.first != names.first, theirs.last != names.last) {
        (false, false) if hint.difference == Difference::Inactive => t.text("edit-activate").with("user", user),
        (false, false) => return None,
        (true, false) => t.text("edit-first-name").with("user", user).with("first", &names.first),
        (false, true) => t.text("edit-last-name").with("user", user).with("last", &names.last),
        (true, true) => {
            t.text("edit-both-names").with("user", user).with("first", &names.first).with("last", &names.last)
        }
    };
    Some(text.to_string())
}

/// The id of the leave type that an item is about, and the year if it is a coming one (otherwise empty).
pub(super) fn type_of(item: &StoredItem) -> Option<(&str, &str)> {
    let is_about_type = item.kind == AttentionKind::UnmappedLeaveType.into_str()
        || item.kind == AttentionKind::AmbiguousLeaveType.into_str();
    is_about_type.then(|| item.subject_id.split_once('-').unwrap_or((&item.subject_id, "")))
}

/// Whose record the item is about.
pub(super) fn person_of(
    kind: AttentionKind,
    item: &StoredItem,
    owners: &HashMap<EventId, PersonId>,
) -> Option<PersonId> {
    let id = item.subject_id.trim_start_matches("person-").parse().ok();
    match kind {
        AttentionKind::UnmatchedPerson
        | AttentionKind::AmbiguousPerson
        | AttentionKind::LinkBroken
        | AttentionKind::DiffersInOptedo
        | AttentionKind::PersonFailing => id.map(PersonId),
        AttentionKind::InvalidEvent | AttentionKind::RejectedByOptedo if item.subject_id.starts_with("person-") => {
            id.map(PersonId)
        }
        AttentionKind::InvalidEvent | AttentionKind::RejectedByOptedo => owners.get(&EventId(id?)).copied(),
        AttentionKind::UnmappedLeaveType
        | AttentionKind::AmbiguousLeaveType
        | AttentionKind::Paused
        | AttentionKind::DeletionsHeld
        | AttentionKind::ArchivedPeople
        | AttentionKind::WebhookRefused
        | AttentionKind::WebhooksSilent
        | AttentionKind::ReauthorizationRequired
        | AttentionKind::OptedoUnauthorized
        | AttentionKind::OfficientFailing
        | AttentionKind::OptedoFailing => None,
    }
}
