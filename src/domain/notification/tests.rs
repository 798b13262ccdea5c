use jiff::SignedDuration;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::attention::LastingFailure;

const QUIET: Duration = Duration::from_mins(10);
const KIND: AttentionKind = AttentionKind::OfficientFailing;

/// So many minutes after an arbitrary moment.
fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
}

fn failing(failure: FailureKind, error: &str) -> Cause {
    Cause::UpstreamFailing(LastingFailure { failure, error: error.to_owned(), since: at(-15) })
}

fn item(since: i64, ended_at: Option<i64>) -> Item {
    let cause = Some(failing(FailureKind::OfficientUnavailable, "reading person 7: status 500"));
    Item { kind: KIND, cause, since: at(since), ended_at: ended_at.map(at) }
}

fn away() -> Reason {
    Reason { failure: Some(FailureKind::OfficientUnavailable), call: None }
}

fn incidents(opened_at: Option<i64>, last_ended: Option<i64>) -> Incidents {
    let incident = |opened_at| Incident { id: 1, kind: KIND, reasons: vec![away()], opened_at: at(opened_at) };
    Incidents {
        open: opened_at.map(incident).into_iter().collect(),
        last_ended: last_ended.map(|ended_at| (KIND, at(ended_at))).into_iter().collect(),
    }
}

fn opens(opened_at: i64) -> Vec<Step> {
    vec![Step::Open { kind: KIND, reasons: vec![away()], opened_at: at(opened_at) }]
}

fn ends(ended_at: i64) -> Vec<Step> {
    vec![Step::End { incident: 1, kind: KIND, opened_at: at(0), ended_at: at(ended_at) }]
}

#[test]
fn an_incident_opens_once_and_ends_after_a_quiet_time() {
    let none = Vec::new;
    let (fresh, open) = (incidents(None, None), incidents(Some(0), None));
    let again = incidents(None, Some(3));
    for (incidents, items, now, steps) in [
        (&fresh, none(), 0, vec![]),
        (&fresh, vec![item(0, None)], 0, opens(0)),
        // It opened while nobody led.
        (&fresh, vec![item(0, None)], 700, opens(0)),
        (&open, vec![item(0, None)], 700, vec![]),
        (&open, vec![item(0, Some(3))], 12, vec![]),
        (&open, vec![item(0, Some(3))], 13, ends(3)),
        // It came back, so the quiet time begins anew.
        (&open, vec![item(0, Some(3)), item(9, None)], 30, vec![]),
        (&open, vec![item(0, Some(3)), item(9, Some(11))], 20, vec![]),
        (&open, vec![item(0, Some(3)), item(9, Some(11))], 21, ends(11)),
        // Its items were deleted.
        (&open, none(), 10, ends(0)),
        // It was there for a moment only, or before there were notifications.
        (&fresh, vec![item(0, Some(0))], 1, opens(0)),
        (&fresh, vec![item(0, Some(1))], 11, vec![]),
        // The item that ended with the last incident is no new one.
        (&again, vec![item(0, Some(3))], 13, vec![]),
        // Nor is it when the quiet time was made longer since.
        (&again, vec![item(0, Some(3))], 12, vec![]),
        (&again, vec![item(5, Some(5))], 14, opens(5)),
        // It was ignored for a while.
        (&again, vec![item(0, None)], 20, opens(3)),
    ] {
        assert_eq!(incidents.compare(&items, QUIET, at(now)), steps, "{incidents:?} {items:?} {now}");
    }
}

#[test]
fn only_a_reason_that_no_message_named_is_news() {
    let change = |failure, error: &str| {
        let item = Item { cause: Some(failing(failure, error)), ..item(0, None) };
        incidents(Some(0), None).compare(&[item], QUIET, at(1))
    };
    assert_eq!(change(FailureKind::OfficientUnavailable, "reading the account: status 502"), []);
    let call = "reading the calendar of person … for … at Officient".to_owned();
    let new_reasons = vec![Reason { failure: Some(FailureKind::OfficientRefused), call: Some(call) }];
    assert_eq!(
        change(
            FailureKind::OfficientRefused,
            "reading the calendar of person 264 for 2026 at Officient: refused (403)"
        ),
        [Step::Change { incident: 1, kind: KIND, new_reasons, opened_at: at(0) }]
    );
}

