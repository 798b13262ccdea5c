//! The doctor: what works, what does not, and what to do about it, one finding a line.
//!
//! It calls what the service will need and writes nothing to Officient or Optedo; it does not migrate the database either.
//! A finding that fails does not stop those that do not depend on it, and each is bounded in time. Names stand in what it
//! prints, for whoever runs it, and in no log.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use sqlx::PgPool;
use tokio::time::timeout;

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::connection::State;
use crate::db::subscriptions::{self, SubscriptionState};
use crate::db::{self, connection, people};
use crate::domain::absence::AbsenceType;
use crate::domain::attention::AttentionItem;
use crate::domain::calendar::{LeaveType, Subscription};
use crate::domain::ids::CompanyId;
use crate::domain::mapping::Mapping;
use crate::domain::matching::UserDirectory;
use crate::http_client::UpstreamError;
use crate::officient::OfficientError;
use crate::officient::rate_limiter::Priority;
use crate::optedo::{Optedo, OptedoError};
use crate::sync::Engine;
use crate::sync::lists::{MatchState, map_everything, match_everybody};

/// For one finding, however many calls it needs and whoever else uses the rate limit.
const PATIENCE: Duration = Duration::from_secs(30);
/// For the database: what is local answers at once, or not.
const DATABASE_PATIENCE: Duration = Duration::from_secs(5);

const SIGN_IN: &str = "sign in on the settings page (Aanmelden bij Officient)";
const PERMISSIONS: &str =
    "give the app this permission on Officient's developer page, then sign in again on the settings page";

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// Works, but something is not written, or late.
    Warning,
    /// Does not work.
    Problem,
}

/// One line.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What was looked at: a fixed word.
    pub check: &'static str,
    /// How it is.
    pub outcome: Outcome,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// All findings, in the order in which they depend on each other.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// One a line.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether anything does not work.
    pub fn has_problem(&self) -> bool {
        self.findings.iter().any(|finding| finding.outcome == Outcome::Problem)
    }

    fn ok(&mut self, check: &'static str, detail: impl Into<String>) {
        self.findings.push(Finding { check, outcome: Outcome::Ok, detail: detail.into(), remedy: None });
    }

    fn warning(&mut self, check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) {
        let remedy = Some(remedy.into());
        self.findings.push(Finding { check, outcome: Outcome::Warning, detail: detail.into(), remedy });
    }

    fn problem(&mut self, check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) {
        let remedy = Some(remedy.into());
        self.findings.push(Finding { check, outcome: Outcome::Problem, detail: detail.into(), remedy });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let outcome = match finding.outcome {
                Outcome::Ok => "ok",
                Outcome::Warning => "warning",
                Outcome::Problem => "problem",
            };
            write!(f, "{outcome:<8} {:<22} {}", finding.check, finding.detail)?;
            if let Some(remedy) = &finding.remedy {
                write!(f, ": {remedy}")?;
            }
            writeln!(f)?;
        }
        let count = |outcome| self.findings.iter().filter(|finding| finding.outcome == outcome).count();
        write!(f, "{} problems, {} warnings", count(Outcome::Problem), count(Outcome::Warning))
    }
}

/// Looks at everything. The configuration was read, so it is as it should be.
pub async fn check(config: Config) -> Report {
    let mut report = Report::default();
    report.ok("configuration", "read, no mistakes");
    let clock = Clock::default();
    let optedo = Optedo::new(
        &config.optedo.api_url,
        config.optedo.api_token.clone(),
        config.optedo.timeout,
        clock.clone(),
    );
    let (app, (optedo_report, directory, absence_types)) =
        tokio::join!(check_database(config, &clock, &mut report), check_optedo(&optedo, &clock));
    let Some(app) = app else {
        report.findings.extend(optedo_report.findings);
        return report;
    };
    let leave_types = Box::pin(check_officient(&app.engine, &mut report)).await;
    report.findings.extend(optedo_report.findings);
    if let Some(directory) = directory {
        check_people(&app.engine, &directory, &mut report).await;
    }
    if let Some((leave_types, absence_types)) = leave_types.zip(absence_types) {
        check_leave_types(&app.engine.config, &leave_types, &absence_types, &mut report);
    }
    report
}

