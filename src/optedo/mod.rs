//! The client of Optedo's absence API: the only module that knows it.
//!
//! Optedo publishes no reference; the contract is the OpenAPI file that this product was built against
//! (docs/optedo-api.yaml). A difference with the real API is a change here and nowhere else.
//!
//! A 429, or a response with `Retry-After`, is about the tenant and not about one absence: until then nothing is
//! called.

mod wire;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::clock::{Clock, after};
use crate::domain::absence::{Absence, AbsenceType, NewAbsence, User};
use crate::domain::ids::{AbsenceId, UserId};
use crate::http_client::{self, Response, Retry, UpstreamError};
use crate::loose_json::{Entries, Object};

/// Users on a page; a page with fewer is the last.
const PAGE: usize = 100;
/// A list of more pages (20,000 users) does not end, and is not understood.
const MAX_PAGES: usize = 200;
const PAGES_AT_ONCE: usize = 8;
const READING_USERS: &str = "reading the users";
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

/// The response to a write, with a 2xx status.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    pub status: u16,
    /// The body is JSON or empty, as Optedo answers. Another body is the page of a proxy.
    pub is_from_optedo: bool,
    /// The absence, if the response shows that the write was done as it was sent. Otherwise only Optedo's list shows
    /// it.
    pub shown: Option<AbsenceId>,
}

impl Reply {
    fn new(response: &Response, sent: &NewAbsence) -> Self {
        let bare = response.json().map(|Object(absence)| absence);
        let wrapped = response.json().map(|Object(Envelope { data: Object(absence) })| absence);
        let mut answers =
            [bare, wrapped].into_iter().flatten().filter_map(|absence: wire::Absence| absence.understood().ok());
        let shown = answers.find(|shown| sent.is_shown_by(&shown.content));
        Self { shown: shown.map(|shown| shown.id), ..Self::without_absence(response) }
    }

    fn without_absence(response: &Response) -> Self {
        let is_from_optedo = response.body.is_empty() || response.json::<IgnoredAny>().is_ok();
        Self { status: response.status.as_u16(), is_from_optedo, shown: None }
    }
}

#[derive(Deserialize)]
struct Envelope {
    data: Object<wire::Absence>,
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

    /// All users, inactive ones too, without those that are not understood. In a large tenant, pages after the first
    /// are read side by side, because somebody may wait.
    pub async fn users(&self) -> Result<Vec<User>, OptedoError> {
        let unreadable = |what: String| failed(READING_USERS, UpstreamError::Unreadable { what });
        let mut users = BTreeMap::new();
        let mut page = self.page_of_users(1).await?;
        let mut others = stream::iter(2..=MAX_PAGES).map(|number| self.page_of_users(number)).buffered(PAGES_AT_ONCE);
        loop {
            let (received, before) = (page.items.len() + page.unreadable, users.len());
            users.extend(page.items.into_iter().map(User::from).map(|user| (user.id, user)));
            // A page without anything new repeats another one.
            if received < PAGE || users.len() == before {
                break;
            }
            let next = others.next().await;
            page = next.unwrap_or_else(|| Err(unreadable(format!("does not end after {MAX_PAGES} pages"))))?;
        }
        // A tenant without users is a response gone wrong: nobody could be matched.
        if users.is_empty() {
            return Err(unreadable("has no users".to_owned()));
        }
        Ok(users.into_values().collect())
    }

    /// After the first page, 400 and 404 say that the list ended.
    async fn page_of_users(&self, number: usize) -> Result<Entries<wire::User>, OptedoError> {
        match self.get(READING_USERS, &format!("/users?page={number}")).await {
            Err(OptedoError {
                source: UpstreamError::NotFound | UpstreamError::Rejected { status: 400, .. }, ..
            }) if number > 1 => Ok(Entries { items: Vec::new(), unreadable: 0 }),
            result => result,
        }
    }

