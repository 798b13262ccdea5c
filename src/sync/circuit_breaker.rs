//! Notices when an upstream fails for everybody. Then one person at a time tries it, and the first success makes everybody
//! due at once. Without this, each person would back off alone, and a short outage would delay leave for minutes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::after;
use crate::domain::ids::PersonId;

/// The time between a failed attempt and the next one while the breaker is open.
const PAUSE: Duration = Duration::from_secs(2);
/// While only one person failed, nobody knows whose fault it is. That person waits at most a tenth of the time since the
/// first failure, but no less than this.
const SHORTEST_PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub struct CircuitBreaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    succeeded_at: Option<Timestamp>,
    /// The first person who failed since the last success, and when.
    first_failure: Option<(PersonId, Timestamp)>,
    /// Others failed too, or the token was refused.
    is_open: bool,
    /// It works for somebody who did not fail; whether for those who failed is not known yet.
    is_recovering: bool,
    /// The upstream refused our token, so any call that it accepts is a success.
    is_unauthorized: bool,
    /// The attention item about our token was resolved since.
    is_settled: bool,
    next_attempt_at: Option<Timestamp>,
}

/// Why a person failed, as far as the others show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Others succeeded since the person's last attempt.
    OnlyThisPerson,
    /// Nobody else tried. The person waits at most this long.
    PerhapsEverybody(Duration),
    /// The person tries again after this pause, or when the first of the others succeeds.
    Everybody(Duration),
}

/// What the success of one person shows about the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recovery {
    /// The upstream did not fail for everybody.
    None,
    /// The upstream works, but perhaps not yet for those for whom it failed.
    Perhaps,
    /// The upstream works for somebody for whom it failed.
    Certain,
}

impl CircuitBreaker {
    /// Whether the upstream fails for everybody.
    pub fn is_open(&self) -> bool {
        self.lock().is_open
    }

    /// Whether the next attempt must wait.
    pub fn is_pausing(&self, now: Timestamp) -> bool {
        let state = self.lock();
        state.is_open && state.next_attempt_at.is_some_and(|at| at > now)
    }

    pub fn is_unauthorized(&self) -> bool {
        self.lock().is_unauthorized
    }

    /// A person's reconciliation failed; `attempted_at`: the person's last attempt before, if it failed too.
    pub fn fail(&self, person: PersonId, attempted_at: Option<Timestamp>, now: Timestamp) -> Failing {
        let mut state = self.lock();
        if attempted_at.is_some_and(|at| state.succeeded_at.is_some_and(|success| success >= at)) {
            state.is_recovering = false;
            return Failing::OnlyThisPerson;
        }
        let (first, since) = *state.first_failure.get_or_insert((person, now));
        state.is_open |= first != person;
        state.next_attempt_at = Some(after(now, PAUSE));
        if state.is_open {
            return Failing::Everybody(PAUSE);
        }
        let lasts = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        Failing::PerhapsEverybody((lasts / 10).max(SHORTEST_PATIENCE))
    }

    /// A refused token concerns everybody at once. Call this before [`Self::fail`].
    pub fn refuse_token(&self) {
        let mut state = self.lock();
        state.is_open = true;
        state.is_unauthorized = true;
        state.is_settled = false;
    }

    /// Lets the next person try, without waiting.
    pub fn try_now(&self) {
        self.lock().next_attempt_at = None;
    }

    /// The upstream works for a person; `has_failed`: it failed for them before.
    pub fn succeed(&self, has_failed: bool, now: Timestamp) -> Recovery {
        let mut state = self.lock();
        let is_recovering = (state.is_open || state.is_recovering) && !has_failed;
        let is_settled = state.is_settled;
        let after = State { succeeded_at: Some(now), is_recovering, is_settled, ..State::default() };
        let before = std::mem::replace(&mut *state, after);
        match (before.is_open || before.is_recovering, has_failed) {
            (true, true) => Recovery::Certain,
            (true, false) if before.is_open => Recovery::Perhaps,
            (true | false, _) => Recovery::None,
        }
    }

    /// Whether the attention item about our token is still to be resolved; the caller resolves it.
    pub fn settle(&self) -> bool {
        !std::mem::replace(&mut self.lock().is_settled, true)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JAN: PersonId = PersonId(1);
    const ELS: PersonId = PersonId(2);

    fn second(number: i64) -> Timestamp {
        Timestamp::from_second(number).unwrap()
    }

    #[test]
    fn failures_of_two_people_without_a_success_between_them_concern_everybody() {
        let breaker = CircuitBreaker::default();
        assert_eq!(breaker.fail(JAN, None, second(0)), Failing::PerhapsEverybody(SHORTEST_PATIENCE));
        assert!(!breaker.is_open());
        assert_eq!(breaker.fail(ELS, None, second(1)), Failing::Everybody(PAUSE));
        assert!(breaker.is_open() && breaker.is_pausing(second(2)) && !breaker.is_pausing(second(3)));
        assert_eq!(breaker.succeed(true, second(5)), Recovery::Certain);
        assert!(!breaker.is_open());
        assert_eq!(breaker.fail(ELS, None, second(6)), Failing::PerhapsEverybody(SHORTEST_PATIENCE));
    }

    #[test]
    fn somebody_who_fails_while_others_succeed_opens_nothing() {
        let breaker = CircuitBreaker::default();
        breaker.fail(JAN, None, second(0));
        assert_eq!(breaker.succeed(false, second(1)), Recovery::None);
        assert_eq!(breaker.fail(JAN, Some(second(0)), second(2)), Failing::OnlyThisPerson);
        assert_eq!(breaker.fail(ELS, Some(second(1)), second(3)), Failing::OnlyThisPerson);
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_success_of_somebody_else_shows_little_about_those_who_failed() {
        let breaker = CircuitBreaker::default();
        let fail_for_everybody = || {
            breaker.fail(JAN, None, second(0));
            breaker.fail(ELS, None, second(1));
        };
        fail_for_everybody();
        assert_eq!(breaker.succeed(false, second(2)), Recovery::Perhaps);
        assert_eq!(breaker.succeed(false, second(3)), Recovery::None);
        assert_eq!(breaker.succeed(true, second(4)), Recovery::Certain);
        assert_eq!(breaker.succeed(true, second(5)), Recovery::None);
        fail_for_everybody();
        assert_eq!(breaker.succeed(false, second(6)), Recovery::Perhaps);
        assert_eq!(breaker.fail(JAN, Some(second(1)), second(7)), Failing::OnlyThisPerson);
        assert_eq!(breaker.succeed(true, second(8)), Recovery::None);
    }

    #[test]
    fn somebody_who_fails_alone_waits_ever_longer() {
        let breaker = CircuitBreaker::default();
        breaker.fail(JAN, None, second(0));
        let wait = |at| breaker.fail(JAN, Some(second(at - 1)), second(at));
        assert_eq!(wait(6), Failing::PerhapsEverybody(SHORTEST_PATIENCE));
        assert_eq!(wait(60), Failing::PerhapsEverybody(Duration::from_secs(6)));
        assert_eq!(wait(3600), Failing::PerhapsEverybody(Duration::from_mins(6)));
    }

    #[test]
    fn a_refused_token_concerns_everybody_until_a_call_is_accepted() {
        let breaker = CircuitBreaker::default();
        breaker.refuse_token();
        assert_eq!(breaker.fail(JAN, None, second(0)), Failing::Everybody(PAUSE));
        assert!(breaker.is_unauthorized() && breaker.settle() && !breaker.settle());
        assert_eq!(breaker.succeed(true, second(1)), Recovery::Certain);
        assert!(!breaker.is_unauthorized());
    }
}
