//! What the admin chose for the leave types, and which of them are used.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;

use super::{Db, Result};
use crate::domain::ids::{AbsenceTypeId, CompanyId, LeaveTypeId};
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

pub async fn stored(db: impl Db<'_>, company: CompanyId) -> Result<Vec<StoredChoice>> {
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

pub async fn choices(db: impl Db<'_>, company: CompanyId) -> Result<TypeChoices> {
    Ok(in_effect(&stored(db, company).await?))
}

/// The choices that were not undone.
pub fn in_effect(stored: &[StoredChoice]) -> TypeChoices {
    stored.iter().filter_map(|stored| Some((stored.type_id.clone(), stored.choice?))).collect()
}

/// Stores a choice; `None` undoes it.
pub async fn save(
    db: impl Db<'_>,
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

/// Notes the last day with leave of each type that became an absence. Costs no write where a later day is known.
pub async fn note_used(db: impl Db<'_>, company: CompanyId, last_days: &BTreeMap<LeaveTypeId, Date>) -> Result<()> {
    let (types, days): (Vec<i64>, Vec<jiff_sqlx::Date>) =
        last_days.iter().map(|(id, day)| (id.0, day.to_sqlx())).unzip();
    execute!(db,
        "insert into leave_type_uses (company_id, type_id, last_date)
         select $1, used.type_id, used.last_date from unnest($2::bigint[], $3::date[]) as used (type_id, last_date)
         where not exists (
             select from leave_type_uses known
             where known.company_id = $1 and known.type_id = used.type_id and known.last_date >= used.last_date)
         on conflict (company_id, type_id) do update
             set last_date = greatest(leave_type_uses.last_date, excluded.last_date)";
        company.0, &types, &days as _)
}

/// The types that had leave on this day or later.
pub async fn used_since(db: impl Db<'_>, company: CompanyId, day: Date) -> Result<BTreeSet<LeaveTypeId>> {
    let types = rows!(fetch_all(db),
        "select type_id from leave_type_uses where company_id = $1 and last_date >= $2";
        company.0, day.to_sqlx() => |row| LeaveTypeId(row.type_id));
    Ok(types?.into_iter().collect())
}
