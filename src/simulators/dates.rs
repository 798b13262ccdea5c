//! Dates, months and clock times, as the pages of both simulators write them in Dutch.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::clock::Clock;

const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

/// Today in Brussels.
pub(super) fn today() -> Date {
    Clock::default().today()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Month {
    pub(super) first: Date,
    pub(super) last: Date,
}

impl Month {
    pub(super) fn of(day: Date) -> Self {
        Self { first: day.first_of_month(), last: day.last_of_month() }
    }

    /// Parses `2026-04`; anything else gives the current month.
    pub(super) fn parse(key: &str) -> Self {
        Self::of(format!("{key}-01").parse().unwrap_or_else(|_| today()))
    }

    /// `2026-04`
    pub(super) fn key(self) -> String {
        self.first.strftime("%Y-%m").to_string()
    }

    /// `april 2026`
    pub(super) fn name(self) -> String {
        format!("{} {}", month_name(self.first), self.first.year())
    }

    pub(super) fn previous(self) -> Self {
        Self::of(self.first.saturating_sub(1.day()))
    }

    pub(super) fn next(self) -> Self {
        Self::of(self.last.saturating_add(1.day()))
    }

    pub(super) fn days(self) -> impl Iterator<Item = Date> {
        self.first.series(1.day()).take_while(move |day| *day <= self.last)
    }
}

fn month_name(day: Date) -> &'static str {
    usize::try_from(day.month() - 1).ok().and_then(|at| MONTHS.get(at)).unwrap_or(&"")
}

fn weekday(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "maandag",
        Weekday::Tuesday => "dinsdag",
        Weekday::Wednesday => "woensdag",
        Weekday::Thursday => "donderdag",
        Weekday::Friday => "vrijdag",
        Weekday::Saturday => "zaterdag",
        Weekday::Sunday => "zondag",
    }
}

/// `vr`
pub(super) fn short_weekday(date: Date) -> &'static str {
    weekday(date).get(..2).unwrap_or_default()
}

/// `vr 03/04/2026`
pub(super) fn short_day(date: Date) -> String {
    format!("{} {}", short_weekday(date), date.strftime("%d/%m/%Y"))
}

/// `vrijdag 3 april 2026`
pub(super) fn long_day(date: Date) -> String {
    format!("{} {} {} {}", weekday(date), date.day(), month_name(date), date.year())
}

pub(super) fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Minutes since midnight, written as `09:05`.
pub(super) fn clock_time(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes.div_euclid(60), minutes.rem_euclid(60))
}

/// Parses `09:05` into minutes since midnight.
pub(super) fn parse_clock_time(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.get(..2)?.parse::<i64>().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
}