    /// The absence types that are understood, each once.
    pub async fn absence_types(&self) -> Result<Vec<AbsenceType>, OptedoError> {
        let types: Entries<wire::AbsenceType> = self.get("reading the absence types", "/absencetypes").await?;
        let types = types.items.into_iter().map(AbsenceType::from).map(|kind| (kind.id, kind));
        Ok(types.collect::<BTreeMap<_, _>>().into_values().collect())
    }

    /// A user's absences that overlap the days `from` to `to`, both included, without those that are not understood. If
    /// one of these may be ours, the list is an error: that leave would be written a second time.
    pub async fn absences(&self, user: UserId, from: Date, to: Date) -> Result<Vec<Absence>, OptedoError> {
        let operation = format!("reading the absences of user {user}");
        let path = format!("/absences?userId={user}&from={from}&to={to}");
        let entries: Entries<wire::Absence> = self.get(&operation, &path).await?;
        let mut absences = Vec::new();
        let mut without_id = None;
        for (index, entry) in entries.items.into_iter().enumerate() {
            let may_be_ours = entry.may_be_ours();
            let mistake = |field| {
                let what = format!("is not understood at [{index}].{field}");
                failed(&operation, UpstreamError::Unreadable { what })
            };
            match entry.understood() {
                Ok(absence) => absences.push(absence),
                Err(field) if may_be_ours => return Err(mistake(field)),
                Err("id") => drop(without_id.get_or_insert(mistake("id"))),
                Err(_field) => {}
            }
        }
        // A list of other things is no list of absences.
        match without_id {
            Some(error) if absences.is_empty() => Err(error),
            Some(_) | None => Ok(absences),
        }
    }

    pub async fn create(&self, absence: &NewAbsence) -> Result<Reply, OptedoError> {
        let operation = format!("creating an absence of user {}", absence.user_id);
        let request = self.request(Method::POST, "/absences").json(absence);
        Ok(Reply::new(&self.call(&operation, request).await?, absence))
    }

    pub async fn replace(&self, id: AbsenceId, absence: &NewAbsence) -> Result<Reply, OptedoError> {
        let operation = format!("changing absence {id}");
        let path = format!("/absences/{id}");
        let request = self.request(Method::PUT, &path).json(absence);
        let reply = Reply::new(&self.call(&operation, request).await?, absence);
        Ok(Reply { shown: reply.shown.filter(|shown| *shown == id), ..reply })
    }

    pub async fn delete(&self, id: AbsenceId) -> Result<Reply, OptedoError> {
        let operation = format!("deleting absence {id}");
        let request = self.request(Method::DELETE, &format!("/absences/{id}"));
        let response = self.call(&operation, request).await?;
        let shown = (response.status == StatusCode::NO_CONTENT).then_some(id);
        Ok(Reply { shown, ..Reply::without_absence(&response) })
    }

    async fn get<T: DeserializeOwned>(&self, operation: &str, path: &str) -> Result<T, OptedoError> {
        let response = self.call(operation, self.request(Method::GET, path)).await?;
        response.json().map_err(|source| failed(operation, source))
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.api_url)).bearer_auth(self.token.expose_secret())
    }

    async fn call(&self, operation: &str, request: reqwest::RequestBuilder) -> Result<Response, OptedoError> {
        if let Some(wait) = self.is_busy_for() {
            let what = "not called, because Optedo asked to wait".to_owned();
            return Err(failed(operation, UpstreamError::Unavailable { what, retry_after: Some(wait) }));
        }
        let result = http_client::traced("optedo", operation, http_client::send(request, http_client::classify)).await;
        match &result {
            Ok(_) => self.accepts_token.store(true, Ordering::Relaxed),
            Err(UpstreamError::Unauthorized) => self.accepts_token.store(false, Ordering::Relaxed),
            Err(UpstreamError::Busy { retry_after }) => self.note_busy(*retry_after),
            Err(UpstreamError::Unavailable { retry_after: Some(wait), .. }) => {
                self.note_busy(Some(*wait));
            }
            Err(_) => {}
        }
        result.map_err(|source| failed(operation, source))
    }
}

fn failed(operation: &str, source: UpstreamError) -> OptedoError {
    OptedoError { operation: operation.to_owned(), source }
}
