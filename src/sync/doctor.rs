//! The doctor: makes the calls that the service makes, and says what to do about those that fail.
//!
//! It only reads: the one thing that it may write is an access token that must be refreshed, and the record of its
//! calls against the rate limit. Each call has a time limit; a failed check stops only the checks that depend on it.
//! The findings contain names, so they are shown and never logged.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sqlx::PgPool;
use tokio::time::timeout;

use super::lists::{CurrentMapping, MappingState, MatchState, map_everything, match_everybody};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::connection::{Connection, State};
use crate::db::subscriptions::{self, SubscriptionState};
use crate::db::{faults, leave_types, people, person_choices};
use crate::domain::absence::AbsenceType;
use crate::domain::attention::AttentionItem;
use crate::domain::calendar::{LeaveType, Subscription};
use crate::domain::ids::CompanyId;
use crate::domain::mapping::MappingRules;
use crate::domain::matching::UserDirectory;
use crate::http_client::UpstreamError;
use crate::officient::rate_limiter::Priority::Urgent;
use crate::officient::{Officient, OfficientError};
use crate::optedo::{Optedo, OptedoError};
use crate::secrets::webhook_address::WebhookAddress;

/// For one query, and for one call, which may wait for the rate limit.
const TIMEOUT: Duration = Duration::from_secs(30);

const SIGN_IN: &str = "sign in on the settings page (button “Aanmelden bij Officient”)";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    Ok,
    /// The service works, but some leave is not written, or is written late.
    Warning,
    Problem,
}

#[derive(Serialize)]
pub struct Finding {
    /// A fixed name, for example `optedo.users`.
    pub check: &'static str,
    pub outcome: Outcome,
    /// What was tried, and the result.
    detail: String,
    /// What to do about it: the key or the page to change.
    remedy: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Ok, detail: detail.into(), remedy: None }
    }

    fn new(check: &'static str, outcome: Outcome, detail: impl Display, remedy: impl Into<String>) -> Self {
        let detail = detail.to_string().trim_end_matches('.').to_owned();
        Self { check, outcome, detail, remedy: Some(remedy.into()) }
    }
}

#[derive(Default, Serialize)]
pub struct Report {
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn has_problem(&self) -> bool {
        self.count(Outcome::Problem) > 0
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.findings.iter().filter(|finding| finding.outcome == outcome).count()
    }

    pub fn ok(&mut self, check: &'static str, detail: impl Into<String>) {
        self.findings.push(Finding::ok(check, detail));
    }

    pub fn add(&mut self, check: &'static str, outcome: Outcome, detail: impl Display, remedy: impl Into<String>) {
        self.findings.push(Finding::new(check, outcome, detail, remedy));
    }

    /// Takes over the finding of an attempt; returns its value.
    pub fn keep<T>(&mut self, (finding, value): Attempt<T>) -> Option<T> {
        self.findings.push(finding);
        value
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

/// What a check found, and the value that it read.
pub type Attempt<T> = (Finding, Option<T>);

/// Waits for the result of a check. `success` describes it; `remedy` gets the error, or `None` when there was no
/// response in time.
pub async fn attempt<T, E: Display, R: Into<String>>(
    check: &'static str,
    attempt: impl Future<Output = Result<T, E>>,
    success: &str,
    remedy: impl FnOnce(Option<&E>) -> R,
) -> Attempt<T> {
    match timeout(TIMEOUT, Box::pin(attempt)).await {
        Ok(Ok(value)) => (Finding::ok(check, success), Some(value)),
        Ok(Err(error)) => (Finding::new(check, Outcome::Problem, &error, remedy(Some(&error))), None),
        Err(_elapsed) => {
            let detail = format!("there was no response within {} seconds", TIMEOUT.as_secs());
            (Finding::new(check, Outcome::Problem, detail, remedy(None)), None)
        }
    }
}

/// The remedy of the error; when there was no response in time, that of an unreachable database.
pub fn of_database<E>(remedy: fn(&E) -> String) -> impl FnOnce(Option<&E>) -> String {
    move |error| error.map_or_else(|| faults::REMEDY.to_owned(), remedy)
}

/// What the checks read.
pub struct Doctor<'a> {
    pub config: &'a Config,
    pub clock: &'a Clock,
    pub db: &'a PgPool,
    pub connection: &'a Connection,
}

impl Doctor<'_> {
    /// Checks both services, and then which people and leave types do not match.
    pub async fn check(&self, officient: &Officient, optedo: &Optedo, address: Option<&WebhookAddress>) -> Report {
        let (in_officient, in_optedo) =
            tokio::join!(Box::pin(self.check_officient(officient, address)), check_optedo(optedo, self.clock));
        let (mut report, leave_types) = in_officient;
        let (of_optedo, users, absence_types) = in_optedo;
        report.findings.extend(of_optedo.findings);
        let Some(company) = self.connection.company_id else { return report };
        if let Some(users) = users {
            self.check_people(company, &users, &mut report).await;
        }
        if let Some((leave_types, absence_types)) = leave_types.zip(absence_types) {
            self.check_leave_types(company, &leave_types, &absence_types, &mut report).await;
        }
        report
    }

