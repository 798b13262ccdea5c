//! Where the simulators read the time and draw random values.

use std::time::Instant;

use jiff::civil::Date;
use secrecy::ExposeSecret as _;

use crate::clock::Clock;
use crate::secrets::random;

/// The moment now, for limits and life times.
pub(super) fn now() -> Instant {
    Instant::now()
}

/// The date today, on which the seed and the pages build.
pub(super) fn today() -> Date {
    Clock::default().today()
}

/// A token nobody guesses.
pub(super) fn random_token() -> String {
    random::random_token().expose_secret().to_owned()
}
