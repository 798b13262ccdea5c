use std::time::{Duration, Instant};

use futures_util::future::join_all;
use optedo_officient::officient::rate_limiter::Priority;
use optedo_officient::simulators::Fault;
use optedo_officient::simulators::officient::LeaveType;
use tokio::time::sleep;

use crate::support::Options;
use crate::support::world::{World, options, whole_day};

/// Officient's limit, but for a period of another length on both sides.
fn limit(period: Duration) -> Options {
    Options::default()
        .set("officient.rate_limit_period", &format!("{}ms", period.as_millis()))
        .officient(|options| options.rate_limit_period = period)
}

/// Ten times faster: 30 calls in half a second.
fn fast_limit() -> Options {
    limit(Duration::from_millis(500))
}

/// Twenty people with a request for two days each, all of it imported: (person, user, request, events).
fn company_of_twenty(w: &World) -> Vec<(i64, i64, i64, Vec<i64>)> {
    let mut people = Vec::new();
    for number in 0..20 {
        let (person, user) = w.hire("Piet", &format!("Pieters{number}"));
        let (request, events) = w.officient.add_leave(person, [w.leave(0), w.leave(1)]);
        people.push((person, user, request, events));
    }
    people
}

/// Five hundred webhooks arrive side by side; everything is changed before. Returns how many calls that cost.
async fn burst(w: &World, ids: &[i64]) -> usize {
    w.officient.clear_calls();
    let deliveries = (0..500).map(|number| w.deliver("calendar_event_updated", ids[number % ids.len()]));
    for status in futures_util::future::join_all(deliveries).await {
        assert_eq!(status, 200);
    }
    w.settle().await;
    assert_eq!(w.officient.rate_limited(), 0);
    w.officient.calls().len()
}

#[tokio::test]
async fn a_burst_about_twenty_people_costs_few_calls_whether_it_points_at_people_events_or_requests() {
    let w = World::start_with(fast_limit()).await;
    let people = company_of_twenty(&w);
    w.connect_and_import().await;
    let ids_of_people: Vec<i64> = people.iter().map(|(person, ..)| *person).collect();
    let ids_of_events: Vec<i64> = people.iter().flat_map(|(.., events)| events.clone()).collect();
    let ids_of_requests: Vec<i64> = people.iter().map(|(_, _, request, _)| *request).collect();
    for (hour, ids) in (9..).zip([ids_of_people, ids_of_events, ids_of_requests]) {
        for (.., events) in &people {
            w.officient.change_event(events[0], |leave| *leave = leave.clone().part(hour * 60, 60));
        }
        let calls = burst(&w, &ids).await;
        assert!(calls <= 100, "{calls} calls for ids like {}", ids[0]);
        for (.., events) in &people {
            assert_eq!(w.times_of(events[0]).unwrap().0.hour(), i8::try_from(hour).unwrap());
        }
    }
    w.finish(&[]).await;
}

/// How many calls went where, ids left out.
fn by_path(w: &World) -> std::collections::BTreeMap<String, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for call in w.officient.calls() {
        let path: String = call.path.chars().filter(|char| !char.is_ascii_digit()).collect();
        *counts.entry(path).or_default() += 1;
    }
    counts
}

