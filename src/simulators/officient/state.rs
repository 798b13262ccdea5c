//! What the simulated Officient knows: people, leave types, leave, requests, subscriptions, tokens.
//!
//! No I/O and no waiting: every change is one call under one lock, and says what it changed so that webhooks can
//! follow from it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::simulators::clock;

/// Which leave type an event has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeaveType {
    /// One of the company's own types, by its id.
    Custom(i64),
    /// The built-in sick day.
    SickDay,
    /// The built-in training day.
    Education,
}

/// Whether an event takes hours off the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventKind {
    /// Takes hours off.
    #[default]
    TimeOff,
    /// Adds hours.
    Overtime,
}

/// Whether an event was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventStatus {
    /// By somebody, or by rule.
    #[default]
    Approved,
    /// Not yet.
    Pending,
}

/// An event to be added; [`NewEvent::new`] is a whole approved working day of leave.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// The leave type.
    pub leave_type: LeaveType,
    /// The one day that it covers.
    pub date: Date,
    /// How long; `None` is answered as `""`, `null` or not at all.
    pub duration_minutes: Option<i64>,
    /// Minutes from midnight; `None` is answered as `""`, `null` or not at all.
    pub start_time_minutes: Option<i64>,
    /// What the person would have worked that day; `None`: 456 on working days, 0 in the weekend.
    pub scheduled_minutes: Option<i64>,
    /// Time off or overtime.
    pub kind: EventKind,
    /// Time that is worked, such as remote work.
    pub working: bool,
    /// Approved or pending.
    pub status: EventStatus,
    /// Fields answered exactly so, whatever the rest says: for answers that the documentation does not foresee.
    pub raw: Map<String, Value>,
}

/// A working day of 38 hours a week.
pub const WORKING_DAY_MINUTES: i64 = 456;

impl NewEvent {
    /// A whole approved working day, 09:00 to 16:36.
    pub fn new(leave_type: LeaveType, date: Date) -> Self {
        Self {
            leave_type,
            date,
            duration_minutes: Some(WORKING_DAY_MINUTES),
            start_time_minutes: Some(540),
            scheduled_minutes: None,
            kind: EventKind::TimeOff,
            working: false,
            status: EventStatus::Approved,
            raw: Map::new(),
        }
    }

    /// A part of the day, in minutes from midnight and minutes long.
    #[must_use]
    pub fn part(mut self, start_time_minutes: i64, duration_minutes: i64) -> Self {
        self.start_time_minutes = Some(start_time_minutes);
        self.duration_minutes = Some(duration_minutes);
        self
    }

    /// A part of the day of which Officient does not know the start.
    #[must_use]
    pub fn unknown_start(mut self, duration_minutes: i64) -> Self {
        self.start_time_minutes = None;
        self.duration_minutes = Some(duration_minutes);
        self
    }

    /// With this schedule on that day.
    #[must_use]
    pub fn scheduled(mut self, minutes: i64) -> Self {
        self.scheduled_minutes = Some(minutes);
        self
    }

    /// Not yet approved.
    #[must_use]
    pub fn pending(mut self) -> Self {
        self.status = EventStatus::Pending;
        self
    }

    /// Time that is worked.
    #[must_use]
    pub fn working(mut self) -> Self {
        self.working = true;
        self
    }

    /// Hours that are added to the schedule.
    #[must_use]
    pub fn overtime(mut self) -> Self {
        self.kind = EventKind::Overtime;
        self
    }

    /// With this field answered exactly so.
    #[must_use]
    pub fn raw(mut self, field: &str, value: Value) -> Self {
        self.raw.insert(field.to_owned(), value);
        self
    }
}

impl Default for NewEvent {
    /// A sick day today.
    fn default() -> Self {
        Self::new(LeaveType::SickDay, clock::today())
    }
}

/// An event as it stands in the calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Officient's id of it.
    pub id: i64,
    /// Whose it is.
    pub person_id: i64,
    /// Its content.
    pub leave: NewEvent,
}

/// A webhook subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Officient's id of it.
    pub id: i64,
    /// The event name.
    pub event: String,
    /// Where it is delivered.
    pub target_url: String,
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: i64,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) archived: bool,
    pub(super) deleted: bool,
}

impl Person {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

#[derive(Debug, Clone)]
pub(super) struct LeaveTypeRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) code: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct LeaveRequest {
    pub(super) id: i64,
    pub(super) person_id: i64,
    /// As they were asked for: an event deleted since is still shown, as declined.
    pub(super) events: Vec<Event>,
}

/// What the OAuth side gave out.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) connected: bool,
    /// Code → the redirect address it was asked with.
    pub(super) codes: HashMap<String, Option<String>>,
    pub(super) access: HashMap<String, Instant>,
    pub(super) refresh: HashSet<String>,
    pub(super) refuse_refresh: bool,
    pub(super) omit_refresh_token: bool,
    pub(super) lifetime: Duration,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) people: Vec<Person>,
    pub(super) leave_types: Vec<LeaveTypeRow>,
    pub(super) events: Vec<Event>,
    pub(super) requests: Vec<LeaveRequest>,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) tokens: Tokens,
    /// Cookie → e-mail address of whoever signed in with it.
    pub(super) sessions: HashMap<String, String>,
    pub(super) known_event_names: Vec<String>,
    pub(super) refused_event_names: Vec<String>,
    pub(super) redirect_uri: Option<String>,
    pub(super) rate_limit: (usize, Duration),
    pub(super) rate_limited: usize,
    pub(super) window: VecDeque<Instant>,
    next_event: i64,
    next_request: i64,
    next_subscription: i64,
}

