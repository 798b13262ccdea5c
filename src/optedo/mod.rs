//! The client of Optedo's absence API: the only module that knows it.
//!
//! Optedo publishes no reference; the contract is the OpenAPI file that this product was built against
//! (docs/optedo-api.yaml). A difference with the real API is a change here and nowhere else.
//!
//! A 429, or a response with `Retry-After`, is about the tenant and not about one absence: until then nothing is called.

mod wire;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::clock::{Clock, after};
use crate::domain::absence::{Absence, AbsenceType, NewAbsence, User};
use crate::domain::ids::{AbsenceId, UserId};
use crate::http_client::{self, Response, Retry, UpstreamError};

/// Users on a page; a page with fewer is the last.
const PAGE: usize = 100;
const MAX_PAGES: usize = 1_000;
const MAX_PAGES_AT_ONCE: usize = 8;
/// How long nothing is called after a 429 without `Retry-After`.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);
/// Whatever Optedo asks for, calls go on after this: a time named by mistake must not stop everything.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(15);

/// A call that failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} at Optedo: {source}")]
pub struct OptedoError {
    /// With ids only, e.g. "creating an absence of user 17".
    pub operation: String,
    pub source: UpstreamError,
}

impl OptedoError {
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

    /// How much longer Optedo asked not to be called.
    pub fn is_busy_for(&self) -> Option<Duration> {
        let until = *self.busy_until.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = Duration::try_from(until?.duration_since(self.clock.now())).ok()?;
        (!wait.is_zero()).then_some(wait)
    }

    fn note_busy(&self, retry_after: Option<Duration>) {
        let wait = retry_after.unwrap_or(DEFAULT_RETRY_AFTER).min(MAX_RETRY_AFTER);
        let until = after(self.clock.now(), wait);
        let mut busy_until = self.busy_until.lock().unwrap_or_else(PoisonError::into_inner);
        *busy_until = (*busy_until).max(Some(until));
    }

    /// Whether the last call showed that Optedo accepts our token.
    pub fn accepts_token(&self) -> bool {
        self.accepts_token.load(Ordering::Relaxed)
    }

    /// All users, inactive ones too. Every round reads twice as many pages side by side as the one before: a small company
    /// costs one call, and somebody waits for a large one.
    pub async fn users(&self) -> Result<Vec<User>, OptedoError> {
        let mut users = Vec::new();
        let (mut first, mut at_once) = (1, 1);
        while first <= MAX_PAGES {
            let pages = (first..first + at_once).map(|page| self.page_of_users(page));
            for page in try_join_all(pages).await? {
                let is_last = page.len() < PAGE;
                users.extend(page.into_iter().map(User::from));
                if is_last {
                    return Ok(users);
                }
            }
            first += at_once;
            at_once = (2 * at_once).min(MAX_PAGES_AT_ONCE);
        }
        Ok(users)
    }

    async fn page_of_users(&self, page: usize) -> Result<Vec<wire::User>, OptedoError> {
        self.get("reading the users", &format!("/users?page={page}")).await
    }

    pub async fn absence_types(&self) -> Result<Vec<AbsenceType>, OptedoError> {
        let types: Vec<wire::AbsenceType> = self.get("reading the absence types", "/absencetypes").await?;
        Ok(types.into_iter().map(AbsenceType::from).collect())
    }

    /// A user's absences that overlap the days `from` to `to`, both included.
    pub async fn absences(&self, user: UserId, from: Date, to: Date) -> Result<Vec<Absence>, OptedoError> {
        let operation = format!("reading the absences of user {user}");
        let path = format!("/absences?userId={user}&from={from}&to={to}");
        let absences: Vec<wire::Absence> = self.get(&operation, &path).await?;
        Ok(absences.into_iter().map(Absence::from).collect())
    }

    pub async fn create(&self, absence: &NewAbsence) -> Result<AbsenceId, OptedoError> {
        let operation = format!("creating an absence of user {}", absence.user_id);
        let request = self.request(Method::POST, "/absences").json(&wire::NewAbsence::from(absence));
        let created: wire::Absence = read(&operation, &self.call(&operation, request).await?)?;
        Ok(created.id)
    }

    pub async fn replace(&self, id: AbsenceId, absence: &NewAbsence) -> Result<(), OptedoError> {
        let operation = format!("changing absence {id}");
        let path = format!("/absences/{id}");
        let request = self.request(Method::PUT, &path).json(&wire::NewAbsence::from(absence));
        // A page of a proxy has status 200 too: only the absence itself shows that it was replaced.
        read::<wire::Absence>(&operation, &self.call(&operation, request).await?).map(drop)
    }

    pub async fn delete(&self, id: AbsenceId) -> Result<(), OptedoError> {
        let operation = format!("deleting absence {id}");
        let request = self.request(Method::DELETE, &format!("/absences/{id}"));
        let response = self.call(&operation, request).await?;
        // The documented response is empty. JSON would do, but a page of a proxy says nothing about the absence.
        if response.body.is_empty() { Ok(()) } else { read::<IgnoredAny>(&operation, &response).map(drop) }
    }

    async fn get<T: DeserializeOwned>(&self, operation: &str, path: &str) -> Result<T, OptedoError> {
        read(operation, &self.call(operation, self.request(Method::GET, path)).await?)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.api_url)).bearer_auth(self.token.expose_secret())
    }

    async fn call(&self, operation: &str, request: reqwest::RequestBuilder) -> Result<Response, OptedoError> {
        let failed = |source| OptedoError { operation: operation.to_owned(), source };
        if let Some(wait) = self.is_busy_for() {
            let what = "not called, because Optedo asked to wait".to_owned();
            return Err(failed(UpstreamError::Unavailable { what, retry_after: Some(wait) }));
        }
        let result = http_client::traced("optedo", operation, http_client::send(request)).await;
        match &result {
            Ok(_) => self.accepts_token.store(true, Ordering::Relaxed),
            Err(UpstreamError::Unauthorized) => self.accepts_token.store(false, Ordering::Relaxed),
            Err(UpstreamError::Busy { retry_after }) => self.note_busy(*retry_after),
            Err(UpstreamError::Unavailable { retry_after: Some(wait), .. }) => {
                self.note_busy(Some(*wait));
            }
            Err(_) => {}
        }
        metrics::counter!("optedo_calls_total", "outcome" => UpstreamError::outcome(&result)).increment(1);
        result.map_err(failed)
    }
}

fn read<T: DeserializeOwned>(operation: &str, response: &Response) -> Result<T, OptedoError> {
    response.json().map_err(|source| OptedoError { operation: operation.to_owned(), source })
}
