//! Which Optedo user a person in Officient matches. Pure.
//!
//! What the admin chose for the person goes first. Otherwise first name and last name must be equal, code point by code
//! point, including case. Names are never trimmed, folded or guessed. The hint may be clever; the match never is.

use std::collections::{BTreeMap, HashMap};

use crate::domain::absence::User;
use crate::domain::attention::{AttentionItem, Cause, Difference, Hint, HintedNames, difference, fold};
use crate::domain::company::Names;
use crate::domain::ids::{PersonId, UserId};
use crate::domain::mapping::Existing;

/// What the admin chose for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonChoice {
    /// This user, whatever the names say.
    Link(UserId),
    /// The person does not belong in the planning.
    Exclude(Existing),
}

/// The admin's choices for people who are not archived. Nobody else matches a linked user.
pub type PersonChoices = BTreeMap<PersonId, PersonChoice>;

/// The result for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonMatch {
    /// The linked user; or exactly one active user, and nobody else in Officient, has this name.
    Matched(UserId),
    /// The admin excluded the person.
    Excluded(Existing),
    /// No user; the item has a hint if a name nearly matches.
    Unmatched(AttentionItem),
    /// More than one user, or more than one person: nothing is written for any of them.
    Ambiguous(AttentionItem),
}

impl PersonMatch {
    /// The representation in the database and the API.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Matched(_) => "matched",
            Self::Excluded(_) => "excluded",
            Self::Unmatched(_) => "unmatched",
            Self::Ambiguous(_) => "ambiguous",
        }
    }

    /// The user, when there is exactly one.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Matched(user) => Some(*user),
            Self::Excluded(_) | Self::Unmatched(_) | Self::Ambiguous(_) => None,
        }
    }
}

/// Optedo's users, indexed by name.
#[derive(Default, PartialEq)]
pub struct UserDirectory {
    users: Vec<User>,
    /// Positions in `users` by folded name (see [`fold`]).
    alike: HashMap<String, Vec<usize>>,
}

impl UserDirectory {
    pub fn new(users: Vec<User>) -> Self {
        let mut alike: HashMap<String, Vec<usize>> = HashMap::new();
        for (position, user) in users.iter().enumerate() {
            alike.entry(key(&user.first_name, &user.last_name)).or_default().push(position);
        }
        Self { users, alike }
    }

    /// The users whom a person may be linked to, unless they belong to somebody else.
    pub fn active(&self) -> impl Iterator<Item = &User> {
        self.users.iter().filter(|user| user.active)
    }

    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The active users with exactly this name whom the admin linked nobody to.
    pub fn with_names(&self, names: &Names, choices: &PersonChoices) -> impl Iterator<Item = &User> {
        let alike = self.alike(names).into_iter();
        alike.filter(|user| user.active && has_names(user, names) && !is_linked(user, choices))
    }

    /// All users with exactly this name or a similar one, in their order.
    fn alike(&self, names: &Names) -> Vec<&User> {
        let (straight, swapped) = (key(&names.first, &names.last), key(&names.last, &names.first));
        let mut keys = vec![&straight];
        keys.extend((swapped != straight).then_some(&swapped));
        let mut positions: Vec<usize> =
            keys.into_iter().filter_map(|key| self.alike.get(key)).flatten().copied().collect();
        positions.sort_unstable();
        positions.into_iter().filter_map(|position| self.users.get(position)).collect()
    }
}

fn key(first: &str, last: &str) -> String {
    fold(&format!("{first} {last}"))
}

