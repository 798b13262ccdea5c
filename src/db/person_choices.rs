//! What the admin chose for people: a link with a user, or exclusion.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::{Db, Result};
use crate::domain::ids::{CompanyId, PersonId, UserId};
use crate::domain::matching::{PersonChoice, PersonChoices};

/// The choice for a person.
#[derive(Clone, Debug)]
pub struct StoredPersonChoice {
    pub person: PersonId,
    pub choice: PersonChoice,
    /// As given at sign-in.
    pub changed_by: Option<String>,
    pub changed_at: Timestamp,
}

/// The choices for people who are not archived: an archived person uses no user.
pub async fn stored(db: impl Db<'_>, company: CompanyId) -> Result<Vec<StoredPersonChoice>> {
    let choices = rows!(fetch_all(db),
        "select person_id, c.optedo_user_id, existing, changed_by, changed_at
         from person_choices c join people p using (company_id, person_id) where company_id = $1 and not archived";
        company.0
    => |row| {
        let excluded = || row.existing.as_deref()?.parse().ok().map(PersonChoice::Exclude);
        let choice = row.optedo_user_id.map(|user| PersonChoice::Link(UserId(user))).or_else(excluded)?;
        let (changed_by, changed_at) = (row.changed_by, row.changed_at.to_jiff());
        Some(StoredPersonChoice { person: PersonId(row.person_id), choice, changed_by, changed_at })
    });
    Ok(choices?.into_iter().flatten().collect())
}

pub async fn choices(db: impl Db<'_>, company: CompanyId) -> Result<PersonChoices> {
    Ok(in_effect(&stored(db, company).await?))
}

pub fn in_effect(stored: &[StoredPersonChoice]) -> PersonChoices {
    stored.iter().map(|stored| (stored.person, stored.choice)).collect()
}

/// Until the transaction ends, no link is stored, and no absence is about to be written.
pub async fn lock(tx: &mut PgConnection) -> Result<()> {
    execute!(tx, "select pg_advisory_xact_lock(hashtext('optedo-officient links'))")
}

/// Whether an absence of this person may be written for this user. Until the transaction ends, no link is stored.
pub async fn may_write(tx: &mut PgConnection, company: CompanyId, person: PersonId, user: UserId) -> Result<bool> {
    execute!(&mut *tx, "select pg_advisory_xact_lock_shared(hashtext('optedo-officient links'))")?;
    let is_linked = scalar!(fetch_one(tx),
        r#"select exists (
               select from person_choices c join people p using (company_id, person_id)
               where company_id = $1 and c.optedo_user_id = $3 and person_id <> $2 and not archived) as "is_linked!""#;
        company.0, person.0, user.0)?;
    Ok(!is_linked)
}

/// Whether the user belongs to somebody else, who is not archived: linked by hand, matched by name, or with absences
/// from this day on.
pub async fn is_taken(db: impl Db<'_>, company: CompanyId, person: PersonId, user: UserId, from: Date) -> Result<bool> {
    scalar!(fetch_one(db),
        r#"select exists (
               select from people p
               where p.company_id = $1 and p.person_id <> $2 and not p.archived
                   and (p.optedo_user_id = $3
                       or exists (
                           select from person_choices c
                           where c.company_id = $1 and c.person_id = p.person_id and c.optedo_user_id = $3)
                       or exists (
                           select from absences a
                           where a.company_id = $1 and a.person_id = p.person_id and a.optedo_user_id = $3
                               and a.date >= $4 and a.deleted_at is null))) as "is_taken!""#;
        company.0, person.0, user.0, from.to_sqlx())
}

/// Stores a choice. The link of an archived person with the same user ends.
pub async fn save(
    tx: &mut PgConnection,
    company: CompanyId,
    person: PersonId,
    choice: PersonChoice,
    (changed_by, now): (Option<&str>, Timestamp),
) -> Result<()> {
    let (user, existing) = match choice {
        PersonChoice::Link(user) => (Some(user.0), None),
        PersonChoice::Exclude(existing) => (None, Some(existing.into_str())),
    };
    execute!(&mut *tx,
        "delete from person_choices where company_id = $1 and optedo_user_id = $3 and person_id <> $2";
        company.0, person.0, user)?;
    execute!(tx,
        "insert into person_choices (company_id, person_id, optedo_user_id, existing, changed_by, changed_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (company_id, person_id) do update set
             optedo_user_id = excluded.optedo_user_id, existing = excluded.existing,
             changed_by = excluded.changed_by, changed_at = excluded.changed_at";
        company.0, person.0, user, existing, changed_by, now.to_sqlx())
}

/// Ends the link of a person; returns the user, if there was a link.
pub async fn remove_link(db: impl Db<'_>, company: CompanyId, person: PersonId) -> Result<Option<UserId>> {
    let user = scalar!(fetch_optional(db),
        r#"delete from person_choices where company_id = $1 and person_id = $2 and optedo_user_id is not null
           returning optedo_user_id as "user!""#;
        company.0, person.0)?;
    Ok(user.map(UserId))
}

/// Ends the exclusion of a person. False if they are not excluded.
pub async fn remove_exclusion(db: impl Db<'_>, company: CompanyId, person: PersonId) -> Result<bool> {
    is_affected!(db,
        "delete from person_choices where company_id = $1 and person_id = $2 and existing is not null";
        company.0, person.0)
}
