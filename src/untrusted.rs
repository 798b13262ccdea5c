//! What must hold of everything that strangers send: one function for each sort of input.
//!
//! The fuzz targets (`fuzz/`) call them with whatever a fuzzer thinks of, the tests with the corpus and with generated
//! bytes. Each panics when its input makes the service do what it never may.

use jiff::civil::{Time, date};

use crate::config::LeaveTypes;
use crate::domain::absence::{AbsenceType, User};
use crate::domain::attention::{difference, fold};
use crate::domain::calendar::CalendarEvent;
use crate::domain::company::Names;
use crate::domain::desired::{Classification, Rules, Window, classify};
use crate::domain::ids::{AbsenceTypeId, PersonId, UserId};
use crate::domain::mapping::MappingRules;
use crate::domain::matching::{PersonMatch, UserDirectory, match_person};
use crate::domain::webhook::WebhookPayload;
use crate::officient::readable;

/// The body of a webhook: taken or refused, and what is taken can be stored.
pub fn webhook(body: &[u8]) {
    let Ok(payload) = serde_json::from_slice::<WebhookPayload>(body) else { return };
    for text in [Some(&payload.event_type), payload.related_object_id.as_ref()].into_iter().flatten() {
        assert!(!text.contains('\0'), "Postgres stores no NUL");
        assert!(text.chars().count() <= 1000, "texts are bounded");
    }
    let is_object = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    assert!(is_object, "only an object is a webhook");
}

/// A response of Officient: read whole or not at all, and whatever its events say, an absence ends after it starts.
pub fn officient(body: &[u8]) {
    let (events, errors) = readable(body);
    for error in errors {
        let is_ours = error.chars().all(|char| char.is_ascii_alphanumeric() || " -:,._[]()".contains(char));
        assert!(is_ours && error.len() < 200, "an error quotes the response: {error:?}");
    }
    for event in events {
        judge(&event);
    }
}

/// Two names, divided by a line's end: matched exactly when they are equal code point by code point.
pub fn names(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let (ours, theirs) = text.split_once('\n').unwrap_or((&text, ""));
    let names = |name: &str| {
        let (first, last) = name.split_once(' ').unwrap_or((name, ""));
        Names { first: first.to_owned(), last: last.to_owned() }
    };
    let (ours, theirs) = (names(ours), names(theirs));
    let user = User {
        id: UserId(1),
        first_name: theirs.first.clone(),
        last_name: theirs.last.clone(),
        active: true,
    };
    let matched = match_person(PersonId(1), &ours, 0, &UserDirectory::new(vec![user]));
    assert_eq!(matched.user().is_some(), ours == theirs, "a match is equality and nothing else");
    for (one, other) in [(&ours.first, &theirs.first), (&ours.last, &theirs.last)] {
        assert_eq!(difference(one, one), None);
        if difference(one, other).is_some() {
            assert!(one != other && fold(one) == fold(other), "what differs a little is alike");
        }
    }
}

/// A day and three numbers, divided by commas: date, start, duration and schedule of an event.
pub fn dates(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let mut fields = text.split(',');
    let mut field = || fields.next().unwrap_or_default().to_owned();
    let event = serde_json::json!({
        "id": 1, "name": "Verlof", "event_type": "custom", "custom_day_off_type_id": 80, "type": "time_off",
        "status": "approved", "date": field(), "start_time_minutes": field(), "duration_minutes": field(),
    });
    let calendar = serde_json::json!({"data": {"time_off": [{"scheduled_minutes": "", "events": [event]}]}});
    officient(calendar.to_string().as_bytes());
}

/// What an event of a person who matches comes to.
fn judge(event: &CalendarEvent) {
    let (leave_types, absence_types) =
        (LeaveTypes::default(), [AbsenceType { id: AbsenceTypeId(1), description: event.name.clone() }]);
    let window = Window { from: date(2026, 1, 1), until: date(2027, 12, 31) };
    let mapping =
        MappingRules { integration_app: "optedo", built_in: &leave_types, absence_types: &absence_types };
    let rules = Rules { window, include_pending: true, default_start: Time::midnight(), mapping };
    let came_to = classify(event, "", &PersonMatch::Matched(UserId(1)), &[], &rules);
    if let Classification::Absent(absence) = came_to {
        assert!(absence.times.start < absence.times.end, "{:?}", absence.times);
        assert!(window.contains(absence.date) && absence.times.start.date() >= absence.date);
    }
}
