//! The state of sweeps, in the `connection` row. A sweep reconciles everybody.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use super::{Db, Result};

/// Requests a sweep. This also starts writing where the admin wanted to see a preview first; a pause goes on.
pub async fn request(db: impl Db<'_>, now: Timestamp) -> Result<()> {
    execute!(db, "update connection set sweep_asked_at = $1, is_paused = paused_at is not null"; now.to_sqlx())
}

/// Begins a sweep; returns its number. A request made after `requested_before` stays open.
pub async fn begin(db: impl Db<'_>, requested_before: Timestamp, now: Timestamp) -> Result<i64> {
    scalar!(fetch_one(db),
        "update connection set sweep_no = sweep_no + 1, sweep_started_at = $1, sweep_finished_at = null,
             sweep_asked_at = case when sweep_asked_at > $2 then sweep_asked_at end
         returning sweep_no";
        now.to_sqlx(), requested_before.to_sqlx())
}

pub async fn finish(db: impl Db<'_>, now: Timestamp) -> Result<()> {
    execute!(db, "update connection set sweep_finished_at = $1"; now.to_sqlx())
}

/// Notes that the sweep found a change that no webhook had announced; counted once per sweep. Returns in how many
/// sweeps in a row this happened.
pub async fn count_unannounced(db: impl Db<'_>) -> Result<i32> {
    scalar!(
        fetch_one(db),
        "update connection set
             unannounced_sweeps = unannounced_sweeps
                 + case when unannounced_in_sweep is distinct from sweep_no then 1 else 0 end,
             unannounced_in_sweep = sweep_no
         returning unannounced_sweeps"
    )
}

/// A webhook announced a change: webhooks arrive, so the count begins anew.
pub async fn reset_unannounced(db: impl Db<'_>) -> Result<()> {
    execute!(
        db,
        "update connection set unannounced_sweeps = 0, unannounced_in_sweep = null where unannounced_sweeps > 0"
    )
}