impl State {
    pub(super) fn new(tokens: Tokens, rate_limit: (usize, Duration)) -> Self {
        Self {
            people: Vec::new(),
            leave_types: Vec::new(),
            events: Vec::new(),
            requests: Vec::new(),
            subscriptions: Vec::new(),
            tokens,
            sessions: HashMap::new(),
            known_event_names: Vec::new(),
            refused_event_names: Vec::new(),
            redirect_uri: None,
            rate_limit,
            rate_limited: 0,
            window: VecDeque::new(),
            next_event: 5001,
            next_request: 901,
            next_subscription: 3,
        }
    }

    /// Counts a call against the sliding window; false when it is beyond the limit, and then not counted.
    pub(super) fn admit(&mut self, now: Instant) -> bool {
        let (calls, period) = self.rate_limit;
        while self.window.front().is_some_and(|at| now.duration_since(*at) >= period) {
            self.window.pop_front();
        }
        if self.window.len() >= calls {
            self.rate_limited += 1;
            return false;
        }
        self.window.push_back(now);
        true
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
        self.people.push(Person { id, first_name, last_name, archived: false, deleted: false });
        id
    }

    pub(super) fn add_leave_type(&mut self, name: &str, code: Option<&str>) -> i64 {
        let id = self.leave_types.last().map_or(80, |leave_type| leave_type.id + 1);
        self.leave_types.push(LeaveTypeRow { id, name: name.to_owned(), code: code.map(str::to_owned) });
        id
    }

    pub(super) fn leave_type_mut(&mut self, id: i64) -> Option<&mut LeaveTypeRow> {
        self.leave_types.iter_mut().find(|leave_type| leave_type.id == id)
    }

    pub(super) fn leave_type_name(&self, leave_type: LeaveType) -> String {
        match leave_type {
            LeaveType::SickDay => "Sick day".to_owned(),
            LeaveType::Education => "Education".to_owned(),
            LeaveType::Custom(id) => self
                .leave_types
                .iter()
                .find(|row| row.id == id)
                .map_or_else(String::new, |row| row.name.clone()),
        }
    }

    /// Where an event stands: they stay in the order of their ids, for each is added at the end.
    fn event_at(&self, id: i64) -> Option<usize> {
        self.events.binary_search_by_key(&id, |event| event.id).ok()
    }

    pub(super) fn event(&self, id: i64) -> Option<&Event> {
        self.events.get(self.event_at(id)?)
    }

    pub(super) fn event_mut(&mut self, id: i64) -> Option<&mut Event> {
        let at = self.event_at(id)?;
        self.events.get_mut(at)
    }

    /// Adds an event, or replaces the one of that type on that day, of which there is at most one.
    pub(super) fn add_event(&mut self, person_id: i64, leave: NewEvent) -> (i64, bool) {
        let same = |event: &&mut Event| {
            event.person_id == person_id
                && event.leave.date == leave.date
                && event.leave.leave_type == leave.leave_type
        };
        if let Some(event) = self.events.iter_mut().find(same) {
            event.leave = leave;
            return (event.id, false);
        }
        let id = self.next_event;
        self.next_event += 1;
        self.events.push(Event { id, person_id, leave });
        (id, true)
    }

    pub(super) fn delete_event(&mut self, id: i64) -> Option<Event> {
        let at = self.event_at(id)?;
        Some(self.events.remove(at))
    }

    pub(super) fn add_request(&mut self, person_id: i64, event_ids: &[i64]) -> i64 {
        let id = self.next_request;
        self.next_request += 1;
        let events = event_ids.iter().filter_map(|event| self.event(*event).cloned()).collect();
        self.requests.push(LeaveRequest { id, person_id, events });
        id
    }

    /// The newest request that this event belongs to.
    fn request_of(&self, event_id: i64) -> Option<i64> {
        let holds = |request: &&LeaveRequest| request.events.iter().any(|event| event.id == event_id);
        self.requests.iter().rev().find(holds).map(|request| request.id)
    }

    /// The newest request that this event belongs to; made for it when there is none.
    pub(super) fn request_for(&mut self, event: &Event) -> i64 {
        if let Some(id) = self.request_of(event.id) {
            return id;
        }
        let id = self.add_request(event.person_id, &[]);
        if let Some(request) = self.requests.last_mut() {
            request.events.push(event.clone());
        }
        id
    }

    pub(super) fn add_subscription(&mut self, event: &str, target_url: &str) -> i64 {
        let id = self.next_subscription;
        self.next_subscription += 1;
        self.subscriptions.push(Subscription {
            id,
            event: event.to_owned(),
            target_url: target_url.to_owned(),
        });
        id
    }

    pub(super) fn knows_event_name(&self, name: &str) -> bool {
        let listed = |names: &[String]| names.iter().any(|known| known == name);
        listed(&self.known_event_names) && !listed(&self.refused_event_names)
    }

    /// A code as the consent page gives it to the browser.
    pub(super) fn issue_code(&mut self, redirect_uri: Option<String>) -> String {
        let code = clock::random_token();
        self.tokens.codes.insert(code.clone(), redirect_uri);
        code
    }
}

impl Tokens {
    /// A new access token, and a refresh token beside it when asked.
    pub(super) fn issue(&mut self, with_refresh: bool) -> (String, Option<String>) {
        let access = clock::random_token();
        self.access.insert(access.clone(), clock::now() + self.lifetime);
        let refresh = with_refresh.then(clock::random_token);
        self.refresh.extend(refresh.clone());
        self.connected = true;
        (access, refresh)
    }

    pub(super) fn accepts(&self, bearer: Option<&str>) -> bool {
        bearer.and_then(|token| self.access.get(token)).is_some_and(|until| clock::now() < *until)
    }
}