/// Matches a person. `namesakes`: how many other people in Officient, not archived and without a choice, have exactly
/// this name.
pub fn match_person(
    person: PersonId,
    names: &Names,
    namesakes: usize,
    directory: &UserDirectory,
    choices: &PersonChoices,
) -> PersonMatch {
    let item = |cause, hint| AttentionItem::of_person(person, &names.full(), cause, hint);
    match choices.get(&person) {
        Some(PersonChoice::Exclude(existing)) => return PersonMatch::Excluded(*existing),
        Some(PersonChoice::Link(user)) => {
            return match directory.user(*user) {
                Some(user) if user.active => PersonMatch::Matched(user.id),
                Some(user) => PersonMatch::Unmatched(item(Cause::NoSuchUser, Some(hint(Difference::Inactive, user)))),
                None => PersonMatch::Unmatched(item(Cause::LinkedUserGone { user: user.0 }, None)),
            };
        }
        None => {}
    }
    let mut matches = directory.with_names(names, choices);
    let first = matches.next();
    let others = matches.count();
    match first {
        None => {
            let mut alike = directory.alike(names);
            alike.retain(|user| has_names(user, names) || !is_linked(user, choices));
            PersonMatch::Unmatched(item(Cause::NoSuchUser, nearest(names, &alike)))
        }
        Some(user) if others == 0 && namesakes == 0 => PersonMatch::Matched(user.id),
        Some(_) if others > 0 => PersonMatch::Ambiguous(item(Cause::SeveralUsers { count: others + 1 }, None)),
        Some(_) => PersonMatch::Ambiguous(item(Cause::SeveralPeople { count: namesakes + 1 }, None)),
    }
}

fn is_linked(user: &User, choices: &PersonChoices) -> bool {
    choices.values().any(|choice| *choice == PersonChoice::Link(user.id))
}

fn has_names(user: &User, names: &Names) -> bool {
    user.first_name == names.first && user.last_name == names.last
}

/// The hint for a Dutch name whose insertion ("van den") Officient keeps apart, and Optedo in the last name.
pub fn insertion_hint(names: &Names, insertion: &str, directory: &UserDirectory) -> Option<Hint> {
    let full = Names { first: names.first.clone(), last: format!("{insertion} {}", names.last) };
    let user = directory.alike(&full).into_iter().find(|user| user.active)?;
    Some(hint(Difference::Insertion, user))
}

fn hint(difference: Difference, user: &User) -> Hint {
    let names = HintedNames { first: user.first_name.clone(), last: user.last_name.clone(), user: Some(user.id) };
    Hint { difference, candidate: format!("{} {}", names.first, names.last), names: Some(names) }
}

/// The user with the most similar name, if one nearly matches.
fn nearest(names: &Names, users: &[&User]) -> Option<Hint> {
    let hints = users.iter().filter_map(|user| Some(hint(near_miss(names, user)?, user)));
    hints.min_by_key(|hint| matches!(hint.difference, Difference::Several))
}

fn near_miss(names: &Names, user: &User) -> Option<Difference> {
    if has_names(user, names) {
        // They do not match, so somebody else is linked to an active one.
        return Some(if user.active { Difference::Linked } else { Difference::Inactive });
    }
    if user.first_name == names.last && user.last_name == names.first {
        return Some(Difference::Swapped);
    }
    let theirs = Names { first: user.first_name.clone(), last: user.last_name.clone() };
    let swapped = Names { first: names.last.clone(), last: names.first.clone() };
    differ(names, &theirs).or_else(|| differ(&swapped, &theirs).map(|_also| Difference::Several))
}

/// How two pairs of names differ if they nearly match, part by part.
fn differ(ours: &Names, theirs: &Names) -> Option<Difference> {
    let part = |ours: &str, theirs: &str| (ours != theirs).then(|| difference(ours, theirs));
    match (part(&ours.first, &theirs.first), part(&ours.last, &theirs.last)) {
        (Some(first), None) => first,
        (None, Some(last)) => last,
        (Some(Some(first)), Some(Some(last))) => Some(if first == last { first } else { Difference::Several }),
        // The parts are divided differently ("Jan Van", "Damme" and "Jan", "Van Damme"), or unlike.
        (None, None) | (Some(_), Some(_)) => (ours.full() == theirs.full())
            .then_some(Difference::Spaces)
            .or_else(|| difference(&ours.full(), &theirs.full())),
    }
}

