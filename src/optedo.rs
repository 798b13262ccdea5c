//! The client of Optedo's absence API: the only module that knows it.
//!
//! Optedo publishes no reference; the contract is the `OpenAPI` file this product was built against (docs/optedo-api.yaml).
//! A difference with the real API is a change here and nowhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ids::{AbsenceId, AbsenceTypeId, UserId};
use crate::upstream::{self, Answer, Retry, Terse, UpstreamError};

/// Users on a page; a page with fewer is the last.
const PAGE: usize = 100;
const MAX_PAGES: u32 = 1_000;

/// A user of the tenant.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The id.
    pub id: UserId,
    /// Exactly as Optedo has it.
    pub first_name: String,
    /// Exactly as Optedo has it.
    pub last_name: String,
    /// Inactive users do not count in matching.
    #[serde(default = "active_by_default")]
    pub active: bool,
}

fn active_by_default() -> bool {
    true
}

/// An absence type ("afwezigheidstype").
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AbsenceType {
    /// The id.
    pub id: AbsenceTypeId,
    /// What Officient's leave types are mapped to.
    pub description: String,
}

/// An absence, without its id: what is written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAbsence {
    /// Whose.
    pub user_id: UserId,
    /// Of which type.
    pub absence_type_id: AbsenceTypeId,
    /// Wall clock, without zone.
    pub start: DateTime,
    /// Wall clock, exclusive, after the start.
    pub end: DateTime,
    /// From midnight to midnight.
    pub all_day: bool,
    /// Set by the writer, kept as is; ours is `officient:{company_id}:{event_id}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<String>,
}

/// An absence as it stands in Optedo.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Absence {
    /// The id.
    pub id: AbsenceId,
    /// The rest.
    #[serde(flatten)]
    pub what: NewAbsence,
}

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
    accepts_token: Arc<AtomicBool>,
}

impl Optedo {
    /// A client of the API at `api_url`.
    pub fn new(api_url: &str, token: SecretString, timeout: Duration) -> Self {
        let accepts_token = Arc::new(AtomicBool::new(false));
        Self { http: upstream::http_client(timeout), api_url: api_url.into(), token, accepts_token }
    }

    /// Whether the last call showed that Optedo accepts our token.
    pub fn accepts_token(&self) -> bool {
        self.accepts_token.load(Ordering::Relaxed)
    }

    /// All users, inactive ones too.
    pub async fn users(&self) -> Result<Vec<User>, OptedoError> {
        let mut users = Vec::new();
        for page in 1..=MAX_PAGES {
            let received: Vec<User> = self.get("reading the users", &format!("/users?page={page}")).await?;
            let is_last = received.len() < PAGE;
            users.extend(received);
            if is_last {
                break;
            }
        }
        Ok(users)
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
        let result = upstream::traced("optedo", operation, upstream::send(request)).await;
        match &result {
            Ok(_) => self.accepts_token.store(true, Ordering::Relaxed),
            Err(UpstreamError::Unauthorized) => self.accepts_token.store(false, Ordering::Relaxed),
            Err(_) => {}
        }
        metrics::counter!("optedo_calls_total", "outcome" => upstream::outcome(&result)).increment(1);
        result.map_err(|source| OptedoError { operation: operation.to_owned(), source })
    }
}

fn read<T: DeserializeOwned>(operation: &str, answer: &Answer) -> Result<T, OptedoError> {
    answer.json().map_err(|source| OptedoError { operation: operation.to_owned(), source })
}
