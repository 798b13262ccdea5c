//! The client of Officient's API. Reads everything, writes nothing but webhook subscriptions.
//!
//! All calls go through one [`Limiter`]. What comes back is parsed here into the domain's own types (`wire.rs` holds
//! Officient's JSON, loose as it is); an answer that is not what the documentation says is an error of that call.

pub mod budget;
pub mod limiter;
pub mod oauth;
pub mod tokens;
mod wire;

pub(crate) use wire::integer as loose_integer;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

use crate::domain::calendar::{CalendarEvent, LeaveType, LeaveTypeRef, ListedRequest, Subscription};
use crate::domain::company::{Account, ListedPerson, PeopleList, PersonNames};
use crate::domain::ids::{CompanyId, EventId, LeaveTypeId, PersonId, RequestId};
use crate::http_client::{self, Answer, Retry, Terse, UpstreamError};
use crate::officient::budget::Budget;
use crate::officient::limiter::{Limiter, Priority, Slot};
use crate::officient::tokens::{TokenError, Tokens};

/// Items on a page of a list (Officient docs: 30).
const PAGE: usize = 30;
/// No list is longer than this many pages; a server that never ends its list does not hold us for ever.
const MAX_PAGES: u32 = 2_000;

/// A call that failed, or was not made.
#[derive(Debug, thiserror::Error)]
pub enum OfficientError {
    /// Officient did not answer as it should.
    #[error("{operation}: {}", Terse(source))]
    Call {
        /// What was being done, with ids, e.g. "reading the calendar of person 264 for 2026".
        operation: String,
        /// How it failed.
        source: UpstreamError,
    },
    /// There is no usable token.
    #[error("{operation}: {source}")]
    Token {
        /// What was to be done.
        operation: String,
        /// Why there is no token.
        source: TokenError,
    },
}

impl OfficientError {
    /// What the upstream said, where it was asked.
    pub fn upstream(&self) -> Option<&UpstreamError> {
        match self {
            Self::Call { source, .. } => Some(source),
            Self::Token { source, .. } => source.upstream(),
        }
    }

    /// Whether, and when, the call can succeed.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Call { source: UpstreamError::Unauthorized, .. } => Retry::Later(None),
            Self::Call { source, .. } => source.retry(),
            Self::Token { source, .. } => source.retry(),
        }
    }

    /// Officient answered that this does not exist, or not for us (400 and 404).
    pub fn is_gone(&self) -> bool {
        matches!(
            self,
            Self::Call {
                source: UpstreamError::NotFound | UpstreamError::Rejected { status: 400 | 410, .. },
                ..
            }
        )
    }
}

/// The right to make a call.
#[derive(Debug)]
pub enum Turn {
    /// To be waited for.
    Wait(Priority),
    /// Waited for already.
    Held(Slot),
}

impl From<Priority> for Turn {
    fn from(priority: Priority) -> Self {
        Self::Wait(priority)
    }
}

/// One line to Officient: the HTTP client, the limiter, the address. Clones share them.
#[derive(Clone)]
pub struct Line {
    http: reqwest::Client,
    limiter: Limiter,
    budget: Budget,
    api_url: Arc<str>,
}

impl Line {
    /// A line with this limit and time-out.
    pub fn new(api_url: &str, limiter: Limiter, budget: Budget, timeout: Duration) -> Self {
        Self { http: http_client::http_client(timeout), limiter, budget, api_url: api_url.into() }
    }

