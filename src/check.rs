//! The doctor: checks what works, and says what to do about the rest. It prints one finding per line.
//!
//! It only reads: the one thing that it may write is an access token that must be refreshed, and the record of its calls
//! against the rate limit. It makes the calls that the service will make, each with a time limit; a failed check stops
//! only the checks that depend on it. The findings contain names, so they are printed and never logged.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sqlx::PgPool;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::connection::{self, Connection, State};
use crate::db::subscriptions::{self, SubscriptionState};
use crate::db::{self, DatabaseError, faults, leave_types, people, person_choices};
use crate::domain::absence::AbsenceType;
use crate::domain::attention::AttentionItem;
use crate::domain::calendar::{LeaveType, Subscription};
use crate::domain::mapping::MappingRules;
use crate::domain::matching::UserDirectory;
use crate::http_client::UpstreamError;
use crate::officient::rate_limiter::Priority::Urgent;
use crate::officient::{Officient, OfficientError};
use crate::optedo::OptedoError;
use crate::secrets::vault::Vault;
use crate::secrets::webhook_address::WebhookAddress;
use crate::secrets::{self, SecretsError};
use crate::sync::lists::{CurrentMapping, MappingState, MatchState, map_everything, match_everybody};

/// For one query, and for one call, which may wait for the rate limit.
const TIMEOUT: Duration = Duration::from_secs(30);

const SIGN_IN: &str = "sign in on the settings page (button “Aanmelden bij Officient”)";

#[derive(Clone, Copy, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
enum Outcome {
    Ok,
    /// The service works, but some leave is not written, or is written late.
    Warning,
    Problem,
}

#[derive(Serialize)]
struct Finding {
    /// A fixed name, for example `optedo.users`.
    check: &'static str,
    outcome: Outcome,
    /// What was tried, and the result.
    detail: String,
    /// What to do about it: the key or the page to change.
    remedy: Option<String>,
}

