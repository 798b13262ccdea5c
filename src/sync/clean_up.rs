//! Deletes what is no longer kept (`retention.*`), in small batches so that no lock is held for long.

use jiff::SignedDuration;

use super::engine::Engine;
use crate::clock::time_zone;
use crate::db::{preview, retention};

const BATCH: i64 = 1000;
/// A preview describes the moment at which it was made.
const KEEP_PREVIEW: SignedDuration = SignedDuration::from_hours(24);

impl Engine {
    pub async fn clean_up(&self) -> Result<(), sqlx::Error> {
        let now = self.clock.now();
        let zoned = now.to_zoned(time_zone());
        let kept = self.config.retention;
        let webhooks_before = zoned.checked_sub(kept.webhook_events).map(|at| at.timestamp());
        if let Ok(before) = webhooks_before {
            self.in_batches(|| retention::delete_webhooks(&self.db, before, BATCH)).await?;
            self.in_batches(|| retention::delete_resolved_attention(&self.db, before, BATCH)).await?;
        }
        if let Ok(before) = zoned.checked_sub(kept.absences) {
            let (date, before) = (before.date(), before.timestamp());
            let unused_before = webhooks_before.unwrap_or(before);
            self.in_batches(|| retention::delete_absences(&self.db, date, BATCH)).await?;
            self.in_batches(|| retention::delete_history(&self.db, before, BATCH)).await?;
            self.in_batches(|| retention::delete_audit(&self.db, before, BATCH)).await?;
            self.in_batches(|| retention::delete_archived_people(&self.db, before, unused_before, BATCH)).await?;
        }
        let progress = preview::progress(&self.db).await?;
        if progress.finished_at.is_some_and(|at| now.duration_since(at) >= KEEP_PREVIEW) {
            preview::delete(&mut *self.db.acquire().await?).await?;
        }
        retention::delete_expired_sessions(&self.db, now).await
    }

    /// Deletes batch after batch until nothing is left or the service stops.
    async fn in_batches<F: Future<Output = Result<u64, sqlx::Error>>>(
        &self,
        delete: impl Fn() -> F,
    ) -> Result<(), sqlx::Error> {
        while !self.stop.is_cancelled() && delete().await? > 0 {}
        Ok(())
    }
}
