use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::{Date, Time};

use super::keys::{Keys, section};
use super::values::{boolean, duration, number};

section! {
    Sync("sync") {
        /// The first day of the window.
        from: Edge = required("-60d", Edge::parse);
        /// The last day of the window.
        until: Edge = required("400d", Edge::parse);
        /// Whether leave that is not yet approved is written too.
        include_pending: bool = required("false", boolean);
        /// How often everybody is reconciled without a webhook (the sweep); zero means never.
        sweep_interval: Duration = required("15m", duration);
        /// Whether an identical absence that exists in Optedo is adopted instead of written twice.
        adopt_existing: bool = required("true", boolean);
        /// The start of a partial day whose start Officient does not know.
        default_start: Time = required("09:00", time_of_day);
        /// More deletions than this within ten minutes wait for the admin's confirmation.
        max_deletions: i64 = required("25", number::<0, 1_000_000, _>);
    }
}

/// One end of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    On(Date),
    /// This many days after today; negative: before.
    Days(i32),
}

impl Edge {
    pub fn on(self, today: Date) -> Date {
        match self {
            Self::On(date) => date,
            Self::Days(days) => today.saturating_add(days.days()),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text.strip_suffix('d').map(str::parse) {
            Some(Ok(days @ -3660..=3660)) => Ok(Self::Days(days)),
            Some(Ok(_)) => Err("is more than ten years away".into()),
            Some(Err(_)) | None => text
                .parse()
                .map(Self::On)
                .map_err(|_not_a_date| "is neither a date nor a number of days".into()),
        }
    }
}

impl Sync {
    pub(super) fn check(&self, keys: &mut Keys) {
        // A fixed day and a number of days can cross only with time, so that is not a mistake.
        let is_reversed = match (self.from, self.until) {
            (Edge::On(from), Edge::On(until)) => from > until,
            (Edge::Days(from), Edge::Days(until)) => from > until,
            (Edge::On(_), Edge::Days(_)) | (Edge::Days(_), Edge::On(_)) => false,
        };
        if is_reversed {
            keys.mistake("sync.until", "400d", "is before sync.from");
        }
    }
}

fn time_of_day(text: &str) -> Result<Time, String> {
    text.parse().map_err(|_not_a_time| "is not a time of day".to_owned())
}
