//! Officient's rate limit: so many calls in any period, for all calls of this process, the urgent ones first.
//!
//! A slot is taken before a call and comes back one period after the call *ended*: whenever within that time Officient
//! counted it, no window of one period ever holds more calls than there are slots. (A token bucket that allows the full
//! burst and refills while it lasts would let almost twice as many into the first window.) The whole burst is usable.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Somebody waits for it: a webhook, the admin, signing in.
    Urgent,
    /// The first import, retries.
    Import,
    /// The periodic sweep; uses at most a third of the slots.
    Sweep,
}

/// Hands out slots; clones share them.
#[derive(Clone, Debug)]
pub struct Limiter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    calls: usize,
    period: Duration,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    next_ticket: u64,
    waiting: BTreeSet<Ticket>,
    all: Slots,
    sweep: Slots,
    paused_until: Option<Instant>,
}

/// A place in the order: the urgent first, work under way before work that begins, then who came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ticket {
    priority: Priority,
    begins: bool,
    number: u64,
}

/// Slots in use: by a call under way, or not yet back after one.
#[derive(Debug, Default)]
struct Slots {
    under_way: usize,
    free_at: VecDeque<Instant>,
}

impl Slots {
    /// Whether one of `most` is free; otherwise when the next one will be, where that is known.
    fn next_free(&mut self, most: usize, now: Instant) -> Result<(), Option<Instant>> {
        while self.free_at.front().is_some_and(|at| *at <= now) {
            self.free_at.pop_front();
        }
        if self.under_way + self.free_at.len() < most { Ok(()) } else { Err(self.free_at.front().copied()) }
    }

    fn end(&mut self, free_at: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        self.free_at.push_back(free_at);
    }
}

impl Limiter {
    /// At most `calls` in any `period`.
    pub fn new(calls: usize, period: Duration) -> Self {
        let state = Mutex::default();
        Self { shared: Arc::new(Shared { calls: calls.max(1), period, state, changed: Notify::new() }) }
    }

    /// Waits for a slot. Dropping the returned value says that the call ended.
    pub async fn slot(&self, priority: Priority) -> Slot {
        self.wait(priority, false).await
    }

    /// Waits for the slot of the first call of several that belong together: what is under way is ended before more is
    /// begun, so that little is half done while all wait for the next period.
    pub async fn slot_to_begin(&self, priority: Priority) -> Slot {
        self.wait(priority, true).await
    }

    async fn wait(&self, priority: Priority, begins: bool) -> Slot {
        let waiting = Waiting::register(&self.shared, priority, begins);
        loop {
            let changed = self.shared.changed.notified();
            let turn = self.shared.lock().try_take(waiting.ticket, &self.shared);
            match turn {
                Ok(()) => break,
                Err(Some(at)) => tokio::select! { () = sleep_until(at) => (), () = changed => () },
                Err(None) => changed.await,
            }
        }
        drop(waiting);
        Slot { shared: Arc::clone(&self.shared), priority }
    }

    /// Officient said 429 in spite of all: no call for a whole period.
    pub fn pause(&self) {
        self.shared.lock().paused_until = Some(Instant::now() + self.shared.period);
    }

    /// How many calls a sweep can make in `interval` with its third of the slots.
    pub fn sweep_budget(&self, interval: Duration) -> usize {
        let periods = interval.as_secs_f64() / self.shared.period.as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an estimate of positive, small numbers"
        )]
        let calls = (periods * self.shared.sweep_share() as f64) as usize;
        calls
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sweep_share(&self) -> usize {
        (self.calls / 3).max(1)
    }
}

impl State {
    /// Takes a slot if it is this ticket's turn; otherwise says when to look again (`None`: when something changes).
    fn try_take(&mut self, ticket: Ticket, shared: &Shared) -> Result<(), Option<Instant>> {
        let now = Instant::now();
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Err(Some(until));
        }
        // Sweeps are last in the order, so one that is held back by its share stands in nobody's way.
        if self.waiting.first() != Some(&ticket) {
            return Err(None);
        }
        self.all.next_free(shared.calls, now)?;
        if ticket.priority == Priority::Sweep {
            self.sweep.next_free(shared.sweep_share(), now)?;
            self.sweep.under_way += 1;
        }
        self.all.under_way += 1;
        Ok(())
    }
}

