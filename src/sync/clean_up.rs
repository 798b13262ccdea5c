//! Deletes what is no longer kept (`retention.*`), in small batches so that no lock is held for long.

use jiff::{SignedDuration, Zoned};

use super::engine::Engine;
use crate::clock::time_zone;
use crate::db::preview;
use crate::db::retention::{self, KeptSince};

const BATCH: i64 = 1000;
/// A preview describes the moment at which it was made.
const KEEP_PREVIEW: SignedDuration = SignedDuration::from_hours(24);

impl Engine {
    pub async fn clean_up(&self) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let before_now = |kept| now.to_zoned(time_zone()).checked_sub(kept).ok();
        let kept = self.config.retention;
        let (webhooks, absences) = (before_now(kept.webhook_events), before_now(kept.absences));
        let since = KeptSince {
            webhooks: webhooks.map(|at| at.timestamp()),
            history: absences.as_ref().map(Zoned::timestamp),
            absences: absences.as_ref().map(Zoned::date),
        };
        while !self.stop.is_cancelled() && retention::delete_batch(&self.db, &since, BATCH).await? > 0 {}
        let progress = preview::progress(&self.db).await?;
        if progress.finished_at.is_some_and(|at| now.duration_since(at) >= KEEP_PREVIEW) {
            preview::delete(&mut *self.db.acquire().await?).await?;
        }
        retention::delete_expired_sessions(&self.db, now).await
    }
}
