//! Where the simulators read the time and draw random values: they are a world of their own, with its own clock.

use std::fmt::Write;
use std::time::Instant;

use jiff::Zoned;
use jiff::civil::Date;

/// The moment now, for limits and life times.
pub(super) fn now() -> Instant {
    Instant::now()
}

/// The date today, on which the seed and the pages build.
pub(super) fn today() -> Date {
    Zoned::now().date()
}

/// A token nobody guesses, 32 hexadecimal digits.
pub(super) fn random_token() -> String {
    let mut bytes = [0_u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("The system gives no random bytes: the simulator's tokens can be guessed");
    }
    bytes.iter().fold(String::new(), |mut token, byte| {
        // Writing to a String cannot fail.
        let _ = write!(token, "{byte:02x}");
        token
    })
}
