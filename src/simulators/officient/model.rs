//! The data of the simulated Officient: people, leave types, events, requests, subscriptions and tokens.
//!
//! No I/O: each change is one function call under one lock. It returns what changed, so that the caller can send
//! webhooks.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::access::{RateLimit, Tokens, random_token};
use crate::simulators::dates::today;

/// A working day in a week of 38 hours.
pub(super) const WORKING_DAY_MINUTES: i64 = 456;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeaveType {
    /// A leave type of the company, by its id.
    Custom(i64),
    /// The built-in sick day.
    SickDay,
    /// The built-in training day.
    Education,
}

/// Whether an event takes hours off the schedule or adds hours to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventCategory {
    TimeOff,
    Overtime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventStatus {
    Approved,
    Pending,
}

/// The content of a calendar event, which covers one day.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    pub leave_type: LeaveType,
    pub date: Date,
    /// The API sends `None` as `""`, as `null` or not at all.
    pub duration_minutes: Option<i64>,
    /// Minutes since midnight. The API sends `None` as `""`, as `null` or not at all.
    pub start_time_minutes: Option<i64>,
    /// What the person was scheduled to work that day; `None` means 456 on weekdays and 0 in the weekend.
    pub scheduled_minutes: Option<i64>,
    pub category: EventCategory,
    /// The person works during this time, for example at home.
    pub working: bool,
    pub status: EventStatus,
    /// Fields that replace those of the API's response, for responses that the documentation does not describe.
    pub raw: Map<String, Value>,
}

impl NewEvent {
    /// An approved whole working day, from 09:00 to 16:36.
    pub fn new(leave_type: LeaveType, date: Date) -> Self {
        Self {
            leave_type,
            date,
            duration_minutes: Some(WORKING_DAY_MINUTES),
            start_time_minutes: Some(540),
            scheduled_minutes: None,
            category: EventCategory::TimeOff,
            working: false,
            status: EventStatus::Approved,
            raw: Map::new(),
        }
    }

    /// A part of the day: its start in minutes since midnight, and its length in minutes.
    #[must_use]
    pub fn part(mut self, start_time_minutes: i64, duration_minutes: i64) -> Self {
        self.start_time_minutes = Some(start_time_minutes);
        self.duration_minutes = Some(duration_minutes);
        self
    }

    /// A part of the day whose start Officient does not know.
    #[must_use]
    pub fn unknown_start(mut self, duration_minutes: i64) -> Self {
        self.start_time_minutes = None;
        self.duration_minutes = Some(duration_minutes);
        self
    }

    #[must_use]
    pub fn scheduled(mut self, minutes: i64) -> Self {
        self.scheduled_minutes = Some(minutes);
        self
    }

    #[must_use]
    pub fn pending(mut self) -> Self {
        self.status = EventStatus::Pending;
        self
    }

    /// Sets [`Self::working`].
    #[must_use]
    pub fn working(mut self) -> Self {
        self.working = true;
        self
    }

    #[must_use]
    pub fn overtime(mut self) -> Self {
        self.category = EventCategory::Overtime;
        self
    }

    /// Sends this value for a field of the API's response, whatever the rest of the event says.
    #[must_use]
    pub fn raw(mut self, field: &str, value: Value) -> Self {
        self.raw.insert(field.to_owned(), value);
        self
    }
}

impl Default for NewEvent {
    /// A sick day today.
    fn default() -> Self {
        Self::new(LeaveType::SickDay, today())
    }
}

/// An event in the calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: i64,
    pub person_id: i64,
    pub leave: NewEvent,
}

/// What happened to a calendar event.
#[derive(Debug, Clone, Copy)]
pub(super) enum LeaveChange {
    Added,
    Updated,
    Deleted,
}

/// What `related_object_id` means in a webhook about leave. Officient does not document it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookMeaning {
    /// The person whose leave changed.
    Person,
    /// The calendar event.
    Event,
    /// The request for leave that the event belongs to.
    Request,
    /// Officient sends no webhooks at all, not even about people.
    None,
}

