use std::fmt::{self, Display};

use jiff::Timestamp;
use jiff::civil::Date;

use super::sync::list_unless_known;
use super::{CommandError, Outcome, build_app, print, print_json};
use crate::app::App;
use crate::config::Config;
use crate::domain::day::Day;
use crate::domain::ids::PersonId;
use crate::domain::matching::PersonMatch;
use crate::sync::explain::Explanation;
use crate::web::api::days::explain;
use crate::web::api::sync::connected_company;
use crate::web::error::WebError;

pub(super) async fn run(config: Config, person: PersonId, date: Option<Date>, json: bool) -> Outcome {
    let app = build_app(config).await?;
    let explained = explain_to_operator(&app, person, date).await;
    app.close().await;
    let explanation = explained?;
    if json {
        print_json(&explanation.days);
    } else {
        print(&explanation);
    }
    Ok(true)
}

async fn explain_to_operator(app: &App, person: PersonId, date: Option<Date>) -> Result<Explanation, CommandError> {
    let engine = &*app.engine;
    list_unless_known(engine, connected_company(engine).await?, person).await?;
    let period = date.unwrap_or(Date::MIN)..=date.unwrap_or(Date::MAX);
    let explained = explain(engine, person, period).await;
    if matches!(explained, Err(WebError::NotFound)) {
        return Err(CommandError::NoSuchPerson(person));
    }
    Ok(explained?)
}

impl Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_never = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        write!(f, "person      {} {}: ", self.person, self.name)?;
        match &self.person_match {
            Some(PersonMatch::Matched(user)) => writeln!(f, "is user {user} in Optedo")?,
            Some(PersonMatch::Excluded(_)) => writeln!(f, "excluded from the planning by an admin")?,
            Some(PersonMatch::Unmatched(item) | PersonMatch::Ambiguous(item)) => writeln!(f, "{}", item.detail())?,
            None => writeln!(f, "archived or deleted in Officient")?,
        }
        writeln!(f, "window      {} to {}", self.window.from, self.window.until)?;
        if let Some(count) = self.listed {
            writeln!(f, "Optedo      lists {count} absences of this user in the window")?;
        }
        writeln!(f, "webhook     last one about this person {}", or_never(self.announced_at))?;
        write!(f, "reconciled  {}", or_never(self.synced_at))?;
        if self.undated > 0 {
            write!(f, "\nunreadable  {} entries of the calendar, whose day is not understood", self.undated)?;
        }
        if self.days.is_empty() {
            write!(f, "\nno leave")?;
        }
        self.days.iter().try_for_each(|day| write!(f, "\n{day}"))
    }
}

/// One line, with the steps that were taken.
impl Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, event_id, state, .. } = self;
        write!(f, "{date}  {}", state.into_str())?;
        if let Some(reason) = self.reason {
            write!(f, ": {reason}")?;
        }
        write!(f, "  event {event_id}")?;
        if let Some((start, end)) = self.start.zip(self.end) {
            write!(f, "  {start} – {end}")?;
        }
        match self.has_type() {
            Some(true) => write!(f, "  type found")?,
            Some(false) => write!(f, "  type not found")?,
            None => {}
        }
        if let Some(absence) = self.absence_id {
            write!(f, "  absence {absence}")?;
        }
        if let Some(at) = self.announced_at {
            write!(f, "  announced {at}")?;
        }
        self.written_at.map_or(Ok(()), |at| write!(f, "  written {at}"))
    }
}