/// The parts of the service, where the database is as this version needs it.
async fn check_database(config: Config, clock: &Clock, report: &mut Report) -> Option<App> {
    let url = "check database.url, and that Postgres runs and may be reached from here";
    let pool = match db::pool(&config.database.url, config.database.max_connections) {
        Ok(pool) => pool,
        Err(error) => {
            report.problem("database", error.to_string(), url);
            return None;
        }
    };
    match timeout(DATABASE_PATIENCE, db::ping(&pool)).await {
        Ok(Ok(())) => report.ok("database", "answers"),
        Ok(Err(error)) => {
            report.problem("database", format!("cannot be used: {error}"), url);
            return None;
        }
        Err(_no_answer) => {
            report.problem("database", "does not answer in time", url);
            return None;
        }
    }
    if !check_migrations(&pool, report).await {
        return None;
    }
    match timeout(DATABASE_PATIENCE, App::build(config, pool, clock.clone())).await {
        Ok(Ok(app)) => {
            report.ok("secrets", "those that are stored can be decrypted");
            Some(app)
        }
        Ok(Err(error)) => {
            let remedy = "give the key that encrypted them in security.encryption_key or security.previous_encryption_keys";
            report.problem("secrets", error.to_string(), remedy);
            None
        }
        Err(_no_answer) => {
            report.problem("secrets", "the database does not answer in time", url);
            None
        }
    }
}

/// Whether the schema has all that this version needs.
async fn check_migrations(pool: &PgPool, report: &mut Report) -> bool {
    // Where the table is not there, nothing was migrated.
    let applied = timeout(DATABASE_PATIENCE, db::applied_migrations(pool)).await;
    let applied = applied.unwrap_or(Err(sqlx::Error::PoolTimedOut)).unwrap_or_default();
    let known: Vec<i64> = db::migrator().iter().map(|migration| migration.version).collect();
    let missing = known.iter().filter(|version| !applied.contains(version)).count();
    let newer = applied.iter().filter(|version| !known.contains(version)).count();
    if missing > 0 {
        let detail = format!("{missing} of {} are missing", known.len());
        report.problem("migrations", detail, "run optedo-officient migrate, or start the service");
    } else if newer > 0 {
        let detail = format!("{newer} are of a newer version of this program");
        report.warning("migrations", detail, "nothing, during an update; else run the newer version");
    } else {
        report.ok("migrations", format!("all {} are there", known.len()));
    }
    missing == 0
}

/// Reachable, connected, token, each permission, webhooks. Returns the leave types of this year.
async fn check_officient(engine: &Engine, report: &mut Report) -> Option<Vec<LeaveType>> {
    let connection = match connection::load(&engine.db).await {
        Ok(connection) => connection,
        Err(error) => {
            report.problem("database", error.to_string(), "check the database");
            return None;
        }
    };
    // Without a token Officient answers that there is none: it is there.
    let probe = timeout(PATIENCE, engine.officient.account(&String::new().into())).await;
    match probe.map_err(|_no_answer| UpstreamError::TimedOut) {
        Err(error) => return unreachable(report, &error),
        Ok(Err(OfficientError::Call { source, .. }))
            if matches!(source, UpstreamError::Unavailable { .. } | UpstreamError::TimedOut) =>
        {
            return unreachable(report, &source);
        }
        Ok(_answer) => report.ok("officient", format!("{} answers", engine.config.officient.api_url)),
    }
    match connection.state {
        State::Disconnected => {
            report.problem("officient.connection", "not connected", SIGN_IN);
            return None;
        }
        State::ReauthorizationRequired => {
            report.problem("officient.connection", "Officient refused to renew the access", SIGN_IN);
            return None;
        }
        State::Connected => report.ok("officient.connection", "connected"),
    }
    check_permissions(engine, report).await
}

fn unreachable<T>(report: &mut Report, error: &UpstreamError) -> Option<T> {
    let remedy = "check officient.api_url and that this machine may reach it";
    report.problem("officient", error.to_string(), remedy);
    None
}

