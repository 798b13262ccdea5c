//! The doctor: checks what works, and says what to do about the rest. It prints one finding per line.
//!
//! It only reads: the one thing that it may write is an access token that must be refreshed, and the record of its calls
//! against the rate limit. It makes the calls that the service will make, each with a time limit; a failed check stops
//! only the checks that depend on it. The findings contain names, so they are printed and never logged.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::time::Duration;

use jiff::civil::Date;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use sqlx::PgPool;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::app;
use crate::clock::Clock;
use crate::config::{Config, Security};
use crate::db::connection::{self, Connection, State};
use crate::db::subscriptions::{self, SubscriptionState};
use crate::db::{self, people};
use crate::domain::absence::AbsenceType;
use crate::domain::attention::AttentionItem;
use crate::domain::calendar::{LeaveType, Subscription};
use crate::domain::matching::UserDirectory;
use crate::http_client::UpstreamError;
use crate::officient::rate_limiter::Priority;
use crate::officient::{Officient, OfficientError};
use crate::optedo::{Optedo, OptedoError};
use crate::secrets;
use crate::secrets::vault::{Vault, VaultError};
use crate::secrets::webhook_address::WebhookAddress;
use crate::sync::lists::{CurrentMapping, MappingState, MatchState, map_everything, match_everybody};

/// For the calls of one check, which may wait for the rate limit.
const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(30);
const DATABASE_TIMEOUT: Duration = Duration::from_secs(5);

const DATABASE_REMEDY: &str = "check database.url, and that Postgres runs and accepts connections from here";
const SIGN_IN: &str = "sign in on the settings page (button “Aanmelden bij Officient”)";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
enum Outcome {
    Ok,
    /// The service works, but some leave is not written, or is written late.
    Warning,
    Problem,
}

#[derive(Clone, Debug, Serialize)]
struct Finding {
    /// A fixed name, for example `optedo.users`.
    check: &'static str,
    outcome: Outcome,
    /// What was tried, and the result.
    detail: String,
    /// What to do about it: the key or the page to change.
    remedy: Option<String>,
}

#[derive(Debug, Default, Serialize)]
pub struct Report {
    findings: Vec<Finding>,
}

/// The detail and the remedy of a failed check.
type Problem = (String, String);

impl Report {
    pub fn has_problem(&self) -> bool {
        self.count(Outcome::Problem) > 0
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.findings.iter().filter(|finding| finding.outcome == outcome).count()
    }

    fn ok(&mut self, check: &'static str, detail: impl Into<String>) {
        self.findings.push(Finding { check, outcome: Outcome::Ok, detail: detail.into(), remedy: None });
    }

    fn add(&mut self, check: &'static str, outcome: Outcome, detail: String, remedy: impl Into<String>) {
        self.findings.push(Finding { check, outcome, detail, remedy: Some(remedy.into()) });
    }