    /// Returns the leave types of this year too.
    async fn check_officient(
        &self,
        officient: &Officient,
        address: Option<&WebhookAddress>,
    ) -> (Report, Option<Vec<LeaveType>>) {
        const CONNECTION: &str = "officient.connection";
        let (mut report, year) = (Report::default(), self.clock.today().year());
        // Officient refuses a call without a token, and thereby shows that it can be reached.
        let reach = async {
            match officient.account(&SecretString::default()).await.map_err(|error| error.upstream().cloned()) {
                Err(Some(error @ (UpstreamError::Unavailable { .. } | UpstreamError::TimedOut))) => Err(error),
                Ok(_) | Err(_) => Ok(()),
            }
        };
        let remedy = |_: Option<&_>| "check officient.api_url, and that this machine may reach it";
        let success = format!("{} responds", self.config.officient.api_url);
        if report.keep(attempt("officient", reach, &success, remedy).await).is_none() {
            return (report, None);
        }
        let disconnected = match self.connection.state {
            State::Connected => None,
            State::Disconnected => Some("nobody has connected to Officient yet, or somebody signed out"),
            State::ReauthorizationRequired => Some("Officient refused to renew the access"),
        };
        if let Some(detail) = disconnected {
            report.add(CONNECTION, Outcome::Problem, detail, SIGN_IN);
            return (report, None);
        }
        report.ok(CONNECTION, "connected");
        let types_read = format!("the leave types of {year} were read");
        let newest = "the newest calendar requests were read";
        let (people, requests, types, subscriptions) = tokio::join!(
            check_people_and_calendars(officient, year),
            attempt("officient.requests", officient.requests_page(Urgent, 0), newest, permission("calendar")),
            attempt("officient.leave_types", officient.leave_types(Urgent, year), &types_read, permission("calendar")),
            self.check_subscriptions(officient, address),
        );
        report.findings.extend(people.findings);
        report.keep(requests);
        let types = report.keep(types);
        report.findings.extend(subscriptions.findings);
        (report, types)
    }

    /// Officient must have exactly one subscription per event, with the current address.
    async fn check_subscriptions(&self, officient: &Officient, address: Option<&WebhookAddress>) -> Report {
        const CHECK: &str = "officient.webhooks";
        const REPAIR: &str = "run optedo-officient sync, or wait for the next sweep: it repairs this";
        let (mut report, existing) = (Report::default(), officient.subscriptions());
        let existing = report.keep(attempt(CHECK, existing, "the list was read", permission("webhooks")).await);
        let Some((existing, address)) = existing.zip(address) else { return report };
        let known = subscriptions::all(self.db);
        let known = report.keep(attempt(CHECK, known, "ours were read", of_database(faults::remedy)).await);
        let Some(known) = known else { return report };
        let url = address.url();
        let is_current = |webhook: &Subscription| webhook.target_url == url.expose_secret();
        let is_stale = |webhook: &Subscription| webhook.target_url.starts_with(address.base()) && !is_current(webhook);
        let events = self.connection.webhook_events.as_ref().unwrap_or(&self.config.officient.webhook_events);
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
        report
    }

