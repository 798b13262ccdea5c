//! The real program as processes that are killed, stopped and raced against each other. Nothing here depends on when the
//! blow falls: it falls at every moment, sooner or later.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use optedo_officient::simulators::Fault;
use optedo_officient::simulators::officient::NewEvent;
use reqwest::StatusCode;
use serde_json::json;

use crate::commands::{program, signal, with};
use crate::support::Options;
use crate::support::world::{World, options};

/// A copy of the service in a process of its own.
pub struct Copy {
    child: Child,
    pub url: String,
}

impl Copy {
    /// Starts one on this port and waits until it answers.
    pub async fn start(w: &World, environment: &[(String, String)], port: u16) -> Self {
        Self::start_with(w, program(environment, &["serve"]), port).await
    }

    /// Starts one by this command.
    pub async fn start_with(w: &World, mut serve: Command, port: u16) -> Self {
        let listen = format!("127.0.0.1:{port}");
        serve.env("OPTEDO_OFFICIENT__SERVER__LISTEN", &listen);
        let child = serve.stderr(Stdio::null()).spawn().unwrap();
        let copy = Self { child, url: format!("http://{listen}") };
        w.until("the copy answers", async || {
            let ready = w.http.get(format!("{}/health/ready", copy.url)).send().await;
            ready.is_ok_and(|answer| answer.status() == StatusCode::OK)
        })
        .await;
        copy
    }

    fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// As the kernel does when memory is short.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub async fn deliver(&self, w: &World, person: i64) -> StatusCode {
        let path = w.webhook_url().strip_prefix(&w.url).unwrap().to_owned();
        let body = json!({"event_type": "calendar_event_added", "related_object_id": person.to_string()});
        let answer = w.http.post(format!("{}{path}", self.url)).json(&body).send().await;
        answer.map_or(StatusCode::GATEWAY_TIMEOUT, |answer| answer.status())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // A stopped process is killed all the same; one that was killed already is no matter.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

pub fn port_of(w: &World) -> u16 {
    w.url.rsplit(':').next().unwrap().parse().unwrap()
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A connected company whose service in this process has stopped, to make room for processes.
pub async fn without_service(options: Options) -> World {
    let mut w = World::connected_with(options.set("optedo.timeout", "500ms").set("log.filter", "off")).await;
    w.app.stop().await;
    w
}

/// Numbers that are the same every time.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// What stands in Optedo by event: start, end, user.
pub fn standing(w: &World) -> BTreeMap<String, (String, String, i64)> {
    let absences = w.absences();
    let count = absences.len();
    let standing: BTreeMap<_, _> = absences
        .into_iter()
        .map(|absence| {
            let content = absence.content;
            let times = (content.start.to_string(), content.end.to_string(), content.user_id);
            (content.external_reference.unwrap(), times)
        })
        .collect();
    assert_eq!(standing.len(), count, "an event stands twice");
    standing
}

/// What should stand: every event of these people, whole days from midnight to midnight and parts as they are.
pub fn wanted(w: &World, people: &[(i64, i64)]) -> BTreeMap<String, (String, String, i64)> {
    let mut wanted = BTreeMap::new();
    for (person, user) in people {
        for event in w.officient.events_of(*person) {
            let NewEvent { date, duration_minutes, start_time_minutes, .. } = event.leave;
            let midnight = date.at(0, 0, 0, 0);
            let (start, end) = match duration_minutes.unwrap() {
                456.. => (midnight, date.tomorrow().unwrap().at(0, 0, 0, 0)),
                minutes => {
                    let start = midnight + jiff::Span::new().minutes(start_time_minutes.unwrap());
                    (start, start + jiff::Span::new().minutes(minutes))
                }
            };
            wanted.insert(w.reference(event.id), (start.to_string(), end.to_string(), *user));
        }
    }
    wanted
}

/// One of the things that happen to leave all day.
pub fn change(w: &World, people: &[(i64, i64)], dice: &mut Dice) {
    let (person, _) = people[dice.below(people.len())];
    let events = w.officient.events_of(person);
    match dice.below(4) {
        0 if !events.is_empty() => {
            w.officient.delete_event(events[dice.below(events.len())].id);
        }
        1 if !events.is_empty() => {
            let hour = i64::try_from(dice.below(8)).unwrap() + 8;
            w.officient.change_event(events[dice.below(events.len())].id, |leave| {
                *leave = leave.clone().part(hour * 60, 60);
            });
        }
        _ => {
            w.officient.add_event(person, w.leave(i32::try_from(dice.below(30)).unwrap()));
        }
    }
}

#[tokio::test]
async fn thirty_kills_during_three_hundred_changes_leave_every_absence_right_and_none_twice() {
    let patient = options().officient(|options| options.first_redelivery = Duration::from_millis(50));
    let w = without_service(patient.set("sync.max_deletions", "1000")).await;
    let mut people = vec![(w.jan, w.user)];
    people.extend((0..7).map(|number| w.hire("Piet", &format!("Pieters{number}"))));
    let (environment, port) = (w.environment(), port_of(&w));
    w.officient.set_notify(true);
    w.optedo.set_latency(Duration::from_millis(3));
    let mut dice = Dice(1);
    let mut copy = Copy::start(&w, &environment, port).await;
    for _ in 0..30 {
        for _ in 0..10 {
            change(&w, &people, &mut dice);
        }
        // Somewhere in the middle of it.
        let some = u64::try_from(dice.below(60)).unwrap();
        tokio::time::sleep(Duration::from_millis(some)).await;
        copy.kill();
        assert!(w.optedo.max_same_reference_ever() <= 1, "an event stands twice");
        copy = Copy::start(&w, &environment, port).await;
    }
    w.officient.webhooks_delivered().await;
    w.until("everything stands as it should", async || standing(&w) == wanted(&w, &people)).await;
    w.settle().await;
    w.sweep().await;
    assert_eq!(standing(&w), wanted(&w, &people));
    assert!(w.optedo.created_ever() > 60, "too little happened to prove anything");
    w.finish(&[]).await;
}

#[tokio::test]
async fn killed_at_any_point_of_a_write_it_is_ended_once() {
    let w = without_service(options().set("sync.adopt_existing", "false")).await;
    let (environment, port) = (w.environment(), port_of(&w));
    let kept = w.take_leave(0);
    let points = [
        ("before the look at Optedo", "GET /api/absences", Fault::Timeout),
        ("with the intent on disk, before the create", "POST /api/absences", Fault::Timeout),
        ("after the create, before its result is on disk", "POST /api/absences", Fault::AnswerHangs),
        ("before the change", "PUT /api/absences/", Fault::Timeout),
        ("after the change", "PUT /api/absences/", Fault::AnswerHangs),
        ("before the deletion", "DELETE /api/absences/", Fault::Timeout),
        ("after the deletion", "DELETE /api/absences/", Fault::AnswerHangs),
    ];
    let long = with(environment.clone(), "OPTEDO_OFFICIENT__OPTEDO__TIMEOUT", "20s");
    for (day, (point, path, fault)) in (1..).zip(points) {
        let copy = Copy::start(&w, &environment, port).await;
        let doomed = w.take_leave(day);
        if !path.starts_with("GET") && !path.starts_with("POST") {
            assert_eq!(copy.deliver(&w, w.jan).await, StatusCode::OK);
            w.until("there is something to change", async || w.absence_of(doomed).is_some()).await;
            w.settle().await;
        }
        copy.kill();
        let copy = Copy::start(&w, &long, port).await;
        w.optedo.fault_on(path, fault, 1);
        match path.split(' ').next().unwrap() {
            "PUT" => drop(w.officient.change_event(doomed, |leave| *leave = leave.clone().part(540, 60))),
            "DELETE" => drop(w.officient.delete_event(doomed)),
            _ => {}
        }
        assert_eq!(copy.deliver(&w, w.jan).await, StatusCode::OK);
        w.until(point, async || w.optedo.faults_left() == 0).await;
        copy.kill();
        // The next one need not wait as long as the killed one would have.
        let soon = "update absences set call_until = now() where call_until is not null";
        sqlx::query(soon).execute(&w.db).await.unwrap();
        let copy = Copy::start(&w, &environment, port).await;
        let people = [(w.jan, w.user)];
        w.until(point, async || standing(&w) == wanted(&w, &people)).await;
        w.settle().await;
        assert!(w.absence_of(kept).is_some(), "{point}");
        w.finish(&[]).await;
        copy.kill();
    }
}

#[tokio::test]
async fn killed_in_the_middle_of_a_refresh_or_of_registering_webhooks_it_goes_on_as_if_nothing_was() {
    let w = without_service(options()).await;
    let (environment, port) = (w.environment(), port_of(&w));
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
        let copy = Copy::start(&w, &environment, port).await;
        w.until(point, async || w.officient.faults_left() == 0).await;
        copy.kill();
        let event = w.take_leave(day);
        let _copy = Copy::start(&w, &environment, port).await;
        w.announce().await;
        assert!(w.absence_of(event).is_some(), "{point}");
        w.sweep().await;
        assert_eq!(w.officient.subscriptions().len(), subscriptions, "{point}");
        assert_eq!(w.status().await["state"], "connected", "{point}");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn another_copy_takes_over_within_ten_seconds_of_a_kill() {
    let w = without_service(options()).await;
    let environment = w.environment();
    let leader = Copy::start(&w, &environment, port_of(&w)).await;
    let first = w.take_leave(0);
    assert_eq!(leader.deliver(&w, w.jan).await, StatusCode::OK);
    w.until("the first copy syncs", async || w.absence_of(first).is_some()).await;
    let other = Copy::start(&w, &environment, free_port()).await;
    let second = w.take_leave(1);
    leader.kill();
    let began = Instant::now();
    assert_eq!(other.deliver(&w, w.jan).await, StatusCode::OK);
    w.until_optedo("the other copy took over", || w.absence_of(second).is_some()).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    w.assert_one_way_and_once();
}

#[tokio::test]
async fn a_copy_that_hangs_is_replaced_and_writes_nothing_when_it_wakes() {
    let w = without_service(options().set("sync.adopt_existing", "false")).await;
    let environment = with(w.environment(), "OPTEDO_OFFICIENT__OPTEDO__TIMEOUT", "30s");
    let leader = Copy::start(&w, &environment, port_of(&w)).await;
    w.announce().await;
    let other = Copy::start(&w, &environment, free_port()).await;
    // It hangs after it looked whether the absence stands, before it makes it.
    w.optedo.set_latency(Duration::from_millis(700));
    let looks = w.optedo.calls_to("/api/absences?");
    let event = w.take_leave(0);
    assert_eq!(leader.deliver(&w, w.jan).await, StatusCode::OK);
    w.until("it looks", async || w.optedo.calls_to("/api/absences?") > looks).await;
    leader.signal("STOP");
    w.optedo.set_latency(Duration::ZERO);
    let began = Instant::now();
    w.until_optedo("the other copy took over", || w.absence_of(event).is_some()).await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    leader.signal("CONT");
    // Awake, it finds out and waits its turn; both still take webhooks.
    for (day, copy) in [(1, &leader), (2, &other)] {
        let event = w.take_leave(day);
        assert_eq!(copy.deliver(&w, w.jan).await, StatusCode::OK);
        w.until_optedo("it is written", || w.absence_of(event).is_some()).await;
    }
    assert_eq!(w.absences().len(), 3);
    w.finish(&[]).await;
}

#[tokio::test]
async fn a_copy_whose_database_connection_is_gone_stops_syncing_at_once() {
    let w = World::connected_with(options().set("sync.adopt_existing", "false")).await;
    let (piet, _) = w.hire("Piet", "Pieters");
    for day in 0..20 {
        w.officient.add_event(piet, w.leave(day));
    }
    w.optedo.set_latency(Duration::from_millis(50));
    assert_eq!(w.deliver("person_added", piet).await, StatusCode::OK);
    w.until("it writes", async || w.optedo.created_ever() > 4).await;
    w.take_database_away().await;
    w.until_optedo("it stops", || {
        let writes = w.optedo.writes();
        std::thread::sleep(Duration::from_millis(300));
        w.optedo.writes() == writes
    })
    .await;
    assert!(w.absences().len() < 20, "it was done before it could be stopped");
    w.give_database_back().await;
    w.until_ready().await;
    w.retry_until_done().await;
    assert_eq!(w.absences().len(), 20);
    assert_eq!(w.optedo.created_ever(), 20 + 2, "two of others");
    w.finish(&[]).await;
}

/// Officient's limit, ten times faster on both sides.
fn limited() -> Options {
    Options::default()
        .set("officient.rate_limit_period", "500ms")
        .officient(|options| options.rate_limit_period = Duration::from_millis(500))
}

#[tokio::test]
async fn the_rate_limit_holds_over_all_copies_and_the_commands_beside_them() {
    let w = World::start_with(limited().set("log.filter", "off")).await;
    for number in 0..30 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        w.officient.add_event(person, w.leave(0));
    }
    w.connect_and_import().await;
    w.officient.clear_calls();
    let (_url, _follower) = w.replica().await;
    let mut beside = Vec::new();
    for arguments in [&["sync", "--dry-run"][..], &["sync"], &["sync", "--dry-run"]] {
        let environment = with(w.environment(), "OPTEDO_OFFICIENT__SERVER__LISTEN", "127.0.0.1:0");
        beside.push(program(&environment, arguments).stdout(Stdio::null()).spawn().unwrap());
    }
    for _ in 0..40 {
        assert_eq!(w.deliver("calendar_event_updated", w.jan).await, StatusCode::OK);
    }
    w.connect().await;
    for mut command in beside {
        let ended = tokio::task::spawn_blocking(move || command.wait().unwrap()).await.unwrap();
        assert!(ended.success());
    }
    w.settle().await;
    assert!(w.officient.calls().len() > 150, "too little happened: {}", w.officient.calls().len());
    assert_eq!(w.officient.rate_limited(), 0);
    assert!(w.officient.busiest_window() <= 30, "{}", w.officient.busiest_window());
    w.finish(&[]).await;
}

#[tokio::test]
async fn whoever_takes_over_knows_how_much_of_the_limit_is_spent() {
    let w = World::start_with(limited().set("log.filter", "off")).await;
    for number in 0..40 {
        let (person, _) = w.hire("Piet", &format!("Pieters{number}"));
        w.officient.add_event(person, w.leave(0));
    }
    w.connect_and_import().await;
    let mut w = w;
    w.app.stop().await;
    w.officient.clear_calls();
    let (environment, port) = (w.environment(), port_of(&w));
    for _ in 0..8 {
        let copy = Copy::start(&w, &environment, port).await;
        let calls = w.officient.calls().len();
        assert_eq!(w.post("/sync").await.status(), StatusCode::ACCEPTED);
        w.until("it is in the middle of a burst", async || w.officient.calls().len() >= calls + 15).await;
        copy.kill();
    }
    assert_eq!(w.officient.rate_limited(), 0);
    assert!(w.officient.busiest_window() <= 30, "{}", w.officient.busiest_window());
}

/// A body that nobody sends by accident.
fn hostile_body(dice: &mut Dice) -> Vec<u8> {
    let noise = |dice: &mut Dice, length: usize| -> Vec<u8> {
        (0..length).map(|_| u8::try_from(dice.below(256)).unwrap()).collect()
    };
    let good =
        br#"{"account":"acme","event_type":"calendar_event_added","related_object_id":"264"}"#.to_vec();
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
        9 => format!(r#"{{"event_type":"person_added","related_object_id":"{}"}}"#, "9".repeat(60_000))
            .into_bytes(),
        10 => br#"{"event_type":"a","event_type":["b"],"related_object_id":{"a":{"b":[[[]]]}}}"#.to_vec(),
        _ => format!(
            r#"{{"event_type":"x{}","related_object_id":{}}}"#,
            dice.below(99_999),
            dice.below(1 << 20)
        )
        .into_bytes(),
    }
}

#[tokio::test]
async fn a_thousand_bursts_of_hostile_webhooks_end_in_no_error_no_panic_and_no_more_memory() {
    let w = without_service(options()).await;
    let log =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{}", std::process::id()));
    let environment = with(w.environment(), "OPTEDO_OFFICIENT__LOG__FILTER", "warn");
    let environment =
        with(environment, "OPTEDO_OFFICIENT__SERVER__LISTEN", &format!("127.0.0.1:{}", port_of(&w)));
    let mut command = program(&environment, &["serve"]);
    let out = std::fs::File::create(&log).unwrap();
    let child = command.stdout(out.try_clone().unwrap()).stderr(out).spawn().unwrap();
    let copy = Copy { child, url: w.url.clone() };
    w.until_ready().await;
    let memory = || {
        let pid = copy.child.id().to_string();
        let ps = Command::new("ps").args(["-o", "rss=", "-p", &pid]).output().unwrap();
        String::from_utf8(ps.stdout).unwrap().trim().parse::<usize>().unwrap()
    };
    let mut dice = Dice(3);
    let mut early = 0;
    for burst in 0..1000 {
        let bodies: Vec<Vec<u8>> = (0..6).map(|_| hostile_body(&mut dice)).collect();
        let posts = bodies.iter().map(|body| w.http.post(w.webhook_url()).body(body.clone()).send());
        for (answer, body) in futures_util::future::join_all(posts).await.into_iter().zip(&bodies) {
            let status = answer.unwrap().status().as_u16();
            let shown = String::from_utf8_lossy(&body[..body.len().min(100)]).into_owned();
            assert!([200, 400, 413].contains(&status), "{status} for {shown}");
        }
        if burst == 300 {
            early = memory();
        }
    }
    let late = memory();
    assert!(late < early + 10_000, "from {early} to {late} KiB");
    let event = w.take_leave(0);
    w.announce().await;
    assert!(w.absence_of(event).is_some());
    drop(copy);
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(!said.contains("panicked") && !said.contains("\"ERROR\""), "{said}");
    std::fs::remove_file(log).unwrap();
}