/// A subscription to webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub id: i64,
    /// The event name of the webhooks.
    pub event: String,
    pub target_url: String,
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub event_type: String,
    pub target_url: String,
    /// Counts from 1.
    pub attempt: u32,
    /// The status of the response; `None` when there was no response in time.
    pub status: Option<u16>,
    pub sent_at: Instant,
    /// The time until the response.
    pub took: Duration,
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: i64,
    pub(super) first_name: String,
    pub(super) last_name: String,
    /// The insertion of a Dutch name, which Officient keeps apart.
    pub(super) insertion: String,
    pub(super) archived: bool,
    pub(super) deleted: bool,
}

impl Person {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// A leave type that the company defined.
#[derive(Debug, Clone)]
pub(super) struct CustomLeaveType {
    pub(super) id: i64,
    pub(super) name: String,
    /// What the admin filled in for our app on the tab «Geavanceerd».
    pub(super) code: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct LeaveRequest {
    pub(super) id: i64,
    pub(super) person_id: i64,
    /// The events as they were requested: an event that is deleted later is shown as declined.
    pub(super) events: Vec<Event>,
}

/// The decision about one event of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Pending,
    Accepted,
    Declined,
}

/// The data of one company.
#[derive(Debug)]
pub(super) struct Company {
    pub(super) people: Vec<Person>,
    pub(super) leave_types: Vec<CustomLeaveType>,
    /// The leave types of years that have others.
    pub(super) leave_types_of_year: HashMap<i64, Vec<CustomLeaveType>>,
    /// In the order of their ids.
    pub(super) events: Vec<Event>,
    pub(super) requests: Vec<LeaveRequest>,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) tokens: Tokens,
    /// Session cookie → e-mail address of the person who signed in.
    pub(super) sessions: HashMap<String, String>,
    pub(super) redirect_uri: Option<String>,
    /// The event names of webhooks that exist.
    pub(super) webhook_events: Vec<String>,
    /// Event names to which a subscription is refused, existing or not.
    pub(super) refused_webhook_events: Vec<String>,
    pub(super) webhook_meaning: WebhookMeaning,
    pub(super) sends_webhooks: bool,
    pub(super) rate_limit: RateLimit,
    next_event: i64,
    next_request: i64,
    next_subscription: i64,
}

impl Company {
    pub(super) fn new(rate_limit_calls: usize, rate_limit_period: Duration) -> Self {
        Self {
            people: Vec::new(),
            leave_types: Vec::new(),
            leave_types_of_year: HashMap::new(),
            events: Vec::new(),
            requests: Vec::new(),
            subscriptions: Vec::new(),
            deliveries: Vec::new(),
            tokens: Tokens::new(),
            sessions: HashMap::new(),
            redirect_uri: None,
            webhook_events: Vec::new(),
            refused_webhook_events: Vec::new(),
            webhook_meaning: WebhookMeaning::Person,
            sends_webhooks: true,
            rate_limit: RateLimit::new(rate_limit_calls, rate_limit_period),
            next_event: 5001,
            next_request: 901,
            next_subscription: 3,
        }
    }