/// Calls what the service will call.
async fn check_permissions(engine: &Engine, report: &mut Report) -> Option<Vec<LeaveType>> {
    let officient = &engine.officient;
    let year = engine.clock.today().year();
    let list = tried(report, "officient.people", "basic", officient.people(Priority::Urgent)).await;
    if let Some(list) = &list {
        report.ok("officient.people", format!("{} people are listed", list.people.len()));
    }
    if let Some(person) = list.as_ref().and_then(|list| list.people.first()) {
        let detail = officient.person(Priority::Urgent, person.id);
        if tried(report, "officient.person", "personal info", detail).await.is_some() {
            report.ok("officient.person", format!("the names of person {} can be read", person.id));
        }
        let calendar = officient.calendar(Priority::Urgent, person.id, year);
        if tried(report, "officient.calendar", "calendar", calendar).await.is_some() {
            report.ok("officient.calendar", format!("the calendar of person {} can be read", person.id));
        }
    }
    let requests = officient.requests_page(Priority::Urgent, 0);
    if tried(report, "officient.requests", "calendar", requests).await.is_some() {
        report.ok("officient.requests", "calendar requests can be read");
    }
    let types =
        tried(report, "officient.leave_types", "calendar", officient.leave_types(Priority::Urgent, year))
            .await;
    if let Some(types) = &types {
        report.ok("officient.leave_types", format!("{} leave types of {year}", types.len()));
    }
    if let Some(webhooks) = tried(report, "officient.webhooks", "webhooks", officient.subscriptions()).await {
        check_webhooks(engine, &webhooks, report).await;
    }
    types
}

/// The answer; a failure is a finding that says which permission the call needs.
async fn tried<T>(
    report: &mut Report,
    check: &'static str,
    permission: &str,
    call: impl Future<Output = Result<T, OfficientError>>,
) -> Option<T> {
    let error = match timeout(PATIENCE, Box::pin(call)).await {
        Ok(Ok(answer)) => return Some(answer),
        Ok(Err(error)) => error,
        Err(_no_answer) => {
            let remedy = "look again later: other calls may use the rate limit";
            report.problem(check, "no answer in time", remedy);
            return None;
        }
    };
    let remedy = match error.upstream() {
        Some(UpstreamError::Rejected { .. } | UpstreamError::NotFound) => {
            format!("{PERMISSIONS} (read: {permission})")
        }
        Some(UpstreamError::Busy { .. }) => {
            "look again later: other apps use the account's limit too".to_owned()
        }
        Some(
            UpstreamError::Unavailable { .. } | UpstreamError::TimedOut | UpstreamError::Unreadable { .. },
        ) => "look again later; if it stays so, ask Officient".to_owned(),
        Some(UpstreamError::Unauthorized) | None => SIGN_IN.to_owned(),
    };
    report.problem(check, error.to_string(), remedy);
    None
}

/// Each event once, with our current address.
async fn check_webhooks(engine: &Engine, standing: &[Subscription], report: &mut Report) {
    const CHECK: &str = "officient.webhooks";
    use secrecy::ExposeSecret as _;
    let (events, known) = match (engine.subscribed_events().await, subscriptions::all(&engine.db).await) {
        (Ok(events), Ok(known)) => (events, known),
        (Err(error), _) | (_, Err(error)) => {
            return report.problem(CHECK, error.to_string(), "check the database");
        }
    };
    let url = engine.webhook_address.url();
    let ours: Vec<&Subscription> = standing
        .iter()
        .filter(|webhook| webhook.target_url.starts_with(engine.webhook_address.base()))
        .collect();
    let repair = "the service repairs it with the next sweep; start one with optedo-officient sync";
    for event in &events {
        let count = |is_current: bool| {
            let is = |webhook: &&&Subscription| {
                webhook.event == *event && (webhook.target_url == url.expose_secret()) == is_current
            };
            ours.iter().filter(is).count()
        };
        let is_refused = known.iter().any(|subscription| {
            subscription.event == *event && subscription.state == SubscriptionState::Refused.into_str()
        });
        match (count(true), count(false)) {
            (1, 0) => report.ok(CHECK, format!("{event} is registered")),
            (0, 0) if is_refused => {
                let remedy =
                    "change the event names on the settings page; changes are found by sweeps meanwhile";
                report.warning(CHECK, format!("{event} was refused by Officient"), remedy);
            }
            (0, 0) => report.problem(CHECK, format!("{event} is missing"), repair),
            (0, _) => report.problem(CHECK, format!("{event} is registered with a former address"), repair),
            (_, 0) => report.warning(CHECK, format!("{event} is registered more than once"), repair),
            _ => report.warning(CHECK, format!("{event} is registered with a former address too"), repair),
        }
    }
}

