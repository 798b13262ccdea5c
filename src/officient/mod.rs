//! The client of Officient's API. Reads everything, writes nothing but webhook subscriptions.
//!
//! Responses are parsed here into the domain's own types (`wire.rs` holds Officient's JSON, loose as it is). A response
//! that is not as documented is an error of that call. All calls share one [rate limit](rate_limiter).

pub mod oauth;
pub mod rate_limiter;
pub mod tokens;
pub mod transport;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::domain::attention::EventFault;
use crate::domain::calendar::{
    CalendarEvent, CalendarYear, Integration, LeaveType, LeaveTypeRef, ListedRequest, Subscription,
};
use crate::domain::company::{Account, ListedPerson, Names, PeopleList, PersonDetail};
use crate::domain::ids::{CompanyId, EventId, LeaveTypeId, PersonId, RequestId};
use crate::http_client::{Response, Retry, UpstreamError, classify};
use crate::loose_json::{Entries, Loose, Minutes, Object};
use crate::officient::rate_limiter::{Permit, Priority};
use crate::officient::tokens::{TokenError, Tokens};
use crate::officient::transport::Transport;
use crate::officient::wire::Envelope;

/// No list is longer than this many pages (6,000 entries); a list that does not end is not understood.
const MAX_PAGES: u32 = 200;

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
            Self::Call { source: UpstreamError::NotFound | UpstreamError::Rejected { status: 400 | 410, .. }, .. }
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
    tokens: Arc<Tokens>,
}

impl Officient {
    /// Items on a full page of a list (Officient docs: 30).
    pub const PAGE_SIZE: usize = 30;

    pub fn new(transport: Transport, tokens: Tokens) -> Self {
        Self { transport, tokens: Arc::new(tokens) }
    }

    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Tries a refused refresh token once more. That it is refused again is no failure.
    pub async fn renew_refused_token(&self) -> Result<(), OfficientError> {
        match self.tokens.try_refused_again().await {
            Ok(()) | Err(TokenError::ReauthorizationRequired) => Ok(()),
            Err(source) => Err(OfficientError::Token { operation: "renewing the access".to_owned(), source }),
        }
    }

    /// Waits for the right to make a call. The caller decides only afterwards what to read.
    pub async fn permit(&self, priority: Priority) -> Result<Permit, OfficientError> {
        let permit = self.transport.rate_limiter.permit(priority).await;
        permit.map_err(|source| failed("waiting for the rate limit", source))
    }

    /// How many calls a sweep can make in `interval`.
    pub fn sweep_calls_in(&self, interval: Duration) -> usize {
        self.transport.rate_limiter.sweep_calls_in(interval)
    }

    /// The account that `token`, not yet stored, was granted for.
    pub async fn account(&self, token: &SecretString) -> Result<Account, OfficientError> {
        let operation = "reading the account";
        let request = self.transport.request(Method::GET, "/1.0/account").bearer_auth(token.expose_secret());
        let response = self.transport.call(Priority::Urgent, operation, request, classify).await;
        let account: wire::Account =
            response.and_then(|response| data(&response)).map_err(|source| failed(operation, source))?;
        Ok(Account {
            company_id: CompanyId(account.company_id.0),
            company_name: account.company_name.known().unwrap_or_default(),
            subdomain: account.subdomain.known().unwrap_or_default(),
        })
    }

    /// Everybody who is not archived. A list whose total does not match its people is read once more, because people
    /// move to another page while pages are read; if it still does not match, it is incomplete.
    pub async fn people(&self, priority: Priority) -> Result<PeopleList, OfficientError> {
        let list = self.list_people(priority).await?;
        if list.is_complete { Ok(list) } else { self.list_people(priority).await }
    }

    async fn list_people(&self, priority: Priority) -> Result<PeopleList, OfficientError> {
        let operation = "reading the list of people";
        let path = |page| format!("/1.0/people/list?page={page}&include_archived=0");
        let (mut total, mut unreadable) = (None, 0);
        let read = |response: &Response| {
            let Object::<wire::PeoplePage>(page) = response.json()?;
            total = page.total_record_count.known().or(total);
            unreadable += page.data.unreadable;
            Ok(page.data)
        };
        let people = self.all_pages(priority, operation, path, read, |person| person.id.0).await?;
        // No people, and no total that says so, is no company but a response gone wrong.
        let is_complete =
            unreadable == 0 && total.map_or(!people.is_empty(), |total| usize::try_from(total) == Ok(people.len()));
        let is_present = |person: &wire::ListedPerson| {
            !person.archived.known().unwrap_or(false) && !person.deleted.known().unwrap_or(false)
        };
        let present = people.into_iter().filter(is_present);
        let people = present
            .map(|person| ListedPerson { id: PersonId(person.id.0), name: person.name.known().unwrap_or_default() });
        Ok(PeopleList { people: people.collect(), is_complete })
    }

