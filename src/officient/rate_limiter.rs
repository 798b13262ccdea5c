//! Officient's rate limit: at most so many calls in any period, over all processes on this database, urgent ones first.
//!
//! A call is reserved in the table that all processes share, before it is made, and counts until one period after it
//! *ended*: no window of one period holds more calls than allowed, whenever within the call Officient counts it. (A token
//! bucket that allows the full burst, and refills meanwhile, lets almost twice as many into the first window.)
//!
//! Within the process, callers wait in a queue by priority. Urgent calls may use the whole limit at once. The others are
//! spread evenly over the period and leave a part of the limit free, so that an urgent call does not wait for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use crate::db::rate_limit::{self, Reserved};
use crate::http_client::UpstreamError;

/// How long after it was reserved a call may begin; a caller that is later waits anew.
const GOOD_FOR: Duration = Duration::from_secs(2);
/// How often to ask whether calls of other processes ended: they release them without notifying us.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Whose calls go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A webhook, an admin's click, signing in.
    Urgent,
    /// The first import, and requested full reconciliations: leave a tenth of the limit free.
    Import,
    /// The periodic sweep: leaves two thirds of the limit free.
    Sweep,
}

/// Hands out permits; clones share the queue.
#[derive(Clone)]
pub struct RateLimiter {
    shared: Arc<Shared>,
}

struct Shared {
    counter: Counter,
    tasks: TaskTracker,
    calls: usize,
    period: Duration,
    /// The longest that a call takes.
    timeout: Duration,
    queue: Mutex<Queue>,
    more_urgent: Notify,
}

/// Where calls are counted.
enum Counter {
    Postgres(PgPool),
    #[cfg(test)]
    Memory(tests::Memory),
}

#[derive(Default)]
struct Queue {
    arrivals: u64,
    waiting: BTreeMap<(Priority, u64), oneshot::Sender<Reservation>>,
    /// A task hands out reservations for as long as anybody waits.
    is_served: bool,
    last_spread_at: Option<Instant>,
}

impl RateLimiter {
    /// At most `calls` in any `period`, over all processes that share `db`; a call takes at most `timeout`.
    pub fn new(db: PgPool, tasks: TaskTracker, calls: usize, period: Duration, timeout: Duration) -> Self {
        Self::with(Counter::Postgres(db), tasks, calls, period, timeout)
    }

    fn with(counter: Counter, tasks: TaskTracker, calls: usize, period: Duration, timeout: Duration) -> Self {
        let (queue, more_urgent) = Default::default();
        Self { shared: Arc::new(Shared { counter, tasks, calls, period, timeout, queue, more_urgent }) }
    }

    /// Waits for the right to make one call. Dropped while it waits, it gives up its place.
    pub async fn permit(&self, priority: Priority) -> Result<Permit, UpstreamError> {
        Ok(Permit { priority, reservation: Some(self.reserve(priority).await?) })
    }

    /// Makes a call with this permit. It counts until one period after it ended or was dropped.
    pub async fn spend<T>(&self, permit: Permit, call: impl Future<Output = T>) -> Result<T, UpstreamError> {
        // One that is too old is given back before another is waited for.
        let reservation = permit.reservation.filter(|reservation| reservation.good_until > Instant::now());
        let mut reservation = match reservation {
            Some(reservation) => reservation,
            None => self.reserve(permit.priority).await?,
        };
        reservation.is_used = true;
        Ok(call.await)
    }

    /// Officient refused a call with 429 in spite of all: no process calls for a whole period.
    pub async fn pause(&self) {
        if let Err(error) = self.shared.block().await {
            tracing::warn!(%error, "Could not pause all calls to Officient after its 429");
        }
    }

    /// How many calls a sweep can make in `interval` with its share of the limit.
    pub fn sweep_calls_in(&self, interval: Duration) -> usize {
        let spacing = self.shared.spacing(Priority::Sweep);
        usize::try_from(interval.as_nanos() / spacing.as_nanos().max(1)).unwrap_or(usize::MAX)
    }

