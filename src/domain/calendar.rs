//! What Officient says about leave: calendar events, leave types, calendar requests, webhook subscriptions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::civil::Date;
use strum::EnumString;

use super::attention::EventFault;
use super::ids::{EventId, LeaveTypeId, PersonId, RequestId};

/// A person's calendar of one year.
pub struct CalendarYear {
    pub events: Vec<CalendarEvent>,
    /// How many entries are not understood. Any event may be behind them.
    pub unreadable: usize,
}

/// One event of a person's calendar: one day, or a part of one. A field that is not understood holds its fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarEvent {
    pub id: EventId,
    /// A fault too where the event is not of the day it is listed under, or not of the year of its calendar.
    pub date: Result<Date, EventFault>,
    /// The name of the leave type.
    pub name: Result<String, EventFault>,
    pub leave_type: LeaveTypeRef,
    pub category: Result<Category, EventFault>,
    pub status: Result<Status, EventFault>,
    /// Time that is worked: remote work, training.
    pub is_worked: Result<bool, EventFault>,
    pub duration_minutes: Result<Option<i64>, EventFault>,
    /// From midnight, wall clock; not always known.
    pub start_minutes: Option<i64>,
    /// Of work on that day; 0 where that is not known.
    pub scheduled_minutes: Result<i64, EventFault>,
}

/// Whether an event takes hours off the schedule (Officient docs: calendar, `type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Category {
    TimeOff,
    Overtime,
}

/// Officient docs: calendar, `status`; the outcome of a request may also be `declined`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    Approved,
    Pending,
    Declined,
}

/// The events by id. One that is listed twice with different content is not understood.
pub fn by_id(events: Vec<CalendarEvent>) -> BTreeMap<EventId, CalendarEvent> {
    let mut by_id: BTreeMap<EventId, CalendarEvent> = BTreeMap::new();
    for event in events {
        match by_id.entry(event.id) {
            Entry::Vacant(entry) => drop(entry.insert(event)),
            Entry::Occupied(mut entry) if *entry.get() != event => {
                entry.get_mut().date = Err(EventFault::ListedTwice);
            }
            Entry::Occupied(_) => {}
        }
    }
    by_id
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
    /// `None`: not understood.
    pub name: Option<String>,
    pub integrations: Vec<Integration>,
}

/// What the admin filled in for a connected app under *Geavanceerd*. `None`: not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    pub app: Option<String>,
    pub code: Option<String>,
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn event(id: i64, minutes: i64) -> CalendarEvent {
        CalendarEvent {
            id: EventId(id),
            date: Ok(date(2026, 4, 3)),
            name: Ok("Verlof".into()),
            leave_type: LeaveTypeRef::SickDay,
            category: Ok(Category::TimeOff),
            status: Ok(Status::Approved),
            is_worked: Ok(false),
            duration_minutes: Ok(Some(minutes)),
            start_minutes: None,
            scheduled_minutes: Ok(456),
        }
    }

    #[test]
    fn an_event_that_is_listed_twice_counts_once_unless_its_content_differs() {
        let events = by_id(vec![event(1, 60), event(2, 60), event(1, 60), event(2, 90)]);
        assert_eq!(events.keys().map(|event| event.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(events[&EventId(1)], event(1, 60));
        assert_eq!(events[&EventId(2)].date, Err(EventFault::ListedTwice));
    }
}
