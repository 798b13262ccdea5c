//! The only place that reads the time, so that a test can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// The time zone of "today" and of the settings page.
pub fn time_zone() -> TimeZone {
    static BRUSSELS: TimeZone = jiff::tz::get!("Europe/Brussels");
    BRUSSELS.clone()
}

/// A point in time for people, in that time zone.
pub fn local_time(at: &Timestamp) -> String {
    at.to_zoned(time_zone()).strftime("%d/%m/%Y %H:%M").to_string()
}

/// A wait that is too long to add ends at the end of time.
pub fn after(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| now.saturating_add(wait).ok()).unwrap_or(Timestamp::MAX)
}

/// The OpenAPI schema of a time without a zone.
pub fn wall_clock() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"))
        .description(Some("Wall-clock time, without a zone."))
        .build()
}

/// The system clock, plus the time by which a test moved it.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// In whole microseconds, as Postgres stores it, so that a stored time equals the one in memory.
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.ahead_seconds.load(Ordering::Relaxed));
        let now = Timestamp::now().saturating_add(ahead).unwrap_or(Timestamp::MAX);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// In [`time_zone`].
    pub fn today(&self) -> Date {
        self.now().to_zoned(time_zone()).date()
    }

    /// Moves this clock and its clones forward: for tests.
    pub fn advance(&self, by: SignedDuration) {
        self.ahead_seconds.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}
