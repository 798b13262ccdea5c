//! The commands, as a person or an orchestrator runs them: the real program as a process.

use sqlx::{Connection as _, PgConnection};

use crate::support::postgres::Postgres;
use crate::support::prelude::*;
use crate::support::program::{Serving, run, run_in, with};

/// One more day of leave for a person who has some.
fn add_leave(w: &World, person: i64) {
    let days = i32::try_from(w.officient.events_of(person).len()).unwrap();
    w.officient.add_event(person, w.leave(days));
}

/// Two people with one day of leave each, imported: their ids and their users' ids.
async fn connected_with_two_people() -> (World, [(i64, i64); 2]) {
    let w = World::start().await;
    let people = [(w.jan, w.user), w.hire("Els", "De Smet")];
    for (person, _) in people {
        add_leave(&w, person);
    }
    w.connect_and_import().await;
    (w, people)
}

#[tokio::test]
async fn all_mistakes_of_a_configuration_are_reported_at_once_one_line_each() {
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
async fn a_configuration_file_is_read_and_a_missing_one_is_a_mistake() {
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
        let (rows, migrations): (i64, i64) =
            sqlx::query_as("select (select count(*) from connection), (select count(*) from _sqlx_migrations)")
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!(rows, 1);
        assert_eq!(migrations, i64::try_from(optedo_officient::db::migrator().iter().count()).unwrap());
        pool.close().await;
    }
}

#[tokio::test]
async fn an_unreachable_database_is_reported_without_its_password() {
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
async fn each_fault_of_the_database_names_its_cause_and_a_remedy() {
    let app = TestApp::start().await;
    let database = create_database().await;
    let admin = sqlx::PgPool::connect(&database).await.unwrap();
    let guest = format!("guest_{}", std::process::id());
    for statement in [format!("create role {guest} login"), format!("create role {guest}_away nologin")] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&admin).await.unwrap();
    }
    let as_user = |user: &str| database.replacen("postgres@", &format!("{user}@"), 1);
    let mut nowhere: url::Url = database.parse().unwrap();
    nowhere.set_path("/no_such_database");
    let cases = [
        ("postgres://optedo@127.0.0.1:1/acme".to_owned(), "refused", "that Postgres runs"),
        (as_user("stranger"), "role \"stranger\" does not exist", "correct database.url"),
        (as_user(&format!("{guest}_away")), "not permitted to log in", "pg_hba.conf"),
        (nowhere.into(), "database \"no_such_database\" does not exist", "create this database"),
        (as_user(&guest), "permission denied for schema public", "grant usage, create on schema public"),
    ];
    for (url, cause, remedy) in cases {
        let environment = with(app.environment(), "DATABASE_URL", &url);
        let ended = run_in(environment, &["migrate"]).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        for text in [cause, remedy] {
            assert!(ended.err.contains(text), "{text} is not in: {}", ended.err);
        }
        assert!(!ended.err.contains("timed out"), "{}", ended.err);
    }
    let environment = with(app.environment(), "DATABASE_URL", &database);
    for _ in 0..2 {
        let ended = run_in(environment.clone(), &["migrate"]).await;
        assert_eq!((ended.code, ended.err.contains("already exists")), (Some(0), false), "{ended:?}");
    }
}

#[tokio::test]
async fn a_refused_password_missing_tls_and_a_read_only_database_name_their_cause_and_a_remedy() {
    let app = TestApp::start().await;
    let postgres = Postgres::start("access").await;
    let mut admin = PgConnection::connect(&postgres.url).await.unwrap();
    let statements = "create role guest login password 'right'; create database locked;
        alter database locked set default_transaction_read_only = on";
    for statement in statements.split(';') {
        sqlx::raw_sql(statement).execute(&mut admin).await.unwrap();
    }
    let url = |user: &str, rest: &str| format!("postgres://{user}@127.0.0.1:{}/{rest}", postgres.port);
    let cases = [
        (
            "host all guest 127.0.0.1/32 scram-sha-256",
            url("guest:wrong", "postgres"),
            "password authentication failed",
            "the password",
        ),
        ("hostssl all all 127.0.0.1/32 trust", url("guest", "postgres"), "no encryption", "pg_hba.conf"),
        ("host all all 127.0.0.1/32 trust", url("guest", "postgres?sslmode=require"), "TLS", "check sslmode"),
        ("host all all 127.0.0.1/32 trust", url("postgres", "locked"), "read-only transaction", "make it writable"),
    ];
    for (rule, url, cause, remedy) in cases {
        postgres.admit(rule).await;
        let migrate = || run_in(with(app.environment(), "DATABASE_URL", &url), &["migrate"]);
        let ended = migrate().await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        for text in [cause, remedy] {
            assert!(ended.err.contains(text), "{text} is not in: {}", ended.err);
        }
        assert!(!ended.err.contains("wrong") && !ended.err.contains("timed out"), "{}", ended.err);
    }
}

