//! A sweep reconciles everybody, whether or not a webhook said so. It repairs the loss of webhooks.

use jiff::Timestamp;

use super::engine::{Engine, Result, priority_of};
use super::reconcile::YearsToRead;
use super::reference_data::Fresh;
use crate::clock::after;
use crate::db::connection::Connection;
use crate::db::erasure::{self, Reading};
use crate::db::people::{self, Person};
use crate::db::{self, attention, queue, sweeps};
use crate::domain::attention::AttentionItem;
use crate::domain::company::PeopleList;
use crate::domain::desired::Window;
use crate::domain::ids::CompanyId;
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::officient::rate_limiter::Priority;
use crate::secrets::random::digest;

impl Engine {
    pub(super) fn is_sweep_due(&self, connection: &Connection, now: Timestamp) -> bool {
        let Some(interval) = self.sweep_interval() else {
            return false;
        };
        match (connection.sweep_started_at, connection.sweep_finished_at) {
            (Some(_), None) => false,
            (Some(started_at), Some(_)) => after(started_at, interval) <= now,
            (None, _) => true,
        }
    }

    /// Starts a sweep: checks the webhook subscriptions, reads the list of people, and requests everybody.
    ///
    /// A requested sweep (after connecting, or by the admin) may use most of the rate limit, a periodic one a third.
    ///
    /// Returns whether the subscriptions are as they should be; the sweep goes on without.
    pub async fn begin_sweep(&self, company: CompanyId, is_requested: bool) -> Result<bool> {
        let began_at = self.clock.now();
        let reason = if is_requested { SyncReason::Import } else { SyncReason::Sweep };
        let subscriptions = self.ensure_subscriptions().await;
        if let Err(error) = &subscriptions {
            tracing::warn!(%error, "Could not check the webhook subscriptions");
        }
        // Afterwards it is known which requests are new.
        let reading = erasure::begin_reading(&self.db, company).await?;
        if let Err(error) = self.request_lookup.new_requesters(reading).await {
            tracing::debug!(%error, "Could not read the list of calendar requests");
        }
        if is_requested {
            // Most often because a name or a type was changed.
            self.reference_data.refresh().await;
        }
        self.list_people(company, reason).await?;
        if let Err(error) = self.check_next_year(company, Fresh::to_look_ahead(&self.clock)).await {
            tracing::warn!(%error, "Could not check the leave types of next year");
        }

        let now = self.clock.now();
        let request = SyncRequest { reason, at: now, webhook_received_at: None };
        let mut tx = db::begin(&self.db).await?;
        let number = sweeps::begin(&mut *tx, began_at, now).await?;
        queue::request_sync_of_all(&mut *tx, company, request, i64::MAX).await?;
        tx.commit().await?;
        tracing::info!(sweep = number, reason = reason.into_str(), "Started sweep {number}");
        Ok(subscriptions.is_ok())
    }

    /// Brings the table of people up to date with Officient's list. A list that may still contain a person whose data
    /// was erased meanwhile is read again.
    pub async fn list_people(&self, company: CompanyId, reason: SyncReason) -> Result<()> {
        loop {
            let reading = erasure::begin_reading(&self.db, company).await?;
            let list = self.officient.people(priority_of(reason)).await?;
            if self.store_list(reason, &list, reading).await? {
                return Ok(());
            }
        }
    }

    /// Stores the list unless somebody's data was erased since the reading began. An incomplete list archives nobody.
    async fn store_list(&self, reason: SyncReason, list: &PeopleList, reading: Reading) -> Result<bool> {
        let company = reading.company;
        let ids: Vec<i64> = list.people.iter().map(|person| person.id.0).collect();
        let name_digests: Vec<Vec<u8>> = list.people.iter().map(|person| digest(&person.name)).collect();
        let mut tx = db::begin(&self.db).await?;
        if !people::save_listed(&mut tx, &ids, &name_digests, reading).await? {
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
    pub async fn finish_sweep_if_done(&self, company: CompanyId, connection: &Connection) -> Result<()> {
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

    /// Which calendars to read for this person while so many wait. If a sweep's share of the rate limit is too small
    /// for everybody within one interval, the far years of each person are read only every so many sweeps. If people
    /// who do not wait for a sweep need more calls than the limit allows at once, their near years come first.
    pub fn years_to_read(
        &self,
        person: &Person,
        window: Window,
        sweep_no: i64,
        people: i64,
        waiting: usize,
    ) -> YearsToRead {
        let years = window.years().count();
        match person.request.map(|request| request.reason) {
            Some(SyncReason::Sweep) if person.synced_at.is_some() => {
                let calls = usize::try_from(people).unwrap_or_default() * years;
                let calls_per_sweep = self.officient.sweep_calls_in(self.config.sync.sweep_interval).max(1);
                let every = i64::try_from(calls.div_ceil(calls_per_sweep)).unwrap_or(1);
                let is_in_turn = (person.id.0 + sweep_no).rem_euclid(every) == 0;
                if is_in_turn { YearsToRead::All } else { YearsToRead::Near }
            }
            Some(reason) if priority_of(reason) == Priority::Urgent => {
                let is_scarce = waiting * years > self.config.officient.rate_limit_calls;
                let has_far = self.near_years(window).len() < years;
                if is_scarce && has_far { YearsToRead::NearFirst } else { YearsToRead::All }
            }
            _ => YearsToRead::All,
        }
    }
}