    /// A person's names. [`OfficientError::is_gone`]: there is no such person.
    pub async fn person(&self, permit: impl Into<Permit>, id: PersonId) -> Result<PersonDetail, OfficientError> {
        let operation = format!("reading person {id}");
        let path = format!("/1.0/people/{id}/detail");
        let detail: wire::PersonDetail = self.get(permit, &operation, &path, data).await?;
        if detail.id.0 != id.0 {
            let what = format!("is of person {} instead", detail.id.0);
            return Err(failed(&operation, UpstreamError::Unreadable { what }));
        }
        Ok(PersonDetail {
            names: Names { first: detail.first_name, last: detail.last_name },
            insertion: detail.name_parts.insertion.known(),
            is_archived: detail.archived || detail.deleted,
            is_deleted: detail.deleted,
        })
    }

    /// All events of a person's year.
    pub async fn calendar(
        &self,
        permit: impl Into<Permit>,
        person: PersonId,
        year: i16,
    ) -> Result<CalendarYear, OfficientError> {
        let operation = format!("reading the calendar of person {person} for {year}");
        let path = format!("/1.0/calendar/{person}/{year}?filter=days_with_events");
        self.get(permit, &operation, &path, data).await.map(|calendar| calendar_year(calendar, year))
    }

    /// The leave types of a year.
    pub async fn leave_types(&self, priority: Priority, year: i16) -> Result<Vec<LeaveType>, OfficientError> {
        let operation = format!("reading the leave types of {year}");
        let path = format!("/1.0/calendar/events/types/{year}");
        let leave_types: Entries<wire::LeaveType> = self.get(priority, &operation, &path, list).await?;
        let mut known = BTreeMap::new();
        for leave_type in leave_types.items.into_iter().map(leave_type) {
            known.entry(leave_type.id).or_insert(leave_type);
        }
        Ok(known.into_values().collect())
    }