#[derive(Default, Serialize)]
pub struct Report {
    findings: Vec<Finding>,
}

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

    fn add(&mut self, check: &'static str, outcome: Outcome, detail: impl Display, remedy: impl Into<String>) {
        let detail = detail.to_string().trim_end_matches('.').to_owned();
        self.findings.push(Finding { check, outcome, detail, remedy: Some(remedy.into()) });
    }

    /// Waits for the result of a check. `success` describes it; `remedy` gets the error, or `None` when there was no
    /// response in time.
    async fn attempt<T, E: Display, R: Into<String>>(
        &mut self,
        check: &'static str,
        attempt: impl Future<Output = Result<T, E>>,
        success: &str,
        remedy: impl FnOnce(Option<&E>) -> R,
    ) -> Option<T> {
        match timeout(TIMEOUT, Box::pin(attempt)).await {
            Ok(Ok(value)) => {
                self.ok(check, success);
                return Some(value);
            }
            Ok(Err(error)) => self.add(check, Outcome::Problem, &error, remedy(Some(&error))),
            Err(_elapsed) => {
                let detail = format!("there was no response within {} seconds", TIMEOUT.as_secs());
                self.add(check, Outcome::Problem, detail, remedy(None));
            }
        }
        None
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { check, outcome, detail, remedy } in &self.findings {
            write!(f, "{:<8} {check:<22} {detail}", outcome.to_string())?;
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
    let stored = check_database(&config, &mut report).await;
    let mut types = None;
    if let Some(stored) = &stored {
        types = Box::pin(check_officient(&config, stored, &clock, &mut report)).await;
    }
    let (users, absence_types) = check_optedo(&config, &clock, &mut report).await;
    let Some(stored) = stored else { return report };
    if let Some(users) = users {
        check_people(&stored, &users, &mut report).await;
    }
    if let Some((leave_types, absence_types)) = types.zip(absence_types) {
        check_leave_types(&config, &stored, &leave_types, &absence_types, &mut report).await;
    }
    report
}

/// What the database contains: read, decrypted, and never changed.
struct Stored {
    db: PgPool,
    vault: Vault,
    connection: Connection,
}

/// The remedy of the error; when there was no response in time, that of an unreachable database.
fn of_database<E>(remedy: fn(&E) -> String) -> impl FnOnce(Option<&E>) -> String {
    move |error| error.map_or_else(|| faults::REMEDY.to_owned(), remedy)
}

async fn check_database(config: &Config, report: &mut Report) -> Option<Stored> {
    let connect = async {
        let db = db::pool(&config.database.url, config.database.max_connections)?;
        faults::try_connect(&db).await.map_err(DatabaseError::Unreachable)?;
        Ok::<_, DatabaseError>(db)
    };
    let remedy = of_database(DatabaseError::remedy);
    let db = report.attempt("database", connect, "responds", remedy).await?;
    if !check_migrations(&db, report).await {
        return None;
    }
    let open = async {
        let vault = secrets::open_vault(&db, config.security.clone()).await?;
        let connection = connection::load(&db).await?;
        secrets::verify(&vault, connection.clone())?;
        Ok::<_, SecretsError>((vault, connection))
    };
    let success = "all stored secrets can be decrypted";
    let (vault, connection) = report.attempt("secrets", open, success, of_database(SecretsError::remedy)).await?;
    Some(Stored { db, vault, connection })
}

/// Whether the schema has everything that this version needs.
async fn check_migrations(db: &PgPool, report: &mut Report) -> bool {
    const CHECK: &str = "migrations";
    // An error means that the table of migrations does not exist: none was applied.
    let applied = db::applied_migrations(db).await.unwrap_or_default();
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

/// Returns the leave types of this year.
async fn check_officient(
    config: &Config,
    stored: &Stored,
    clock: &Clock,
    report: &mut Report,
) -> Option<Vec<LeaveType>> {
    const CONNECTION: &str = "officient.connection";
    let (api_url, year) = (&config.officient.api_url, clock.today().year());
    let (db, vault, tasks) = (&stored.db, stored.vault.clone(), TaskTracker::new());
    let Ok(officient) = app::officient(config, db, vault, clock.clone(), &tasks) else {
        let remedy = "check officient.api_url and officient.app_url";
        report.add("officient", Outcome::Problem, "an address cannot be used", remedy);
        return None;
    };
    // Officient refuses a call without a token, and thereby shows that it can be reached.
    let reach = async {
        match officient.account(&SecretString::default()).await.map_err(|error| error.upstream().cloned()) {
            Err(Some(error @ (UpstreamError::Unavailable { .. } | UpstreamError::TimedOut))) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    };
    let remedy = |_: Option<&_>| "check officient.api_url, and that this machine may reach it";
    report.attempt("officient", reach, &format!("{api_url} responds"), remedy).await?;
    let disconnected = match stored.connection.state {
        State::Connected => None,
        State::Disconnected => Some("nobody has connected to Officient yet, or somebody signed out"),
        State::ReauthorizationRequired => Some("Officient refused to renew the access"),
    };
    if let Some(detail) = disconnected {
        report.add(CONNECTION, Outcome::Problem, detail, SIGN_IN);
        return None;
    }
    report.ok(CONNECTION, "connected");
    let list = officient.people(Urgent);
    let list = report.attempt("officient.people", list, "the list was read", permission("basic")).await;
    if let Some(person) = list.as_ref().and_then(|list| list.people.first()).map(|person| person.id) {
        let (names, success) = (officient.person(Urgent, person), format!("the names of person {person} were read"));
        report.attempt("officient.person", names, &success, permission("personal info")).await;
        let calendar = officient.calendar(Urgent, person, year);
        let success = format!("the calendar of person {person} for {year} was read");
        report.attempt("officient.calendar", calendar, &success, permission("calendar")).await;
    }
    let requests = officient.requests_page(Urgent, 0);
    let success = "the newest calendar requests were read";
    report.attempt("officient.requests", requests, success, permission("calendar")).await;
    let types = officient.leave_types(Urgent, year);
    let success = format!("the leave types of {year} were read");
    let types = report.attempt("officient.leave_types", types, &success, permission("calendar")).await;
    check_subscriptions(config, stored, &officient, report).await;
    types
}

/// What to do about a failed call to Officient; `permission` is the one that the call needs.
fn permission(permission: &str) -> impl FnOnce(Option<&OfficientError>) -> String {
    move |error| match error.map(OfficientError::upstream) {
        Some(Some(UpstreamError::Rejected { .. } | UpstreamError::NotFound)) => format!(
            "give the app this permission on Officient's developer page (read: {permission}), then {SIGN_IN} again"
        ),
        Some(Some(UpstreamError::Unauthorized) | None) => SIGN_IN.to_owned(),
        Some(Some(UpstreamError::Busy { .. })) | None => {
            "check again later: other apps use the account's rate limit too".to_owned()
        }
        Some(Some(UpstreamError::Unavailable { .. } | UpstreamError::TimedOut | UpstreamError::Unreadable { .. })) => {
            "check again later; if it stays like this, contact Officient".to_owned()
        }
    }
}

/// Officient must have exactly one subscription per event, with the current address.
async fn check_subscriptions(config: &Config, stored: &Stored, officient: &Officient, report: &mut Report) {
    const CHECK: &str = "officient.webhooks";
    const REPAIR: &str = "run optedo-officient sync, or wait for the next sweep: it repairs this";
    let Stored { db, vault, connection } = stored;
    let existing = officient.subscriptions();
    let existing = report.attempt(CHECK, existing, "the list was read", permission("webhooks")).await;
    let Some(existing) = existing else { return };
    let ours = async {
        let address = WebhookAddress::read(app::webhook_base(config), vault.clone(), db).await?;
        Ok::<_, SecretsError>((address, subscriptions::all(db).await?))
    };
    let ours = report.attempt(CHECK, ours, "our address was read", of_database(SecretsError::remedy)).await;
    let Some((address, known)) = ours else { return };
    let url = address.url();
    let is_current = |webhook: &Subscription| webhook.target_url == url.expose_secret();
    let is_stale = |webhook: &Subscription| webhook.target_url.starts_with(address.base()) && !is_current(webhook);
    let events = connection.webhook_events.as_ref().unwrap_or(&config.officient.webhook_events);
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

/// Reads what the service will read. Returns the users and the absence types.
async fn check_optedo(
    config: &Config,
    clock: &Clock,
    report: &mut Report,
) -> (Option<UserDirectory>, Option<Vec<AbsenceType>>) {
    let (optedo, today) = (app::optedo(config, clock.clone()), clock.today());
    let users = optedo.users();
    let success = "the token is accepted, and all users were read";
    let users = report.attempt("optedo.users", users, success, optedo_remedy).await;
    let types = optedo.absence_types();
    let types = report.attempt("optedo.absence_types", types, "all were read", optedo_remedy).await;
    if let Some(user) = users.as_ref().and_then(|users| users.first()).map(|user| user.id) {
        let absences = optedo.absences(user, today, today);
        let success = format!("the absences of user {user} were read");
        report.attempt("optedo.absences", absences, &success, optedo_remedy).await;
    }
    (users.map(UserDirectory::new), types)
}

fn optedo_remedy(error: Option<&OptedoError>) -> &'static str {
    match error.map(|error| &error.source) {
        Some(UpstreamError::Unauthorized) => "set a token that Optedo accepts in optedo.api_token",
        Some(UpstreamError::Rejected { .. }) => "set a token with this permission in optedo.api_token",
        Some(UpstreamError::NotFound | UpstreamError::Unreadable { .. }) => {
            "check optedo.api_url: this is not a response of Optedo's API"
        }
        Some(UpstreamError::Busy { .. } | UpstreamError::Unavailable { .. } | UpstreamError::TimedOut) | None => {
            "check optedo.api_url, and that this machine may reach it"
        }
    }
}

/// Finds the people whose leave would wait, because they match no user.
async fn check_people(stored: &Stored, users: &UserDirectory, report: &mut Report) {
    const CHECK: &str = "people";
    let Some(company) = stored.connection.company_id else { return };
    let people = people::all(&stored.db, company);
    let Some(people) = report.attempt(CHECK, people, "were read", of_database(faults::remedy)).await else {
        return;
    };
    let choices = person_choices::choices(&stored.db, company);
    let Some(choices) = report.attempt(CHECK, choices, "were read", of_database(faults::remedy)).await else { return };
    let mut matched = 0;
    for (person, found) in people.iter().zip(match_everybody(&people, users, &choices)) {
        matched += usize::from(matches!(found.state, MatchState::Matched | MatchState::Linked));
        if let Some(item) = found.item {
            let detail = format!("person {}: {}", person.id, describe(&item));
            let remedy =
                "make the names equal in Officient and Optedo, or link or exclude the person on the settings page";
            report.add(CHECK, Outcome::Warning, detail, remedy);
        }
    }
    report.ok(CHECK, format!("{matched} of {} match a user in Optedo", people.len()));
}

/// Finds the leave types whose leave would wait, because they match no absence type.
async fn check_leave_types(
    config: &Config,
    stored: &Stored,
    leave_types: &[LeaveType],
    absence_types: &[AbsenceType],
    report: &mut Report,
) {
    const CHECK: &str = "leave_types";
    let Some(company) = stored.connection.company_id else { return };
    let chosen = leave_types::stored(&stored.db, company);
    let Some(chosen) = report.attempt(CHECK, chosen, "were read", of_database(faults::remedy)).await else { return };
    let choices = leave_types::in_effect(&chosen);
    let rules = MappingRules::new(config, &choices, absence_types);
    let all = map_everything(rules, &chosen, leave_types.iter());
    for leave_type in &all {
        if let CurrentMapping { type_id, name, item: Some(item), .. } = leave_type {
            let detail = format!("leave type {type_id} ({name}): {}", describe(item));
            let remedy = "choose an absence type, or exclude the leave type, on the settings page; or fill in Optedo's description in Officient (Verloftypes, Geavanceerd)";
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
