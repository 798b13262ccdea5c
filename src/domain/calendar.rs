//! What Officient says about leave: calendar events, leave types, calendar requests, webhook subscriptions.

use jiff::civil::Date;

use super::ids::{EventId, LeaveTypeId, PersonId, RequestId};

/// One event of a person's calendar: one day, or a part of one.
#[derive(Clone, PartialEq, Eq)]
pub struct CalendarEvent {
    /// The id.
    pub id: EventId,
    /// The day; `None` where Officient's answer has none that can be read.
    pub date: Option<Date>,
    /// The type's name.
    pub name: String,
    /// Which sort of type it is of.
    pub leave_type: LeaveTypeRef,
    /// `time_off` takes hours off the schedule, `overtime` adds.
    pub kind: String,
    /// `approved` or `pending`.
    pub status: String,
    /// Time that is worked: remote work, training.
    pub is_worked: bool,
    /// Minutes; `None` where it is missing or no number.
    pub duration_minutes: Option<i64>,
    /// Minutes from midnight, wall clock; not always known.
    pub start_minutes: Option<i64>,
    /// Minutes of work scheduled on that day; 0 where that is not known.
    pub scheduled_minutes: i64,
}

/// `event_type` with `custom_day_off_type_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeaveTypeRef {
    /// One of the company's leave types; `None`: the answer does not say which.
    Custom(Option<LeaveTypeId>),
    /// Built in.
    SickDay,
    /// Built in.
    Education,
}

/// One of the company's leave types in a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaveType {
    /// The id.
    pub id: LeaveTypeId,
    /// The name.
    pub name: String,
    /// What the admin filled in under *Geavanceerd*: (app, code).
    pub integrations: Vec<(String, String)>,
}

/// Who asked for a calendar request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedRequest {
    /// The id.
    pub id: RequestId,
    /// The requester.
    pub requester: PersonId,
}

/// A webhook subscription.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The id.
    pub id: i64,
    /// The event name.
    pub event: String,
    /// Where it is delivered; holds the secret token when it is ours.
    pub target_url: String,
}
