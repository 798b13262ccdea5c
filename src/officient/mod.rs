//! The client of Officient's API. Reads everything, writes nothing but webhook subscriptions.
//!
//! Responses are parsed here into the domain's own types (`wire.rs` holds Officient's JSON, loose as it is). A response that is
//! not as documented is an error of that call. All calls share one [rate limit](rate_limiter).

pub mod oauth;
pub mod rate_limiter;
pub mod tokens;
pub mod transport;
mod wire;

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

use crate::domain::calendar::{CalendarEvent, LeaveType, LeaveTypeRef, ListedRequest, Subscription};
use crate::domain::company::{Account, ListedPerson, Names, PeopleList, PersonDetail};
use crate::domain::ids::{CompanyId, EventId, LeaveTypeId, PersonId, RequestId};
use crate::http_client::{Response, Retry, UpstreamError};
use crate::officient::rate_limiter::{Permit, Priority};
use crate::officient::tokens::{TokenError, Tokens};
use crate::officient::transport::Transport;
use crate::officient::wire::{Envelope, Object};

/// Items on a page of a list (Officient docs: 30).
const PAGE: usize = 30;
/// No list is longer than this many pages; a server that never ends its list does not hold us for ever.
const MAX_PAGES: u32 = 2_000;

/// A call that failed, or was not made. `operation` has ids only, e.g. "reading the calendar of person 264 for 2026".
#[derive(Debug, thiserror::Error)]
pub enum OfficientError {
    #[error("{operation} at Officient: {source}")]
    Call { operation: String, source: UpstreamError },
    /// There is no usable token.
    #[error("{operation} at Officient: {source}")]
    Token { operation: String, source: TokenError },
}

impl OfficientError {
    /// Officient's part in it, where Officient was called.
    pub fn upstream(&self) -> Option<&UpstreamError> {
        match self {
            Self::Call { source, .. } => Some(source),
            Self::Token { source, .. } => source.upstream(),
        }
    }

    pub fn retry(&self) -> Retry {
        match self {
            // With a token that was renewed just before.
            Self::Call { source: UpstreamError::Unauthorized, .. } => Retry::Later(None),
            Self::Call { source, .. } => source.retry(),
            Self::Token { source, .. } => source.retry(),
        }
    }

    /// Officient says that this does not exist, or not for us (400 and 404).
    pub fn is_gone(&self) -> bool {
        matches!(
            self,
            Self::Call {
                source: UpstreamError::NotFound | UpstreamError::Rejected { status: 400 | 410, .. },
                ..
            }
        )
    }

    /// Not there, or there in a form that is not as documented.
    fn is_not_found_or_unreadable(&self) -> bool {
        self.is_gone() || matches!(self, Self::Call { source: UpstreamError::Unreadable { .. }, .. })
    }
}

/// Officient's API with the connection's token.
#[derive(Clone)]
pub struct Officient {
    transport: Transport,
    tokens: Tokens,
}

impl Officient {
    /// Items on a full page of a list (Officient docs: 30).
    pub const PAGE_SIZE: usize = PAGE;

    pub fn new(transport: Transport, tokens: Tokens) -> Self {
        Self { transport, tokens }
    }

    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Waits for the right to make a call. The caller decides only afterwards what to read.
    pub async fn permit(&self, priority: Priority) -> Result<Permit, OfficientError> {
        let permit = self.transport.rate_limiter().permit(priority).await;
        permit.map_err(|source| failed("waiting for the rate limit", source))
    }

    /// How many calls a sweep can make in `interval`.
    pub fn sweep_calls_in(&self, interval: Duration) -> usize {
        self.transport.rate_limiter().sweep_calls_in(interval)
    }

    /// The account that `token`, not yet stored, was granted for.
    pub async fn account(&self, token: &SecretString) -> Result<Account, OfficientError> {
        let operation = "reading the account";
        let request = self.transport.request(Method::GET, "/1.0/account").bearer_auth(token.expose_secret());
        let response = self.transport.call(Priority::Urgent, operation, request).await;
        let account: wire::Account =
            response.and_then(|response| data(&response)).map_err(|source| failed(operation, source))?;
        Ok(Account {
            company_id: CompanyId(account.company_id),
            company_name: account.company_name,
            subdomain: account.subdomain,
        })
    }

    /// Everybody who is not archived. A page that cannot be read is an error; a wrong total makes the list incomplete.
    pub async fn people(&self, priority: Priority) -> Result<PeopleList, OfficientError> {
        let mut people: Vec<wire::ListedPerson> = Vec::new();
        let mut total = None;
        for page in 0..MAX_PAGES {
            let path = format!("/1.0/people/list?page={page}&include_archived=0");
            let page: wire::PeoplePage = self
                .get(priority, "reading the list of people", &path, |response| {
                    response.json().map(|Object(page)| page)
                })
                .await?;
            total = page.total_record_count.or(total);
            if is_last_page(&mut people, page.data.into_iter().map(|Object(person)| person), |person| {
                person.id
            }) {
                break;
            }
        }
        // No people, and no total that says so, is no company but a response gone wrong.
        let is_complete =
            total.map_or(!people.is_empty(), |total| usize::try_from(total) == Ok(people.len()));
        let present = people.into_iter().filter(|person| !person.archived && !person.deleted);
        let people =
            present.map(|person| ListedPerson { id: PersonId(person.id), name: person.name }).collect();
        Ok(PeopleList { people, is_complete })
    }

