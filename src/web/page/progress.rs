//! How far something is that takes a while, and how long it still takes: as Officient's limit allows.

use crate::db::queue::Backlog;
use crate::sync::Engine;
use crate::web::texts::Language;

/// A periodic sweep leaves two thirds of the limit free.
const SWEEPS_SHARE: f64 = 3.0;

/// How far it is.
pub(super) struct Progress {
    pub(super) done: i64,
    pub(super) total: i64,
    /// How long it still takes, where that is known.
    pub(super) left: Option<String>,
    /// Why it takes as long as it does.
    pub(super) limit: String,
}

impl Progress {
    pub(super) fn new(
        engine: &Engine,
        t: Language,
        done: i64,
        total: i64,
        seconds_left: Option<f64>,
    ) -> Self {
        let officient = &engine.config.officient;
        let limit = t.why_so_long(officient.rate_limit_calls, officient.rate_limit_period.as_secs());
        Self { done, total, left: seconds_left.map(|seconds| duration(t, seconds)), limit }
    }
}

/// How long the looks that wait take.
pub(super) fn looks_take(engine: &Engine, backlog: &Backlog) -> f64 {
    let years = i64::try_from(engine.window().years().count()).unwrap_or(1);
    calls_take(engine, backlog.urgent * years + backlog.names)
        + calls_take(engine, backlog.unhurried * years) * SWEEPS_SHARE
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn calls_take(engine: &Engine, calls: i64) -> f64 {
    let officient = &engine.config.officient;
    calls as f64 * officient.rate_limit_period.as_secs_f64() / officient.rate_limit_calls as f64
}

/// A duration as a person says it, never more exact than it is known.
#[expect(clippy::cast_possible_truncation, reason = "an estimate of hours at the most")]
fn duration(t: Language, seconds: f64) -> String {
    let seconds = seconds.ceil() as i64;
    if seconds < 60 { t.seconds((seconds.max(1) + 4) / 5 * 5) } else { t.minutes((seconds + 59) / 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_said_no_more_exactly_than_it_is_known() {
        let said = |seconds| duration(Language::English, seconds);
        assert_eq!(
            [said(0.0), said(4.2), said(5.5), said(59.5), said(61.0), said(3600.0)],
            ["5 seconds", "5 seconds", "10 seconds", "1 minute", "2 minutes", "60 minutes"]
        );
    }
}
