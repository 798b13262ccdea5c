use std::fmt::{self, Display};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use super::{CommandError, Outcome, build_app, print, print_error};
use crate::app::App;
use crate::config::Config;
use crate::db::{connection, people, queue, sweeps};
use crate::domain::ids::{CompanyId, PersonId};
use crate::domain::sync_request::{SyncReason, SyncRequest};
use crate::sync::Engine;
use crate::sync::preview::{Failed, Preview, PreviewedAbsence, Skipped};
use crate::web::api::status::{Status, read_status};
use crate::web::api::sync::{connected_company, preview};
use crate::web::error::WebError;

/// How often the command looks whether the worker is done.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

pub(super) async fn run(config: Config, person: Option<PersonId>, is_dry_run: bool) -> Outcome {
    let app = build_app(config).await?;
    let outcome = if is_dry_run { dry_run(&app, person).await } else { sync(&app, person).await };
    app.close().await;
    #[cfg(feature = "otlp")]
    crate::telemetry::traces::shut_down().await;
    outcome
}

async fn dry_run(app: &App, person: Option<PersonId>) -> Outcome {
    let company = connected_company(&app.engine).await?;
    let preview = preview(&app.engine, company, person).await?;
    print(&preview);
    Ok(preview.failed.is_empty())
}

async fn sync(app: &App, person: Option<PersonId>) -> Outcome {
    let engine = &*app.engine;
    let company = connected_company(engine).await?;
    let connection = connection::load(&engine.db).await?;
    if connection.paused_at.is_some() || (person.is_some() && connection.is_paused) {
        return Err(CommandError::Paused);
    }
    // The leader does the work: this process, or a running service.
    app.start_worker();
    let failed = match person {
        Some(person) => sync_person(engine, company, person).await?,
        None => sync_everybody(engine, company).await?,
    };
    for (person, error) in &failed {
        print_error(&format!("person {person}: {error}"));
    }
    let Status { absences, attention, .. } = read_status(engine).await?;
    let (written, open) = (absences.written, attention.open);
    print(&format!("{written} absences in Optedo, {open} items need attention"));
    Ok(failed.is_empty())
}

/// Who could not be reconciled, and why.
type Failures = Vec<(PersonId, String)>;

async fn sync_person(engine: &Engine, company: CompanyId, person: PersonId) -> Result<Failures, CommandError> {
    let now = engine.clock.now();
    list_unless_known(engine, company, person).await?;
    let request = SyncRequest { reason: SyncReason::Manual, at: now, webhook_received_at: None };
    queue::request_sync(&engine.db, company, &[person.0], request).await?;
    engine.work_signal.notify(&engine.db).await;
    loop {
        let Some(found) = people::find(&engine.db, company, person).await? else {
            return Err(CommandError::NoSuchPerson(person));
        };
        if found.request.is_none() {
            return Ok(Vec::new());
        }
        if found.attempted_at.is_some_and(|at| at >= now)
            && let Some(error) = found.last_error
        {
            return Ok(vec![(person, error)]);
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// A person whom nobody was told about yet is in Officient's list.
pub(super) async fn list_unless_known(
    engine: &Engine,
    company: CompanyId,
    person: PersonId,
) -> Result<(), CommandError> {
    if people::find(&engine.db, company, person).await?.is_none() {
        engine.list_people(company, SyncReason::Manual).await.map_err(WebError::from)?;
    }
    Ok(())
}

async fn sync_everybody(engine: &Engine, company: CompanyId) -> Result<Failures, CommandError> {
    // A sweep waits until Officient responds; a command must fail at once when it does not.
    engine.list_people(company, SyncReason::Manual).await.map_err(WebError::from)?;
    let now = engine.clock.now();
    sweeps::request(&engine.db, now).await?;
    engine.work_signal.notify(&engine.db).await;
    loop {
        let connection = connection::load(&engine.db).await?;
        let is_after = |at: Option<Timestamp>| at.is_some_and(|at| at >= now);
        if is_after(connection.sweep_started_at) && is_after(connection.sweep_finished_at) {
            break;
        }
        // Fails when an admin must sign in again meanwhile.
        connected_company(engine).await?;
        sleep(POLL_INTERVAL).await;
    }
    let people = people::all(&engine.db, company).await?;
    let failed = people.into_iter().filter(|person| person.attempts > 0);
    Ok(failed.map(|person| (person.id, person.last_error.unwrap_or_default())).collect())
}

impl Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("create", &self.create),
            ("change", &self.change),
            ("delete", &self.delete),
            ("take over", &self.take_over),
        ];
        for (title, absence) in lists.iter().flat_map(|(title, list)| list.iter().map(move |one| (title, one))) {
            let PreviewedAbsence { person_id, event_id, user_id, absence_type_id, start, end, .. } = absence;
            write!(f, "{title:<9}  person {person_id} event {event_id} → user {user_id} type {absence_type_id}")?;
            writeln!(f, "  {start} – {end}")?;
        }
        for Skipped { person_id, event_id, item } in &self.skipped {
            let hint = item.hint.as_ref().map(|hint| format!(" {hint}.")).unwrap_or_default();
            writeln!(f, "skip       person {person_id} event {event_id}  {}{hint}", item.detail())?;
        }
        for Failed { person_id, error } in &self.failed {
            writeln!(f, "failed     person {person_id}  {error}")?;
        }
        for (title, list) in lists {
            write!(f, "{} to {title}, ", list.len())?;
        }
        write!(f, "{} unchanged, {} skipped, {} failed", self.unchanged, self.skipped.len(), self.failed.len())
    }
}