#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else it is, the test fails")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user(id: i64, first: &str, last: &str) -> User {
        User { id: UserId(id), first_name: first.into(), last_name: last.into(), active: true }
    }

    fn names(first: &str, last: &str) -> Names {
        Names { first: first.into(), last: last.into() }
    }

    fn hint_for(first: &str, last: &str, users: &[User]) -> Option<Difference> {
        match match_person(
            PersonId(1),
            &names(first, last),
            0,
            &UserDirectory::new(users.to_vec()),
            &PersonChoices::new(),
        ) {
            PersonMatch::Unmatched(item) => item.hint.map(|hint| hint.difference),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_the_exact_name_matches_and_the_hint_says_what_differs() {
        let users = [user(7, "Jan", "Peeters"), user(8, "Renée", "Van Damme")];
        assert_eq!(
            match_person(
                PersonId(1),
                &names("Jan", "Peeters"),
                0,
                &UserDirectory::new(users.to_vec()),
                &PersonChoices::new()
            ),
            PersonMatch::Matched(UserId(7))
        );
        let tests = [
            ("jan", "Peeters", Some(Difference::Case)),
            ("Jan", "Peeters ", Some(Difference::Spaces)),
            ("Peeters", "Jan", Some(Difference::Swapped)),
            ("Peeters", "jan", Some(Difference::Several)),
            ("peeters", "jan", Some(Difference::Several)),
            ("jan", "peeters", Some(Difference::Case)),
            ("Renee", "Van Damme", Some(Difference::Accents)),
            ("Renée Van", "Damme", Some(Difference::Spaces)),
            ("renee", "van damme", Some(Difference::Several)),
            ("Piet", "Peeters", None),
            ("Jan", "Janssens", None),
        ];
        for (first, last, expected) in tests {
            assert_eq!(hint_for(first, last, &users), expected, "{first} {last}");
        }
    }

    #[test]
    fn a_choice_goes_before_the_names_and_a_linked_user_matches_nobody_else() {
        let inactive = User { active: false, ..user(9, "Els", "Maes") };
        let directory = UserDirectory::new(vec![user(7, "Jan", "Peeters"), user(8, "Jan", "Peeters"), inactive]);
        let choose = |person, choices: &[(i64, PersonChoice)]| {
            let choices = choices.iter().map(|(id, choice)| (PersonId(*id), *choice)).collect();
            match_person(PersonId(person), &names("Jan", "Peeters"), 0, &directory, &choices)
        };
        let link = |user| PersonChoice::Link(UserId(user));
        assert_eq!(choose(1, &[(1, link(8))]), PersonMatch::Matched(UserId(8)));
        assert_eq!(choose(2, &[(1, link(8))]), PersonMatch::Matched(UserId(7)), "the only one left");
        let item_of = |found| match found {
            PersonMatch::Unmatched(item) => (item.cause, item.hint.map(|hint| hint.difference)),
            other => panic!("{other:?}"),
        };
        let taken = item_of(choose(3, &[(1, link(7)), (2, link(8))]));
        assert_eq!(taken, (Cause::NoSuchUser, Some(Difference::Linked)));
        assert_eq!(item_of(choose(1, &[(1, link(9))])), (Cause::NoSuchUser, Some(Difference::Inactive)));
        assert_eq!(item_of(choose(1, &[(1, link(99))])), (Cause::LinkedUserGone { user: 99 }, None));
        let excluded = PersonChoice::Exclude(Existing::Keep);
        assert_eq!(choose(1, &[(1, excluded)]), PersonMatch::Excluded(Existing::Keep));
        assert_eq!(choose(2, &[(1, excluded)]).as_str(), "ambiguous", "an excluded person uses no user");
    }

    #[test]
    fn two_users_or_two_people_with_the_same_name_are_ambiguous() {
        let several_users = |count| Some(Cause::SeveralUsers { count });
        let several_people = |count| Some(Cause::SeveralPeople { count });
        for (users, people, cause) in [
            (1, 1, None),
            (2, 1, several_users(2)),
            (3, 1, several_users(3)),
            (1, 2, several_people(2)),
            (1, 3, several_people(3)),
            (2, 3, several_users(2)),
        ] {
            let directory = UserDirectory::new((0..users).map(|id| user(id, "Jan", "Peeters")).collect());
            let found =
                match_person(PersonId(1), &names("Jan", "Peeters"), people - 1, &directory, &PersonChoices::new());
            assert_eq!(found.user(), cause.is_none().then_some(UserId(0)), "{users} users, {people} people");
            let item = match found {
                PersonMatch::Ambiguous(item) => Some(item.cause),
                _ => None,
            };
            assert_eq!(item, cause, "{users} users, {people} people");
        }
    }

    #[test]
    fn a_person_may_be_linked_to_any_active_user() {
        let inactive = User { active: false, ..user(8, "Els", "Maes") };
        let directory = UserDirectory::new(vec![user(7, "Jan", "Peeters"), inactive, user(9, "Jan", "Peeters")]);
        assert_eq!(directory.active().map(|user| user.id).collect::<Vec<_>>(), [UserId(7), UserId(9)]);
    }

    #[test]
    fn inactive_users_do_not_count_but_are_hinted_at() {
        let mut users = [user(7, "Jan", "Peeters"), user(8, "Jan", "Peeters")];
        users[0].active = false;
        assert_eq!(
            match_person(
                PersonId(1),
                &names("Jan", "Peeters"),
                0,
                &UserDirectory::new(users.to_vec()),
                &PersonChoices::new()
            ),
            PersonMatch::Matched(UserId(8))
        );
        users[1].active = false;
        assert_eq!(hint_for("Jan", "Peeters", &users), Some(Difference::Inactive));
    }

    #[test]
    fn an_insertion_that_optedo_has_in_the_last_name_is_hinted_at() {
        let hint = |users: &[User], insertion| {
            insertion_hint(&names("Jan", "Berg"), insertion, &UserDirectory::new(users.to_vec()))
        };
        let users = [user(7, "Jan", "van den Berg")];
        let found = hint(&users, "van den").unwrap();
        assert_eq!((found.difference, found.candidate.as_str()), (Difference::Insertion, "Jan van den Berg"));
        assert!(hint(&users, "Van den").is_some());
        assert!(hint(&users, "van der").is_none());
        assert!(hint(&[User { active: false, ..users[0].clone() }], "van den").is_none());
    }

    proptest! {
        #[test]
        fn whatever_the_names_a_match_is_equality_of_code_points(
            ours in ("\\PC{0,6}", "\\PC{0,6}"),
            theirs in prop::collection::vec(("\\PC{0,6}", "\\PC{0,6}", any::<bool>()), 0..5),
            same in prop::option::of(0_usize..5),
        ) {
            let mut users: Vec<User> = theirs.iter().enumerate().map(|(id, (first, last, active))| {
                User { id: UserId(id.try_into().unwrap()), first_name: first.clone(), last_name: last.clone(), active: *active }
            }).collect();
            if let Some(user) = same.and_then(|index| users.get_mut(index)) {
                user.first_name.clone_from(&ours.0);
                user.last_name.clone_from(&ours.1);
            }
            let equal: Vec<UserId> = users.iter()
                .filter(|user| user.active && user.first_name == ours.0 && user.last_name == ours.1)
                .map(|user| user.id).collect();
            let (names, directory) = (names(&ours.0, &ours.1), UserDirectory::new(users));
            let result = match_person(PersonId(1), &names, 0, &directory, &PersonChoices::new());
            match equal.as_slice() {
                [] => prop_assert_eq!(result.as_str(), "unmatched"),
                [one] => prop_assert_eq!(result, PersonMatch::Matched(*one)),
                _ => prop_assert_eq!(result.as_str(), "ambiguous"),
            }
        }

        #[test]
        fn a_name_changed_in_case_spaces_or_form_never_matches_and_is_always_hinted_at(
            first in "[A-Z][a-zé]{1,8}", last in "[A-Z][a-zë]{1,8}", how in 0_usize..4,
        ) {
            use unicode_normalization::UnicodeNormalization as _;
            let users = [user(7, &first, &last)];
            let changed = match how {
                0 => names(&first.to_uppercase(), &last),
                1 => names(&format!("{first} "), &last),
                2 => names(&last, &first),
                _ => names(&first.nfd().collect::<String>(), &last.nfd().collect::<String>()),
            };
            prop_assume!(changed != names(&first, &last));
            prop_assert!(hint_for(&changed.first, &changed.last, &users).is_some());
        }
    }
}
