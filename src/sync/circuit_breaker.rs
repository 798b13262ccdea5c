//! Notices when an upstream fails for everybody. Then one person at a time tries it, and the first success makes
//! everybody due at once. Without this, each person would back off alone, and a short outage would delay leave for
//! minutes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::after;
use crate::domain::ids::PersonId;

/// The time between a failed attempt and the next one while the breaker is open.
const PAUSE: Duration = Duration::from_secs(2);
/// While only one person failed, nobody knows whose fault it is. That person waits at most a tenth of the time since
/// the first failure, but no less than this.
const SHORTEST_PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub struct CircuitBreaker(Mutex<State>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Circuit {
    #[default]
    Closed,
    /// Several people failed, or the token was refused.
    Open,
    /// The upstream works for somebody who did not fail; whether for those who failed is not known yet.
    Recovering,
}

#[derive(Debug, Default)]
struct State {
    circuit: Circuit,
    succeeded_at: Option<Timestamp>,
    /// The last time that the upstream worked again.
    recovered_at: Option<Timestamp>,
    /// The first person who failed since the last success, and when.
    first_failure: Option<(PersonId, Timestamp)>,
    /// The upstream refused our token, so any call that it accepts is a success.
    is_unauthorized: bool,
    /// The attention item about our token was resolved since.
    is_settled: bool,
    next_attempt_at: Option<Timestamp>,
}

/// A person's reconciliation that failed.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    pub person: PersonId,
    pub began_at: Timestamp,
    /// When the attempt before failed, if it failed too.
    pub failed_before_at: Option<Timestamp>,
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
        self.lock().circuit == Circuit::Open
    }

    /// Whether the next attempt must wait.
    pub fn is_pausing(&self, now: Timestamp) -> bool {
        let state = self.lock();
        state.circuit == Circuit::Open && state.next_attempt_at.is_some_and(|at| at > now)
    }

    /// Whether this person is the first who failed since the last success.
    pub fn failed_first_for(&self, person: PersonId) -> bool {
        self.lock().first_failure.is_some_and(|(first, _)| first == person)
    }

    pub fn is_unauthorized(&self) -> bool {
        self.lock().is_unauthorized
    }

    /// A reconciliation failed.
    pub fn fail(&self, Attempt { person, began_at, failed_before_at }: Attempt, now: Timestamp) -> Failing {
        let mut state = self.lock();
        if state.recovered_at.is_some_and(|at| began_at <= at) {
            // It met the end of the outage.
            return Failing::Everybody(PAUSE);
        }
        if failed_before_at.is_some_and(|at| state.succeeded_at.is_some_and(|success| success >= at)) {
            if state.circuit == Circuit::Recovering {
                state.circuit = Circuit::Closed;
            }
            return Failing::OnlyThisPerson;
        }
        let (first, since) = *state.first_failure.get_or_insert((person, now));
        if first != person {
            state.circuit = Circuit::Open;
        }
        state.next_attempt_at = Some(after(now, PAUSE));
        if state.circuit == Circuit::Open {
            return Failing::Everybody(PAUSE);
        }
        let lasts = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        Failing::PerhapsEverybody((lasts / 10).max(SHORTEST_PATIENCE))
    }

    /// A refused token concerns everybody at once. Call this before [`Self::fail`].
    pub fn refuse_token(&self) {
        let mut state = self.lock();
        state.circuit = Circuit::Open;
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
        let (circuit, recovery) = match (state.circuit, has_failed) {
            (Circuit::Closed, _) => (Circuit::Closed, Recovery::None),
            (Circuit::Open | Circuit::Recovering, true) => (Circuit::Closed, Recovery::Certain),
            (Circuit::Open, false) => (Circuit::Recovering, Recovery::Perhaps),
            (Circuit::Recovering, false) => (Circuit::Recovering, Recovery::None),
        };
        let recovered_at = if recovery == Recovery::None { state.recovered_at } else { Some(now) };
        let is_settled = state.is_settled;
        *state = State { circuit, succeeded_at: Some(now), recovered_at, is_settled, ..State::default() };
        recovery
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

    fn fail(
        breaker: &CircuitBreaker,
        person: PersonId,
        failed_before_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Failing {
        breaker.fail(Attempt { person, began_at: now, failed_before_at }, now)
    }

    fn second(number: i64) -> Timestamp {
        Timestamp::from_second(number).unwrap()
    }

    #[test]
    fn failures_of_two_people_without_a_success_between_them_concern_everybody() {
        let breaker = CircuitBreaker::default();
        assert_eq!(fail(&breaker, JAN, None, second(0)), Failing::PerhapsEverybody(SHORTEST_PATIENCE));
        assert!(!breaker.is_open());
        assert_eq!(fail(&breaker, ELS, None, second(1)), Failing::Everybody(PAUSE));
        assert!(breaker.is_open() && breaker.is_pausing(second(2)) && !breaker.is_pausing(second(3)));
        assert_eq!(breaker.succeed(true, second(5)), Recovery::Certain);
        assert!(!breaker.is_open());
        assert_eq!(fail(&breaker, ELS, None, second(6)), Failing::PerhapsEverybody(SHORTEST_PATIENCE));
    }

    #[test]
    fn somebody_who_fails_while_others_succeed_opens_nothing() {
        let breaker = CircuitBreaker::default();
        fail(&breaker, JAN, None, second(0));
        assert_eq!(breaker.succeed(false, second(1)), Recovery::None);
        assert_eq!(fail(&breaker, JAN, Some(second(0)), second(2)), Failing::OnlyThisPerson);
        assert_eq!(fail(&breaker, ELS, Some(second(1)), second(3)), Failing::OnlyThisPerson);
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_success_of_somebody_else_shows_little_about_those_who_failed() {
        let breaker = CircuitBreaker::default();
        let fail_for_everybody = |at| {
            fail(&breaker, JAN, None, second(at));
            fail(&breaker, ELS, None, second(at));
        };
        fail_for_everybody(1);
        assert_eq!(breaker.succeed(false, second(2)), Recovery::Perhaps);
        assert_eq!(breaker.succeed(false, second(3)), Recovery::None);
        assert_eq!(breaker.succeed(true, second(4)), Recovery::Certain);
        assert_eq!(breaker.succeed(true, second(5)), Recovery::None);
        fail_for_everybody(6);
        assert_eq!(breaker.succeed(false, second(7)), Recovery::Perhaps);
        assert_eq!(fail(&breaker, JAN, Some(second(6)), second(8)), Failing::OnlyThisPerson);
        assert_eq!(breaker.succeed(true, second(9)), Recovery::None);
    }

    #[test]
    fn an_attempt_that_began_during_the_outage_is_repeated_soon() {
        let breaker = CircuitBreaker::default();
        fail(&breaker, JAN, None, second(0));
        fail(&breaker, ELS, None, second(1));
        assert_eq!(breaker.succeed(true, second(3)), Recovery::Certain);
        let attempt = Attempt { person: JAN, began_at: second(2), failed_before_at: Some(second(1)) };
        assert_eq!(breaker.fail(attempt, second(4)), Failing::Everybody(PAUSE));
        assert!(!breaker.is_open());
    }

    #[test]
    fn somebody_who_fails_alone_waits_ever_longer() {
        let breaker = CircuitBreaker::default();
        fail(&breaker, JAN, None, second(0));
        let wait = |at| fail(&breaker, JAN, Some(second(at - 1)), second(at));
        assert_eq!(wait(6), Failing::PerhapsEverybody(SHORTEST_PATIENCE));
        assert_eq!(wait(60), Failing::PerhapsEverybody(Duration::from_secs(6)));
        assert_eq!(wait(3600), Failing::PerhapsEverybody(Duration::from_mins(6)));
    }

    #[test]
    fn a_refused_token_concerns_everybody_until_a_call_is_accepted() {
        let breaker = CircuitBreaker::default();
        breaker.refuse_token();
        assert_eq!(fail(&breaker, JAN, None, second(0)), Failing::Everybody(PAUSE));
        assert!(breaker.is_unauthorized() && breaker.settle() && !breaker.settle());
        assert_eq!(breaker.succeed(true, second(1)), Recovery::Certain);
        assert!(!breaker.is_unauthorized());
    }
}
