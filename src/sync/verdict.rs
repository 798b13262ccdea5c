//! The verdict of the status document, the page and the command `status`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::engine::Engine;
use crate::db::connection::{Connection, State};
use crate::db::{attention, queue, verdict as counts, webhooks};
use crate::domain::attention::AttentionKind;
use crate::domain::verdict::{Facts, Verdict, verdict};

/// Stands for the interval between sweeps where only requested sweeps run.
const WITHOUT_SWEEPS: Duration = Duration::from_hours(24);

impl Engine {
    pub async fn verdict(&self, connection: &Connection) -> Result<Verdict, sqlx::Error> {
        let db = &self.db;
        // Webhooks first: one that becomes a request in between is then counted twice instead of not at all.
        let webhooks = webhooks::count_waiting(db).await?;
        let people = queue::count(db).await?;
        let items = attention::count_open(db).await?;
        let is_of_upstream = |kind: &str| {
            [AttentionKind::OfficientFailing, AttentionKind::OptedoFailing].iter().any(|of| of.into_str() == kind)
        };
        let counts = counts::total(db, connection.company_id).await?;
        let longest = self.sweep_interval().unwrap_or(WITHOUT_SWEEPS).saturating_mul(2);
        let outdated_before =
            SignedDuration::try_from(longest).ok().and_then(|age| self.clock.now().checked_sub(age).ok());
        Ok(verdict(Facts {
            is_connected: connection.state != State::Disconnected,
            needs_sign_in: connection.state == State::ReauthorizationRequired,
            is_paused: connection.is_paused,
            is_failing: items.iter().any(|(kind, _)| is_of_upstream(kind)),
            open_items: items.iter().map(|(_, count)| count).sum(),
            // That everybody is checked periodically does not mean that something is missing.
            waiting: webhooks + people.not_periodic + people.retrying,
            waiting_since: webhooks::oldest_received_at(db).await?,
            expected: counts.expected,
            in_optedo: counts.in_optedo,
            // A company without people is compared by a sweep.
            compared_at: if counts.people == 0 { connection.sweep_finished_at } else { counts.compared_at },
            outdated_before: outdated_before.unwrap_or(Timestamp::MIN),
        }))
    }
}