    async fn reserve(&self, priority: Priority) -> Result<Reservation, UpstreamError> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut queue = self.shared.queue();
            queue.arrivals += 1;
            let place = (priority, queue.arrivals);
            queue.waiting.insert(place, sender);
            if !std::mem::replace(&mut queue.is_served, true) {
                self.shared.tasks.spawn(self.clone().serve_queue());
            } else if queue.waiting.keys().next() == Some(&place) {
                self.shared.more_urgent.notify_one();
            }
        }
        let without_database = "not called, because the rate limit is not known without the database";
        receiver.await.map_err(|_dropped| UpstreamError::unavailable(without_database))
    }

    async fn serve_queue(self) {
        while let Some((priority, wanted, due_at)) = self.shared.next_in_queue() {
            let mut again_at = due_at;
            if due_at <= Instant::now() {
                match self.shared.count(wanted, priority).await {
                    Ok(Reserved::Calls(ids)) => {
                        self.hand_out(ids, priority, due_at);
                        continue;
                    }
                    Ok(Reserved::NoneBefore(wait)) => again_at = Instant::now() + wait.min(ASK_AGAIN),
                    Err(error) => {
                        tracing::warn!(%error, "Could not reserve calls to Officient in the database");
                        self.shared.queue().waiting.clear();
                        continue;
                    }
                }
            }
            let _more_urgent_or_due = timeout_at(again_at, self.shared.more_urgent.notified()).await;
        }
    }

    fn hand_out(&self, ids: Vec<i64>, priority: Priority, due_at: Instant) {
        let mut queue = self.shared.queue();
        for id in ids {
            let good_until = Instant::now() + GOOD_FOR;
            let reservation = Reservation { limiter: self.clone(), id, good_until, is_used: false };
            // One that nobody takes is dropped, and so released.
            if let Some((_place, caller)) = queue.waiting.pop_first() {
                let _given_up = caller.send(reservation);
            }
        }
        if priority != Priority::Urgent {
            queue.last_spread_at = Some(due_at);
        }
    }
}

impl Shared {
    /// The most urgent priority that is waited for, by how many callers, and when it may call. `None` ends the serving.
    fn next_in_queue(&self) -> Option<(Priority, usize, Instant)> {
        let mut queue = self.queue();
        queue.waiting.retain(|_place, caller| !caller.is_closed());
        let Some(&(priority, _)) = queue.waiting.keys().next() else {
            queue.is_served = false;
            return None;
        };
        let now = Instant::now();
        if priority == Priority::Urgent {
            let waiting = queue.waiting.keys().take_while(|(other, _)| *other == priority).count();
            return Some((priority, waiting, now));
        }
        // A call that is a little late (timers, the database) does not delay the ones after it.
        let spacing = self.spacing(priority);
        let earliest = now.checked_sub(spacing / 8).unwrap_or(now);
        Some((priority, 1, queue.last_spread_at.map_or(now, |last| (last + spacing).max(earliest))))
    }

    /// Calls of this priority begin only while fewer than so many count.
    fn share(&self, priority: Priority) -> usize {
        let share = match priority {
            Priority::Urgent => self.calls,
            Priority::Import => self.calls - self.calls.div_ceil(10),
            Priority::Sweep => self.calls / 3,
        };
        share.max(1)
    }

    fn spacing(&self, priority: Priority) -> Duration {
        self.period / u32::try_from(self.share(priority)).unwrap_or(u32::MAX)
    }

    async fn count(&self, wanted: usize, priority: Priority) -> Result<Reserved, sqlx::Error> {
        // A process that is killed releases nothing: by then its calls, had they begun, count no more.
        let lasts = GOOD_FOR + self.timeout + self.period;
        match &self.counter {
            Counter::Postgres(db) => rate_limit::reserve(db, wanted, self.share(priority), lasts).await,
            #[cfg(test)]
            Counter::Memory(memory) => Ok(memory.reserve(wanted, self.share(priority), lasts)),
        }
    }

