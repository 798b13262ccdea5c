//! Stops calls to Optedo while it refuses our API token; now and then one person is reconciled to try it again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::job::backoff;
use crate::clock::after;

/// A refused token is tried again at least this often: Optedo announces no repair.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub struct CircuitBreaker(Mutex<State>);

#[derive(Debug, Default, Clone, Copy)]
struct State {
    /// The token was accepted since it was last refused, and the attention item is resolved.
    is_settled: bool,
    refusals: u32,
    open_until: Option<Timestamp>,
}

impl CircuitBreaker {
    /// Until when nothing is tried; a time in the past means that one attempt may run.
    pub fn open_until(&self) -> Option<Timestamp> {
        self.lock().open_until
    }

    /// Optedo refused the token. Refusals of people who were reconciled side by side count as one.
    pub fn trip(&self, now: Timestamp) {
        let mut state = self.lock();
        state.is_settled = false;
        if state.open_until.is_none_or(|until| until <= now) {
            state.open_until = Some(after(now, backoff(state.refusals, None).min(LONGEST_WAIT)));
            state.refusals += 1;
        }
    }

    /// Lets the next person try, without waiting.
    pub fn try_now(&self) {
        self.lock().open_until = None;
    }

    /// Optedo accepted the token. Returns whether that is news: then the attention item must be resolved.
    pub fn close(&self) -> bool {
        let mut state = self.lock();
        let is_news = !state.is_settled;
        *state = State { is_settled: true, ..State::default() };
        is_news
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
