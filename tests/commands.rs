//! The commands, as a person or an orchestrator runs them: the real program as a process.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use jiff::ToSpan as _;
use optedo_officient::simulators::Fault;
use optedo_officient::simulators::officient::{LeaveType, NewEvent};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::world::options;
use crate::support::{TestApp, create_database};

pub fn program(environment: &[(String, String)], arguments: &[&str]) -> Command {
    program_of(env!("CARGO_BIN_EXE_optedo-officient"), environment, arguments)
}

/// Like [`program`], of the program at this path.
pub fn program_of(path: &str, environment: &[(String, String)], arguments: &[&str]) -> Command {
    let mut command = Command::new(path);
    command.args(arguments).env_clear().envs(environment.iter().cloned()).stdin(Stdio::null());
    command
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub async fn run_in(environment: Vec<(String, String)>, arguments: &[&str]) -> Ended {
    let mut command = program(&environment, arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let mut ending = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let in_time = tokio::time::timeout(Duration::from_secs(20), &mut ending).await;
    let Ok(ended) = in_time else {
        signal(id, "KILL");
        let ended = Ended::from(ending.await.unwrap());
        panic!("{arguments:?} does not end: {ended:?}");
    };
    ended.unwrap().into()
}

pub fn signal(process: u32, signal: &str) {
    let kill = format!("kill -{signal} {process}");
    assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
}

/// Runs a command with the configuration of the service, logging only what is wrong.
pub async fn run(app: &TestApp, arguments: &[&str]) -> Ended {
    let mut environment = app.environment();
    environment.push(("OPTEDO_OFFICIENT__LOG__FILTER".to_owned(), "off".to_owned()));
    run_in(environment, arguments).await
}

pub fn with(mut environment: Vec<(String, String)>, key: &str, value: &str) -> Vec<(String, String)> {
    environment.retain(|(existing, _)| existing != key);
    environment.push((key.to_owned(), value.to_owned()));
    environment
}

/// Two people with one day of leave each; returns their ids and their users' ids.
fn two_people(app: &TestApp) -> [(i64, i64); 2] {
    app.optedo.add_absence_type("Vakantie");
    let verlof = LeaveType::Custom(app.officient.add_leave_type("Verlof", Some("Vakantie")));
    [("Jan", "Peeters"), ("Els", "De Smet")].map(|(first, last)| {
        let person = app.officient.add_person(first, last);
        let day = app.clock.today().saturating_add(7.days());
        app.officient.add_event(person, NewEvent::new(verlof, day));
        (person, app.optedo.add_user(first, last))
    })
}

/// One more day of leave for a person who has some.
fn add_leave(app: &TestApp, person: i64) {
    let events = app.officient.events_of(person);
    let last = &events.last().unwrap().leave;
    let next = last.date.saturating_add(1.day());
    app.officient.add_event(person, NewEvent::new(last.leave_type, next));
}

/// The limit is that of the service and its commands together; these tests are not about it.
async fn connected_with_two_people() -> (TestApp, [(i64, i64); 2]) {
    let app = options().start().await;
    let people = two_people(&app);
    app.connect().await;
    app.settle().await;
    (app, people)
}

#[tokio::test]
async fn all_mistakes_of_a_configuration_are_told_at_once_one_line_each() {
    let mistakes = [
        ("OPTEDO_OFFICIENT__SERVER__PUBLIC_URL", "ftp://acme", "server.public_url"),
        ("OPTEDO_OFFICIENT__SECURITY__ENCRYPTION_KEY", "geheim-maar-kort", "security.encryption_key"),
        ("OPTEDO_OFFICIENT__SYNC__MAX_DELETIONS", "many", "sync.max_deletions"),
        ("OPTEDO_OFFICIENT__SYNC__SWEEP_INTERVALL", "5m", "sync.sweep_intervall"),
        ("OPTEDO_OFFICIENT__LOG__FORMAT", "xml", "log.format"),
        ("OPTEDO_OFFICIENT__TRACES__OTLP_ENDPOINT", "collector:4318", "traces.otlp_endpoint"),
    ];
    let mut environment: Vec<(String, String)> =
        mistakes.iter().map(|(key, value, _)| ((*key).to_owned(), (*value).to_owned())).collect();
    let missing = ["optedo.api_url", "optedo.api_token", "admin.password", "database.url"];
    environment.push(("PATH".to_owned(), "/usr/bin:/bin".to_owned()));
    for command in ["serve", "migrate", "sync", "status"] {
        let ended = run_in(environment.clone(), &[command]).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert_eq!(ended.out, "");
        let lines: Vec<&str> = ended.err.lines().collect();
        let keys = mistakes.iter().map(|(_, _, key)| *key).chain(missing);
        for key in keys.clone() {
            let naming = lines.iter().filter(|line| line.starts_with(&format!("{key}: ")));
            assert_eq!(naming.count(), 1, "{key} in {}", ended.err);
        }
        assert_eq!(lines.len(), keys.count(), "{}", ended.err);
        assert!(!ended.err.contains("geheim-maar-kort"), "{}", ended.err);
    }
}

#[tokio::test]
async fn a_configuration_file_is_read_and_one_that_is_not_there_is_a_mistake() {
    let app = TestApp::start().await;
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let stem = format!("commands-{}", std::process::id());
    let (file, password) = (directory.join(format!("{stem}.toml")), directory.join(stem));
    std::fs::write(&password, "een wachtwoord\n").unwrap();
    let toml = format!(
        "[server]\npublic_url = '{}'\n[optedo]\napi_url = '{}'\napi_token = 't'\n[admin]\npassword_file = '{}'\n
         [security]\nencryption_key = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='\n[log]\nfilter = 'off'\n",
        app.url,
        app.optedo.api_url(),
        password.display()
    );
    std::fs::write(&file, toml).unwrap();
    let database = app.environment().into_iter().filter(|(key, _)| key == "DATABASE_URL");
    let database: Vec<(String, String)> = database.collect();
    let file = file.to_str().unwrap();
    let ended = run_in(database.clone(), &["status", "--json", "--config", file]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let by_environment = with(database.clone(), "OPTEDO_OFFICIENT_CONFIG", file);
    assert_eq!(run_in(by_environment, &["status"]).await.code, Some(0));

    let ended = run_in(database, &["status", "--config", "/no/such/file.toml"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("/no/such/file.toml"), "{}", ended.err);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
}

#[tokio::test]
async fn an_empty_database_is_migrated_and_a_second_time_changes_nothing() {
    let app = TestApp::start().await;
    let database = create_database().await;
    let environment = with(app.environment(), "DATABASE_URL", &database);
    for _ in 0..2 {
        let ended = run_in(environment.clone(), &["migrate"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let pool = sqlx::PgPool::connect(&database).await.unwrap();
        let (rows, migrations): (i64, i64) = sqlx::query_as(
            "select (select count(*) from connection), (select count(*) from _sqlx_migrations)",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(rows, 1);
        assert_eq!(migrations, i64::try_from(optedo_officient::db::migrator().iter().count()).unwrap());
        pool.close().await;
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_said_clearly_and_without_its_password() {
    let app = TestApp::start().await;
    let nowhere = "postgres://optedo:hunter2hunter2@127.0.0.1:1/acme";
    let environment = with(app.environment(), "DATABASE_URL", nowhere);
    for command in ["migrate", "serve", "status", "sync"] {
        let ended = run_in(environment.clone(), &[command]).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains("database.url"), "{}", ended.err);
        assert!(!ended.err.contains("hunter2"), "{}", ended.err);
    }
}

#[tokio::test]
async fn with_a_wrong_key_no_command_runs_and_each_says_which_setting_helps() {
    let app = TestApp::connected().await;
    let key = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
    let environment = with(app.environment(), "OPTEDO_OFFICIENT__SECURITY__ENCRYPTION_KEY", key);
    let environment = with(environment, "OPTEDO_OFFICIENT__SERVER__LISTEN", "127.0.0.1:0");
    for command in ["serve", "status", "sync"] {
        let ended = run_in(environment.clone(), &[command]).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains("security.previous_encryption_keys"), "{}", ended.err);
    }
    assert_eq!(app.status().await["state"], "connected");
}

#[tokio::test]
async fn the_status_is_printed_for_people_and_as_the_document() {
    let (mut app, _) = connected_with_two_people().await;
    let document = app.status().await;
    let ended = run(&app, &["status", "--json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(serde_json::from_str::<Value>(&ended.out).unwrap(), document);
    app.stop().await;
    let ended = run(&app, &["status"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for text in ["connected", "Acme", "person_added registered", "2 in Optedo", "0 open"] {
        assert!(ended.out.contains(text), "{text} in {}", ended.out);
    }
}

#[tokio::test]
async fn a_sync_works_beside_a_running_service_and_without_one() {
    let (mut app, people) = connected_with_two_people().await;
    for (round, is_running) in [(2, true), (3, false)] {
        if !is_running {
            app.stop().await;
        }
        for (person, _) in people {
            add_leave(&app, person);
        }
        let ended = run(&app, &["sync"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains(&format!("{} absences in Optedo", 2 * round)), "{}", ended.out);
        for (_, user) in people {
            assert_eq!(app.optedo.absences_of(user).len(), round);
        }
    }
    app.assert_one_way_and_once();
}

#[tokio::test]
async fn a_sync_of_one_person_leaves_the_others_alone() {
    let (mut app, [(jan, jans_user), (els, elses_user)]) = connected_with_two_people().await;
    for (round, is_running) in [(2, true), (3, false)] {
        if !is_running {
            app.stop().await;
        }
        add_leave(&app, jan);
        add_leave(&app, els);
        let ended = run(&app, &["sync", "--person", &jan.to_string()]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(app.optedo.absences_of(jans_user).len(), round);
        assert_eq!(app.optedo.absences_of(elses_user).len(), 1);
    }
    let new = app.officient.add_person("Piet", "Nieuw");
    let ended = run(&app, &["sync", "--person", &new.to_string()]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ended = run(&app, &["sync", "--person", "999999"]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("999999"), "{}", ended.err);
}

/// Everything that the database says about leave, to see that nothing was written.
async fn written(app: &TestApp) -> String {
    let query = "select coalesce(string_agg(t, chr(10)), '') from (
        select a::text as t from absences a union all select h::text from held_back h union all select i::text from attention i) s";
    sqlx::query_scalar(query).fetch_one(&app.db).await.unwrap()
}

#[tokio::test]
async fn a_dry_run_prints_what_would_be_done_and_why_the_rest_would_not_and_writes_nothing() {
    let (mut app, [(jan, _), (els, _)]) = connected_with_two_people().await;
    let deleted = app.officient.events_of(jan)[0].id;
    add_leave(&app, jan);
    app.officient.delete_event(deleted);
    let stranger = app.officient.add_person("Piet", "Zonderling");
    let leave = app.officient.events_of(els)[0].leave.clone();
    app.officient.add_event(stranger, leave);
    let before = written(&app).await;
    for is_running in [true, false] {
        if !is_running {
            app.stop().await;
        }
        let ended = run(&app, &["sync", "--dry-run"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let has = |start: &str, rest: &str| {
            let mut lines = ended.out.lines();
            lines.any(|line| line.starts_with(start) && line.contains(rest))
        };
        assert!(has("create", &format!("person {jan} ")), "{}", ended.out);
        assert!(has("delete", &format!("event {deleted} ")), "{}", ended.out);
        assert!(has("skip", &format!("person {stranger} ")), "{}", ended.out);
        assert!(has("1 to create, 0 to change, 1 to delete", "1 skipped, 0 failed"), "{}", ended.out);

        let ended = run(&app, &["sync", "--dry-run", "--person", &els.to_string()]).await;
        assert!(ended.out.contains("0 to create") && ended.out.contains("0 skipped"), "{}", ended.out);
        assert_eq!(written(&app).await, before);
    }
    let writes = |call: &&optedo_officient::simulators::Call| call.method != reqwest::Method::GET;
    assert_eq!(app.optedo.calls().iter().filter(writes).count(), 2, "those of the import");
}

#[tokio::test]
async fn a_sync_that_failed_exits_with_1_and_says_for_whom() {
    let (mut app, [(jan, _), (els, _)]) = connected_with_two_people().await;
    app.stop().await;
    for times in [1, 20] {
        app.officient.fault_on(&format!("/1.0/calendar/{jan}/"), Fault::Status(500), times);
        let arguments: &[&str] = if times == 1 { &["sync", "--dry-run"] } else { &["sync"] };
        let ended = run(&app, arguments).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let all = format!("{}{}", ended.out, ended.err);
        assert!(all.contains(&format!("person {jan}")), "{all}");
        assert!(!all.contains(&format!("person {els}:")), "{all}");
        app.officient.clear_faults();
    }
    let ended = run(&app, &["sync"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn a_sync_that_cannot_reach_officient_ends_and_exits_with_1() {
    let (mut app, [(jan, _), _]) = connected_with_two_people().await;
    app.officient.stop().await;
    for is_running in [true, false] {
        if !is_running {
            app.stop().await;
        }
        let person = jan.to_string();
        let commands: [&[&str]; 3] = [&["sync"], &["sync", "--person", &person], &["sync", "--dry-run"]];
        for arguments in commands {
            let ended = run(&app, arguments).await;
            assert_eq!(ended.code, Some(1), "{arguments:?} {ended:?}");
            assert!(!ended.err.is_empty(), "{arguments:?}");
        }
    }
}

#[tokio::test]
async fn without_a_connection_a_sync_exits_with_1_and_says_what_to_do() {
    let (mut app, _) = connected_with_two_people().await;
    app.stop().await;
    app.officient.revoke_all_tokens();
    let commands: [&[&str]; 3] = [&["sync"], &["sync"], &["sync", "--dry-run"]];
    for (number, arguments) in commands.into_iter().enumerate() {
        let ended = run(&app, arguments).await;
        assert_eq!(ended.code, Some(1), "{number} {ended:?}");
        assert!(ended.err.contains("sign in"), "{number} {}", ended.err);
    }
    let app = TestApp::start().await;
    let ended = run(&app, &["sync"]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("not connected"), "{}", ended.err);
}

/// The real program in the place of the service of a test, which was stopped; it ends with the test.
pub struct Serving {
    id: u32,
    ended: JoinHandle<std::io::Result<Output>>,
}

impl Serving {
    pub async fn start(app: &TestApp, environment: Vec<(String, String)>) -> Self {
        let listen = app.url.replace("http://localhost", "127.0.0.1");
        let environment = with(environment, "OPTEDO_OFFICIENT__SERVER__LISTEN", &listen);
        let mut command = tokio::process::Command::from(program(&environment, &["serve"]));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let id = child.id().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the test waits for this task itself")]
        let ended = tokio::spawn(child.wait_with_output());
        app.until_ready().await;
        Self { id, ended }
    }

    pub fn signal(&self, name: &str) {
        signal(self.id, name);
    }

    /// What it printed; a process that does not end within ten seconds and a little fails the test.
    pub async fn ended(self) -> Ended {
        let ended = timeout(Duration::from_secs(11), self.ended).await.expect("it does not stop");
        Ended::from(ended.unwrap().unwrap())
    }

    /// As an orchestrator stops it.
    pub async fn stop(self) -> Ended {
        self.signal("TERM");
        self.ended().await
    }
}

#[tokio::test]
async fn the_service_stops_with_0_on_either_signal() {
    let (mut app, [(jan, user), _]) = connected_with_two_people().await;
    app.stop().await;
    for (round, signal) in [(2, "TERM"), (3, "INT")] {
        let serving = Serving::start(&app, app.environment()).await;
        add_leave(&app, jan);
        assert_eq!(app.deliver("calendar_event_added", jan).await, StatusCode::OK);
        app.until("written", async || app.optedo.absences_of(user).len() == round).await;
        serving.signal(signal);
        assert_eq!(serving.ended().await.code, Some(0), "{signal}");
    }
}

#[tokio::test]
async fn the_health_command_says_whether_the_service_is_ready_and_why_not() {
    let mut app = TestApp::start().await;
    let listen = app.url.replace("http://localhost", "0.0.0.0");
    let environment = with(app.environment(), "OPTEDO_OFFICIENT__SERVER__LISTEN", &listen);
    let ready = run_in(environment.clone(), &["health"]).await;
    assert_eq!((ready.code, ready.err.as_str()), (Some(0), ""));
    app.take_database_away().await;
    let not_ready = run_in(environment.clone(), &["health"]).await;
    assert_eq!(not_ready.code, Some(1));
    assert!(not_ready.err.contains("503"), "{}", not_ready.err);
    app.give_database_back().await;
    app.stop().await;
    let not_serving = run_in(environment, &["health"]).await;
    assert_eq!(not_serving.code, Some(1));
    assert!(not_serving.err.contains("does not answer on 127.0.0.1:"), "{}", not_serving.err);
}

#[tokio::test]
async fn a_signal_waits_for_the_absence_that_is_being_written() {
    let (mut app, [(jan, user), _]) = connected_with_two_people().await;
    app.stop().await;
    let serving = Serving::start(&app, app.environment()).await;
    app.optedo.set_latency(Duration::from_secs(1));
    let writes = || {
        let calls = app.optedo.calls();
        calls.iter().filter(|call| call.method == reqwest::Method::POST).count()
    };
    assert_eq!(writes(), 2);
    add_leave(&app, jan);
    assert_eq!(app.deliver("calendar_event_added", jan).await, StatusCode::OK);
    app.until("being written", async || writes() == 3).await;
    serving.signal("TERM");
    assert_eq!(serving.ended().await.code, Some(0));
    assert_eq!(app.optedo.absences_of(user).len(), 2);
    let is_finished = "select bool_and(intent is null) and count(*) = 3 from absences";
    let is_finished: bool = sqlx::query_scalar(is_finished).fetch_one(&app.db).await.unwrap();
    assert!(is_finished);
}

#[tokio::test]
async fn a_second_signal_stops_the_service_at_once() {
    let (mut app, [(jan, _), _]) = connected_with_two_people().await;
    app.stop().await;
    let serving = Serving::start(&app, app.environment()).await;
    app.optedo.set_latency(Duration::from_secs(8));
    let writes = || app.optedo.calls().iter().filter(|call| call.method == reqwest::Method::POST).count();
    add_leave(&app, jan);
    assert_eq!(app.deliver("calendar_event_added", jan).await, StatusCode::OK);
    app.until("being written", async || writes() == 3).await;
    serving.signal("TERM");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let began = std::time::Instant::now();
    serving.signal("INT");
    assert_eq!(serving.ended().await.code, Some(0));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

/// What `hash-password` makes of a password.
pub fn hash_of(password: &str) -> String {
    use std::io::Write as _;
    let mut command = program(&[], &["hash-password"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    let ended = Ended::from(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out.trim().to_owned()
}
