//! A background job that runs one at a time, and later again after a failure.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::after;
use crate::secrets::random::random;

/// A job is tried again after at most this long, however often it failed: it ends soon after an outage does.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The jobs that run one at a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobName {
    PendingWebhooks,
    /// Starts a sweep, or only checks the webhook subscriptions.
    Sweep,
    Preview,
    Audit,
    Unblock,
    CleanUp,
    /// Tries a refused refresh token again.
    Renewal,
}

#[derive(Default)]
pub struct Job {
    is_running: bool,
    failures: u32,
    not_before: Option<Timestamp>,
}

impl Job {
    pub fn may_start(&self, now: Timestamp) -> bool {
        !self.is_running && self.not_before.is_none_or(|at| at <= now)
    }

    pub fn start(&mut self) {
        self.is_running = true;
    }

    /// Notes the end of a run; `pause` is the time until the next run after a success.
    pub fn finish(&mut self, is_ok: bool, now: Timestamp, pause: Duration) {
        self.is_running = false;
        let wait = if is_ok { pause } else { backoff(self.failures, None).min(LONGEST_WAIT) };
        self.failures = if is_ok { 0 } else { self.failures + 1 };
        self.not_before = (!wait.is_zero()).then(|| after(now, wait));
    }

    /// When the job may start again, if that is later than `now`.
    pub fn waits_for(&self, now: Timestamp) -> Option<Duration> {
        Duration::try_from(self.not_before?.duration_since(now)).ok()
    }
}

/// Nobody waits longer for the next attempt, whatever an upstream asks for.
pub const LONGEST_BACKOFF: Duration = Duration::from_mins(15);

/// The wait before the next attempt: doubles from 2 s to at most 15 minutes, with jitter of half to one and a half.
pub fn backoff(attempts: u32, at_least: Option<Duration>) -> Duration {
    const FIRST: Duration = Duration::from_secs(2);
    let wait = FIRST.saturating_mul(1 << attempts.min(16)).min(LONGEST_BACKOFF);
    let [random] = random::<1>();
    let jittered = wait.mul_f64(0.5 + f64::from(random) / 510.0);
    jittered.max(at_least.unwrap_or_default()).min(LONGEST_BACKOFF)
}