    pub(super) fn person(&self, id: i64) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    pub(super) fn person_mut(&mut self, id: i64) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.id == id)
    }

    pub(super) fn add_person(&mut self, first_name: &str, last_name: &str) -> i64 {
        let id = self.people.last().map_or(264, |person| person.id + 1);
        let (first_name, last_name) = (first_name.to_owned(), last_name.to_owned());
        let insertion = String::new();
        self.people.push(Person { id, first_name, last_name, insertion, archived: false, deleted: false });
        id
    }

    pub(super) fn add_leave_type(&mut self, name: &str, code: Option<&str>) -> i64 {
        let id = self.leave_types.last().map_or(80, |leave_type| leave_type.id + 1);
        self.leave_types.push(CustomLeaveType { id, name: name.to_owned(), code: code.map(str::to_owned) });
        id
    }

    pub(super) fn leave_type(&self, id: i64) -> Option<&CustomLeaveType> {
        self.leave_types.iter().find(|leave_type| leave_type.id == id)
    }

    pub(super) fn leave_type_mut(&mut self, id: i64) -> Option<&mut CustomLeaveType> {
        self.leave_types.iter_mut().find(|leave_type| leave_type.id == id)
    }

    pub(super) fn leave_type_name(&self, leave_type: LeaveType) -> String {
        match leave_type {
            LeaveType::SickDay => "Sick day".to_owned(),
            LeaveType::Education => "Education".to_owned(),
            LeaveType::Custom(id) => self.leave_type(id).map(|custom| custom.name.clone()).unwrap_or_default(),
        }
    }

    fn event_index(&self, id: i64) -> Option<usize> {
        self.events.binary_search_by_key(&id, |event| event.id).ok()
    }

    pub(super) fn event(&self, id: i64) -> Option<&Event> {
        self.events.get(self.event_index(id)?)
    }

    pub(super) fn event_mut(&mut self, id: i64) -> Option<&mut Event> {
        let index = self.event_index(id)?;
        self.events.get_mut(index)
    }

    /// Adds an event. A person has at most one event of a leave type a day: an existing one gets the new content.
    pub(super) fn add_event(&mut self, person_id: i64, leave: NewEvent) -> (Event, LeaveChange) {
        let is_same = |event: &&mut Event| {
            event.person_id == person_id && event.leave.date == leave.date && event.leave.leave_type == leave.leave_type
        };
        if let Some(event) = self.events.iter_mut().find(is_same) {
            event.leave = leave;
            return (event.clone(), LeaveChange::Updated);
        }
        let event = Event { id: self.next_event, person_id, leave };
        self.next_event += 1;
        self.events.push(event.clone());
        (event, LeaveChange::Added)
    }

    /// Deletes the events of a person and adds them again under new ids, as a payroll run does.
    pub(super) fn rewrite_events(&mut self, person_id: i64) {
        for event in self.events.iter_mut().filter(|event| event.person_id == person_id) {
            event.id = self.next_event;
            self.next_event += 1;
        }
    }

    pub(super) fn delete_event(&mut self, id: i64) -> Option<Event> {
        let index = self.event_index(id)?;
        Some(self.events.remove(index))
    }

    pub(super) fn add_request(&mut self, person_id: i64, events: Vec<Event>) -> i64 {
        let id = self.next_request;
        self.next_request += 1;
        self.requests.push(LeaveRequest { id, person_id, events });
        id
    }

    pub(super) fn request(&self, id: i64) -> Option<&LeaveRequest> {
        self.requests.iter().find(|request| request.id == id)
    }

    /// The newest request that this event belongs to; a new request for it when there is none.
    pub(super) fn request_for(&mut self, event: &Event) -> i64 {
        let contains_event = |request: &&LeaveRequest| request.events.iter().any(|requested| requested.id == event.id);
        match self.requests.iter().rev().find(contains_event) {
            Some(request) => request.id,
            None => self.add_request(event.person_id, vec![event.clone()]),
        }
    }

    pub(super) fn outcome(&self, requested: &Event) -> Outcome {
        match self.event(requested.id).map(|event| event.leave.status) {
            Some(EventStatus::Pending) => Outcome::Pending,
            Some(EventStatus::Approved) => Outcome::Accepted,
            None => Outcome::Declined,
        }
    }

    pub(super) fn is_pending(&self, request: &LeaveRequest) -> bool {
        request.events.iter().any(|requested| self.outcome(requested) == Outcome::Pending)
    }

    pub(super) fn add_subscription(&mut self, event: &str, target_url: &str) -> i64 {
        let id = self.next_subscription;
        self.next_subscription += 1;
        let (event, target_url) = (event.to_owned(), target_url.to_owned());
        self.subscriptions.push(Subscription { id, event, target_url });
        id
    }

    pub(super) fn accepts_webhook_event(&self, name: &str) -> bool {
        let contains = |names: &[String]| names.iter().any(|listed| listed == name);
        contains(&self.webhook_events) && !contains(&self.refused_webhook_events)
    }

    /// Starts a session for the sign-in page; returns the value of its cookie.
    pub(super) fn start_session(&mut self, email: String) -> String {
        let session = random_token();
        self.sessions.insert(session.clone(), email);
        session
    }
}