    /// Adds the result of a check; `detail` describes a success.
    fn record<T>(
        &mut self,
        check: &'static str,
        result: Result<T, Problem>,
        detail: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        match result {
            Ok(value) => {
                self.ok(check, detail(&value));
                Some(value)
            }
            Err((detail, remedy)) => {
                self.add(check, Outcome::Problem, detail, remedy);
                None
            }
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { check, outcome, detail, remedy } in &self.findings {
            write!(f, "{:<8} {check:<22} {}", outcome.to_string(), detail.trim_end_matches('.'))?;
            if let Some(remedy) = remedy {
                write!(f, " → {remedy}")?;
            }
            writeln!(f)?;
        }
        write!(f, "{} problems, {} warnings", self.count(Outcome::Problem), self.count(Outcome::Warning))
    }
}

/// Checks everything. The configuration was loaded, so it has no mistakes.
pub async fn check(config: Config) -> Report {
    let (mut report, clock) = (Report::default(), Clock::default());
    report.ok("configuration", "has no mistakes");
    let optedo = app::optedo(&config, clock.clone());
    let (stored, (optedo_report, users, absence_types)) =
        tokio::join!(check_database(&config, &mut report), check_optedo(&optedo, clock.today()));
    let mut leave_types = None;
    if let Some(stored) = &stored {
        match app::officient(&config, &stored.db, stored.vault.clone(), clock.clone(), &TaskTracker::new()) {
            Ok(officient) => {
                let doctor =
                    OfficientCheck { config: &config, stored, officient, year: clock.today().year() };
                leave_types = Box::pin(doctor.run(&mut report)).await;
            }
            Err(error) => {
                let remedy = "check officient.api_url and officient.app_url";
                report.add("officient", Outcome::Problem, error.to_string(), remedy);
            }
        }
    }
    report.findings.extend(optedo_report.findings);
    if let Some((stored, users)) = stored.zip(users) {
        check_people(&stored, &users, &mut report).await;
    }
    if let Some((leave_types, absence_types)) = leave_types.zip(absence_types) {
        check_leave_types(&config, &leave_types, &absence_types, &mut report);
    }
    report
}

/// What the database contains: read, decrypted, and never changed.
struct Stored {
    db: PgPool,
    vault: Vault,
    connection: Connection,
}

async fn check_database(config: &Config, report: &mut Report) -> Option<Stored> {
    let db = db::pool(&config.database.url, config.database.max_connections);
    let db = db.map_err(|error| (error.to_string(), DATABASE_REMEDY.to_owned()));
    let db = match db {
        Ok(db) => query(db::ping(&db)).await.map(|()| db),
        Err(problem) => Err(problem),
    };
    let db = report.record("database", db, |_| "responds".to_owned())?;
    if !check_migrations(&db, report).await {
        return None;
    }
    let stored = open_secrets(db, config.security.clone()).await;
    report.record("secrets", stored, |_| "all stored secrets can be decrypted".to_owned())
}

async fn query<T>(query: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Problem> {
    attempt(DATABASE_TIMEOUT, query, |_| DATABASE_REMEDY.to_owned()).await
}

/// Whether the schema has everything that this version needs.
async fn check_migrations(db: &PgPool, report: &mut Report) -> bool {
    const CHECK: &str = "migrations";
    // An error means that the table of migrations does not exist: none was applied.
    let applied = query(db::applied_migrations(db)).await.unwrap_or_default();
    let known: Vec<i64> = db::migrator().iter().map(|migration| migration.version).collect();
    let missing = known.iter().filter(|version| !applied.contains(version)).count();
    let newer = applied.iter().filter(|version| !known.contains(version)).count();
    if missing > 0 {
        let detail = format!("{missing} of {} are not applied", known.len());
        report.add(CHECK, Outcome::Problem, detail, "run optedo-officient migrate, or start the service");
    } else if newer > 0 {
        let detail = format!("{newer} were applied by a newer version of this program");
        let remedy = "wait until the update is finished, or run the newer version";
        report.add(CHECK, Outcome::Warning, detail, remedy);
    } else {
        report.ok(CHECK, format!("all {} are applied", known.len()));
    }
    missing == 0
}

async fn open_secrets(db: PgPool, keys: Security) -> Result<Stored, Problem> {
    let vault = query(secrets::open_vault(&db, keys)).await?;
    let connection = query(connection::load(&db)).await?;
    match secrets::verify(&vault, connection.clone()) {
        Ok(()) => Ok(Stored { db, vault, connection }),
        Err(VaultError::UnknownKey { place }) => Err((
            format!("{place} was encrypted with a key that is not configured"),
            "add that key to security.previous_encryption_keys".to_owned(),
        )),
        Err(error @ VaultError::Damaged { .. }) => {
            Err((error.to_string(), "restore the database from a backup".to_owned()))
        }
    }
}

struct OfficientCheck<'a> {
    config: &'a Config,
    stored: &'a Stored,
    officient: Officient,
    year: i16,
}

impl OfficientCheck<'_> {
    /// Returns the leave types of this year.
    async fn run(&self, report: &mut Report) -> Option<Vec<LeaveType>> {
        let api_url = &self.config.officient.api_url;
        report.record("officient", self.reach().await, |()| format!("{api_url} responds"))?;
        let state = match self.stored.connection.state {
            State::Connected => Ok(()),
            State::Disconnected => Err("nobody has connected to Officient yet, or somebody signed out"),
            State::ReauthorizationRequired => Err("Officient refused to renew the access"),
        };
        let state = state.map_err(|detail: &str| (detail.to_owned(), SIGN_IN.to_owned()));
        report.record("officient.connection", state, |()| "connected".to_owned())?;
        self.check_people_and_calendar(report).await;
        let types = self.officient.leave_types(Priority::Urgent, self.year);
        let types = call("calendar", types).await;
        let detail =
            |types: &Vec<LeaveType>| format!("{} leave types of {} were read", types.len(), self.year);
        let types = report.record("officient.leave_types", types, detail);
        self.check_subscriptions(report).await;
        types
    }

    /// Officient refuses a call without a token, and thereby shows that it can be reached.
    async fn reach(&self) -> Result<(), Problem> {
        let error = match timeout(UPSTREAM_TIMEOUT, self.officient.account(&String::new().into())).await {
            Err(_elapsed) => UpstreamError::TimedOut,
            Ok(Err(OfficientError::Call { source, .. })) => source,
            Ok(_) => return Ok(()),
        };
        if matches!(error, UpstreamError::Unavailable { .. } | UpstreamError::TimedOut) {
            let api_url = &self.config.officient.api_url;
            let remedy = "check officient.api_url, and that this machine may reach it";
            return Err((format!("{api_url}: {error}"), remedy.to_owned()));
        }
        Ok(())
    }

