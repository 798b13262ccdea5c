//! A sweep reconciles everybody, whether or not a webhook said so. It repairs the loss of webhooks.

use super::engine::{Engine, SyncError, priority_of};
use crate::db::connection::Connection;
use crate::db::erasure::{self, ErasureCount};
use crate::db::people::{self, Person};
use crate::db::{self, attention, queue, sweeps};
use crate::domain::attention::AttentionItem;
use crate::domain::company::PeopleList;
use crate::domain::ids::CompanyId;
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::secrets::random::digest;

impl Engine {
    /// Starts a sweep: checks the webhook subscriptions, reads the list of people, and requests everybody.
    ///
    /// A requested sweep (after connecting, or by the admin) may use most of the rate limit, a periodic one a third.
    ///
    /// Returns whether the subscriptions are as they should be; the sweep goes on without.
    pub async fn begin_sweep(&self, company: CompanyId, is_requested: bool) -> Result<bool, SyncError> {
        let began_at = self.clock.now();
        let reason = if is_requested { SyncReason::Import } else { SyncReason::Sweep };
        let subscriptions = self.ensure_subscriptions().await;
        if let Err(error) = &subscriptions {
            tracing::warn!(%error, "Could not check the webhook subscriptions");
        }
        // Afterwards it is known which requests are new.
        let erasures = erasure::count(&self.db).await?;
        if let Err(error) = self.request_lookup.new_requesters(company, erasures).await {
            tracing::debug!(%error, "Could not read the list of calendar requests");
        }
        if is_requested {
            // Most often because a name or a type was changed.
            self.reference_data.refresh().await;
        }
        self.list_people(company, reason).await?;

        let now = self.clock.now();
        let request = SyncRequest { reason, at: now, webhook_received_at: None };
        let mut tx = db::begin(&self.db).await?;
        let number = sweeps::begin(&mut *tx, began_at, now).await?;
        queue::request_sync_of_all(&mut *tx, company, request, i64::MAX).await?;
        tx.commit().await?;
        tracing::info!(sweep = number, reason = reason.into_str(), "Started sweep {number}");
        Ok(subscriptions.is_ok())
    }

    /// Brings the table of people up to date with Officient's list. A list that may still contain a person whose data was
    /// erased meanwhile is read again.
    pub async fn list_people(&self, company: CompanyId, reason: SyncReason) -> Result<(), SyncError> {
        loop {
            let erasures = erasure::count(&self.db).await?;
            let list = self.officient.people(priority_of(reason)).await?;
            if self.store_list(company, reason, &list, erasures).await? {
                return Ok(());
            }
        }
    }

    /// Stores the list unless somebody's data was erased since `erasures`. An incomplete list archives nobody.
    async fn store_list(
        &self,
        company: CompanyId,
        reason: SyncReason,
        list: &PeopleList,
        erasures: ErasureCount,
    ) -> Result<bool, SyncError> {
        let ids: Vec<i64> = list.people.iter().map(|person| person.id.0).collect();
        let name_digests: Vec<Vec<u8>> = list.people.iter().map(|person| digest(&person.name)).collect();
        let mut tx = db::begin(&self.db).await?;
        if !people::save_listed(&mut tx, company, &ids, &name_digests, erasures).await? {
            return Ok(false);
        }
        if list.is_complete {
            let archived = people::archive_others(&mut *tx, company, &ids).await?;
            let request = SyncRequest { reason, at: self.clock.now(), webhook_received_at: None };
            queue::request_sync(&mut *tx, company, &archived, request).await?;
        } else {
            tracing::warn!("Officient's list of people is not complete: nobody is archived because of it");
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Ends the running sweep once everybody was reconciled or failed.
    pub async fn finish_sweep_if_done(&self, company: CompanyId, connection: &Connection) -> Result<(), SyncError> {
        let (Some(started_at), None) = (connection.sweep_started_at, connection.sweep_finished_at) else {
            return Ok(());
        };
        let progress = queue::progress(&self.db, Some(company), Some(started_at)).await?;
        if progress.done < progress.total {
            return Ok(());
        }
        let now = self.clock.now();
        sweeps::finish(&self.db, now).await?;
        if connection.unannounced_sweeps == 0 {
            let item = AttentionItem::webhooks_silent(0);
            attention::resolve(&self.db, item.kind(), &item.subject_id, now).await?;
        }
        tracing::info!(
            sweep = connection.sweep_no,
            people = progress.total,
            duration_ms = i64::try_from(now.duration_since(started_at).as_millis()).unwrap_or(i64::MAX),
            "Finished sweep {}",
            connection.sweep_no
        );
        Ok(())
    }

    /// The calendars that a sweep reads for this person; `None`: the whole window. If a sweep's share of the rate limit is
    /// too small for everybody within one interval, the far years of each person are read only every so many sweeps.
    pub fn years_to_read(&self, person: &Person, sweep_no: i64, people: i64) -> Option<Vec<i16>> {
        let is_sweep = person.request.is_some_and(|request| request.reason == SyncReason::Sweep);
        if !is_sweep || person.synced_at.is_none() {
            return None;
        }
        let calls = usize::try_from(people).unwrap_or_default() * self.window().years().count();
        let calls_per_sweep = self.officient.sweep_calls_in(self.config.sync.sweep_interval).max(1);
        let every = i64::try_from(calls.div_ceil(calls_per_sweep)).unwrap_or(1);
        (every > 1 && (person.id.0 + sweep_no).rem_euclid(every) != 0).then(|| self.near_years())
    }
}