#[test]
fn incidents_of_different_kinds_do_not_disturb_each_other_and_an_items_cause_may_be_unknown() {
    let silent = Item { kind: AttentionKind::WebhooksSilent, cause: None, since: at(2), ended_at: None };
    let steps = incidents(Some(0), None).compare(&[silent, item(0, Some(1))], QUIET, at(20));
    let opened = Step::Open { kind: AttentionKind::WebhooksSilent, reasons: vec![Reason::default()], opened_at: at(2) };
    assert_eq!(steps, [ends(1), vec![opened]].concat());
}

#[test]
fn people_and_types_are_no_incidents() {
    let of_a_person = Item { kind: AttentionKind::UnmatchedPerson, ..item(0, None) };
    assert_eq!(Incidents::default().compare(&[of_a_person], QUIET, at(0)), []);
}

fn notification(topic: Topic) -> Notification {
    Notification {
        topic,
        language: Language::Dutch,
        reason: None,
        opened_at: None,
        ended_at: None,
        counts: BTreeMap::new(),
        verdict: None,
    }
}

#[test]
fn only_an_incident_is_opened_or_resolved() {
    for (topic, opened, ended) in
        [(Topic::Incident(KIND), "opened", "resolved"), (Topic::Digest, "info", "info"), (Topic::Test, "info", "info")]
    {
        assert_eq!(notification(topic).state(), opened, "{topic:?}");
        assert_eq!(Notification { ended_at: Some(at(0)), ..notification(topic) }.state(), ended, "{topic:?}");
    }
}

#[test]
fn a_failed_attempt_says_why_with_its_status_and_whether_the_next_message_would_fail_too() {
    for (fault, status, would_fail_too, text) in [
        (DeliveryFault::Refused, Some(550), false, "the server refused it (550)"),
        (DeliveryFault::Refused, None, false, "the server refused it"),
        (DeliveryFault::TimedOut, None, true, "the server did not respond in time"),
        (DeliveryFault::Unreachable, None, true, "there was no connection, or it broke off"),
    ] {
        let error = DeliveryError { fault, status };
        assert_eq!((error.is_of_server(), error.to_string().as_str()), (would_fail_too, text));
    }
}

#[test]
fn a_message_is_tried_for_three_days() {
    let message = |attempts| OutgoingMessage {
        id: 1,
        message_id: "test-1".to_owned(),
        reply_to: None,
        recipient: String::new(),
        created_at: at(0),
        attempts,
        notification: notification(Topic::Test),
    };
    let wait = |attempts| message(attempts).next_attempt_at(at(0)).map(|next| next.duration_since(at(0)).as_secs());
    let waits = [1, 2, 3, 7, 8, 9, i32::MAX].map(wait);
    assert_eq!(waits, [Some(30), Some(60), Some(120), Some(1920), Some(3600), Some(3600), Some(3600)]);
    let three_days = 3 * 24 * 60;
    assert!(message(1).next_attempt_at(at(three_days - 1)).is_some());
    assert_eq!(message(1).next_attempt_at(at(three_days)), None);
}

#[test]
fn the_digest_is_due_at_its_time_of_day() {
    let day = |day, hour| last_digest_day(date(2026, 12, day).at(hour, 0, 0, 0), Time::constant(8, 0, 0, 0));
    assert_eq!([day(2, 7), day(2, 8), day(2, 23), day(3, 0)].map(jiff::civil::Date::day), [1, 2, 2, 2]);
}

