//! Officient's rate limit over all processes on one database: the leader, other replicas, commands run beside them.
//!
//! [`Limiter`](crate::officient::limiter::Limiter) orders the calls of this process and never lets it exceed the limit by itself. Here
//! calls are set aside in Postgres, a few at a time, so that all processes together do not either. What is set aside and not
//! used lapses within a second; what was used counts until one period after the last of it ended. A process that was killed
//! leaves behind what it had set aside, so whoever takes over knows how much of the limit may be spent already.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use crate::db::rate_limit::{self, Aside, Settled};

/// Calls set aside at a time: few round trips, and little that others must wait for in vain.
const HANDFUL: usize = 10;
/// So long after it was set aside a call may begin.
const LIFE: Duration = Duration::from_secs(1);
/// So long after it began a call may arrive, from when on it counts: a process that is killed tells nobody when that was.
const TRAVEL: Duration = Duration::from_secs(1);
/// Whoever waits asks again so often: of calls under way it is not known yet when they come back.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// Hands out the right to call; clones share it.
#[derive(Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

struct Shared {
    db: PgPool,
    calls: usize,
    period: Duration,
    /// One at a time sets calls aside; those who wait meanwhile get theirs of the same handful.
    setting_aside: tokio::sync::Mutex<()>,
    handfuls: Mutex<Vec<Handful>>,
}

/// Calls set aside together.
struct Handful {
    id: i64,
    left: usize,
    made: usize,
    under_way: usize,
    lapses_at: Instant,
    last_ended_at: Instant,
}

impl Budget {
    /// At most `calls` in any `period`, over all processes that share `db`.
    pub fn new(db: PgPool, calls: usize, period: Duration) -> Self {
        let setting_aside = tokio::sync::Mutex::default();
        let shared = Shared { db, calls: calls.max(1), period, setting_aside, handfuls: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Waits for the right to make one call now. Dropping the returned value says that the call ended.
    pub async fn take(&self) -> Result<Permit, sqlx::Error> {
        if let Some(permit) = self.permit() {
            return Ok(permit);
        }
        let _one_at_a_time = self.shared.setting_aside.lock().await;
        loop {
            if let Some(permit) = self.permit() {
                return Ok(permit);
            }
            let wanted = HANDFUL.min(self.shared.calls.div_ceil(3));
            let (limit, lasts) = (self.shared.calls, LIFE + TRAVEL + self.shared.period);
            let settled = self.settle();
            match rate_limit::set_aside(&self.shared.db, &settled, wanted, limit, lasts).await? {
                Aside::Calls { id, calls } => {
                    let now = Instant::now();
                    self.handfuls().push(Handful {
                        id,
                        left: calls,
                        made: 0,
                        under_way: 0,
                        lapses_at: now + LIFE,
                        last_ended_at: now,
                    });
                }
                Aside::NothingBefore(wait) => sleep(wait.min(ASK_AGAIN)).await,
            }
        }
    }

    /// Of what is set aside already.
    fn permit(&self) -> Option<Permit> {
        let now = Instant::now();
        let mut handfuls = self.handfuls();
        let handful = handfuls.iter_mut().find(|handful| handful.left > 0 && now < handful.lapses_at)?;
        handful.left -= 1;
        handful.made += 1;
        handful.under_way += 1;
        Some(Permit { budget: self.clone(), handful: handful.id })
    }

    /// What others may know now: what was used, and until when it counts. Forgets what is over.
    fn settle(&self) -> Vec<Settled> {
        let (now, period) = (Instant::now(), self.shared.period);
        let mut settled = Vec::new();
        self.handfuls().retain(|handful| {
            let is_over = handful.under_way == 0 && (handful.left == 0 || handful.lapses_at <= now);
            let ended = if handful.under_way > 0 { now + TRAVEL } else { handful.last_ended_at };
            if is_over || handful.under_way > 0 {
                let calls = if is_over { handful.made } else { handful.made + handful.left };
                let lasts = (ended + period).saturating_duration_since(now);
                settled.push(Settled { id: handful.id, calls, lasts });
            }
            !is_over
        });
        settled
    }

    fn handfuls(&self) -> MutexGuard<'_, Vec<Handful>> {
        // No code that holds the lock can panic half way.
        self.shared.handfuls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to make one call.
#[must_use = "the call is under way for as long as this value lives"]
pub struct Permit {
    budget: Budget,
    handful: i64,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut handfuls = self.budget.handfuls();
        if let Some(handful) = handfuls.iter_mut().find(|handful| handful.id == self.handful) {
            handful.under_way = handful.under_way.saturating_sub(1);
            handful.last_ended_at = Instant::now();
        }
    }
}
