//! Notices when an upstream fails for everybody. Then one person at a time tries it, and the first success makes everybody
//! due at once. Without this, each person would back off alone, and a short outage would delay leave for minutes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::after;

/// So many failures without a success between them are not about one person.
const FAILURES: u32 = 2;
/// The time between a failed attempt and the next one while the breaker is open.
pub const PAUSE: Duration = Duration::from_secs(3);

#[derive(Debug, Default)]
pub struct CircuitBreaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// The upstream refused our token, so any call that it accepts is a success.
    is_unauthorized: bool,
    /// The attention item about our token was resolved since.
    is_settled: bool,
    next_attempt_at: Option<Timestamp>,
}

impl CircuitBreaker {
    /// Whether the upstream fails for everybody.
    pub fn is_open(&self) -> bool {
        self.lock().failures >= FAILURES
    }

    /// Whether the next attempt must wait.
    pub fn is_pausing(&self, now: Timestamp) -> bool {
        self.is_open() && self.lock().next_attempt_at.is_some_and(|at| at > now)
    }

    pub fn is_unauthorized(&self) -> bool {
        self.lock().is_unauthorized
    }

    pub fn fail(&self, now: Timestamp) {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        state.next_attempt_at = Some(after(now, PAUSE));
    }

    /// A refused token concerns everybody at once.
    pub fn fail_unauthorized(&self, now: Timestamp) {
        self.fail(now);
        let mut state = self.lock();
        state.failures = state.failures.max(FAILURES);
        state.is_unauthorized = true;
        state.is_settled = false;
    }

    /// Lets the next person try, without waiting.
    pub fn try_now(&self) {
        self.lock().next_attempt_at = None;
    }

    /// The upstream works. Returns whether it did not before.
    pub fn succeed(&self) -> bool {
        let was_open = self.is_open();
        let mut state = self.lock();
        *state = State { is_settled: state.is_settled, ..State::default() };
        was_open
    }

    /// Whether the attention item about our token is still to be resolved; the caller resolves it.
    pub fn settle(&self) -> bool {
        !std::mem::replace(&mut self.lock().is_settled, true)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
