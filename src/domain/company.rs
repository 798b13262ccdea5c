//! An Officient company and its people.

use serde::Serialize;
use utoipa::ToSchema;

use super::ids::{CompanyId, PersonId};

/// The Officient company that the connection was granted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountStatus)]
pub struct Account {
    pub company_id: CompanyId,
    pub company_name: String,
    pub subdomain: String,
}

/// A person's two names exactly as in Officient, never trimmed. No `Debug`, so that no log can hold them.
#[derive(Clone, PartialEq, Eq)]
pub struct Names {
    pub first: String,
    pub last: String,
}

impl Names {
    /// Both, as a person reads them.
    pub fn full(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
}

/// A person in Officient's list of people.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedPerson {
    pub id: PersonId,
    /// The full name; its parts are in the detail only.
    pub name: String,
}

/// The list of people who are not archived.
pub struct PeopleList {
    pub people: Vec<ListedPerson>,
    /// As many as the list says there are: only then does a missing person mean anything.
    pub is_complete: bool,
}

/// What is kept of a person's detail.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonDetail {
    pub names: Names,
    /// The insertion of a Dutch name ("van den"), only for a hint; never stored.
    pub insertion: Option<String>,
    /// Archived or deleted.
    pub is_archived: bool,
    pub is_deleted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_is_the_first_name_and_the_last_name() {
        let names = Names { first: "Jan".into(), last: "van den Berg".into() };
        assert_eq!(names.full(), "Jan van den Berg");
    }
}
