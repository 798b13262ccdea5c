//! The client of Optedo's absence API: the only module that knows it.
//!
//! Optedo publishes no reference; the contract is the `OpenAPI` file this product was built against (docs/optedo-api.yaml).
//! A difference with the real API is a change here and nowhere else.
//!
//! When Optedo asks for patience (429, or an answer with `Retry-After`), that is about the tenant, not about one absence:
//! nothing is called until then, whoever it is for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

use crate::clock::{Clock, after};
use crate::domain::absence::{Absence, AbsenceType, NewAbsence, User};
use crate::domain::ids::{AbsenceId, UserId};
use crate::http_client::{self, Answer, Retry, Terse, UpstreamError};

/// Users on a page; a page with fewer is the last.
const PAGE: usize = 100;
const MAX_PAGES: usize = 1_000;
const MOST_PAGES_AT_ONCE: usize = 10;
/// How long a 429 that names no time is heeded.
const SHORT_PATIENCE: Duration = Duration::from_secs(5);
/// No longer than this is nothing tried, whatever Optedo asks for: a time named by mistake must not stop everything.
const LONGEST_PATIENCE: Duration = Duration::from_mins(15);

/// A call that failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {}", Terse(source))]
pub struct OptedoError {
    /// What was being done, with ids.
    pub operation: String,
    /// How it failed.
    #[source]
    pub source: UpstreamError,
}

impl OptedoError {
    /// Whether, and when, the call can succeed.
    pub fn retry(&self) -> Retry {
        self.source.retry()
    }
}

/// Optedo's API with the tenant's token. Clones share the connection pool.
#[derive(Clone)]
pub struct Optedo {
    http: reqwest::Client,
    api_url: Arc<str>,
    token: SecretString,
    clock: Clock,
    accepts_token: Arc<AtomicBool>,
    busy_until: Arc<Mutex<Option<Timestamp>>>,
}

impl Optedo {
    /// A client of the API at `api_url`.
    pub fn new(api_url: &str, token: SecretString, timeout: Duration, clock: Clock) -> Self {
        Self {
            http: http_client::http_client(timeout),
            api_url: api_url.into(),
            token,
            clock,
            accepts_token: Arc::default(),
            busy_until: Arc::default(),
        }
    }

    /// For how much longer Optedo asked not to be called.
    pub fn is_busy_for(&self) -> Option<Duration> {
        let until = *self.busy_until.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = Duration::try_from(until?.duration_since(self.clock.now())).ok()?;
        (!wait.is_zero()).then_some(wait)
    }

    /// Optedo asked for patience: for a time that it named, or it did not.
    fn note_busy(&self, patience: Option<Duration>) {
        let until = after(self.clock.now(), patience.unwrap_or(SHORT_PATIENCE).min(LONGEST_PATIENCE));
        let mut busy_until = self.busy_until.lock().unwrap_or_else(PoisonError::into_inner);
        *busy_until = (*busy_until).max(Some(until));
    }

    /// Whether the last call showed that Optedo accepts our token.
    pub fn accepts_token(&self) -> bool {
        self.accepts_token.load(Ordering::Relaxed)
    }

    /// All users, inactive ones too. As many pages as `expected` users fill are read side by side, for somebody may wait;
    /// those of users who came since one after the other.
    pub async fn users(&self, expected: usize) -> Result<Vec<User>, OptedoError> {
        let mut users = Vec::new();
        let mut first = 1;
        let mut at_once = (expected / PAGE + 1).min(MOST_PAGES_AT_ONCE);
        while first <= MAX_PAGES {
            let pages = try_join_all((first..first + at_once).map(|page| self.page_of_users(page))).await?;
            for page in pages {
                let is_last = page.len() < PAGE;
                users.extend(page);
                if is_last {
                    return Ok(users);
                }
            }
            first += at_once;
            at_once = 1;
        }
        Ok(users)
    }

    async fn page_of_users(&self, page: usize) -> Result<Vec<User>, OptedoError> {
        self.get("reading the users", &format!("/users?page={page}")).await
    }

    /// All absence types.
    pub async fn absence_types(&self) -> Result<Vec<AbsenceType>, OptedoError> {
        self.get("reading the absence types", "/absencetypes").await
    }

    /// A user's absences that overlap the days `from` to `to`, both included.
    pub async fn absences(&self, user: UserId, from: Date, to: Date) -> Result<Vec<Absence>, OptedoError> {
        let operation = format!("reading the absences of user {user}");
        self.get(&operation, &format!("/absences?userId={user}&from={from}&to={to}")).await
    }

    /// Creates an absence.
    pub async fn create(&self, absence: &NewAbsence) -> Result<AbsenceId, OptedoError> {
        let operation = format!("creating an absence of user {}", absence.user_id);
        let request = self.request(Method::POST, "/absences").json(absence);
        let created: Absence = read(&operation, &self.call(&operation, request).await?)?;
        Ok(created.id)
    }

    /// Replaces an absence.
    pub async fn replace(&self, id: AbsenceId, absence: &NewAbsence) -> Result<(), OptedoError> {
        let operation = format!("changing absence {id}");
        let request = self.request(Method::PUT, &format!("/absences/{id}")).json(absence);
        // A page of a proxy has status 200 too: only the absence itself shows that it was replaced.
        let _replaced: Absence = read(&operation, &self.call(&operation, request).await?)?;
        Ok(())
    }

    /// Deletes an absence.
    pub async fn delete(&self, id: AbsenceId) -> Result<(), OptedoError> {
        let operation = format!("deleting absence {id}");
        let request = self.request(Method::DELETE, &format!("/absences/{id}"));
        let answer = self.call(&operation, request).await?;
        // The answer is empty. JSON would do, but a page of a proxy says nothing about the absence.
        if answer.body.is_empty() {
            return Ok(());
        }
        read::<serde::de::IgnoredAny>(&operation, &answer).map(drop)
    }

    async fn get<T: DeserializeOwned>(&self, operation: &str, path: &str) -> Result<T, OptedoError> {
        let answer = self.call(operation, self.request(Method::GET, path)).await?;
        read(operation, &answer)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.api_url)).bearer_auth(self.token.expose_secret())
    }

    async fn call(&self, operation: &str, request: reqwest::RequestBuilder) -> Result<Answer, OptedoError> {
        let failed = |source| OptedoError { operation: operation.to_owned(), source };
        if let Some(wait) = self.is_busy_for() {
            let what = "not called, as it asked".to_owned();
            return Err(failed(UpstreamError::Unavailable { what, retry_after: Some(wait) }));
        }
        let result = http_client::traced("optedo", operation, http_client::send(request)).await;
        match &result {
            Ok(_) => self.accepts_token.store(true, Ordering::Relaxed),
            Err(UpstreamError::Unauthorized) => self.accepts_token.store(false, Ordering::Relaxed),
            Err(UpstreamError::Busy { retry_after }) => self.note_busy(*retry_after),
            Err(UpstreamError::Unavailable { retry_after: Some(patience), .. }) => {
                self.note_busy(Some(*patience));
            }
            Err(_) => {}
        }
        metrics::counter!("optedo_calls_total", "outcome" => http_client::outcome(&result)).increment(1);
        result.map_err(failed)
    }
}

fn read<T: DeserializeOwned>(operation: &str, answer: &Answer) -> Result<T, OptedoError> {
    answer.json().map_err(|source| OptedoError { operation: operation.to_owned(), source })
}