    /// A person's names. [`OfficientError::is_gone`]: there is no such person.
    pub async fn person(
        &self,
        permit: impl Into<Permit>,
        id: PersonId,
    ) -> Result<PersonDetail, OfficientError> {
        let operation = format!("reading person {id}");
        let path = format!("/1.0/people/{id}/detail");
        let detail: wire::PersonDetail = self.get(permit, &operation, &path, data).await?;
        if detail.id != id.0 {
            let what = format!("is of person {} instead", detail.id);
            return Err(failed(&operation, UpstreamError::Unreadable { what }));
        }
        Ok(PersonDetail {
            names: Names { first: detail.first_name, last: detail.last_name },
            is_archived: detail.archived || detail.deleted,
        })
    }

    /// All events of a person's year.
    pub async fn calendar(
        &self,
        permit: impl Into<Permit>,
        person: PersonId,
        year: i16,
    ) -> Result<Vec<CalendarEvent>, OfficientError> {
        let operation = format!("reading the calendar of person {person} for {year}");
        let path = format!("/1.0/calendar/{person}/{year}?filter=days_with_events");
        self.get(permit, &operation, &path, data).await.map(events_of)
    }

    /// The leave types of a year.
    pub async fn leave_types(&self, priority: Priority, year: i16) -> Result<Vec<LeaveType>, OfficientError> {
        let operation = format!("reading the leave types of {year}");
        let path = format!("/1.0/calendar/events/types/{year}");
        let leave_types: Vec<wire::LeaveType> = self.get(priority, &operation, &path, list).await?;
        let leave_type = |wire: wire::LeaveType| LeaveType {
            id: LeaveTypeId(wire.id),
            name: wire.name,
            integrations: wire.integrations.into_iter().map(|entry| (entry.app, entry.code)).collect(),
        };
        Ok(leave_types.into_iter().map(leave_type).collect())
    }

    /// Who asked for a calendar request; `None` when there is no such request.
    pub async fn requester(
        &self,
        priority: Priority,
        id: RequestId,
    ) -> Result<Option<PersonId>, OfficientError> {
        let operation = format!("reading calendar request {id}");
        let path = format!("/1.0/calendar/requests/{id}/detail");
        match self.get(priority, &operation, &path, data::<wire::RequestDetail>).await {
            Ok(detail) => Ok(Some(PersonId(detail.requester.0.id))),
            // Officient docs: the published example of this response is not valid JSON.
            Err(error) if error.is_not_found_or_unreadable() => Ok(None),
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
        let path = format!("/1.0/calendar/requests/list?page={page}&status=all");
        let read = |response: &Response| {
            response.json().map(|Object(Envelope::<Vec<serde_json::Value>> { data })| data)
        };
        let requests = match self.get(priority, "reading the list of calendar requests", &path, read).await {
            // Officient docs: the published example of this response is not valid JSON.
            Err(error) if error.is_not_found_or_unreadable() => Vec::new(),
            requests => requests?,
        };
        let request = |value| {
            let Object::<wire::ListedRequest>(wire) = serde_json::from_value(value).ok()?;
            Some(ListedRequest { id: RequestId(wire.id), requester: PersonId(wire.requester.0.id) })
        };
        Ok(requests.into_iter().filter_map(request).collect())
    }

    /// All webhook subscriptions of the account, other apps' included.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, OfficientError> {
        let mut subscriptions: Vec<Subscription> = Vec::new();
        for page in 0..MAX_PAGES {
            // Whether this list has pages is not documented; one that ignores `page` repeats itself.
            let page = if page == 0 { String::new() } else { format!("?page={page}") };
            let path = format!("/1.0/webhooks/list{page}");
            let page: Vec<wire::Subscription> =
                self.get(Priority::Urgent, "reading the webhook subscriptions", &path, list).await?;
            let page = page.into_iter().map(|wire::Subscription { id, event, target_url }| Subscription {
                id,
                event,
                target_url,
            });
            if is_last_page(&mut subscriptions, page, |subscription| subscription.id) {
                break;
            }
        }
        Ok(subscriptions)
    }

    /// Subscribes to an event and returns the subscription's id.
    pub async fn subscribe(&self, event: &str, target_url: &str) -> Result<i64, OfficientError> {
        let operation = format!("subscribing to the event {event}");
        let body = wire::NewSubscription { target_url, event };
        let request = || self.transport.request(Method::POST, "/1.0/webhooks/add").json(&body);
        let response = self.authorized(Priority::Urgent, &operation, request).await?;
        let added: wire::AddedSubscription = data(&response).map_err(|source| failed(&operation, source))?;
        Ok(added.id)
    }

