//! A sweep: everybody is looked at, whether or not a webhook said so. It heals what was lost.

use super::observe::priority_of;
use super::reference_data::Fresh;
use super::{Engine, SyncError};
use crate::db::connection::Connection;
use crate::db::erasure::{self, ErasureCount};
use crate::db::people::{self, Person};
use crate::db::{self, attention, queue, sweeps};
use crate::domain::attention::{AttentionItem, AttentionKind};
use crate::domain::company::PeopleList;
use crate::domain::ids::CompanyId;
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::secrets::random::digest;

impl Engine {
    /// Begins a sweep: webhooks are checked, the list of people is read, everybody is asked for.
    ///
    /// One that was asked for (after connecting, or by the admin) uses the whole rate limit; a periodic one a third.
    ///
    /// Returns whether the webhooks could be checked; the sweep goes on without.
    pub async fn begin_sweep(&self, company: CompanyId, is_asked_for: bool) -> Result<bool, SyncError> {
        let began_at = self.clock.now();
        let reason = if is_asked_for { SyncReason::Import } else { SyncReason::Sweep };
        let webhooks = self.ensure_webhooks().await;
        if let Err(error) = &webhooks {
            tracing::warn!(%error, "Could not check the webhooks");
        }
        // Reading the newest requests now tells later which of them are new.
        let noted = erasure::count(&self.db).await?;
        if let Err(error) = self.reference.newest_requesters(company, noted).await {
            tracing::debug!(%error, "Could not read the newest requests");
        }
        if is_asked_for {
            // Most often after a name or a type was changed: what is compared with must not be older.
            self.reference.forget_leave_types().await;
            self.reference.prefetch(Fresh(began_at)).await;
        }
        self.list_people(company, reason).await?;

        let now = self.clock.now();
        let request = SyncRequest { reason, at: now, webhook_received_at: None };
        let mut tx = db::begin(&self.db).await?;
        let number = sweeps::begin(&mut *tx, began_at, now).await?;
        queue::request_sync_of_all(&mut *tx, company, request, i64::MAX).await?;
        tx.commit().await?;
        tracing::info!(sweep = number, reason = reason.into_str(), "Began sweep {number}");
        Ok(webhooks.is_ok())
    }

    /// Brings `people` up to date with Officient's list. One during which somebody was forgotten may still have them, and
    /// is read again.
    pub async fn list_people(&self, company: CompanyId, reason: SyncReason) -> Result<(), SyncError> {
        loop {
            let noted = erasure::count(&self.db).await?;
            let list = self.officient.people(priority_of(reason)).await?;
            if self.store_list(company, reason, &list, noted).await? {
                return Ok(());
            }
        }
    }

    /// Stores the list unless somebody was forgotten since `noted`. Nobody is archived because a list was incomplete.
    async fn store_list(
        &self,
        company: CompanyId,
        reason: SyncReason,
        list: &PeopleList,
        noted: ErasureCount,
    ) -> Result<bool, SyncError> {
        let ids: Vec<i64> = list.people.iter().map(|person| person.id.0).collect();
        let name_digests: Vec<Vec<u8>> = list.people.iter().map(|person| digest(&person.name)).collect();
        let mut tx = db::begin(&self.db).await?;
        if !people::save_listed(&mut tx, company, &ids, &name_digests, noted).await? {
            return Ok(false);
        }
        if list.is_complete {
            let archived = people::archive_others(&mut *tx, company, &ids).await?;
            let request = SyncRequest { reason, at: self.clock.now(), webhook_received_at: None };
            queue::request_sync(&mut *tx, company, &archived, request).await?;
        } else {
            tracing::warn!(
                "Officient's list of people is not complete: nobody counts as archived because of it"
            );
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Ends the sweep under way if everybody was looked at.
    pub async fn finish_sweep_if_done(
        &self,
        company: CompanyId,
        connection: &Connection,
    ) -> Result<(), SyncError> {
        let (Some(started_at), None) = (connection.sweep_started_at, connection.sweep_finished_at) else {
            return Ok(());
        };
        let progress = queue::progress(&self.db, company, started_at).await?;
        if progress.done >= progress.total {
            let now = self.clock.now();
            sweeps::finish(&self.db, now).await?;
            if connection.unannounced_sweeps == 0 {
                let silent = AttentionItem::webhooks_silent(0);
                attention::resolve(&self.db, AttentionKind::WebhooksSilent, &silent.subject_id, now).await?;
            }
            tracing::info!(
                sweep = connection.sweep_no,
                people = progress.total,
                duration_ms = i64::try_from(now.duration_since(started_at).as_millis()).unwrap_or(i64::MAX),
                "Finished sweep {}",
                connection.sweep_no
            );
        }
        Ok(())
    }

    /// Which years a look at this person reads. With more people than a sweep's share of the limit serves in an
    /// interval, the far years of each are read only every so many sweeps; `None`: the whole window.
    pub fn years_to_read(&self, person: &Person, sweep_no: i64, people: i64) -> Option<Vec<i16>> {
        let is_sweep = person.request.is_some_and(|request| request.reason == SyncReason::Sweep);
        if !is_sweep || person.synced_at.is_none() {
            return None;
        }
        let calls = usize::try_from(people).unwrap_or_default() * self.window().years().count();
        let budget = self.officient.sweep_budget(self.config.sync.sweep_interval).max(1);
        let every = i64::try_from(calls.div_ceil(budget)).unwrap_or(1);
        (every > 1 && (person.id.0 + sweep_no).rem_euclid(every) != 0).then(|| self.near_years())
    }
}
