//! Officient's rate limit: at most so many calls in any period, over all processes on this database, urgent ones first.
//!
//! A call is reserved in the table that all processes share, before it is made, and counts until one period after
//! Officient counted it at the latest: when the call ended, or two seconds after it began. So no window of one period
//! holds more calls than allowed. (A token bucket that allows the full burst, and refills meanwhile, lets almost twice
//! as many into the first window.) Calls that hang until their time-out do not use up the limit.
//!
//! Within the process, callers wait in one lane per priority; only the first of a lane asks the table. Urgent calls may
//! use the whole limit at once. The others leave a part of the limit free, so that an urgent call does not wait for
//! them; those of imports and sweeps are also spread evenly over the period.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::TaskTracker;

#[cfg(not(test))]
pub use crate::db::rate_limit::Counter;
use crate::http_client::UpstreamError;
#[cfg(test)]
pub use tests::Counter;

/// How long after it was reserved a call may begin; a caller that is later waits anew.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// A call reaches Officient, and is counted there, at most this long after it began.
const COUNTED_WITHIN: Duration = Duration::from_secs(2);
/// How often to ask whether calls of other processes ended: they release them without notifying us.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Whose calls go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A webhook, an admin's click, signing in.
    Urgent,
    /// Another year of somebody whose first year is not answered yet, and perhaps hangs: leaves a third of the limit
    /// free.
    Further,
    /// The first import, requested full reconciliations, audits, and other meanings of an id: leave a tenth of the
    /// limit free.
    Import,
    /// The periodic sweep, and people whose last attempt failed: leave two thirds of the limit free.
    Sweep,
}

/// Hands out permits.
pub struct RateLimiter {
    counter: Counter,
    tasks: TaskTracker,
    calls: usize,
    period: Duration,
    /// How long a reservation counts that is not released: its call still hangs, or its process was killed.
    lasts: Duration,
    urgent: Lane,
    further: Lane,
    import: Lane,
    sweep: Lane,
}

/// Those who wait for a permit of one priority, first come, first served.
struct Lane {
    /// Calls of this priority begin only while fewer than so many count.
    share: usize,
    spacing: Duration,
    /// Held by the first of the lane: when the next call is due.
    due_at: Mutex<Instant>,
}

impl Lane {
    fn new(share: usize, spread_over: Duration) -> Self {
        let share = share.max(1);
        let spacing = spread_over / u32::try_from(share).unwrap_or(u32::MAX);
        Self { share, spacing, due_at: Mutex::new(Instant::now()) }
    }
}

impl RateLimiter {
    /// At most `calls` in any `period`, over all processes that share `counter`.
    pub fn new(counter: Counter, tasks: TaskTracker, calls: usize, period: Duration) -> Arc<Self> {
        let urgent = Lane::new(calls, Duration::ZERO);
        let further = Lane::new(calls - calls.div_ceil(3), Duration::ZERO);
        let import = Lane::new(calls - calls.div_ceil(10), period);
        let sweep = Lane::new(calls / 3, period);
        let lasts = GOOD_FOR + COUNTED_WITHIN + period;
        Arc::new(Self { counter, tasks, calls, period, lasts, urgent, further, import, sweep })
    }

    /// Waits for the right to make one call. Dropped while it waits, it gives up its place.
    pub async fn permit(self: &Arc<Self>, priority: Priority) -> Result<Permit, UpstreamError> {
        Ok(Permit { priority, reservation: Some(self.reserve(priority).await?) })
    }

    /// Makes a call with this permit.
    pub async fn spend<T>(self: &Arc<Self>, permit: Permit, call: impl Future<Output = T>) -> Result<T, UpstreamError> {
        // One that is too old is given back before another is waited for.
        let reservation = permit.reservation.filter(|reservation| reservation.good_until > Instant::now());
        let mut reservation = match reservation {
            Some(reservation) => reservation,
            None => self.reserve(permit.priority).await?,
        };
        reservation.used_at = Some(Instant::now());
        Ok(call.await)
    }

    /// Officient refused a call with 429 in spite of all: no process calls for a whole period.
    pub async fn pause(&self) {
        if let Err(error) = self.counter.block(self.calls, self.period).await {
            tracing::warn!(%error, "Could not pause all calls to Officient after its 429");
        }
    }

