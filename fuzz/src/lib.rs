//! Properties that hold for every input from outside: one function for each fuzz target of the same name.
//!
//! A fuzz target calls its function with input that a fuzzer generates. `tests/security/input.rs` includes this file, and
//! calls all functions with the corpus and with random input. A function panics when its input violates the property.

use jiff::civil::{Time, date};

use optedo_officient::config::LeaveTypes;
use optedo_officient::domain::absence::{AbsenceType, User};
use optedo_officient::domain::attention::{difference, fold};
use optedo_officient::domain::calendar::CalendarEvent;
use optedo_officient::domain::company::Names;
use optedo_officient::domain::desired::{Classification, Rules, Window, classify};
use optedo_officient::domain::ids::{AbsenceTypeId, PersonId, UserId};
use optedo_officient::domain::mapping::{MappingRules, TypeChoices};
use optedo_officient::domain::matching::{PersonChoices, PersonMatch, UserDirectory, match_person};
use optedo_officient::domain::webhook::WebhookPayload;
use optedo_officient::officient::readable;

/// The body of a webhook: it is refused, or its texts can be stored.
pub fn webhook(body: &[u8]) {
    let Ok(payload) = WebhookPayload::parse(body) else { return };
    for text in [Some(&payload.event_type), payload.related_object_id.as_ref()].into_iter().flatten() {
        assert!(!text.contains('\0'), "Postgres stores no NUL character");
        assert!(text.chars().count() <= 1000, "the length of a text is limited");
    }
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let is_object = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    assert!(is_object, "only a JSON object is a webhook");
}

/// A response of Officient: an error never quotes it, and an absence that results from it ends after it starts.
pub fn officient(body: &[u8]) {
    let (events, errors) = readable(body);
    for error in errors {
        let is_fixed_text = error.chars().all(|char| char.is_ascii_alphanumeric() || " -:,._[]()".contains(char));
        assert!(is_fixed_text && error.len() < 200, "the error quotes the response: {error:?}");
    }
    for event in events {
        check_classification(&event);
    }
}

/// Two names on two lines: they match if and only if they are equal, code point by code point.
pub fn names(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let (in_officient, in_optedo) = text.split_once('\n').unwrap_or((&text, ""));
    let names = |name: &str| {
        let (first, last) = name.split_once(' ').unwrap_or((name, ""));
        Names { first: first.to_owned(), last: last.to_owned() }
    };
    let (person, user) = (names(in_officient), names(in_optedo));
    let directory = UserDirectory::new(vec![User {
        id: UserId(1),
        first_name: user.first.clone(),
        last_name: user.last.clone(),
        active: true,
    }]);
    let matched = match_person(PersonId(1), &person, 0, &directory, &PersonChoices::new());
    assert_eq!(matched.user().is_some(), person == user, "only equal names match");
    for (one, other) in [(&person.first, &user.first), (&person.last, &user.last)] {
        assert_eq!(difference(one, one), None);
        if difference(one, other).is_some() {
            assert!(one != other && fold(one) == fold(other), "a hint is only for names that are nearly equal");
        }
    }
}

/// The date, the start and the duration of a calendar event, separated by commas: as [`officient`].
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

/// Checks the absence, if any, that this event of a matched person results in.
fn check_classification(event: &CalendarEvent) {
    let built_in = LeaveTypes::default();
    let absence_types = [AbsenceType { id: AbsenceTypeId(1), description: event.name.clone().unwrap_or_default() }];
    let window = Window { from: date(2026, 1, 1), until: date(2027, 12, 31) };
    let choices = TypeChoices::new();
    let mapping = MappingRules {
        integration_app: "optedo",
        built_in: &built_in,
        choices: &choices,
        absence_types: &absence_types,
    };
    let rules = Rules { window, include_pending: true, default_start: Time::midnight(), mapping };
    let classification = classify(event, "", &PersonMatch::Matched(UserId(1)), &[], &rules);
    if let Classification::Absent(absence) = classification {
        assert!(absence.times.start < absence.times.end, "{:?}", absence.times);
        assert!(window.contains(absence.date) && absence.times.start.date() >= absence.date);
    }
}