    async fn block(&self) -> Result<(), sqlx::Error> {
        match &self.counter {
            Counter::Postgres(db) => rate_limit::block(db, self.calls, self.period).await,
            #[cfg(test)]
            Counter::Memory(memory) => {
                memory.block(self.calls, self.period);
                Ok(())
            }
        }
    }

    fn release(&self, id: i64, lasts: Duration) {
        match &self.counter {
            Counter::Postgres(db) => {
                let db = db.clone();
                // Where this fails, or the process ends, the call counts until its reservation expires.
                let release = async move { rate_limit::release(&db, id, lasts).await };
                if let Ok(runtime) = Handle::try_current() {
                    self.tasks.spawn_on(release, &runtime);
                }
            }
            #[cfg(test)]
            Counter::Memory(memory) => memory.release(id, lasts),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // No code that holds the lock can panic half way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to make one call: reserved already, or to be reserved when the call is made.
#[must_use = "a permit that is dropped lets others call instead"]
pub struct Permit {
    pub(super) priority: Priority,
    reservation: Option<Reservation>,
}

impl From<Priority> for Permit {
    fn from(priority: Priority) -> Self {
        Self { priority, reservation: None }
    }
}

/// A call that counts. Dropped, it counts for one more period if it was made, and else no longer.
struct Reservation {
    limiter: RateLimiter,
    id: i64,
    good_until: Instant,
    is_used: bool,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let lasts = if self.is_used { self.limiter.shared.period } else { Duration::ZERO };
        self.limiter.shared.release(self.id, lasts);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use proptest::collection::vec;
    use proptest::prelude::{Strategy, any, prop_oneof};
    use proptest::{prop_assert, proptest};
    use tokio::time::{sleep, sleep_until};

    use super::*;

    const PERIOD: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(10);

    /// What table `officient_calls` holds: id, calls, and until when they count.
    #[derive(Clone, Default)]
    pub(super) struct Memory(Arc<Mutex<(i64, Vec<Row>)>>);

    type Row = (i64, usize, Instant);

    impl Memory {
        pub(super) fn reserve(&self, wanted: usize, limit: usize, lasts: Duration) -> Reserved {
            let mut memory = self.0.lock().unwrap();
            let (next_id, rows) = &mut *memory;
            let now = Instant::now();
            rows.retain(|(.., free_at)| *free_at > now);
            let used: usize = rows.iter().map(|(_, calls, _)| calls).sum();
            let reserved = wanted.min(limit.saturating_sub(used));
            if reserved == 0 {
                return Reserved::NoneBefore(rows.iter().map(|row| row.2).min().unwrap() - now);
            }
            let ids: Vec<i64> =
                (0..reserved).map(|number| *next_id + i64::try_from(number).unwrap()).collect();
            *next_id += 10_000;
            rows.extend(ids.iter().map(|id| (*id, 1, now + lasts)));
            Reserved::Calls(ids)
        }

        pub(super) fn release(&self, id: i64, lasts: Duration) {
            let free_at = Instant::now() + lasts;
            self.0.lock().unwrap().1.iter_mut().filter(|row| row.0 == id).for_each(|row| row.2 = free_at);
        }

        pub(super) fn block(&self, calls: usize, lasts: Duration) {
            self.0.lock().unwrap().1.push((-1, calls, Instant::now() + lasts));
        }
    }

    fn limiter_over(memory: &Memory, calls: usize) -> RateLimiter {
        RateLimiter::with(Counter::Memory(memory.clone()), TaskTracker::new(), calls, PERIOD, TIMEOUT)
    }

    fn limiter(calls: usize) -> RateLimiter {
        limiter_over(&Memory::default(), calls)
    }

    async fn call(limiter: &RateLimiter, priority: Priority, latency: Duration) -> Instant {
        let call = async {
            let started = Instant::now();
            sleep(latency).await;
            started
        };
        limiter.spend(priority.into(), call).await.unwrap()
    }

    async fn calls(
        limiter: &RateLimiter,
        priority: Priority,
        count: usize,
        latency: Duration,
    ) -> Vec<Instant> {
        let mut started = join_all((0..count).map(|_| call(limiter, priority, latency))).await;
        started.sort_unstable();
        started
    }

    #[tokio::test(start_paused = true)]
    async fn urgent_calls_use_the_full_burst_at_once_and_then_the_whole_limit() {
        let (limiter, begin) = (limiter(30), Instant::now());
        let started = calls(&limiter, Priority::Urgent, 300, Duration::from_millis(40)).await;
        assert_eq!(started[29], begin, "the first thirty go at once");
        for window in started.windows(31) {
            assert!(window[30] - window[0] >= PERIOD);
        }
        let used = 300.0 / ((started[299] - begin).as_secs_f64() + 5.0) / 6.0;
        assert!(used > 0.95, "{used} of the limit was used");
    }

    #[tokio::test(start_paused = true)]
    async fn an_import_is_spread_evenly_and_uses_nine_tenths_of_the_limit() {
        let (limiter, begin) = (limiter(30), Instant::now());
        let started = calls(&limiter, Priority::Import, 300, Duration::from_millis(100)).await;
        for pair in started.windows(2) {
            let apart = pair[1] - pair[0];
            assert!(apart >= Duration::from_millis(150) && apart <= Duration::from_millis(400), "{apart:?}");
        }
        let used = 300.0 / (started[299] - begin).as_secs_f64() / 6.0;
        assert!(used > 0.85, "{used} of the limit was used");
    }

    #[tokio::test(start_paused = true)]
    async fn a_webhook_during_an_import_waits_for_no_period() {
        let limiter = limiter(30);
        let latency = Duration::from_millis(100);
        let import = calls(&limiter, Priority::Import, 300, latency);
        let urgent = async {
            for seconds in [3, 10, 17, 24] {
                sleep_until(Instant::now() + Duration::from_secs(seconds)).await;
                let began = Instant::now();
                let started = calls(&limiter, Priority::Urgent, 4, latency).await;
                assert!(started[2] == began, "three calls are free at any time");
                assert!(started[3] - began < Duration::from_millis(400), "{:?}", started[3] - began);
            }
        };
        tokio::join!(import, urgent);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sweep_leaves_two_thirds_free_for_what_is_urgent() {
        let (limiter, begin) = (limiter(30), Instant::now());
        let sweep = calls(&limiter, Priority::Sweep, 25, Duration::ZERO);
        let urgent = async {
            sleep(Duration::from_secs(5)).await;
            calls(&limiter, Priority::Urgent, 20, Duration::ZERO).await
        };
        let (sweep, urgent) = tokio::join!(sweep, urgent);
        for window in sweep.windows(11) {
            assert!(window[10] - window[0] >= PERIOD);
        }
        assert!(urgent.iter().all(|at| *at == begin + Duration::from_secs(5)));
        assert_eq!(limiter.sweep_calls_in(Duration::from_mins(15)), 1800);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_urgent_goes_before_what_waited_longer() {
        let (limiter, begin) = (limiter(1), Instant::now());
        let held = limiter.permit(Priority::Import).await.unwrap();
        let import = calls(&limiter, Priority::Import, 1, Duration::ZERO);
        let urgent = async {
            sleep(Duration::from_secs(1)).await;
            calls(&limiter, Priority::Urgent, 1, Duration::ZERO).await
        };
        let end = async {
            sleep(Duration::from_millis(1500)).await;
            limiter.spend(held, sleep(Duration::from_millis(500))).await.unwrap();
        };
        let (import, urgent, ()) = tokio::join!(import, urgent, end);
        assert_eq!(urgent[0] - begin, PERIOD + Duration::from_secs(2));
        assert!(urgent[0] < import[0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_gives_up_leaves_its_place_and_an_unused_permit_is_free_again() {
        let (limiter, begin) = (limiter(1), Instant::now());
        let permit = limiter.permit(Priority::Urgent).await.unwrap();
        let gave_up = tokio::time::timeout(Duration::from_secs(1), limiter.permit(Priority::Urgent)).await;
        assert!(gave_up.is_err());
        drop(permit);
        let _next = limiter.permit(Priority::Sweep).await.unwrap();
        assert!(begin.elapsed() <= Duration::from_secs(1) + ASK_AGAIN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_permit_that_was_held_too_long_is_waited_for_anew() {
        let (limiter, begin) = (limiter(1), Instant::now());
        let permit = limiter.permit(Priority::Urgent).await.unwrap();
        sleep(GOOD_FOR).await;
        limiter.spend(permit, async {}).await.unwrap();
        assert!(begin.elapsed() <= GOOD_FOR + ASK_AGAIN, "the held one was given back");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_429_nothing_is_called_for_a_period() {
        let memory = Memory::default();
        let (limiter, other, begin) = (limiter_over(&memory, 30), limiter_over(&memory, 30), Instant::now());
        limiter.pause().await;
        for process in [&limiter, &other] {
            let _permit = process.permit(Priority::Urgent).await.unwrap();
            assert_eq!(begin.elapsed(), PERIOD);
        }
    }

    /// When a call is asked for, how long it takes, how urgent it is, and which process makes it.
    #[derive(Clone, Debug)]
    struct Arrival {
        after: Duration,
        latency: Duration,
        priority: Priority,
        process: usize,
        /// It was under way when its process was killed, which releases nothing.
        is_killed: bool,
    }

    fn arrival() -> impl Strategy<Value = Arrival> {
        let priority = prop_oneof![
            proptest::strategy::Just(Priority::Urgent),
            proptest::strategy::Just(Priority::Import),
            proptest::strategy::Just(Priority::Sweep)
        ];
        let milliseconds = |most: u64| (0..most).prop_map(Duration::from_millis);
        (milliseconds(20_000), milliseconds(9_000), priority, 0..3_usize, any::<u8>()).prop_map(
            |(after, latency, priority, process, luck)| Arrival {
                after,
                latency: if luck % 4 == 0 { latency } else { latency / 100 },
                priority,
                process,
                is_killed: luck == 1,
            },
        )
    }

    proptest! {
        #[test]
        fn no_window_of_one_period_holds_more_calls_than_allowed_whatever_arrives(
            arrivals in vec(arrival(), 1..120), limit in 1..12_usize
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
            let calls = runtime.unwrap().block_on(async {
                let memory = Memory::default();
                let processes: Vec<RateLimiter> = (0..3).map(|_| limiter_over(&memory, limit)).collect();
                join_all(arrivals.iter().map(|arrival| async {
                    sleep(arrival.after).await;
                    let process = &processes[arrival.process];
                    let began = process.spend(arrival.priority.into(), async {
                        let began = Instant::now();
                        sleep(arrival.latency).await;
                        began
                    });
                    if !arrival.is_killed {
                        let began = began.await.unwrap();
                        return (began, Instant::now());
                    }
                    let mut reservation = process.reserve(arrival.priority).await.unwrap();
                    reservation.is_used = true;
                    std::mem::forget(reservation);
                    (Instant::now(), Instant::now() + arrival.latency)
                }))
                .await
            });
            // Whenever in a call Officient counts it: when one begins, so many may still count.
            for (began, _) in &calls {
                let counting = calls.iter().filter(|(other, ended)| other <= began && *began < *ended + PERIOD);
                prop_assert!(counting.count() <= limit, "{calls:?}");
            }
        }
    }
}