    /// How many calls a sweep can make in `interval` with its share of the limit.
    pub fn sweep_calls_in(&self, interval: Duration) -> usize {
        let spacing = self.sweep.spacing.as_nanos().max(1);
        usize::try_from(interval.as_nanos() / spacing).unwrap_or(usize::MAX)
    }

    async fn reserve(self: &Arc<Self>, priority: Priority) -> Result<Reservation, UpstreamError> {
        let Self { urgent, further, import, sweep, .. } = &**self;
        let (lane, more_urgent) = match priority {
            Priority::Urgent => (urgent, vec![]),
            Priority::Further => (further, vec![urgent]),
            Priority::Import => (import, vec![further, urgent]),
            Priority::Sweep => (sweep, vec![import, further, urgent]),
        };
        let mut due_at = lane.due_at.lock().await;
        sleep_until(*due_at).await;
        loop {
            // Nobody more urgent waits for a call that this one takes.
            let mut first_of_all = Vec::new();
            for lane in &more_urgent {
                first_of_all.push(lane.due_at.lock().await);
            }
            // In a task of its own: a caller that gives up meanwhile leaves no reservation behind that nobody releases.
            let reserved = self.tasks.spawn(Arc::clone(self).try_reserve(lane.share));
            let reserved = reserved.await.unwrap_or(Err(sqlx::Error::WorkerCrashed));
            drop(first_of_all);
            match reserved {
                Ok(Ok(reservation)) => {
                    // A call that is a little late (timers, the database) does not delay the ones after it.
                    let now = Instant::now();
                    let earliest = now.checked_sub(lane.spacing / 8).unwrap_or(now);
                    *due_at = (*due_at).max(earliest) + lane.spacing;
                    return Ok(reservation);
                }
                Ok(Err(none_before)) => sleep(none_before.min(ASK_AGAIN)).await,
                Err(error) => {
                    tracing::warn!(%error, "Could not reserve a call to Officient in the database");
                    let what = "not called, because the rate limit is not known without the database";
                    return Err(UpstreamError::unavailable(what));
                }
            }
        }
    }

