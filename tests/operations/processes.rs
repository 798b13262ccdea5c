//! The real program as processes that are killed and stopped at every moment.

use crate::support::changes::{Dice, change, standing, until_equal, wanted};
use crate::support::prelude::*;
use crate::support::program::{Replica, Serving, memory_of, with};

#[tokio::test]
async fn thirty_kills_during_three_hundred_changes_lose_and_duplicate_no_absence() {
    let patient = options().officient(|options| options.first_redelivery = Duration::from_millis(50));
    let w = patient.set("sync.max_deletions", "1000").connected_without_service().await;
    let people = [vec![(w.jan, w.user)], w.hire_people(7)].concat();
    let (environment, port) = (w.environment(), w.port());
    w.officient.set_notify(true);
    w.optedo.set_latency(Duration::from_millis(3));
    let mut dice = Dice(1);
    let mut replica = Replica::start(&w, &environment, port).await;
    for _ in 0..30 {
        for _ in 0..10 {
            change(&w, &people, &mut dice);
        }
        // The kill comes at a random moment.
        let moment = u64::try_from(dice.below(60)).unwrap();
        tokio::time::sleep(Duration::from_millis(moment)).await;
        replica.kill();
        assert!(w.optedo.max_same_reference_ever() <= 1, "an event has two absences");
        replica = Replica::start(&w, &environment, port).await;
    }
    w.officient.webhooks_delivered().await;
    until_equal(&w, &people).await;
    w.settle().await;
    w.sweep().await;
    assert_eq!(standing(&w), wanted(&w, &people));
    assert!(w.optedo.created_ever() > 60, "too little happened to prove anything");
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_kill_at_any_point_of_a_write_does_not_repeat_the_write() {
    let w = options().set("sync.adopt_existing", "false").connected_without_service().await;
    let (environment, port) = (w.environment(), w.port());
    let kept = w.take_leave(0);
    let points = [
        ("before Optedo is read", "GET /api/absences", Fault::Timeout),
        ("with the intent on disk, before the create", "POST /api/absences", Fault::Timeout),
        ("after the create, before its result is on disk", "POST /api/absences", Fault::AnswerHangs),
        ("before the change", "PUT /api/absences/", Fault::Timeout),
        ("after the change", "PUT /api/absences/", Fault::AnswerHangs),
        ("before the deletion", "DELETE /api/absences/", Fault::Timeout),
        ("after the deletion", "DELETE /api/absences/", Fault::AnswerHangs),
    ];
    let long = with(environment.clone(), "optedo.timeout", "20s");
    for (day, (point, path, fault)) in (1..).zip(points) {
        let replica = Replica::start(&w, &environment, port).await;
        let event = w.take_leave(day);
        if !path.starts_with("GET") && !path.starts_with("POST") {
            replica.receive(&w, w.jan).await;
            w.until("there is something to change", async || w.absence_of(event).is_some()).await;
            w.settle().await;
        }
        replica.kill();
        let replica = Replica::start(&w, &long, port).await;
        w.optedo.fault_on(path, fault, 1);
        match path.split(' ').next().unwrap() {
            "PUT" => w.make_partial(event, 9, 60),
            "DELETE" => drop(w.officient.delete_event(event)),
            _ => {}
        }
        replica.receive(&w, w.jan).await;
        w.until(point, async || w.optedo.faults_left() == 0).await;
        replica.kill();
        // The next process need not wait until the call of the killed one can no longer take effect.
        w.sql("update absences set call_until = now() where call_until is not null").await;
        let replica = Replica::start(&w, &environment, port).await;
        let people = [(w.jan, w.user)];
        until_equal(&w, &people).await;
        w.settle().await;
        assert!(w.absence_of(kept).is_some(), "{point}");
        w.finish(&[]).await;
        replica.kill();
    }
}

#[tokio::test]
async fn a_kill_during_a_token_refresh_or_a_subscription_has_no_consequence() {
    let w = options().connected_without_service().await;
    let (environment, port) = (w.environment(), w.port());
    let subscriptions = w.officient.subscriptions().len();
    let points: [(&str, &str, Fault); 4] = [
        ("before a refresh", "POST /1.0/token", Fault::Timeout),
        ("after a refresh", "POST /1.0/token", Fault::AnswerHangs),
        ("before a webhook is registered", "POST /1.0/webhooks/add", Fault::Timeout),
        ("after a webhook was registered", "POST /1.0/webhooks/add", Fault::AnswerHangs),
    ];
    for (day, (point, path, fault)) in (0..).zip(points) {
        w.officient.fault_on(path, fault, 1);
        if path.ends_with("token") {
            w.officient.expire_access_tokens();
        } else {
            w.officient.remove_subscription(w.officient.subscriptions()[0].id);
        }
        let replica = Replica::start(&w, &environment, port).await;
        w.until(point, async || w.officient.faults_left() == 0).await;
        replica.kill();
        let event = w.take_leave(day);
        let _replica = Replica::start(&w, &environment, port).await;
        w.webhook().await;
        assert!(w.absence_of(event).is_some(), "{point}");
        w.sweep().await;
        assert_eq!(w.officient.subscriptions().len(), subscriptions, "{point}");
        assert_eq!(w.status().await["state"], "connected", "{point}");
        w.finish(&[]).await;
    }
}

/// A body that nobody sends by accident.
fn hostile_body(dice: &mut Dice) -> Vec<u8> {
    let noise = |dice: &mut Dice, length: usize| -> Vec<u8> {
        (0..length).map(|_| u8::try_from(dice.below(256)).unwrap()).collect()
    };
    let good = br#"{"account":"acme","event_type":"calendar_event_added","related_object_id":"264"}"#.to_vec();
    match dice.below(12) {
        0 => noise(dice, 300),
        1 => b"[".repeat(30_000),
        2 => [&br#"{"event_type":"e","x":"#[..], &b"[".repeat(30_000), &b"]".repeat(30_000), b"}"].concat(),
        3 => vec![b' '; 64 * 1024 + 1],
        4 => good[..dice.below(good.len())].to_vec(),
        5 => {
            let mut flipped = good.clone();
            let at = dice.below(good.len());
            flipped[at] = u8::try_from(dice.below(256)).unwrap();
            flipped
        }
        6 => [&br#"{"event_type":""#[..], &noise(dice, 2000), br#""}"#].concat(),
        7 => br#"{"event_type":"\u0000\ud800","related_object_id":-1e400}"#.to_vec(),
        8 => format!(r#"{{"event_type":"{}"}}"#, "é".repeat(20_000)).into_bytes(),
        9 => format!(r#"{{"event_type":"person_added","related_object_id":"{}"}}"#, "9".repeat(60_000)).into_bytes(),
        10 => br#"{"event_type":"a","event_type":["b"],"related_object_id":{"a":{"b":[[[]]]}}}"#.to_vec(),
        _ => format!(r#"{{"event_type":"x{}","related_object_id":{}}}"#, dice.below(99_999), dice.below(1 << 20))
            .into_bytes(),
    }
}

#[tokio::test]
async fn a_thousand_bursts_of_hostile_webhooks_cause_no_error_no_panic_and_no_memory_growth() {
    let w = options().connected_without_service().await;
    let serving = Serving::start(&w, with(w.environment(), "log.filter", "warn")).await;
    let mut dice = Dice(3);
    let mut early = 0;
    for burst in 0..1000 {
        let bodies: Vec<Vec<u8>> = (0..6).map(|_| hostile_body(&mut dice)).collect();
        let posts = bodies.iter().map(|body| w.http.post(w.webhook_url()).body(body.clone()).send());
        for (response, body) in futures_util::future::join_all(posts).await.into_iter().zip(&bodies) {
            let status = response.unwrap().status().as_u16();
            let shown = String::from_utf8_lossy(&body[..body.len().min(100)]).into_owned();
            assert!([200, 400, 413].contains(&status), "{status} for {shown}");
        }
        if burst == 300 {
            early = memory_of(serving.id);
        }
    }
    let late = memory_of(serving.id);
    assert!(late < early + 10_000, "from {early} to {late} KiB");
    let event = w.take_leave(0);
    w.webhook().await;
    assert!(w.absence_of(event).is_some());
    let ended = serving.stop().await;
    let log = [ended.out, ended.err].concat();
    assert!(!log.contains("panicked") && !log.contains("\"ERROR\""), "{log}");
}
