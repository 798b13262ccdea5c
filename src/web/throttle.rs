//! Slows down guessing of the admin password, from one address and from all addresses together.
//!
//! Five wrong passwords within a minute block an address until the first of them is a minute old. When many addresses
//! guess, one attempt every half second is accepted, except from an address that signed in before: strangers cannot
//! lock the admin out.
//!
//! The crate `governor` cannot do this. Its limiters neither give back the permit of a right password, nor can they be
//! asked without taking one, and a permit must be taken before the password is checked: else guesses side by side pass.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const PERIOD: Duration = Duration::from_mins(1);
/// Wrong passwords from one address within [`PERIOD`].
const MAX_WRONG: usize = 5;
/// Attempts from unknown addresses that are accepted at once; after them, one every [`PACE`].
const BURST: u32 = 20;
const PACE: Duration = Duration::from_millis(500);
/// Addresses that signed in. When there are more, all are forgotten.
const MAX_KNOWN: usize = 10_000;

#[derive(Default)]
pub(super) struct Throttle {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Attempts of the last [`PERIOD`] with a wrong password, or one that is being checked. [`PACE`] bounds their
    /// number.
    attempts: HashMap<IpAddr, Vec<Instant>>,
    /// When unknown addresses may make [`BURST`] attempts at once again.
    recovered_at: Option<Instant>,
    known: HashSet<IpAddr>,
}

impl Throttle {
    /// Permits an attempt, which counts as wrong until [`Self::confirm`]; or returns how long this address must wait.
    pub(super) fn permit(&self, address: IpAddr) -> Result<(), Duration> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).permit(network(address))
    }

    /// The password of an attempt was right.
    pub(super) fn confirm(&self, address: IpAddr) {
        let address = network(address);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(attempts) = state.attempts.get_mut(&address) {
            attempts.pop();
        }
        if state.known.len() >= MAX_KNOWN {
            state.known.clear();
        }
        state.known.insert(address);
    }
}

impl State {
    fn permit(&mut self, address: IpAddr) -> Result<(), Duration> {
        let now = Instant::now();
        self.attempts.retain(|_, attempts| {
            attempts.retain(|at| now - *at < PERIOD);
            !attempts.is_empty()
        });
        if let Some(attempts) = self.attempts.get(&address)
            && let (MAX_WRONG.., Some(first)) = (attempts.len(), attempts.first())
        {
            return Err(PERIOD.saturating_sub(now - *first));
        }
        if !self.known.contains(&address) {
            let recovered_at = self.recovered_at.map_or(now, |at| at.max(now)) + PACE;
            let wait = (recovered_at - now).saturating_sub(PACE * BURST);
            if !wait.is_zero() {
                return Err(wait);
            }
            self.recovered_at = Some(recovered_at);
        }
        self.attempts.entry(address).or_default().push(now);
        Ok(())
    }
}

/// The owner of an IPv6 address usually has its whole /64 network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
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
        for _ in 0..MAX_WRONG {
            assert!(throttle.permit(stranger(1)).is_ok());
        }
        assert_eq!(throttle.permit(stranger(1)), Err(PERIOD));
        assert!(throttle.permit(stranger(2)).is_ok());
        tokio::time::advance(PERIOD).await;
        assert!(throttle.permit(stranger(1)).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn any_minute_with_five_wrong_passwords_is_enough() {
        let throttle = Throttle::default();
        assert!(throttle.permit(stranger(1)).is_ok());
        tokio::time::advance(Duration::from_secs(59)).await;
        for _ in 0..MAX_WRONG - 1 {
            assert!(throttle.permit(stranger(1)).is_ok());
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(throttle.permit(stranger(1)).is_ok());
        assert_eq!(throttle.permit(stranger(1)), Err(Duration::from_secs(59)));
    }

    #[tokio::test(start_paused = true)]
    async fn right_passwords_cost_nothing() {
        let throttle = Throttle::default();
        for _ in 0..50 {
            assert!(throttle.permit(stranger(1)).is_ok());
            throttle.confirm(stranger(1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_of_one_ipv6_network_are_one() {
        let throttle = Throttle::default();
        for host in 0..5 {
            assert!(throttle.permit(format!("2001:db8::{host}").parse().unwrap()).is_ok());
        }
        assert!(throttle.permit("2001:db8::ffff:1".parse().unwrap()).is_err());
        assert!(throttle.permit("2001:db8:0:1::1".parse().unwrap()).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_from_many_addresses_take_turns_and_the_admin_does_not() {
        let throttle = Throttle::default();
        let home = IpAddr::from([198, 51, 100, 1]);
        assert!(throttle.permit(home).is_ok());
        throttle.confirm(home);
        let permitted = (0..100).filter(|number| throttle.permit(stranger(*number)).is_ok()).count();
        assert!((19..=20).contains(&permitted), "{permitted}");
        assert_eq!(throttle.permit(stranger(100)), Err(PACE));
        assert!(throttle.permit(home).is_ok());
        tokio::time::advance(PACE).await;
        assert!(throttle.permit(stranger(101)).is_ok());
        assert!(throttle.permit(stranger(102)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_addresses_guess_few_are_kept() {
        let mut state = State::default();
        for number in 0..20_000_u32 {
            let _permitted = state.permit(IpAddr::from(number.to_be_bytes()));
            if number % 100 == 0 {
                tokio::time::advance(Duration::from_secs(1)).await;
            }
        }
        assert!(state.attempts.len() <= 150, "{} addresses", state.attempts.len());
    }
}