    /// Ends a subscription; one that is gone already is fine.
    pub async fn unsubscribe(&self, id: i64) -> Result<(), OfficientError> {
        let operation = format!("ending webhook subscription {id}");
        let path = format!("/1.0/webhooks/{id}");
        let request = || self.transport.request(Method::DELETE, &path);
        match self.authorized(Priority::Urgent, &operation, request).await {
            Err(error) if !error.is_gone() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn get<T>(
        &self,
        permit: impl Into<Permit>,
        operation: &str,
        path: &str,
        read: impl Fn(&Response) -> Result<T, UpstreamError>,
    ) -> Result<T, OfficientError> {
        let request = || self.transport.request(Method::GET, path);
        let response = self.authorized(permit, operation, request).await?;
        read(&response).map_err(|source| failed(operation, source))
    }

    /// Calls with the connection's token; on a 401 once more with a refreshed one.
    async fn authorized(
        &self,
        permit: impl Into<Permit>,
        operation: &str,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Response, OfficientError> {
        let no_token = |source| OfficientError::Token { operation: operation.to_owned(), source };
        let permit = permit.into();
        let priority = permit.priority;
        let token = self.tokens.current().await.map_err(no_token)?;
        let call = |permit: Permit, token: &SecretString| {
            self.transport.call(permit, operation, request().bearer_auth(token.expose_secret()))
        };
        let mut response = call(permit, &token).await;
        if matches!(response, Err(UpstreamError::Unauthorized)) {
            let token = self.tokens.renewed(&token).await.map_err(no_token)?;
            response = call(priority.into(), &token).await;
        }
        response.map_err(|source| failed(operation, source))
    }
}

fn failed(operation: &str, source: UpstreamError) -> OfficientError {
    OfficientError::Call { operation: operation.to_owned(), source }
}

/// Reads `{"data": {…}}`.
fn data<T: DeserializeOwned>(response: &Response) -> Result<T, UpstreamError> {
    response.json().map(|Object(Envelope { data: Object(data) })| data)
}

/// Reads `{"data": [{…}, …]}`.
fn list<T: DeserializeOwned>(response: &Response) -> Result<Vec<T>, UpstreamError> {
    let Object(Envelope::<Vec<Object<T>>> { data }) = response.json()?;
    Ok(data.into_iter().map(|Object(item)| item).collect())
}

/// Adds what is new on a page of a list. The last page is not full, or repeats what is known.
fn is_last_page<T>(all: &mut Vec<T>, page: impl ExactSizeIterator<Item = T>, id: impl Fn(&T) -> i64) -> bool {
    let (received, before) = (page.len(), all.len());
    for item in page {
        if all.iter().all(|known| id(known) != id(&item)) {
            all.push(item);
        }
    }
    received < PAGE || all.len() == before
}

fn events_of(calendar: wire::Calendar) -> Vec<CalendarEvent> {
    let events = calendar.time_off.into_iter().flat_map(|Object(day)| {
        let wire::Day { date, scheduled_minutes, events } = day;
        events.into_iter().map(move |Object(event)| CalendarEvent {
            id: EventId(event.id),
            date: event.date.or(date),
            leave_type: match event.leave_type.as_str() {
                "sick_day" => LeaveTypeRef::SickDay,
                "education" => LeaveTypeRef::Education,
                _ => LeaveTypeRef::Custom(event.custom_day_off_type_id.map(LeaveTypeId)),
            },
            name: event.name,
            category: event.category,
            status: event.status,
            is_worked: event.working,
            duration_minutes: event.duration_minutes,
            start_minutes: event.start_time_minutes,
            scheduled_minutes: scheduled_minutes.unwrap_or_default(),
        })
    });
    events.collect()
}

/// Reads this body as every response that it may be: the events of a calendar, and why it is none of the others.
#[cfg(feature = "demo")]
pub(crate) fn readable(body: &[u8]) -> (Vec<CalendarEvent>, Vec<String>) {
    let response = Response { body: bytes::Bytes::copy_from_slice(body) };
    let calendar = data(&response).map(events_of);
    let errors = [
        calendar.as_ref().err().cloned(),
        response.json::<Object<wire::PeoplePage>>().err(),
        response.json::<Object<wire::Tokens>>().err(),
        data::<wire::PersonDetail>(&response).err(),
        list::<wire::LeaveType>(&response).err(),
        list::<wire::ListedRequest>(&response).err(),
        data::<wire::RequestDetail>(&response).err(),
        data::<wire::Account>(&response).err(),
        list::<wire::Subscription>(&response).err(),
        data::<wire::AddedSubscription>(&response).err(),
    ];
    let errors = errors.into_iter().flatten().map(|error| error.to_string()).collect();
    (calendar.unwrap_or_default(), errors)
}