#[test]
fn a_notification_is_stored_and_read_unchanged() {
    for topic in INCIDENT_KINDS.map(Topic::Incident).into_iter().chain([Topic::Digest, Topic::Test]) {
        let notification = Notification {
            language: Language::French,
            reason: Some(away()),
            opened_at: Some(at(0)),
            counts: [("unmatched_person".to_owned(), 2)].into(),
            ..notification(topic)
        };
        let stored = serde_json::to_value(&notification).unwrap();
        assert_eq!(stored["language"], "fr");
        assert_eq!(serde_json::from_value::<Notification>(stored).unwrap(), notification);
    }
}

/// The items of one kind over time: each minute it is open or not. Plays what the leader does each minute.
fn play(minutes: &[bool], looks: &[bool]) -> Vec<Step> {
    let (mut items, mut incidents, mut steps): (Vec<Item>, Incidents, Vec<Step>) = Default::default();
    for (minute, (is_open, looks)) in minutes.iter().zip(looks).enumerate() {
        let minute = i64::try_from(minute).unwrap();
        match items.last_mut().filter(|item| item.ended_at.is_none()) {
            None if *is_open => items.push(item(minute, None)),
            Some(open) if !is_open => open.ended_at = Some(at(minute)),
            Some(_) | None => {}
        }
        if !looks {
            continue;
        }
        for step in incidents.compare(&items, QUIET, at(minute)) {
            match &step {
                Step::Open { kind, reasons, opened_at } => incidents.open.push(Incident {
                    id: 1,
                    kind: *kind,
                    reasons: reasons.clone(),
                    opened_at: *opened_at,
                }),
                Step::End { kind, ended_at, .. } => {
                    incidents.open.clear();
                    incidents.last_ended = vec![(*kind, *ended_at)];
                }
                Step::Change { .. } => unreachable!("there is one reason"),
            }
            steps.push(step);
        }
    }
    steps
}

/// The spans of minutes in which it is open. A pause that is over when the quiet time is does not count.
fn spans(minutes: &[bool]) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for (minute, _) in minutes.iter().enumerate().filter(|(_, is_open)| **is_open) {
        let minute = i64::try_from(minute).unwrap();
        match spans.last_mut().filter(|(_, end)| minute <= *end + 10) {
            Some(span) => span.1 = minute + 1,
            None => spans.push((minute, minute + 1)),
        }
    }
    spans
}

proptest! {
    #[test]
    fn every_span_is_reported_once_when_it_begins_and_once_when_it_is_over(
        mut minutes in proptest::collection::vec(any::<bool>(), 0..80),
        pauses in proptest::collection::vec(5_usize..30, 0..3),
    ) {
        for pause in pauses {
            minutes.extend(std::iter::repeat_n(false, pause));
            minutes.extend([true, false, true]);
        }
        minutes.extend([false; 20]);
        let steps = play(&minutes, &vec![true; minutes.len()]);
        let expected: Vec<Step> =
            spans(&minutes).into_iter().flat_map(|(begin, end)| {
                let end = Step::End { incident: 1, kind: KIND, opened_at: at(begin), ended_at: at(end) };
                [opens(begin), vec![end]].concat()
            }).collect();
        prop_assert_eq!(steps, expected);
    }

    /// Nobody led for a while, or the leader was busy.
    #[test]
    fn whenever_the_leader_looks_a_beginning_and_an_end_alternate(
        minutes in proptest::collection::vec((any::<bool>(), any::<bool>()), 0..120),
    ) {
        let (mut open, mut looks): (Vec<bool>, Vec<bool>) = minutes.into_iter().unzip();
        open.extend([false; 20]);
        looks.extend([true; 20]);
        let steps = play(&open, &looks);
        let is_opening = |step: &Step| matches!(step, Step::Open { .. });
        prop_assert!(steps.len().is_multiple_of(2), "{:?}", steps);
        for pair in steps.chunks(2) {
            prop_assert!(is_opening(&pair[0]) && !is_opening(&pair[1]), "{:?}", steps);
        }
        for step in steps {
            if let Step::End { opened_at, ended_at, .. } = step {
                prop_assert!(opened_at.duration_since(ended_at) <= SignedDuration::ZERO);
            }
        }
    }
}