/// A place in the queue, given up when dropped: also by a call that is cancelled while it waits.
struct Waiting<'a> {
    shared: &'a Shared,
    ticket: Ticket,
}

impl<'a> Waiting<'a> {
    fn register(shared: &'a Shared, priority: Priority, begins: bool) -> Self {
        let mut state = shared.lock();
        state.next_ticket += 1;
        let ticket = Ticket { priority, begins, number: state.next_ticket };
        state.waiting.insert(ticket);
        Self { shared, ticket }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared.lock().waiting.remove(&self.ticket);
        self.shared.changed.notify_waiters();
    }
}

/// The right to make one call.
#[must_use = "the slot is in use for as long as this value lives"]
#[derive(Debug)]
pub struct Slot {
    shared: Arc<Shared>,
    priority: Priority,
}

impl Slot {
    /// As what it was waited for.
    pub fn priority(&self) -> Priority {
        self.priority
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let free_at = Instant::now() + self.shared.period;
        let mut state = self.shared.lock();
        state.all.end(free_at);
        if self.priority == Priority::Sweep {
            state.sweep.end(free_at);
        }
        drop(state);
        self.shared.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(5);

    async fn calls(limiter: &Limiter, priority: Priority, count: usize, latency: Duration) -> Vec<Instant> {
        let started = futures_util::future::join_all((0..count).map(|_| async {
            let slot = limiter.slot(priority).await;
            let started = Instant::now();
            tokio::time::sleep(latency).await;
            drop(slot);
            started
        }));
        let mut started = started.await;
        started.sort_unstable();
        started
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_of_one_period_holds_more_calls_than_allowed_and_the_burst_is_used() {
        let limiter = Limiter::new(30, PERIOD);
        let begin = Instant::now();
        let started = calls(&limiter, Priority::Import, 300, Duration::from_millis(40)).await;
        for window in started.windows(31) {
            assert!(window[30] - window[0] >= PERIOD);
        }
        assert_eq!(started[29], begin, "the first thirty go at once");
        let used = 300.0 / ((started[299] - begin).as_secs_f64() + 5.0) / 6.0;
        assert!(used > 0.99, "{used} of the limit was used");
    }

    #[tokio::test(start_paused = true)]
    async fn a_sweep_leaves_two_thirds_free_for_what_is_urgent() {
        let limiter = Limiter::new(30, PERIOD);
        let begin = Instant::now();
        let sweep = calls(&limiter, Priority::Sweep, 25, Duration::ZERO);
        let urgent = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            calls(&limiter, Priority::Urgent, 20, Duration::ZERO).await
        };
        let (sweep, urgent) = tokio::join!(sweep, urgent);
        assert_eq!(sweep.iter().filter(|at| **at == begin).count(), 10);
        assert!(urgent.iter().all(|at| *at == begin + Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_urgent_goes_before_what_waited_longer() {
        let limiter = Limiter::new(1, PERIOD);
        let slot = limiter.slot(Priority::Import).await;
        let import = calls(&limiter, Priority::Import, 1, Duration::ZERO);
        let urgent = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            calls(&limiter, Priority::Urgent, 1, Duration::ZERO).await
        };
        let end = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            drop(slot);
        };
        let (import, urgent, ()) = tokio::join!(import, urgent, end);
        assert!(urgent[0] < import[0]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_is_ended_before_more_is_begun() {
        let limiter = Limiter::new(2, PERIOD);
        let begin = Instant::now();
        let work = futures_util::future::join_all((0..3).map(|_| async {
            drop(limiter.slot_to_begin(Priority::Import).await);
            drop(limiter.slot(Priority::Import).await);
            begin.elapsed()
        }));
        assert_eq!(work.await, [Duration::ZERO, PERIOD, PERIOD * 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_gives_up_leaves_its_place() {
        let limiter = Limiter::new(1, PERIOD);
        let slot = limiter.slot(Priority::Urgent).await;
        let gave_up = tokio::time::timeout(Duration::from_secs(1), limiter.slot(Priority::Urgent)).await;
        assert!(gave_up.is_err());
        drop(slot);
        let _next = limiter.slot(Priority::Sweep).await;
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_429_nothing_is_called_for_a_period() {
        let limiter = Limiter::new(30, PERIOD);
        let begin = Instant::now();
        limiter.pause();
        let _slot = limiter.slot(Priority::Urgent).await;
        assert_eq!(begin.elapsed(), PERIOD);
    }
}