    async fn check_people_and_calendar(&self, report: &mut Report) {
        let officient = &self.officient;
        let list = call("basic", officient.people(Priority::Urgent)).await;
        let list = report
            .record("officient.people", list, |list| format!("{} people are listed", list.people.len()));
        if let Some(person) = list.as_ref().and_then(|list| list.people.first()).map(|person| person.id) {
            let names = call("personal info", officient.person(Priority::Urgent, person)).await;
            report.record("officient.person", names, |_| format!("the names of person {person} were read"));
            let calendar = call("calendar", officient.calendar(Priority::Urgent, person, self.year)).await;
            let detail = |_: &_| format!("the calendar of person {person} for {} was read", self.year);
            report.record("officient.calendar", calendar, detail);
        }
        let requests = call("calendar", officient.requests_page(Priority::Urgent, 0)).await;
        report
            .record("officient.requests", requests, |_| "the newest calendar requests were read".to_owned());
    }

    /// Officient must have exactly one subscription per event, with the current address.
    async fn check_subscriptions(&self, report: &mut Report) {
        const CHECK: &str = "officient.webhooks";
        const REPAIR: &str = "run optedo-officient sync, or wait for the next sweep: it repairs this";
        let Stored { db, vault, connection } = self.stored;
        let existing = match call("webhooks", self.officient.subscriptions()).await {
            Ok(existing) => existing,
            Err((detail, remedy)) => return report.add(CHECK, Outcome::Problem, detail, remedy),
        };
        let address = WebhookAddress::read(app::webhook_base(self.config), vault.clone(), db).await;
        let (address, known) = match (address, subscriptions::all(db).await) {
            (Ok(address), Ok(known)) => (address, known),
            (Err(error), _) => {
                return report.add(CHECK, Outcome::Problem, error.to_string(), DATABASE_REMEDY);
            }
            (_, Err(error)) => {
                return report.add(CHECK, Outcome::Problem, error.to_string(), DATABASE_REMEDY);
            }
        };
        let url = address.url();
        let is_current = |webhook: &Subscription| webhook.target_url == url.expose_secret();
        let is_stale =
            |webhook: &Subscription| webhook.target_url.starts_with(address.base()) && !is_current(webhook);
        let events = connection.webhook_events.as_ref().unwrap_or(&self.config.officient.webhook_events);
        for event in events.iter().collect::<BTreeSet<_>>() {
            let of_event = || existing.iter().filter(|webhook| webhook.event == *event);
            let current = of_event().filter(|webhook| is_current(webhook)).count();
            let stale = of_event().filter(|webhook| is_stale(webhook)).count();
            let is_refused = known.iter().any(|subscription| {
                subscription.event == *event && subscription.state == SubscriptionState::Refused.into_str()
            });
            let (outcome, detail, remedy) = match (current, stale) {
                (1, 0) => {
                    report.ok(CHECK, format!("{event} is registered"));
                    continue;
                }
                (0, 0) if is_refused => (
                    Outcome::Warning,
                    "was refused by Officient; sweeps find the changes meanwhile",
                    "change the event names on the settings page",
                ),
                (0, 0) => (Outcome::Problem, "is missing", REPAIR),
                (0, _) => (Outcome::Problem, "is registered with a former address only", REPAIR),
                (_, 0) => (Outcome::Warning, "is registered more than once", REPAIR),
                (_, _) => (Outcome::Warning, "is registered with a former address too", REPAIR),
            };
            report.add(CHECK, outcome, format!("{event} {detail}"), remedy);
        }
    }
}

/// Waits for `call`. `remedy` gets its error, or `None` when there was no response in time.
async fn attempt<T, E: Display>(
    limit: Duration,
    call: impl Future<Output = Result<T, E>>,
    remedy: impl FnOnce(Option<&E>) -> String,
) -> Result<T, Problem> {
    match timeout(limit, Box::pin(call)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err((error.to_string(), remedy(Some(&error)))),
        Err(_elapsed) => {
            Err((format!("there was no response within {} seconds", limit.as_secs()), remedy(None)))
        }
    }
}

