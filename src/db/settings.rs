//! The settings that the admin chose on the page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::{Db, Result};
use crate::config::Setting;

/// The last choice for a setting.
#[derive(Clone, Debug)]
pub struct StoredSetting {
    pub value: String,
    /// As given at sign-in.
    pub changed_by: Option<String>,
    pub changed_at: Timestamp,
}

/// Without the names that only another version of the service knows.
pub async fn stored(db: impl Db<'_>) -> Result<BTreeMap<Setting, StoredSetting>> {
    let rows = sqlx::query!("select name, value, changed_by, changed_at from settings").fetch_all(db).await?;
    let settings = rows.into_iter().filter_map(|row| {
        let (value, changed_by, changed_at) = (row.value, row.changed_by, row.changed_at.to_jiff());
        Some((row.name.parse().ok()?, StoredSetting { value, changed_by, changed_at }))
    });
    Ok(settings.collect())
}

/// The chosen values.
pub async fn chosen(db: impl Db<'_>) -> Result<BTreeMap<Setting, String>> {
    Ok(stored(db).await?.into_iter().map(|(setting, stored)| (setting, stored.value)).collect())
}

/// Until the transaction ends, nobody else stores a setting.
pub async fn lock(tx: &mut PgConnection) -> Result<()> {
    execute!(tx, "select pg_advisory_xact_lock(hashtext('optedo-officient settings'))")
}

/// Stores a choice; `None` withdraws it.
pub async fn save(
    db: impl Db<'_>,
    setting: Setting,
    value: Option<&str>,
    (changed_by, now): (Option<&str>, Timestamp),
) -> Result<()> {
    let Some(value) = value else {
        return execute!(db, "delete from settings where name = $1"; setting.into_str());
    };
    execute!(db,
        "insert into settings (name, value, changed_by, changed_at) values ($1, $2, $3, $4)
         on conflict (name) do update set
             value = excluded.value, changed_by = excluded.changed_by, changed_at = excluded.changed_at";
        setting.into_str(), value, changed_by, now.to_sqlx())
}
