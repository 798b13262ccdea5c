//! The page *Test de koppeling*: what the doctor finds, and live what becomes of a day of leave that the admin adds.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{Redirect, Response};
use jiff::Timestamp;

use super::attention::{ItemView, item_views};
use super::frame::{Frame, Tab, Visit, render};
use crate::db::attention::{self, ItemState};
use crate::db::connection::State as ConnectionState;
use crate::db::history::{self, Entry};
use crate::db::people;
use crate::db::webhooks::{self, ReceivedWebhook};
use crate::domain::company::Names;
use crate::domain::ids::{CompanyId, PersonId};
use crate::sync::Engine;
use crate::sync::doctor::{Doctor, Outcome};
use crate::web::error::WebError;
use crate::web::state::App;

/// The most webhooks, and the most writes, on the page.
const MOST_SHOWN: i64 = 10;

#[derive(Template)]
#[template(path = "page/connection_test.html")]
struct TestPage {
    frame: Frame,
    checks: Vec<Check>,
    /// What happened since the test began; `None`: it did not begin.
    test: Option<LiveTest>,
}

/// What the doctor checked; its name selects the texts.
struct Check {
    name: &'static str,
    outcome: Outcome,
}

impl Check {
    /// How the texts name it.
    fn variant(&self) -> String {
        self.name.replace('.', "-")
    }
}

/// What became of the leave that the admin added and deleted.
struct LiveTest {
    webhooks: Vec<ReceivedWebhook>,
    written: Vec<Entry>,
    deleted: Vec<Entry>,
    names: HashMap<PersonId, Names>,
    /// Open items that were looked at since the test began.
    items: Vec<ItemView>,
}

impl LiveTest {
    /// A person was found, and the type mapped: leave was written, or only the type is missing.
    fn has_person(&self) -> bool {
        !self.written.is_empty() || self.items.iter().any(ItemView::is_about_type)
    }
}

/// `GET …/test`
pub(super) async fn show(mut visit: Visit, headers: HeaderMap) -> Result<Response, WebError> {
    let since = visit.frame.value("since").and_then(|at| Timestamp::from_millisecond(at.parse().ok()?).ok());
    let since = since.filter(|_| visit.connection.state == ConnectionState::Connected);
    // A page that follows the test does not repeat the calls.
    let checks = if headers.contains_key("x-watching") { Vec::new() } else { checks(&visit).await };
    let test = match (since, visit.connection.company_id) {
        (Some(since), Some(company)) => Some(live_test(&visit, company, since).await?),
        _ => None,
    };
    visit.frame.is_changing = test.is_some();
    render(&TestPage { frame: visit.frame, checks, test })
}

/// `POST …/test`: the test begins now.
pub(super) async fn begin(State(app): State<App>) -> Redirect {
    Redirect::to(&format!("{}/test?since={}", Tab::Connection.path(), app.engine.clock.now().as_millisecond()))
}

/// What the doctor found, one line for each check; the worst finding counts.
async fn checks(visit: &Visit) -> Vec<Check> {
    let Engine { config, clock, db, officient, optedo, webhook_address, .. } = &*visit.engine;
    let doctor = Doctor { config, clock, db, connection: &visit.connection };
    // Boxed: the handler that awaits it would be too large for its thread's stack otherwise.
    let report = Box::pin(doctor.check(officient, optedo, Some(webhook_address))).await;
    let mut checks: Vec<Check> = Vec::new();
    for finding in report.findings {
        match checks.iter_mut().find(|check| check.name == finding.check) {
            Some(check) => check.outcome = check.outcome.max(finding.outcome),
            None => checks.push(Check { name: finding.check, outcome: finding.outcome }),
        }
    }
    let outcome = if visit.connection.is_paused { Outcome::Problem } else { Outcome::Ok };
    checks.push(Check { name: "writing", outcome });
    checks
}

async fn live_test(visit: &Visit, company: CompanyId, since: Timestamp) -> Result<LiveTest, WebError> {
    let db = &visit.engine.db;
    let webhooks = webhooks::received_since(db, since, MOST_SHOWN).await?;
    let entries = history::list(db, Some(company), None, Some(since), (MOST_SHOWN, 0)).await?;
    let people: Vec<i64> = entries.iter().map(|entry| entry.person.0).collect();
    let names = people::names(db, Some(company), &people).await?;
    let (deleted, mut written): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| entry.action == "deleted");
    written.retain(|entry| ["created", "changed", "taken_over"].contains(&entry.action.as_str()));
    let mut items = attention::list(db, ItemState::Open).await?;
    items.retain(|item| item.last_seen_at >= since);
    let items = item_views(visit, items).await?;
    Ok(LiveTest { webhooks, written, deleted, names, items })
}