/// `permission` is the one that the call needs.
async fn call<T>(
    permission: &str,
    call: impl Future<Output = Result<T, OfficientError>>,
) -> Result<T, Problem> {
    let remedy = |error: Option<&OfficientError>| match error.map(OfficientError::upstream) {
        Some(Some(UpstreamError::Rejected { .. } | UpstreamError::NotFound)) => format!(
            "give the app this permission on Officient's developer page (read: {permission}), then {SIGN_IN} again"
        ),
        Some(Some(UpstreamError::Unauthorized) | None) => SIGN_IN.to_owned(),
        Some(Some(UpstreamError::Busy { .. })) | None => {
            "check again later: other apps use the account's rate limit too".to_owned()
        }
        Some(Some(
            UpstreamError::Unavailable { .. } | UpstreamError::TimedOut | UpstreamError::Unreadable { .. },
        )) => "check again later; if it stays like this, contact Officient".to_owned(),
    };
    attempt(UPSTREAM_TIMEOUT, call, remedy).await
}

/// Reads what the service will read. Returns the users and the absence types.
async fn check_optedo(
    optedo: &Optedo,
    today: Date,
) -> (Report, Option<UserDirectory>, Option<Vec<AbsenceType>>) {
    let mut report = Report::default();
    let users = call_optedo(optedo.users()).await;
    let detail = |users: &Vec<_>| format!("the token is accepted, {} users were read", users.len());
    let users = report.record("optedo.users", users, detail);
    let types = call_optedo(optedo.absence_types()).await;
    let detail = |types: &Vec<_>| format!("{} absence types were read", types.len());
    let types = report.record("optedo.absence_types", types, detail);
    if let Some(user) = users.as_ref().and_then(|users| users.first()).map(|user| user.id) {
        let absences = call_optedo(optedo.absences(user, today, today)).await;
        report.record("optedo.absences", absences, |_| format!("the absences of user {user} were read"));
    }
    (report, users.map(UserDirectory::new), types)
}

async fn call_optedo<T>(call: impl Future<Output = Result<T, OptedoError>>) -> Result<T, Problem> {
    let remedy = |error: Option<&OptedoError>| match error.map(|error| &error.source) {
        Some(UpstreamError::Unauthorized) => "set a token that Optedo accepts in optedo.api_token",
        Some(UpstreamError::Rejected { .. }) => "set a token with this permission in optedo.api_token",
        Some(UpstreamError::NotFound | UpstreamError::Unreadable { .. }) => {
            "check optedo.api_url: this is not a response of Optedo's API"
        }
        Some(UpstreamError::Busy { .. } | UpstreamError::Unavailable { .. } | UpstreamError::TimedOut)
        | None => "check optedo.api_url, and that this machine may reach it",
    };
    attempt(UPSTREAM_TIMEOUT, call, |error| remedy(error).to_owned()).await
}

/// Finds the people whose leave would wait, because they match no user.
async fn check_people(stored: &Stored, users: &UserDirectory, report: &mut Report) {
    const CHECK: &str = "people";
    let Some(company) = stored.connection.company_id else { return };
    let people = match query(people::all(&stored.db, company)).await {
        Ok(people) => people,
        Err((detail, remedy)) => return report.add(CHECK, Outcome::Problem, detail, remedy),
    };
    let mut matched = 0;
    for (person, found) in people.iter().zip(match_everybody(&people, users)) {
        matched += usize::from(found.state == MatchState::Matched);
        if let Some(item) = found.item {
            let detail = format!("person {}: {}", person.id, describe(&item));
            let remedy =
                "make the names equal in Officient and Optedo, or ignore the item on the settings page";
            report.add(CHECK, Outcome::Warning, detail, remedy);
        }
    }
    report.ok(CHECK, format!("{matched} of {} match a user in Optedo", people.len()));
}

/// Finds the leave types whose leave would wait, because they match no absence type.
fn check_leave_types(
    config: &Config,
    leave_types: &[LeaveType],
    absence_types: &[AbsenceType],
    report: &mut Report,
) {
    const CHECK: &str = "leave_types";
    let all = map_everything(config, leave_types.iter(), absence_types);
    for leave_type in &all {
        if let CurrentMapping { type_id, name, item: Some(item), .. } = leave_type {
            let detail = format!("leave type {type_id} ({name}): {}", describe(item));
            let remedy = "fill in Optedo's description in Officient (Verloftypes, Geavanceerd), or ignore the item on the settings page";
            report.add(CHECK, Outcome::Warning, detail, remedy);
        }
    }
    let mapped = all.iter().filter(|leave_type| leave_type.state == MappingState::Mapped).count();
    report.ok(CHECK, format!("{mapped} of {} match an absence type in Optedo", all.len()));
}

fn describe(item: &AttentionItem) -> String {
    let hint = item.hint.as_ref().map(|hint| format!(" {hint}.")).unwrap_or_default();
    format!("{}{hint}", item.detail())
}