/// Twenty people take twenty-five days each, all at once.
async fn burst_of_new_leave(points_at_requests: bool) {
    let w = World::start_with(limit(Duration::from_millis(1500))).await;
    let people = company_of_twenty(&w);
    w.connect_and_import().await;
    let mut ids = Vec::new();
    for (person, ..) in &people {
        let (request, events) = w.officient.add_leave(*person, (2..27).map(|day| w.leave(day)));
        if points_at_requests {
            ids.push(request);
        } else {
            ids.extend(events);
        }
    }
    let calls = burst(&w, &ids).await;
    assert!(calls <= 100, "{calls} calls: {:?}", by_path(&w));
    for (_, user, ..) in &people {
        assert_eq!(w.optedo.absences_of(*user).len(), 27);
    }
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_burst_about_new_events_of_twenty_people_costs_few_calls() {
    burst_of_new_leave(false).await;
}

#[tokio::test]
async fn a_burst_about_new_requests_of_twenty_people_costs_few_calls() {
    burst_of_new_leave(true).await;
}

#[tokio::test]
async fn one_webhook_costs_at_most_four_calls_and_one_write() {
    let w = World::start().await;
    let (request, events) = w.officient.add_leave(w.jan, [w.leave(0)]);
    w.connect_and_import().await;
    for (hour, id) in (9..).zip([w.jan, events[0], request]) {
        w.officient.change_event(events[0], |leave| *leave = leave.clone().part(hour * 60, 60));
        w.officient.clear_calls();
        w.optedo.clear_calls();
        w.announce_about("calendar_event_updated", id).await;
        assert!(w.officient.calls().len() <= 4, "{:?}", w.officient.calls());
        // Users, types and what stands are read once more, beside the calendar: they count as they are now.
        assert!(w.optedo.calls().len() <= 4, "{:?}", w.optedo.calls());
        assert_eq!(w.optedo.writes(), 1);
    }
    // A new one: Optedo is looked at before.
    let new = w.take_leave(1);
    w.officient.clear_calls();
    w.optedo.clear_calls();
    w.announce().await;
    assert!(w.officient.calls().len() <= 4, "{:?}", w.officient.calls());
    assert_eq!(w.optedo.writes(), 1);
    assert!(w.absence_of(new).is_some());
    w.finish(&[]).await;
}

/// A hundred and twenty people are imported, never faster than the limit. Returns how much of it was used.
async fn import(w: World, calls: usize, period: Duration) -> f64 {
    for number in 0..120 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        w.officient.add_event(person, w.leave(0));
    }
    w.connect().await;
    // At the true limit longer than a test waits for anything else.
    let began = Instant::now();
    while w.absences().len() < 120 {
        assert!(began.elapsed() < Duration::from_secs(90), "{} of 120 in time", w.absences().len());
        sleep(Duration::from_millis(50)).await;
    }
    w.settle().await;
    assert_eq!(w.officient.rate_limited(), 0);
    assert!(w.officient.busiest_window() <= calls);
    let arrivals: Vec<Instant> = w.officient.calls().iter().map(|call| call.at).collect();
    let took = arrivals[arrivals.len() - 1].duration_since(arrivals[0]).as_secs_f64();
    let possible = took / period.as_secs_f64() * f64::from(u32::try_from(calls).unwrap());
    let used = f64::from(u32::try_from(arrivals.len()).unwrap()) / possible;
    w.finish(&[]).await;
    used
}

#[tokio::test]
async fn the_first_import_of_120_people_never_exceeds_the_limit() {
    let period = Duration::from_millis(500);
    import(World::start_with(limit(period)).await, 30, period).await;
}

#[tokio::test]
#[ignore = "takes more than a minute: Officient's true limit"]
async fn the_first_import_uses_officients_true_limit() {
    let world = World::start_with(Options::default()).await;
    let used = import(world, 30, Duration::from_secs(5)).await;
    assert!(used >= 0.85, "{used} of what the limit allows");
}

#[tokio::test]
async fn a_webhook_during_an_import_is_written_within_half_a_second() {
    let w = World::start_with(Options::default()).await;
    for number in 0..30 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        w.officient.add_event(person, w.leave(0));
    }
    w.connect().await;
    w.until("the import is under way", async || w.absences().len() > 3).await;
    for day in 1..4 {
        let event = w.take_leave(day);
        let began = Instant::now();
        assert_eq!(w.deliver("calendar_event_added", w.jan).await, 200);
        while w.absence_of(event).is_none() {
            sleep(Duration::from_millis(5)).await;
        }
        assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
        sleep(Duration::from_secs(1)).await;
    }
    assert!(w.absences().len() < 33, "the import was over before");
    assert_eq!(w.officient.rate_limited(), 0);
}

#[tokio::test]
async fn a_periodic_sweep_leaves_two_thirds_of_the_limit_free() {
    let w = World::start_with(fast_limit().set("sync.sweep_interval", "15m")).await;
    for number in 0..20 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        w.officient.add_event(person, w.leave(0));
    }
    w.connect_and_import().await;
    // The limiter forgets the import; the sweep's own calls are what is measured.
    w.officient.clear_calls();
    w.periodic_sweep().await;
    let calendars: Vec<Instant> =
        w.officient.calls().iter().filter(|call| is_of_sweep(&call.path)).map(|call| call.at).collect();
    let years = w.window_years();
    assert_eq!(calendars.len(), 21 * years + 1);
    for window in calendars.windows(11) {
        assert!(
            window[10].duration_since(window[0]) >= Duration::from_millis(490),
            "more than ten in a period"
        );
    }
    w.finish(&[]).await;
}