#[tokio::test]
async fn with_a_wrong_key_no_command_runs_and_each_says_which_setting_helps() {
    let app = TestApp::connected().await;
    let environment = with(app.environment(), "security.encryption_key", OTHER_KEY);
    let environment = with(environment, "server.listen", "127.0.0.1:0");
    for command in ["serve", "status", "sync"] {
        let ended = run_in(environment.clone(), &[command]).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains("security.previous_encryption_keys"), "{}", ended.err);
    }
    assert_eq!(app.status().await["state"], "connected");
}

#[tokio::test]
async fn the_status_is_printed_as_text_and_as_json() {
    let (mut w, _) = connected_with_two_people().await;
    let document = w.status().await;
    let ended = run(&w, &["status", "--json"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(serde_json::from_str::<Value>(&ended.out).unwrap(), document);
    w.app.stop().await;
    let ended = run(&w, &["status"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for text in ["connected", "Acme", "person_added registered", "2 in Optedo", "0 open"] {
        assert!(ended.out.contains(text), "{text} in {}", ended.out);
    }
}

#[tokio::test]
async fn a_sync_works_beside_a_running_service_and_without_one() {
    let (mut w, people) = connected_with_two_people().await;
    for (round, is_running) in [(2, true), (3, false)] {
        if !is_running {
            w.app.stop().await;
        }
        for (person, _) in people {
            add_leave(&w, person);
        }
        let ended = run(&w, &["sync"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains(&format!("{} absences in Optedo", 2 * round)), "{}", ended.out);
        for (_, user) in people {
            assert_eq!(w.absences_of(user).len(), round);
        }
    }
    w.assert_one_way_and_once();
}

#[tokio::test]
async fn a_sync_of_one_person_does_not_touch_the_others() {
    let (mut w, [(jan, jans_user), (els, elses_user)]) = connected_with_two_people().await;
    for (round, is_running) in [(2, true), (3, false)] {
        if !is_running {
            w.app.stop().await;
        }
        add_leave(&w, jan);
        add_leave(&w, els);
        let ended = run(&w, &["sync", "--person", &jan.to_string()]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(w.absences_of(jans_user).len(), round);
        assert_eq!(w.absences_of(elses_user).len(), 1);
    }
    let new = w.officient.add_person("Piet", "Nieuw");
    let ended = run(&w, &["sync", "--person", &new.to_string()]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ended = run(&w, &["sync", "--person", "999999"]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("999999"), "{}", ended.err);
}

/// Everything about leave in the database, to check that nothing was written.
async fn written(app: &TestApp) -> String {
    let query = "select coalesce(string_agg(t, chr(10)), '') from (
        select a::text as t from absences a union all select h::text from held_back h union all select i::text from attention i) s";
    sqlx::query_scalar(query).fetch_one(&app.db).await.unwrap()
}

#[tokio::test]
async fn a_dry_run_prints_the_writes_and_the_skipped_leave_and_writes_nothing() {
    let (mut w, [(jan, _), (els, _)]) = connected_with_two_people().await;
    let deleted = w.officient.events_of(jan)[0].id;
    add_leave(&w, jan);
    w.officient.delete_event(deleted);
    let stranger = w.officient.add_person("Piet", "Zonderling");
    let leave = w.officient.events_of(els)[0].leave.clone();
    w.officient.add_event(stranger, leave);
    let before = written(&w).await;
    for is_running in [true, false] {
        if !is_running {
            w.app.stop().await;
        }
        let ended = run(&w, &["sync", "--dry-run"]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let has = |start: &str, rest: &str| {
            let mut lines = ended.out.lines();
            lines.any(|line| line.starts_with(start) && line.contains(rest))
        };
        assert!(has("create", &format!("person {jan} ")), "{}", ended.out);
        assert!(has("delete", &format!("event {deleted} ")), "{}", ended.out);
        assert!(has("skip", &format!("person {stranger} ")), "{}", ended.out);
        assert!(has("1 to create, 0 to change, 1 to delete", "1 skipped, 0 failed"), "{}", ended.out);

        let ended = run(&w, &["sync", "--dry-run", "--person", &els.to_string()]).await;
        assert!(ended.out.contains("0 to create") && ended.out.contains("0 skipped"), "{}", ended.out);
        assert_eq!(written(&w).await, before);
    }
    let writes = |call: &&Call| call.method != Method::GET;
    assert_eq!(w.optedo.calls().iter().filter(writes).count(), 2, "the writes of the import");
}

#[tokio::test]
async fn the_leave_of_a_person_is_explained_day_by_day_as_text_and_as_json() {
    let (mut w, [(jan, _), (els, _)]) = connected_with_two_people().await;
    let (day, other) = (w.day(0), w.day(3));
    let unmapped = w.officient.add_leave_type("Nergensverlof", None);
    w.officient.add_event(jan, w.leave(3).of_type(LeaveType::Custom(unmapped)));
    let new = w.officient.add_person("Piet", "Zonderling");
    let jan = jan.to_string();
    let days = w.get(&format!("/people/{jan}/days")).await;
    for is_running in [true, false] {
        if !is_running {
            w.app.stop().await;
        }
        let explain = async |arguments: &[&str]| {
            let ended = run(&w, &[&["explain", "--person"], arguments].concat()).await;
            assert_eq!(ended.code, Some(0), "{ended:?}");
            ended.out
        };
        let text = explain(&[&jan]).await;
        for says in [
            format!("Jan Peeters: is user {} in Optedo", w.user),
            "Optedo      lists 2 absences of this user in the window".to_owned(),
            format!("{day}  in_optedo"),
            "type found  absence".to_owned(),
            format!("{other}  waiting: unmapped_leave_type"),
            "type not found".to_owned(),
        ] {
            assert!(text.contains(&says), "{says}: {text}");
        }
        for name in ["Verlof", "Vakantie", "Nergensverlof"] {
            assert!(!text.contains(name), "{name}: {text}");
        }
        assert_eq!(serde_json::from_str::<Value>(&explain(&[&jan, "--json"]).await).unwrap(), days);
        let text = explain(&[&jan, "--date", &day.to_string()]).await;
        assert!(text.contains(&day.to_string()) && !text.contains(&other.to_string()), "{text}");
        let text = explain(&[&new.to_string()]).await;
        assert!(text.contains("No active Optedo user is called exactly") && text.contains("no leave"), "{text}");
    }
    let of_nobody = run(&w, &["explain", "--person", "999999"]).await;
    assert!(of_nobody.code == Some(1) && of_nobody.err.contains("no person 999999"), "{of_nobody:?}");
    w.officient.stop().await;
    let unreadable = run(&w, &["explain", "--person", &els.to_string()]).await;
    assert!(unreadable.code == Some(1) && unreadable.err.contains("Officient"), "{unreadable:?}");
}

#[tokio::test]
async fn a_failed_sync_exits_with_1_and_names_the_person() {
    let (mut w, [(jan, _), (els, _)]) = connected_with_two_people().await;
    w.app.stop().await;
    for times in [1, 20] {
        w.officient.fault_on(&format!("/1.0/calendar/{jan}/"), Fault::Status(500), times);
        let arguments: &[&str] = if times == 1 { &["sync", "--dry-run"] } else { &["sync"] };
        let ended = run(&w, arguments).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let all = format!("{}{}", ended.out, ended.err);
        assert!(all.contains(&format!("person {jan}")), "{all}");
        assert!(!all.contains(&format!("person {els}:")), "{all}");
        w.officient.clear_faults();
    }
    let ended = run(&w, &["sync"]).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// The path, what was expected and which kind of value came; never the value, which may be personal.
#[tokio::test]
async fn a_response_of_another_shape_is_named_by_path_and_kind_in_sync_check_and_log() {
    let (mut w, _) = connected_with_two_people().await;
    w.app.stop().await;
    let calendar = || Fault::WrongContent(json!({"data": {"time_off": "Sofie Maes"}}));
    let users = || Fault::WrongContent(json!([{"id": 7, "firstName": 40_711, "lastName": "Maes"}]));
    let of_officient = "at data.time_off: expected a list, got a string";
    let of_optedo = "at [0].firstName: expected a string, got a number";
    let cases: [(&str, &[&str], &str); 4] = [
        ("Officient", &["sync"], of_officient),
        ("Officient", &["check"], of_officient),
        ("Optedo", &["sync"], of_optedo),
        ("Optedo", &["check"], of_optedo),
    ];
    for (upstream, arguments, mistake) in cases {
        w.officient.clear_faults();
        w.optedo.clear_faults();
        if upstream == "Officient" {
            w.officient.fault_on("/1.0/calendar/", calendar(), 100);
        } else {
            w.optedo.fault_on("GET /api/users", users(), 100);
        }
        let ended = run(&w, arguments).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        let all = format!("{}{}", ended.out, ended.err);
        let line = all.lines().find(|line| line.contains(mistake));
        assert!(line.is_some_and(|line| line.contains(upstream)), "{mistake} is not in: {all}");
        assert!(!all.contains("Sofie Maes") && !all.contains("40711"), "a value is quoted: {all}");
    }
}

#[tokio::test]
async fn a_sync_that_cannot_reach_officient_exits_with_1() {
    let (mut w, [(jan, _), _]) = connected_with_two_people().await;
    w.officient.stop().await;
    for is_running in [true, false] {
        if !is_running {
            w.app.stop().await;
        }
        let person = jan.to_string();
        let commands: [&[&str]; 3] = [&["sync"], &["sync", "--person", &person], &["sync", "--dry-run"]];
        for arguments in commands {
            let ended = run(&w, arguments).await;
            assert_eq!(ended.code, Some(1), "{arguments:?} {ended:?}");
            assert!(!ended.err.is_empty(), "{arguments:?}");
        }
    }
}

#[tokio::test]
async fn without_a_connection_a_sync_exits_with_1_and_says_what_to_do() {
    let (mut w, _) = connected_with_two_people().await;
    w.app.stop().await;
    w.officient.revoke_all_tokens();
    let commands: [&[&str]; 3] = [&["sync"], &["sync"], &["sync", "--dry-run"]];
    for (number, arguments) in commands.into_iter().enumerate() {
        let ended = run(&w, arguments).await;
        assert_eq!(ended.code, Some(1), "{number} {ended:?}");
        assert!(ended.err.contains("sign in"), "{number} {}", ended.err);
    }
    let w = TestApp::start().await;
    let ended = run(&w, &["sync"]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("not connected"), "{}", ended.err);
}

#[tokio::test]
async fn the_service_exits_with_0_on_sigterm_and_sigint() {
    let (mut w, [(jan, user), _]) = connected_with_two_people().await;
    w.app.stop().await;
    for (round, signal) in [(2, "TERM"), (3, "INT")] {
        let serving = Serving::start(&w, w.environment()).await;
        add_leave(&w, jan);
        w.receive("calendar_event_added", jan).await;
        w.until("written", async || w.absences_of(user).len() == round).await;
        serving.signal(signal);
        assert_eq!(serving.ended().await.code, Some(0), "{signal}");
    }
}

#[tokio::test]
async fn the_health_command_says_whether_the_service_is_ready_and_why_not() {
    let mut app = TestApp::start().await;
    let listen = app.url.replace("http://localhost", "0.0.0.0");
    let environment = with(app.environment(), "server.listen", &listen);
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
    let (mut w, [(jan, user), _]) = connected_with_two_people().await;
    w.app.stop().await;
    let serving = Serving::start(&w, w.environment()).await;
    let write = w.optedo.hold("POST /api/absences", 0);
    add_leave(&w, jan);
    w.receive("calendar_event_added", jan).await;
    w.until_held(&write, 1).await;
    serving.signal("TERM");
    let is_stopping = || std::net::TcpStream::connect(("127.0.0.1", w.port())).is_err();
    until("the service accepts no connection", is_stopping).await;
    write.release();
    assert_eq!(serving.ended().await.code, Some(0));
    assert_eq!(w.absences_of(user).len(), 2);
    assert!(w.holds("select bool_and(intent is null) and count(*) = 3 from absences").await);
}

#[tokio::test]
async fn a_second_signal_stops_the_service_immediately() {
    let (mut w, [(jan, _), _]) = connected_with_two_people().await;
    w.app.stop().await;
    let serving = Serving::start(&w, with(w.environment(), "log.filter", "warn")).await;
    let write = w.optedo.hold("POST /api/absences", 0);
    add_leave(&w, jan);
    w.receive("calendar_event_added", jan).await;
    w.until_held(&write, 1).await;
    serving.signal("TERM");
    let is_stopping = || std::net::TcpStream::connect(("127.0.0.1", w.port())).is_err();
    until("the service accepts no connection", is_stopping).await;
    // The write still waits, and the service does not wait for it any more.
    serving.signal("INT");
    let ended = serving.ended().await;
    assert_eq!(ended.code, Some(0));
    assert!(ended.err.contains("Stopped at once by a second signal"), "{}", ended.err);
}
