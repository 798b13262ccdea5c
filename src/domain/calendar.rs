//! What Officient says about leave: calendar events, leave types, calendar requests, webhook subscriptions.

use jiff::civil::Date;

use super::ids::{EventId, LeaveTypeId, PersonId, RequestId};

/// One event of a person's calendar: one day, or a part of one.
#[derive(Clone, PartialEq, Eq)]
pub struct CalendarEvent {
    pub id: EventId,
    /// `None` where the response has none that can be read.
    pub date: Option<Date>,
    /// The name of the leave type.
    pub name: String,
    pub leave_type: LeaveTypeRef,
    /// `time_off` takes hours off the schedule, `overtime` adds.
    pub category: String,
    /// `approved` or `pending`.
    pub status: String,
    /// Time that is worked: remote work, training.
    pub is_worked: bool,
    /// `None` where it is missing or no number.
    pub duration_minutes: Option<i64>,
    /// From midnight, wall clock; not always known.
    pub start_minutes: Option<i64>,
    /// Of work on that day; 0 where that is not known.
    pub scheduled_minutes: i64,
}

/// `event_type` with `custom_day_off_type_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeaveTypeRef {
    /// One of the company's leave types; `None`: the response does not say which.
    Custom(Option<LeaveTypeId>),
    /// Built in.
    SickDay,
    /// Built in.
    Education,
}

/// One of the company's leave types in a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaveType {
    pub id: LeaveTypeId,
    pub name: String,
    /// What the admin filled in under *Geavanceerd*: (app, code).
    pub integrations: Vec<(String, String)>,
}

/// A calendar request, and who asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedRequest {
    pub id: RequestId,
    pub requester: PersonId,
}

/// A webhook subscription.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    pub id: i64,
    /// The name of the event subscribed to.
    pub event: String,
    /// Where webhooks are delivered; holds the secret token when the subscription is ours.
    pub target_url: String,
}
