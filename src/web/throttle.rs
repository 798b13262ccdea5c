//! Slows down the guessing of the admin password: per address, and of all addresses together.
//!
//! Nobody is locked out for good. Five wrong passwords in a minute close an address for the rest of that minute. When
//! guesses come from many addresses, attempts are let through one after the other; an address from which somebody
//! signed in before need not queue, so that strangers cannot keep the admin out.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Wrong passwords from one address within [`PERIOD`].
const OF_ONE: usize = 5;
/// Wrong passwords from all addresses within [`PERIOD`] before attempts must queue.
const OF_ALL: usize = 20;
const PERIOD: Duration = Duration::from_mins(1);
/// One attempt in such a time, while they queue.
const PACE: Duration = Duration::from_millis(500);
/// Who would have to queue for longer is told when to come back.
const LONGEST_QUEUE: Duration = Duration::from_secs(10);
/// So many addresses are remembered; an older one is forgotten, never refused.
const MOST_ADDRESSES: usize = 10_000;

/// What came of the attempts of the last minute.
#[derive(Default)]
pub struct Throttle {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    wrong: HashMap<IpAddr, Vec<Instant>>,
    all_wrong: VecDeque<Instant>,
    last_turn: Option<Instant>,
    known: HashSet<IpAddr>,
}

/// An attempt that was let through; it counts as wrong until it is said to be right.
pub struct Attempt {
    address: IpAddr,
    at: Instant,
}

impl Throttle {
    /// Lets an attempt through when its turn comes, or says how long this address must wait. Many side by side are no
    /// way around the limit.
    pub async fn begin(&self, address: IpAddr) -> Result<Attempt, Duration> {
        let address = network(address);
        let (at, turn) = self.lock().enter(address)?;
        if let Some(turn) = turn {
            sleep_until(turn).await;
        }
        Ok(Attempt { address, at })
    }

    /// The password was right.
    pub fn was_right(&self, attempt: &Attempt) {
        let mut state = self.lock();
        if let Some(times) = state.wrong.get_mut(&attempt.address) {
            times.retain(|at| *at != attempt.at);
        }
        state.all_wrong.retain(|at| *at != attempt.at);
        if state.known.len() >= MOST_ADDRESSES {
            state.known.clear();
        }
        state.known.insert(attempt.address);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// When the attempt was made, and when its turn is if it must queue.
    fn enter(&mut self, address: IpAddr) -> Result<(Instant, Option<Instant>), Duration> {
        let now = Instant::now();
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < PERIOD;
        if self.wrong.len() >= MOST_ADDRESSES {
            self.wrong.retain(|_, times| times.iter().any(is_recent));
        }
        let times = self.wrong.entry(address).or_default();
        times.retain(is_recent);
        if let (OF_ONE.., Some(first)) = (times.len(), times.first()) {
            return Err(PERIOD.saturating_sub(now.saturating_duration_since(*first)));
        }
        while self.all_wrong.front().is_some_and(|at| !is_recent(at)) {
            self.all_wrong.pop_front();
        }
        let turn = if self.all_wrong.len() < OF_ALL || self.known.contains(&address) {
            None
        } else {
            let turn = self.last_turn.map_or(now, |last| last + PACE).max(now + PACE);
            let wait = turn.saturating_duration_since(now);
            if wait > LONGEST_QUEUE {
                return Err(wait);
            }
            self.last_turn = Some(turn);
            Some(turn)
        };
        times.push(now);
        self.all_wrong.push_back(now);
        Ok((now, turn))
    }
}

/// Whoever has an IPv6 address has a whole network of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stranger(number: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, number])
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_waits_for_the_rest_of_the_minute_and_the_others_do_not() {
        let throttle = Throttle::default();
        for _ in 0..OF_ONE {
            assert!(throttle.begin(stranger(1)).await.is_ok());
        }
        assert_eq!(throttle.begin(stranger(1)).await.err(), Some(PERIOD));
        assert!(throttle.begin(stranger(2)).await.is_ok());
        tokio::time::advance(PERIOD).await;
        assert!(throttle.begin(stranger(1)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_of_one_ipv6_network_are_one() {
        let throttle = Throttle::default();
        for host in 0..5 {
            assert!(throttle.begin(format!("2001:db8::{host}").parse().unwrap()).await.is_ok());
        }
        assert!(throttle.begin("2001:db8::ffff:1".parse().unwrap()).await.is_err());
        assert!(throttle.begin("2001:db8:0:1::1".parse().unwrap()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_from_many_addresses_queue_and_the_admin_does_not() {
        let throttle = Throttle::default();
        let home = IpAddr::from([198, 51, 100, 1]);
        let attempt = throttle.begin(home).await.ok().unwrap();
        throttle.was_right(&attempt);
        for number in 0..20 {
            assert!(throttle.begin(stranger(number)).await.is_ok());
        }
        let began = Instant::now();
        for number in 20..40 {
            assert!(throttle.begin(stranger(number)).await.is_ok());
        }
        assert_eq!(began.elapsed(), 20 * PACE);
        let began = Instant::now();
        assert!(throttle.begin(home).await.is_ok());
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_has_an_end_and_a_new_address_gets_in_after_it() {
        let throttle = Throttle::default();
        for number in 0..20 {
            assert!(throttle.begin(stranger(number)).await.is_ok());
        }
        let places = (20..60).map(|number| throttle.begin(stranger(number)));
        let let_in = futures_util::future::join_all(places).await;
        let refused: Vec<Duration> = let_in.into_iter().filter_map(Result::err).collect();
        assert_eq!(refused.len(), 20);
        assert!(refused.iter().all(|wait| *wait > LONGEST_QUEUE && *wait <= LONGEST_QUEUE + PACE));
        assert!(throttle.begin(stranger(99)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_addresses_of_a_whole_network_take_no_more_room_than_there_is() {
        let mut state = State::default();
        for number in 0..200_000_u32 {
            let _let_in = state.enter(IpAddr::from(number.to_be_bytes()));
            if number % 1000 == 0 {
                tokio::time::advance(Duration::from_secs(1)).await;
            }
        }
        assert!(state.wrong.len() <= MOST_ADDRESSES, "{} addresses", state.wrong.len());
        assert!(state.all_wrong.len() <= 1000, "{} attempts", state.all_wrong.len());
    }
}