    /// A reservation, or how long none becomes free.
    async fn try_reserve(self: Arc<Self>, share: usize) -> Result<Result<Reservation, Duration>, sqlx::Error> {
        let reserved = self.counter.reserve(share, self.lasts).await?;
        let good_until = Instant::now() + GOOD_FOR;
        Ok(reserved.map(|id| Reservation { limiter: self, id, good_until, used_at: None }))
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

/// A call that counts. Dropped, it counts for one more period after Officient counted it, or no longer if it was not
/// made.
struct Reservation {
    limiter: Arc<RateLimiter>,
    id: i64,
    good_until: Instant,
    used_at: Option<Instant>,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let (limiter, id) = (Arc::clone(&self.limiter), self.id);
        let now = Instant::now();
        let counted_at = self.used_at.map(|began| now.min(began + COUNTED_WITHIN));
        let lasts = counted_at.map_or(Duration::ZERO, |at| (at + limiter.period).saturating_duration_since(now));
        // Where this fails, or the process ends, the call counts until its reservation expires.
        let release = async move { limiter.counter.release(id, lasts).await };
        if let Ok(runtime) = Handle::try_current() {
            self.limiter.tasks.spawn_on(release, &runtime);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use futures_util::future::join_all;
    use proptest::collection::vec;
    use proptest::prelude::{Strategy, any, prop_oneof};
    use proptest::{prop_assert, proptest};
    use sqlx::PgPool;

    use super::*;

    const PERIOD: Duration = Duration::from_secs(5);

    /// Stands for the table `officient_calls`, in the time of the test: id, calls, and until when they count.
    #[derive(Clone, Default)]
    pub struct Counter(Arc<std::sync::Mutex<Vec<(i64, usize, Instant)>>>);

    #[expect(clippy::unused_async, reason = "the table is asynchronous")]
    impl Counter {
        pub fn new(_db: PgPool) -> Self {
            Self::default()
        }

        pub(super) async fn reserve(
            &self,
            limit: usize,
            lasts: Duration,
        ) -> Result<Result<i64, Duration>, sqlx::Error> {
            let (mut rows, now, id) = (self.0.lock().unwrap(), Instant::now(), new_id());
            rows.retain(|(.., free_at)| *free_at > now);
            if rows.iter().map(|(_, calls, _)| calls).sum::<usize>() >= limit {
                return Ok(Err(rows.iter().map(|row| row.2).min().unwrap() - now));
            }
            rows.push((id, 1, now + lasts));
            Ok(Ok(id))
        }

        pub(super) async fn release(&self, id: i64, lasts: Duration) -> Result<(), sqlx::Error> {
            let free_at = Instant::now() + lasts;
            self.0.lock().unwrap().iter_mut().filter(|row| row.0 == id).for_each(|row| row.2 = free_at);
            Ok(())
        }

        pub(super) async fn block(&self, calls: usize, lasts: Duration) -> Result<(), sqlx::Error> {
            self.0.lock().unwrap().push((-1, calls, Instant::now() + lasts));
            Ok(())
        }
    }

    fn new_id() -> i64 {
        static LAST: AtomicI64 = AtomicI64::new(0);
        LAST.fetch_add(1, Ordering::Relaxed)
    }

    fn limiter_over(counter: &Counter, calls: usize) -> Arc<RateLimiter> {
        RateLimiter::new(counter.clone(), TaskTracker::new(), calls, PERIOD)
    }

    fn limiter(calls: usize) -> Arc<RateLimiter> {
        limiter_over(&Counter::default(), calls)
    }

    async fn call(limiter: &Arc<RateLimiter>, priority: Priority, latency: Duration) -> Instant {
        let call = async {
            let started = Instant::now();
            sleep(latency).await;
            started
        };
        limiter.spend(priority.into(), call).await.unwrap()
    }

    async fn calls(limiter: &Arc<RateLimiter>, priority: Priority, count: usize, latency: Duration) -> Vec<Instant> {
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
            sleep(Duration::from_millis(500)).await;
            limiter.spend(held, sleep(Duration::from_millis(1500))).await.unwrap();
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
    async fn calls_that_hang_do_not_use_up_the_limit() {
        let (limiter, begin) = (limiter(30), Instant::now());
        let hanging = calls(&limiter, Priority::Urgent, 30, Duration::from_mins(1));
        let next = async {
            sleep(Duration::from_secs(1)).await;
            calls(&limiter, Priority::Urgent, 30, Duration::ZERO).await
        };
        let (_, next) = tokio::join!(hanging, next);
        assert!(next[29] - begin <= GOOD_FOR + COUNTED_WITHIN + PERIOD + ASK_AGAIN);
    }

    #[tokio::test(start_paused = true)]
    async fn further_calls_leave_a_third_of_the_limit_free() {
        let (limiter, begin) = (limiter(30), Instant::now());
        let further = calls(&limiter, Priority::Further, 25, Duration::from_secs(1));
        let urgent = async {
            sleep(Duration::from_millis(500)).await;
            calls(&limiter, Priority::Urgent, 10, Duration::ZERO).await
        };
        let (further, urgent) = tokio::join!(further, urgent);
        assert_eq!(further[19], begin, "none waits while a third is free");
        assert!(further[20] - begin >= PERIOD);
        assert_eq!(urgent[9] - begin, Duration::from_millis(500));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_429_nothing_is_called_for_a_period() {
        let counter = Counter::default();
        let (limiter, other, begin) = (limiter_over(&counter, 30), limiter_over(&counter, 30), Instant::now());
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
                let counter = Counter::default();
                let processes: Vec<Arc<RateLimiter>> = (0..3).map(|_| limiter_over(&counter, limit)).collect();
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
                    reservation.used_at = Some(Instant::now());
                    std::mem::forget(reservation);
                    (Instant::now(), Instant::now() + arrival.latency)
                }))
                .await
            });
            // Whenever in its first two seconds Officient counts a call: when one begins, so many may still count.
            for (began, _) in &calls {
                let counted_by = |other: Instant, ended: Instant| ended.min(other + COUNTED_WITHIN);
                let counting = calls
                    .iter()
                    .filter(|(other, ended)| other <= began && *began < counted_by(*other, *ended) + PERIOD);
                prop_assert!(counting.count() <= limit, "{calls:?}");
            }
        }
    }
}