fn is_of_sweep(path: &str) -> bool {
    path.starts_with("/1.0/people/list") || (path.starts_with("/1.0/calendar/") && !path.contains("requests"))
}

#[tokio::test]
async fn a_sweep_with_nothing_to_do_reads_a_calendar_a_person_and_year_and_the_lists_and_no_optedo() {
    let w = World::start_with(options().set("sync.sweep_interval", "15m")).await;
    let training = w.officient.add_leave_type("Verlof 2", Some("Vakantie"));
    for number in 0..40 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        let mut leave = w.leave(0);
        leave.leave_type = LeaveType::Custom(training);
        w.officient.add_event(person, leave);
    }
    w.connect_and_import().await;
    w.officient.clear_calls();
    w.optedo.clear_calls();
    w.periodic_sweep().await;
    // 41 people are two pages; one page of requests, one of webhooks.
    assert_eq!(w.officient.calls_to("/1.0/people/list"), 2);
    assert_eq!(w.officient.calls_to("/1.0/people/"), 2, "no detail is read again");
    assert_eq!(w.officient.calls().len(), 41 * w.window_years() + 2 + 1 + 1);
    assert_eq!(w.optedo.calls().len(), 0, "{:?}", w.optedo.calls());
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_token_that_expires_during_an_import_does_not_disturb_it() {
    let w = World::start_with(fast_limit()).await;
    for number in 0..30 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        w.officient.add_event(person, w.leave(0));
    }
    w.connect().await;
    w.until("it is under way", async || w.absences().len() > 3).await;
    w.officient.expire_access_tokens();
    w.settle().await;
    assert_eq!(w.absences().len(), 30);
    assert_eq!(w.status().await["queue"]["retrying"], 0);
    assert_eq!(w.officient.rate_limited(), 0);
    // The code's token, and one refresh, however many calls met the expired one.
    assert_eq!(w.officient.calls_to("/1.0/token"), 2);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_look_that_took_on_a_later_webhook_and_failed_is_not_repeated_at_once() {
    let w = World::connected_with(fast_limit()).await;
    let event = w.take_leave(0);
    w.optedo.next_write(Fault::Status(503));
    let permits = join_all((0..30).map(|_| w.app.app.engine.officient.permit(Priority::Urgent))).await;
    let requests = async || {
        let number = "select sync_request_no from people where person_id = $1";
        sqlx::query_scalar::<_, i64>(number).bind(w.jan).fetch_one(&w.db).await.unwrap()
    };
    for event_type in ["calendar_event_added", "calendar_event_updated"] {
        let before = requests().await;
        assert_eq!(w.deliver(event_type, w.jan).await, 200);
        w.until("Jan is asked for", async || requests().await > before).await;
        // The look waits for its turn by then: it knows of the first webhook only, and takes on the second.
        sleep(Duration::from_millis(100)).await;
    }
    drop(permits);
    let waits = "select exists (select from people where attempts = 1 and next_attempt_at > now())";
    w.until("it is tried again later", async || {
        sqlx::query_scalar::<_, bool>(waits).fetch_one(&w.db).await.unwrap()
    })
    .await;
    assert_eq!(w.absence_of(event), None);
    w.retry_until_done().await;
    assert_eq!(w.times_of(event), whole_day(w.day(0)));
    w.finish(&[]).await;
}

#[tokio::test]
async fn where_an_interval_does_not_suffice_the_far_end_of_the_window_is_read_less_often() {
    // Twenty calls an interval for twenty people and four years: every fourth sweep reads somebody's far years.
    let w = World::start_with(
        limit(Duration::from_millis(100)).set("sync.sweep_interval", "200ms").set("sync.until", "800d"),
    )
    .await;
    for number in 0..20 {
        w.hire("Piet", &format!("Pieters{number}"));
    }
    w.connect_and_import().await;
    let sweeps = async || {
        sqlx::query_scalar::<_, i64>("select sweep_no from connection").fetch_one(&w.db).await.unwrap()
    };
    let first = sweeps().await;
    w.officient.clear_calls();
    w.until("a few sweeps began", async || sweeps().await >= first + 6).await;
    let today = w.clock.today();
    let near = w.officient.calls_to(&format!("/1.0/calendar/{}/{}", w.jan, today.year()));
    let far = w.officient.calls_to(&format!("/1.0/calendar/{}/{}", w.jan, today.year() + 2));
    assert!(near >= 4, "{near}");
    assert!(far >= 1 && far <= near / 2, "{far} of {near}");
}
