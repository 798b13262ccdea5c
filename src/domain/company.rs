//! An Officient company and its people.

use super::ids::{CompanyId, PersonId};

/// The Officient company that the connection was granted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub company_id: CompanyId,
    /// Its name.
    pub company_name: String,
    /// Its subdomain at Officient.
    pub subdomain: String,
}

/// A person's two names exactly as in Officient; no `Debug`, so that no log can hold them.
#[derive(Clone, PartialEq, Eq)]
pub struct Names {
    /// The first name.
    pub first: String,
    /// The last name.
    pub last: String,
}

impl Names {
    /// Both, as a person reads them.
    pub fn full(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
}

/// Somebody in Officient's list of people.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedPerson {
    /// The id.
    pub id: PersonId,
    /// The full name; its parts are in the detail only.
    pub name: String,
}

/// The list of people, and whether that is everybody.
pub struct PeopleList {
    /// Who is not archived.
    pub people: Vec<ListedPerson>,
    /// As many as the list says there are: only then does a missing person mean anything.
    pub is_complete: bool,
}

/// What is kept of a person's detail.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonNames {
    /// Exactly as Officient has it: never trimmed.
    pub first_name: String,
    /// Exactly as Officient has it: never trimmed.
    pub last_name: String,
    /// Archived or deleted in Officient.
    pub archived: bool,
}