    /// Finds the people whose leave would wait, because they match no user.
    async fn check_people(&self, company: CompanyId, users: &UserDirectory, report: &mut Report) {
        const CHECK: &str = "people";
        let read = async {
            Ok::<_, sqlx::Error>((
                people::all(self.db, company).await?,
                person_choices::choices(self.db, company).await?,
            ))
        };
        let (finding, read) = attempt(CHECK, read, "were read", of_database(faults::remedy)).await;
        let Some((people, choices)) = read else { return report.findings.push(finding) };
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
        &self,
        company: CompanyId,
        leave_types: &[LeaveType],
        absence_types: &[AbsenceType],
        report: &mut Report,
    ) {
        const CHECK: &str = "leave_types";
        let read = leave_types::stored(self.db, company);
        let (finding, chosen) = attempt(CHECK, read, "were read", of_database(faults::remedy)).await;
        let Some(chosen) = chosen else { return report.findings.push(finding) };
        let choices = leave_types::in_effect(&chosen);
        let rules = MappingRules::new(self.config, &choices, absence_types);
        let all = map_everything(rules, &chosen, leave_types.iter());
        for leave_type in &all {
            if let CurrentMapping { type_id, name, item: Some(item), .. } = leave_type {
                let detail = format!("leave type {type_id} ({name}): {}", describe(item));
                let remedy = "choose an absence type, or exclude the leave type, on the settings page; or fill in \
                              Optedo's description in Officient (Verloftypes, Geavanceerd)";
                report.add(CHECK, Outcome::Warning, detail, remedy);
            }
        }
        let mapped = all.iter().filter(|leave_type| leave_type.state == MappingState::Mapped).count();
        report.ok(CHECK, format!("{mapped} of {} match an absence type in Optedo", all.len()));
    }
}

async fn check_people_and_calendars(officient: &Officient, year: i16) -> Report {
    let mut report = Report::default();
    let list = attempt("officient.people", officient.people(Urgent), "the list was read", permission("basic")).await;
    let list = report.keep(list);
    if let Some(person) = list.as_ref().and_then(|list| list.people.first()).map(|person| person.id) {
        let names_read = format!("the names of person {person} were read");
        let calendar_read = format!("the calendar of person {person} for {year} was read");
        let (names, calendar) = (officient.person(Urgent, person), officient.calendar(Urgent, person, year));
        let (names, calendar) = tokio::join!(
            attempt("officient.person", names, &names_read, permission("personal info")),
            attempt("officient.calendar", calendar, &calendar_read, permission("calendar")),
        );
        report.keep(names);
        report.keep(calendar);
    }
    report
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

/// Reads what the service reads. Returns the users and the absence types too.
pub async fn check_optedo(optedo: &Optedo, clock: &Clock) -> (Report, Option<UserDirectory>, Option<Vec<AbsenceType>>) {
    let (mut report, today) = (Report::default(), clock.today());
    let success = "the token is accepted, and all users were read";
    let (users, types) = tokio::join!(
        attempt("optedo.users", optedo.users(), success, optedo_remedy),
        attempt("optedo.absence_types", optedo.absence_types(), "all were read", optedo_remedy),
    );
    let (users, types) = (report.keep(users), report.keep(types));
    if let Some(user) = users.as_ref().and_then(|users| users.first()).map(|user| user.id) {
        let absences = optedo.absences(user, today, today);
        let success = format!("the absences of user {user} were read");
        report.keep(attempt("optedo.absences", absences, &success, optedo_remedy).await);
    }
    (report, users.map(UserDirectory::new), types)
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

fn describe(item: &AttentionItem) -> String {
    let hint = item.hint.as_ref().map(|hint| format!(" {hint}.")).unwrap_or_default();
    format!("{}{hint}", item.detail())
}
