//! Values as several tabs show them: times, names, failures, progress.

use jiff::civil::DateTime;

use crate::db::queue::Backlog;
use crate::domain::company::Names;
use crate::domain::desired::Window;
use crate::domain::ids::PersonId;
use crate::sync::Engine;
use crate::texts::{Language, Text};

impl Language {
    /// The period of an absence: its start and end in wall-clock time, and whether it takes all day.
    pub(super) fn period(self, &(start, end, is_all_day): &(DateTime, DateTime, bool)) -> String {
        let day = start.strftime("%d/%m/%Y");
        if is_all_day {
            format!("{day}, {}", self.text("all-day"))
        } else if start.date() == end.date() {
            format!("{day} {}–{}", start.strftime("%H:%M"), end.strftime("%H:%M"))
        } else {
            format!("{day} {} – {}", start.strftime("%H:%M"), end.strftime("%d/%m/%Y %H:%M"))
        }
    }

    /// The person's name; the id while the name is unknown.
    pub(super) fn person_name(self, id: PersonId, names: Option<&Names>) -> String {
        names.map_or_else(|| self.text("name-unknown").with("id", id.to_string()).to_string(), Names::full)
    }
}

/// A periodic sweep leaves two thirds of the rate limit free.
const SWEEP_SLOWDOWN: f64 = 3.0;

/// The progress of reconciling or previewing everybody.
pub(super) struct Progress {
    pub(super) done: i64,
    pub(super) total: i64,
    pub(super) time_left: Option<String>,
    /// Why it takes so long: Officient's rate limit.
    pub(super) limit: Text<'static>,
}

impl Progress {
    /// `backlog`: what is left to do, once that is known.
    pub(super) async fn new(
        engine: &Engine,
        t: Language,
        (done, total): (i64, i64),
        backlog: Option<Backlog>,
    ) -> Result<Self, sqlx::Error> {
        let officient = &engine.config.officient;
        let window = engine.window().await?;
        Ok(Self {
            done,
            total,
            time_left: backlog.map(|backlog| duration(t, seconds_left(engine, window, &backlog)).to_string()),
            limit: t
                .text("why-so-long")
                .with("calls", officient.rate_limit_calls)
                .with("seconds", officient.rate_limit_period.as_secs()),
        })
    }
}

/// How long the calls to Officient take at its rate limit: one call for each person and year, and one for each name.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn seconds_left(engine: &Engine, window: Window, backlog: &Backlog) -> f64 {
    let officient = &engine.config.officient;
    let years = window.years().count() as f64;
    let calls = (backlog.urgent as f64 + backlog.unhurried as f64 * SWEEP_SLOWDOWN) * years + backlog.names as f64;
    calls * officient.rate_limit_period.as_secs_f64() / officient.rate_limit_calls as f64
}

/// A duration, rounded up to five seconds or a minute.
#[expect(clippy::cast_possible_truncation, reason = "an estimate of hours at the most")]
fn duration(t: Language, seconds: f64) -> Text<'static> {
    let seconds = seconds.ceil() as i64;
    if seconds < 60 {
        t.text("seconds").with("count", (seconds.max(1) + 4) / 5 * 5)
    } else {
        t.text("minutes").with("count", (seconds + 59) / 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_rounded_up() {
        let text = |seconds| duration(Language::English, seconds).to_string();
        assert_eq!(
            [text(0.0), text(4.2), text(5.5), text(59.5), text(61.0), text(3600.0)],
            ["5 seconds", "5 seconds", "10 seconds", "1 minute", "2 minutes", "60 minutes"]
        );
    }

    #[test]
    fn an_absence_is_shown_with_its_day_and_times() {
        let at = |day, hour| jiff::civil::date(2026, 4, day).at(hour, 30, 0, 0);
        let t = Language::Dutch;
        assert_eq!(t.period(&(at(3, 0), at(4, 0), true)), "03/04/2026, hele dag");
        assert_eq!(t.period(&(at(3, 9), at(3, 12), false)), "03/04/2026 09:30–12:30");
        assert_eq!(t.period(&(at(3, 22), at(4, 6), false)), "03/04/2026 22:30 – 04/04/2026 06:30");
    }
}