    /// Who asked for a calendar request; `None` when there is no such request.
    pub async fn requester(&self, priority: Priority, id: RequestId) -> Result<Option<PersonId>, OfficientError> {
        let operation = format!("reading calendar request {id}");
        let path = format!("/1.0/calendar/requests/{id}/detail");
        match self.get(priority, &operation, &path, data::<wire::RequestDetail>).await {
            Ok(detail) => Ok(Some(PersonId(detail.requester.id.0))),
            // Officient docs: the published example of this response is not valid JSON.
            Err(error) if error.is_not_found_or_unreadable() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One page of the list of calendar requests, without those that cannot be read. The order of the list is not
    /// documented.
    pub async fn requests_page(&self, priority: Priority, page: u32) -> Result<Vec<ListedRequest>, OfficientError> {
        let path = format!("/1.0/calendar/requests/list?page={page}&status=all");
        let operation = "reading the list of calendar requests";
        let requests = match self.get(priority, operation, &path, list::<wire::ListedRequest>).await {
            // Officient docs: the published example of this response is not valid JSON.
            Err(error) if error.is_not_found_or_unreadable() => return Ok(Vec::new()),
            requests => requests?.items.into_iter(),
        };
        let request = |wire: wire::ListedRequest| {
            let (id, requester) = (RequestId(wire.id.0), PersonId(wire.requester.id.0));
            ListedRequest { id, requester }
        };
        Ok(requests.map(request).collect())
    }

    /// All webhook subscriptions of the account, other apps' included.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, OfficientError> {
        let operation = "reading the webhook subscriptions";
        // Whether this list has pages is not documented; one that ignores `page` repeats itself.
        let path = |page| match page {
            0 => "/1.0/webhooks/list".to_owned(),
            page => format!("/1.0/webhooks/list?page={page}"),
        };
        let subscriptions =
            self.all_pages(Priority::Urgent, operation, path, list::<wire::Subscription>, |wire| wire.id.0).await?;
        let subscription = |wire: wire::Subscription| Subscription {
            id: wire.id.0,
            event: wire.event.known().unwrap_or_default(),
            target_url: wire.target_url.known().unwrap_or_default(),
        };
        Ok(subscriptions.into_iter().map(subscription).collect())
    }

    /// Subscribes to an event and returns the subscription's id.
    pub async fn subscribe(&self, event: &str, target_url: &str) -> Result<i64, OfficientError> {
        let operation = format!("subscribing to the event {event}");
        let body = json!({"target_url": target_url, "event": event});
        let request = || self.transport.request(Method::POST, "/1.0/webhooks/add").json(&body);
        let response = self.authorized(Priority::Urgent, &operation, request).await?;
        let added: wire::Reference = data(&response).map_err(|source| failed(&operation, source))?;
        Ok(added.id.0)
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

    /// All entries of a list, each once. `read` is called with every page.
    async fn all_pages<T>(
        &self,
        priority: Priority,
        operation: &str,
        path: impl Fn(u32) -> String,
        mut read: impl FnMut(&Response) -> Result<Entries<T>, UpstreamError>,
        id_of: impl Fn(&T) -> i64,
    ) -> Result<Vec<T>, OfficientError> {
        let mut all = BTreeMap::new();
        for page in 0.. {
            if page >= MAX_PAGES {
                let what = format!("does not end after {MAX_PAGES} pages");
                return Err(failed(operation, UpstreamError::Unreadable { what }));
            }
            let page = match self.get(priority, operation, &path(page), &mut read).await {
                // After the first page, 400 and 404 say that the list ended.
                Err(error) if page > 0 && error.is_gone() => break,
                entries => entries?,
            };
            let (received, before) = (page.items.len() + page.unreadable, all.len());
            for entry in page.items {
                all.entry(id_of(&entry)).or_insert(entry);
            }
            // A page without anything new repeats another one.
            if received < Self::PAGE_SIZE || all.len() == before {
                break;
            }
        }
        Ok(all.into_values().collect())
    }

    async fn get<T>(
        &self,
        permit: impl Into<Permit>,
        operation: &str,
        path: &str,
        read: impl FnOnce(&Response) -> Result<T, UpstreamError>,
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
            self.transport.call(permit, operation, request().bearer_auth(token.expose_secret()), classify)
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

/// Reads `{"data": [{…}, …]}`, without the entries that are not understood.
fn list<T: DeserializeOwned>(response: &Response) -> Result<Entries<T>, UpstreamError> {
    response.json().map(|Object(Envelope { data })| data)
}

fn leave_type(wire: wire::LeaveType) -> LeaveType {
    let not_understood = Integration { app: None, code: None };
    let integrations = match wire.integrations {
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::Array(entries) => entries
            .into_iter()
            .map(|entry| match serde_json::from_value(entry) {
                Ok(Object(wire::Integration { app, code })) => Integration {
                    app: app.optional(()).ok().map(Option::unwrap_or_default),
                    code: code.optional(()).ok().map(Option::unwrap_or_default),
                },
                Err(_another_shape) => not_understood.clone(),
            })
            .collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![not_understood],
    };
    LeaveType { id: LeaveTypeId(wire.id.0), name: wire.name.known(), integrations }
}

fn calendar_year(calendar: wire::Calendar, year: i16) -> CalendarYear {
    let mut result = CalendarYear { events: Vec::new(), unreadable: calendar.time_off.unreadable };
    for wire::Day { date, scheduled_minutes, events } in calendar.time_off.items {
        result.unreadable += events.unreadable;
        result
            .events
            .extend(events.items.into_iter().map(|event| calendar_event(event, date, scheduled_minutes, year)));
    }
    result
}

/// An event that is listed under `day`, in the calendar of `year`.
fn calendar_event(event: wire::Event, day: Loose<Date>, scheduled_minutes: Loose<Minutes>, year: i16) -> CalendarEvent {
    let date = match (event.date, day) {
        (Loose::Is(date), Loose::Is(day)) if date != day => None,
        (Loose::Is(date), Loose::Is(_) | Loose::Absent) | (Loose::Absent, Loose::Is(date)) => Some(date),
        (Loose::NotUnderstood, _) | (_, Loose::NotUnderstood) | (Loose::Absent, Loose::Absent) => None,
    };
    let word = |word: Loose<String>| word.known().unwrap_or_default();
    let minutes = |minutes: Option<Minutes>| minutes.map(|Minutes(minutes)| minutes);
    CalendarEvent {
        id: EventId(event.id.0),
        date: date.filter(|date| date.year() == year).ok_or(EventFault::Date),
        leave_type: match word(event.leave_type).as_str() {
            "sick_day" => LeaveTypeRef::SickDay,
            "education" => LeaveTypeRef::Education,
            _ => LeaveTypeRef::Custom(event.custom_day_off_type_id.known().map(LeaveTypeId)),
        },
        name: event.name.optional(EventFault::Name).map(Option::unwrap_or_default),
        category: word(event.category).parse().map_err(|_undocumented| EventFault::Type),
        status: word(event.status).parse().map_err(|_undocumented| EventFault::Status),
        is_worked: event.working.optional(EventFault::Working).map(Option::unwrap_or_default),
        duration_minutes: event.duration_minutes.optional(EventFault::Duration).map(minutes),
        // The start is not always known.
        start_minutes: minutes(event.start_time_minutes.known()),
        scheduled_minutes: scheduled_minutes
            .optional(EventFault::Scheduled)
            .map(|scheduled| minutes(scheduled).unwrap_or_default()),
    }
}

/// For fuzzers: reads this body as every response that it may be: the events of a calendar of 2026, and why it is none
/// of the others.
#[cfg(feature = "demo")]
pub fn readable(body: &[u8]) -> (Vec<CalendarEvent>, Vec<String>) {
    let response = Response { status: http::StatusCode::OK, body: bytes::Bytes::copy_from_slice(body) };
    let calendar = data(&response).map(|calendar| calendar_year(calendar, 2026).events);
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
        data::<wire::Reference>(&response).err(),
    ];
    let errors = errors.into_iter().flatten().map(|error| error.to_string()).collect();
    (calendar.unwrap_or_default(), errors)
}