    /// A request to a path of the API, which begins with `/1.0`.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.api_url))
    }

    /// Waits for a slot unless there is one, calls, and counts the outcome. `operation` has ids only.
    pub async fn call(
        &self,
        turn: impl Into<Turn>,
        operation: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, UpstreamError> {
        let turn = turn.into();
        http_client::traced("officient", operation, self.call_in_turn(turn, request)).await
    }

    async fn call_in_turn(
        &self,
        turn: Turn,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, UpstreamError> {
        let slot = match turn {
            Turn::Wait(priority) => self.limiter.slot(priority).await,
            Turn::Held(slot) => slot,
        };
        let result = match self.budget.take().await {
            Ok(_under_way) => http_client::send(request).await,
            Err(error) => {
                tracing::warn!(%error, "Could not set a call to Officient aside");
                let what = "the rate limit is not known without the database".to_owned();
                Err(UpstreamError::Unavailable { what, retry_after: None })
            }
        };
        drop(slot);
        metrics::counter!("officient_calls_total", "outcome" => http_client::outcome(&result)).increment(1);
        if matches!(result, Err(UpstreamError::Busy { .. })) {
            metrics::counter!("officient_rate_limited_total").increment(1);
            self.limiter.pause();
        }
        result
    }
}

/// Officient's API with the connection's token.
#[derive(Clone)]
pub struct Officient {
    line: Line,
    tokens: Tokens,
}

impl Officient {
    /// Items on a full page of a list (Officient docs: 30).
    pub const PAGE_SIZE: usize = PAGE;

    /// A client that takes its token from `tokens`.
    pub fn new(line: Line, tokens: Tokens) -> Self {
        Self { line, tokens }
    }

    /// The connection's tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Waits for the right to make the first of several calls.
    pub async fn turn(&self, priority: Priority) -> Turn {
        Turn::Held(self.line.limiter.slot_to_begin(priority).await)
    }

    /// How many calls a sweep can make in `interval`.
    pub fn sweep_budget(&self, interval: Duration) -> usize {
        self.line.limiter.sweep_budget(interval)
    }

    /// The account that `token`, not yet stored, was granted for.
    pub async fn account(&self, token: &SecretString) -> Result<Account, OfficientError> {
        let operation = "reading the account";
        let request = self.line.request(Method::GET, "/1.0/account").bearer_auth(token.expose_secret());
        let answer = self.line.call(Priority::Urgent, operation, request).await;
        let account: wire::Account = data(answer).map_err(|source| failed(operation, source))?;
        Ok(Account {
            company_id: CompanyId(account.company_id),
            company_name: account.company_name,
            subdomain: account.subdomain,
        })
    }

    /// Everybody who is not archived. A page that cannot be read is an error; a wrong total makes the list incomplete.
    pub async fn people(&self, priority: Priority) -> Result<PeopleList, OfficientError> {
        let operation = "reading the list of people";
        let mut people: Vec<wire::ListedPerson> = Vec::new();
        let mut total = None;
        for page in 0..MAX_PAGES {
            let path = format!("/1.0/people/list?page={page}&include_archived=0");
            let answer: wire::PeoplePage = self.get(priority, operation, &path).await?;
            total = answer.total_record_count.or(total);
            let received = answer.data.len();
            let known = people.len();
            for wire::Object(person) in answer.data {
                if people.iter().all(|known| known.id != person.id) {
                    people.push(person);
                }
            }
            if received < PAGE || people.len() == known {
                break;
            }
        }
        // Nobody at all, and no total that says so, is no company but an answer gone wrong.
        let is_complete =
            total.map_or(!people.is_empty(), |total| usize::try_from(total) == Ok(people.len()));
        let present = people.into_iter().filter(|person| !person.archived && !person.deleted);
        let people =
            present.map(|person| ListedPerson { id: PersonId(person.id), name: person.name }).collect();
        Ok(PeopleList { people, is_complete })
    }

    /// A person's names. [`OfficientError::is_gone`]: there is no such person.
    pub async fn person(&self, turn: impl Into<Turn>, id: PersonId) -> Result<PersonNames, OfficientError> {
        let operation = format!("reading person {id}");
        let path = format!("/1.0/people/{id}/detail");
        let wire::Envelope::<wire::Object<wire::PersonDetail>> { data: wire::Object(data) } =
            self.get(turn, &operation, &path).await?;
        if data.id != id.0 {
            let what = format!("the detail of person {} instead", data.id);
            return Err(failed(&operation, UpstreamError::Unreadable { what }));
        }
        Ok(PersonNames {
            first_name: data.first_name,
            last_name: data.last_name,
            archived: data.archived || data.deleted,
        })
    }

    /// All events of a person's year.
    pub async fn calendar(
        &self,
        turn: impl Into<Turn>,
        person: PersonId,
        year: i16,
    ) -> Result<Vec<CalendarEvent>, OfficientError> {
        let operation = format!("reading the calendar of person {person} for {year}");
        let path = format!("/1.0/calendar/{person}/{year}?filter=days_with_events");
        let wire::Envelope::<wire::Object<wire::Calendar>> { data: wire::Object(data) } =
            self.get(turn, &operation, &path).await?;
        Ok(data.time_off.into_iter().flat_map(events_of).collect())
    }

    /// The leave types of a year.
    pub async fn leave_types(&self, priority: Priority, year: i16) -> Result<Vec<LeaveType>, OfficientError> {
        let operation = format!("reading the leave types of {year}");
        let path = format!("/1.0/calendar/events/types/{year}");
        let wire::Envelope::<Vec<wire::Object<wire::Type>>> { data } =
            self.get(priority, &operation, &path).await?;
        let leave_type = |wire: wire::Type| LeaveType {
            id: LeaveTypeId(wire.id),
            name: wire.name,
            integrations: wire.integrations.into_iter().map(|entry| (entry.app, entry.code)).collect(),
        };
        Ok(data.into_iter().map(|wire::Object(wire)| leave_type(wire)).collect())
    }

    /// Who asked for a calendar request; `None` when there is no such request.
    pub async fn requester(
        &self,
        priority: Priority,
        id: RequestId,
    ) -> Result<Option<PersonId>, OfficientError> {
        let operation = format!("reading calendar request {id}");
        let path = format!("/1.0/calendar/requests/{id}/detail");
        match self.get::<wire::Envelope<wire::Object<wire::RequestDetail>>>(priority, &operation, &path).await
        {
            Ok(detail) => Ok(Some(PersonId(detail.data.0.requester.0.id))),
            // The published example of this answer is not valid JSON: what cannot be read is as good as not found.
            Err(error) if is_no_answer(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One page of the list of calendar requests, without those that cannot be read. The order of the list is not
    /// documented.
    pub async fn requests_page(
        &self,
        priority: Priority,
        page: u32,
    ) -> Result<Vec<ListedRequest>, OfficientError> {
        let operation = "reading the list of calendar requests";
        let path = format!("/1.0/calendar/requests/list?page={page}&status=all");
        let data = match self.get::<wire::Envelope<Vec<serde_json::Value>>>(priority, operation, &path).await
        {
            Ok(wire::Envelope { data }) => data,
            // Officient docs: the published example of this response is not valid JSON.
            Err(error) if is_no_answer(&error) => Vec::new(),
            Err(error) => return Err(error),
        };
        let request = |value| {
            let wire::Object::<wire::ListedRequest>(wire) = serde_json::from_value(value).ok()?;
            Some(ListedRequest { id: RequestId(wire.id), requester: PersonId(wire.requester.0.id) })
        };
        Ok(data.into_iter().filter_map(request).collect())
    }

    /// All webhook subscriptions of the account, other apps' included.
    pub async fn webhooks(&self) -> Result<Vec<Subscription>, OfficientError> {
        let mut webhooks: Vec<Subscription> = Vec::new();
        for page in 0..MAX_PAGES {
            // Whether this list has pages is not documented; one that ignores `page` repeats itself.
            let path = if page == 0 {
                "/1.0/webhooks/list".to_owned()
            } else {
                format!("/1.0/webhooks/list?page={page}")
            };
            let wire::Envelope::<Vec<wire::Object<wire::Webhook>>> { data } =
                self.get(Priority::Urgent, "reading the webhooks", &path).await?;
            let received = data.len();
            let known = webhooks.len();
            for wire::Object(wire::Webhook { id, event, target_url }) in data {
                if webhooks.iter().all(|known| known.id != id) {
                    webhooks.push(Subscription { id, event, target_url });
                }
            }
            if received < PAGE || webhooks.len() == known {
                break;
            }
        }
        Ok(webhooks)
    }

    /// Subscribes to an event and returns the subscription's id.
    pub async fn add_webhook(&self, event: &str, target_url: &str) -> Result<i64, OfficientError> {
        let operation = format!("registering the webhook {event}");
        let body = wire::NewWebhook { target_url, event };
        let answer = self
            .authorized(Priority::Urgent, &operation, || {
                self.line.request(Method::POST, "/1.0/webhooks/add").json(&body)
            })
            .await;
        let added: wire::AddedWebhook = answer.and_then(|answer| read(&operation, &answer))?;
        Ok(added.id)
    }

    /// Ends a subscription; one that is gone already is fine.
    pub async fn delete_webhook(&self, id: i64) -> Result<(), OfficientError> {
        let operation = format!("removing webhook {id}");
        let path = format!("/1.0/webhooks/{id}");
        match self.authorized(Priority::Urgent, &operation, || self.line.request(Method::DELETE, &path)).await
        {
            Ok(_answer) => Ok(()),
            Err(error) if error.is_gone() => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        turn: impl Into<Turn>,
        operation: &str,
        path: &str,
    ) -> Result<T, OfficientError> {
        let answer = self.authorized(turn, operation, || self.line.request(Method::GET, path)).await?;
        let answer = answer.json::<wire::Object<T>>();
        answer.map(|wire::Object(answer)| answer).map_err(|source| failed(operation, source))
    }

    /// Calls with the connection's token; on a 401 once more with a refreshed one.
    async fn authorized(
        &self,
        turn: impl Into<Turn>,
        operation: &str,
        request: impl Fn() -> reqwest::RequestBuilder,
    ) -> Result<Answer, OfficientError> {
        let no_token = |source| OfficientError::Token { operation: operation.to_owned(), source };
        let turn = turn.into();
        let again = match &turn {
            Turn::Wait(priority) => *priority,
            Turn::Held(slot) => slot.priority(),
        };
        let token = self.tokens.current().await.map_err(no_token)?;
        let first = self.line.call(turn, operation, request().bearer_auth(token.expose_secret())).await;
        if !matches!(first, Err(UpstreamError::Unauthorized)) {
            return first.map_err(|source| failed(operation, source));
        }
        let token = self.tokens.renewed(&token).await.map_err(no_token)?;
        let second = self.line.call(again, operation, request().bearer_auth(token.expose_secret())).await;
        second.map_err(|source| failed(operation, source))
    }
}

/// This body as every answer that it may be: the events of a calendar, and why it is none of the others.
#[cfg(feature = "demo")]
pub(crate) fn readable(body: &[u8]) -> (Vec<CalendarEvent>, Vec<String>) {
    let answer = Answer { body: bytes::Bytes::copy_from_slice(body) };
    // As the calls above read them.
    let calendar = data::<wire::Calendar>(Ok(answer.clone()));
    let errors = [
        calendar.as_ref().err().cloned(),
        answer.json::<wire::Object<wire::PeoplePage>>().err(),
        data::<wire::PersonDetail>(Ok(answer.clone())).err(),
        answer.json::<wire::Object<wire::Envelope<Vec<wire::Object<wire::Type>>>>>().err(),
        answer.json::<wire::Object<wire::Envelope<Vec<wire::Object<wire::ListedRequest>>>>>().err(),
        data::<wire::RequestDetail>(Ok(answer.clone())).err(),
        data::<wire::Account>(Ok(answer.clone())).err(),
        answer.json::<wire::Object<wire::Envelope<Vec<wire::Object<wire::Webhook>>>>>().err(),
        data::<wire::AddedWebhook>(Ok(answer)).err(),
    ];
    let errors = errors.into_iter().flatten().map(|error| error.to_string()).collect();
    let days = calendar.map(|calendar| calendar.time_off).unwrap_or_default();
    (days.into_iter().flat_map(events_of).collect(), errors)
}

/// Not there, or there in a form that is not understood.
fn is_no_answer(error: &OfficientError) -> bool {
    error.is_gone() || matches!(error, OfficientError::Call { source: UpstreamError::Unreadable { .. }, .. })
}

fn failed(operation: &str, source: UpstreamError) -> OfficientError {
    OfficientError::Call { operation: operation.to_owned(), source }
}

fn data<T: DeserializeOwned>(answer: Result<Answer, UpstreamError>) -> Result<T, UpstreamError> {
    let envelope = answer?.json::<wire::Object<wire::Envelope<wire::Object<T>>>>();
    envelope.map(|wire::Object(wire::Envelope { data: wire::Object(data) })| data)
}

fn read<T: DeserializeOwned>(operation: &str, answer: &Answer) -> Result<T, OfficientError> {
    data(Ok(answer.clone())).map_err(|source| failed(operation, source))
}

fn events_of(wire::Object(day): wire::Object<wire::Day>) -> impl Iterator<Item = CalendarEvent> {
    let wire::Day { date, scheduled_minutes, events } = day;
    events.into_iter().map(move |wire::Object(event)| CalendarEvent {
        id: EventId(event.id),
        date: event.date.or(date),
        leave_type: match event.type_class.as_str() {
            "sick_day" => LeaveTypeRef::SickDay,
            "education" => LeaveTypeRef::Education,
            _ => LeaveTypeRef::Custom(event.custom_day_off_type_id.map(LeaveTypeId)),
        },
        name: event.name,
        kind: event.kind,
        status: event.status,
        is_worked: event.working,
        duration_minutes: event.duration_minutes,
        start_minutes: event.start_time_minutes,
        scheduled_minutes: scheduled_minutes.unwrap_or_default(),
    })
}