/// Reachable, token, everything that is read. Nothing is written.
async fn check_optedo(
    optedo: &Optedo,
    clock: &Clock,
) -> (Report, Option<UserDirectory>, Option<Vec<AbsenceType>>) {
    let mut report = Report::default();
    let users = asked(&mut report, "optedo.users", optedo.users()).await;
    if let Some(users) = &users {
        report.ok("optedo.users", format!("the token is accepted, {} users", users.len()));
    }
    let types = asked(&mut report, "optedo.absence_types", optedo.absence_types()).await;
    if let Some(types) = &types {
        report.ok("optedo.absence_types", format!("{} absence types", types.len()));
    }
    if let Some(user) = users.as_ref().and_then(|users| users.first()) {
        let today = clock.today();
        let absences = asked(&mut report, "optedo.absences", optedo.absences(user.id, today, today)).await;
        if absences.is_some() {
            report.ok("optedo.absences", format!("the absences of user {} can be read", user.id));
        }
    }
    (report, users.map(UserDirectory::new), types)
}

async fn asked<T>(
    report: &mut Report,
    check: &'static str,
    call: impl Future<Output = Result<T, OptedoError>>,
) -> Option<T> {
    let error = match timeout(PATIENCE, call).await {
        Ok(Ok(answer)) => return Some(answer),
        Ok(Err(error)) => error.source,
        Err(_no_answer) => UpstreamError::TimedOut,
    };
    let remedy = match &error {
        UpstreamError::Unauthorized => "give a token that Optedo accepts in optedo.api_token",
        UpstreamError::Rejected { .. } => "give a token in optedo.api_token that may do this",
        UpstreamError::NotFound | UpstreamError::Unreadable { .. } => {
            "check optedo.api_url: this is not the answer of Optedo's API"
        }
        UpstreamError::Busy { .. } | UpstreamError::Unavailable { .. } | UpstreamError::TimedOut => {
            "check optedo.api_url and that this machine may reach it"
        }
    };
    report.problem(check, error.to_string(), remedy);
    None
}

/// Who would match nobody, as the database knows them.
async fn check_people(engine: &Engine, directory: &UserDirectory, report: &mut Report) {
    const CHECK: &str = "people";
    let Ok(Some(company)) = company(engine).await else { return };
    let people = match people::all(&engine.db, company).await {
        Ok(people) => people,
        Err(error) => return report.problem(CHECK, error.to_string(), "check the database"),
    };
    let mut matched = 0;
    for (person, found) in people.iter().zip(match_everybody(&people, directory)) {
        match (found.state, found.item) {
            (MatchState::Matched, _) => matched += 1,
            (_, Some(item)) => {
                let detail = format!("person {}: {}", person.id, with_hint(&item));
                report.warning(
                    CHECK,
                    detail,
                    "make the names equal in Officient and Optedo, or ignore it on the page",
                );
            }
            (_, None) => {}
        }
    }
    report.ok(CHECK, format!("{matched} of {} match a user in Optedo", people.len()));
}

async fn company(engine: &Engine) -> Result<Option<CompanyId>, sqlx::Error> {
    Ok(connection::load(&engine.db).await?.company_id)
}

/// Which leave types would mean nothing in Optedo.
fn check_leave_types(
    config: &Config,
    leave_types: &[LeaveType],
    absence_types: &[AbsenceType],
    report: &mut Report,
) {
    const CHECK: &str = "leave_types";
    let mut mapped = 0;
    let all = map_everything(config, leave_types.iter(), absence_types);
    for kind in &all {
        match &kind.mapping {
            Mapping::To(_) => mapped += 1,
            Mapping::Excluded => {}
            Mapping::Blocked(item) => {
                let detail =
                    format!("leave type {} ({}): {}", kind.description.type_id, kind.name, with_hint(item));
                let remedy = "fill in Optedo's description in Officient (Verloftypes, Geavanceerd), or ignore it on the page";
                report.warning(CHECK, detail, remedy);
            }
        }
    }
    report.ok(CHECK, format!("{mapped} of {} mean an absence type in Optedo", all.len()));
}

fn with_hint(item: &AttentionItem) -> String {
    let hint = item.hint.as_ref().map(|hint| format!(" {hint}.")).unwrap_or_default();
    item.detail() + hint.as_str()
}
