//! What the admin chose for the leave types.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

use super::Result;
use crate::domain::ids::{AbsenceTypeId, CompanyId};
use crate::domain::mapping::{TypeChoice, TypeChoices};

/// The last choice for a leave type.
#[derive(Clone, Debug)]
pub struct StoredChoice {
    pub type_id: String,
    /// `None`: it was undone, and Officient decides.
    pub choice: Option<TypeChoice>,
    /// As given at sign-in.
    pub changed_by: Option<String>,
    pub changed_at: Timestamp,
}

pub async fn stored(db: impl PgExecutor<'_>, company: CompanyId) -> Result<Vec<StoredChoice>> {
    rows!(fetch_all(db),
    "select type_id, absence_type_id, existing, changed_by, changed_at from leave_type_choices where company_id = $1";
    company.0 => |row| StoredChoice {
        type_id: row.type_id,
        choice: row.absence_type_id.map(|id| TypeChoice::AbsenceType(AbsenceTypeId(id))).or_else(|| {
            row.existing.and_then(|existing| existing.parse().ok()).map(TypeChoice::Exclude)
        }),
        changed_by: row.changed_by,
        changed_at: row.changed_at.to_jiff(),
    })
}

pub async fn choices(db: impl PgExecutor<'_>, company: CompanyId) -> Result<TypeChoices> {
    Ok(in_effect(&stored(db, company).await?))
}

/// The choices that were not undone.
pub fn in_effect(stored: &[StoredChoice]) -> TypeChoices {
    stored.iter().filter_map(|stored| Some((stored.type_id.clone(), stored.choice?))).collect()
}

/// Stores a choice; `None` undoes it.
pub async fn save(
    db: impl PgExecutor<'_>,
    company: CompanyId,
    type_id: &str,
    choice: Option<TypeChoice>,
    (changed_by, now): (Option<&str>, Timestamp),
) -> Result<()> {
    let (absence_type, existing) = match choice {
        None => (None, None),
        Some(TypeChoice::AbsenceType(id)) => (Some(id.0), None),
        Some(TypeChoice::Exclude(existing)) => (None, Some(existing.into_str())),
    };
    execute!(db,
        "insert into leave_type_choices (company_id, type_id, absence_type_id, existing, changed_by, changed_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (company_id, type_id) do update set
             absence_type_id = excluded.absence_type_id, existing = excluded.existing,
             changed_by = excluded.changed_by, changed_at = excluded.changed_at";
        company.0, type_id, absence_type, existing, changed_by, now.to_sqlx())
}
