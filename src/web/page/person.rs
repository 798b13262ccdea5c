//! The page of one person: a month of their leave, day by day, as it is in Officient now.

use askama::Template;
use axum::response::Response;
use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};

use super::frame::{Frame, Tab, Visit, render};
use crate::db::people::{self, Person};
use crate::db::person_choices;
use crate::domain::day::{Day, DayState};
use crate::domain::failure::FailureKind;
use crate::domain::ids::PersonId;
use crate::domain::matching::{PersonChoice, PersonMatch};
use crate::sync::explain::Explanation;
use crate::web::api::sync::connected_company;
use crate::web::error::WebError;
use crate::web::request::Id;

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[derive(Template)]
#[template(path = "page/person.html")]
struct PersonPage {
    frame: Frame,
    person: Person,
    /// The user was chosen by hand.
    is_linked: bool,
    /// The first day of the month.
    month: Date,
    /// An error says why it could not be read.
    explained: Result<Explanation, FailureKind>,
}

/// The address of a person's page, in the month of a day.
pub(super) fn address(person: PersonId, day: Option<Date>) -> String {
    let month = day.map(|day| format!("?month={}", day.strftime("%Y-%m"))).unwrap_or_default();
    format!("{}/{person}{month}", Tab::People.path())
}

/// `GET …/people/{id}`
pub(super) async fn show(Visit { frame, engine, .. }: Visit, Id(id): Id) -> Result<Response, WebError> {
    let company = connected_company(&engine).await?;
    let person = people::find(&engine.db, company, PersonId(id)).await?.ok_or(WebError::NotFound)?;
    let choices = person_choices::choices(&engine.db, company).await?;
    let is_linked = matches!(choices.get(&person.id), Some(PersonChoice::Link(_)));
    let asked = frame.value("month").and_then(|month| format!("{month}-01").parse::<Date>().ok());
    let month = asked.unwrap_or(engine.clock.today()).first_of_month();
    let period = month..=month.last_of_month();
    // Boxed: the handler would be too large for its thread's stack otherwise.
    let explained = Box::pin(engine.explain(company, &person, period)).await;
    render(&PersonPage { frame, person, is_linked, month, explained: explained.map_err(|error| error.kind()) })
}

impl PersonPage {
    /// The address of the month that is so many months later.
    fn month_address(&self, later: i32) -> String {
        address(self.person.id, Some(self.month.saturating_add(later.months())))
    }

    /// The weeks of the month, from Monday on; a day of another month is `None`.
    fn weeks(&self) -> Vec<Vec<Option<Date>>> {
        let before = i32::from(self.month.weekday().to_monday_zero_offset());
        let start = self.month.saturating_sub(before.days());
        let days = (before + i32::from(self.month.days_in_month()) + 6) / 7 * 7;
        let days = (0..days).map(|number| start.saturating_add(number.days()));
        let days: Vec<Option<Date>> =
            days.map(|day| Some(day).filter(|day| day.month() == self.month.month())).collect();
        days.chunks(7).map(<[_]>::to_vec).collect()
    }
}

impl Explanation {
    fn days_on<'a>(&'a self, date: &'a Date) -> impl Iterator<Item = &'a Day> {
        self.days.iter().filter(move |day| day.date == *date)
    }
}

impl Day {
    fn period(&self) -> Option<(DateTime, DateTime, bool)> {
        Some((self.start?, self.end?, self.all_day?))
    }

    /// The style of its state, and a sign that also shows without colours.
    fn style_and_sign(&self) -> (&'static str, &'static str) {
        match self.state {
            DayState::InOptedo => ("good", "✓"),
            DayState::ToBeWritten => ("", "+"),
            DayState::LeftOut => ("", "–"),
            DayState::Waiting => ("bad", "!"),
            DayState::Held => ("bad", "?"),
            DayState::Differs => ("bad", "≠"),
            DayState::ToBeDeleted => ("bad", "×"),
        }
    }
}
