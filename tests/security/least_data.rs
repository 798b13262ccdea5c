//! Of a person only id and names are kept, and nothing that is secret or personal comes out anywhere.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use optedo_officient::db;
use optedo_officient::db::erasure::erase;
use optedo_officient::domain::ids::PersonId;
use optedo_officient::simulators::Fault;
use optedo_officient::simulators::officient::{CANARIES, LeaveType};
use reqwest::Method;
use serde_json::json;

use crate::commands::Serving;
use crate::support::browser::Browser;
use crate::support::world::{World, options};
use crate::support::{API_TOKEN, PAGE, PASSWORD, state_of};

/// Names that occur nowhere else, so that finding one is a leak.
pub const NAMES: [&str; 4] = ["Xaveria", "Quaghebeur", "xaveria", "Onvindbaar"];
pub const TYPES: [&str; 3] = ["Borstvoedingsverlof", "Zorgverlof-optedo", "Nergensverlof"];

/// Somebody who matches, somebody who does not, somebody nobody knows; sick leave, a mapped and an unmapped type.
pub fn fill(w: &World) -> [i64; 3] {
    let (matched, _) = w.hire(NAMES[0], NAMES[1]);
    let near = w.officient.add_person(NAMES[2], NAMES[1]);
    let unknown = w.officient.add_person(NAMES[3], NAMES[1]);
    w.optedo.add_absence_type(TYPES[1]);
    w.optedo.add_absence_type("Sick day");
    let mapped = w.officient.add_leave_type(TYPES[0], Some(TYPES[1]));
    let unmapped = w.officient.add_leave_type(TYPES[2], None);
    for person in [matched, near, unknown] {
        for (day, leave_type) in
            [(0, LeaveType::Custom(mapped)), (1, LeaveType::Custom(unmapped)), (2, LeaveType::SickDay)]
        {
            let mut leave = w.leave(day);
            leave.leave_type = leave_type;
            w.officient.add_event(person, leave);
        }
        let mut broken = w.leave(3);
        broken.duration_minutes = None;
        w.officient.add_event(person, broken);
    }
    [matched, near, unknown]
}

/// Everything that makes a service talk: refusals, unreadable answers, failures.
pub async fn trouble(w: &World, people: &[i64]) {
    w.optedo.reject_next(1, 422, &format!("{} {} heeft al {}", NAMES[0], NAMES[1], TYPES[1]));
    for fault in [Fault::CutOffJson, Fault::Html200, Fault::Status(500), Fault::Status(400)] {
        w.officient.fault_on("/1.0/people/", fault.clone(), 1);
        w.officient.fault_on("/1.0/calendar/", fault.clone(), 1);
        w.optedo.fault_on("/api/absences", fault, 1);
    }
    let webhook = json!({"account": CANARIES[1], "event_type": "person_updated", "related_object_id": people[0],
        "person": {"national_number": CANARIES[0], "iban": CANARIES[2]}, "comment": CANARIES[8]});
    let post = async |body: String| w.http.post(w.webhook_url()).body(body).send().await.unwrap().status();
    assert_eq!(post(webhook.to_string()).await, 200);
    assert_eq!(post(format!("[{webhook}")).await, 400);
    let wrong = json!({"data": {"first_name": [NAMES[0]], "iban": CANARIES[2], "id": 1}});
    w.officient.fault_on("/1.0/people/", Fault::WrongContent(wrong), 1);
    for person in people {
        w.announce_about("person_updated", person).await;
        w.announce_about("calendar_event_updated", person).await;
    }
}

#[tokio::test]
async fn nothing_of_the_persons_detail_but_the_names_is_in_the_database() {
    let w = World::start().await;
    let people = fill(&w);
    w.connect_and_import().await;
    trouble(&w, &people).await;
    w.retry_until_done().await;
    w.sweep().await;
    let dump = w.dump().await;
    assert!(dump.contains(NAMES[1]) && dump.contains("absences {"), "the dump holds what is kept");
    for canary in CANARIES {
        assert!(!dump.contains(canary), "{canary} is in the database");
    }
    // Of leave only ids, date and times: the types' names only where the admin must repair something.
    assert!(!dump.contains(TYPES[0]), "a leave type's name is in the database");
    assert!(!dump.to_lowercase().contains("sick"), "sick leave is in the database");
}

#[tokio::test]
async fn nothing_personal_is_in_the_log_at_its_most_talkative_nor_in_the_metrics() {
    // The database, the connection and the simulators of a service that stops; then the real program takes its place.
    let mut w = World::start_with(options().set("log.filter", "trace")).await;
    w.connect_and_import().await;
    w.app.stop().await;
    let people = fill(&w);
    let serving = Serving::start(&w, w.environment()).await;
    w.sweep().await;
    trouble(&w, &people).await;
    w.sweep().await;
    let metrics = w.http.get(format!("{}/metrics", w.url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("absence_writes_total"));
    let ended = serving.stop().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let log = [ended.err, ended.out].concat();
    assert!(log.contains("\"TRACE\"") && log.contains("Reconciled person"), "the log is talkative");

    let secrets = [w.app.webhook_secret(), w.officient.client_secret().to_owned(), w.optedo.token()];
    let personal = NAMES.iter().chain(&TYPES).chain(&CANARIES).map(ToString::to_string);
    for word in personal.chain(secrets) {
        for form in forms(&word) {
            if let Some(line) = log.lines().find(|line| line.contains(&form)) {
                panic!("{word} is in the log as {form}: {line}");
            }
        }
        assert!(!metrics.contains(&word), "{word} is in the metrics");
    }
    assert!(!log.to_lowercase().contains("sick day"), "a leave type is in the log");
}

/// The names of people, sick leave and all secrets, after everything a service does: a dump as an operator makes it.
#[tokio::test]
async fn a_dump_of_the_database_holds_no_secret_and_no_canary() {
    let w = World::start_with(options().set("sync.max_deletions", "1")).await;
    let people = fill(&w);
    w.connect_and_import().await;
    let browser = Browser::signed_in(&w).await;
    let old_token = w.webhook_secret();
    assert_eq!(w.post("/webhook-token/rotate").await.status(), 204);
    trouble(&w, &people).await;
    w.officient.revoke_access_tokens();
    w.retry_until_done().await;
    let (_, login_cookie) = w.begin_login().await;
    w.sweep().await;
    let database = w.environment().into_iter().find(|(key, _)| key == "DATABASE_URL").unwrap().1;
    let dump =
        tokio::process::Command::new("pg_dump").arg(format!("--dbname={database}")).output().await.unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8(dump.stdout).unwrap();
    assert!(dump.contains("COPY public.connection") && dump.contains(w.officient.client_id()));
    for (what, secret) in secrets(&w).await.into_iter().chain([
        ("the webhook token before", old_token),
        ("the session", value_of(&browser.cookies())),
        ("the login", value_of(&login_cookie)),
    ]) {
        assert!(secret.len() >= 4, "{what}");
        for form in forms(&secret) {
            assert!(!dump.contains(&form), "{what} is in the dump");
        }
    }
    for canary in CANARIES {
        assert!(!dump.contains(canary), "{canary} is in the dump");
    }
}

/// A text as it stands, and as it may stand inside something else.
pub fn forms(text: &str) -> Vec<String> {
    let hex = text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let escaped = form.replace('+', "%20");
    // Base64 of what holds it: for each of the three ways to cut the bytes before it, what does not depend on them.
    let encoded = (0..3).map(|before| {
        let whole = [vec![b'x'; before], text.as_bytes().to_vec()].concat();
        let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(whole);
        let ends = if before == 0 { 0..encoded.len() - 2 } else { 4..encoded.len() - 2 };
        encoded[ends].to_owned()
    });
    let mut forms: Vec<String> = encoded.chain([text.to_owned(), hex, form, escaped]).collect();
    // A few characters are found anywhere.
    forms.retain(|form| form.len() >= 4);
    forms
}

pub fn value_of(cookie: &str) -> String {
    cookie.split_once('=').unwrap().1.to_owned()
}

/// All that the service must keep to itself, by what it is.
pub async fn secrets(w: &World) -> Vec<(&'static str, String)> {
    use optedo_officient::secrets::vault::Vault;
    use secrecy::ExposeSecret as _;
    let vault: &Vault = &w.app.app.engine.vault;
    let (access, refresh): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("select access_token, refresh_token from connection").fetch_one(&w.db).await.unwrap();
    let open = |place, sealed: &[u8]| vault.open(place, sealed).unwrap().expose_secret().to_owned();
    vec![
        ("the client secret", w.officient.client_secret().to_owned()),
        ("the access token", open("connection.access_token", &access)),
        ("the refresh token", open("connection.refresh_token", &refresh)),
        ("the webhook token", w.webhook_secret()),
        ("the admin's password", PASSWORD.to_owned()),
        ("the API token", API_TOKEN.to_owned()),
        ("Optedo's token", w.optedo.token()),
        ("the encryption key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned()),
    ]
}

/// The whole life of a connection by the real program, logging everything.
/// Signs in, connects after a stranger's attempt, has trouble with these people, replaces the webhook address and renews
/// the token; every secret of it.
pub async fn live_through_much(w: &World, people: &[i64]) -> Vec<(&'static str, String)> {
    w.fill_in_credentials().await;
    let browser = Browser::signed_in(w).await;
    let (authorize_url, cookie) = w.begin_login().await;
    let (state, code) = (state_of(&authorize_url), w.officient.issue_code());
    let wrong = [("code", "a-code-of-a-stranger"), ("state", "a-state-of-a-stranger")];
    assert_eq!(w.come_back(&wrong, &cookie).await, "state_wrong");
    assert_eq!(w.come_back(&[("code", &code), ("state", &state)], &cookie).await, "connected");
    w.settle().await;
    trouble(w, people).await;
    let webhook_address = || w.officient.subscriptions()[0].target_url.clone();
    let before = webhook_address();
    assert_eq!(w.post("/webhook-token/rotate").await.status(), 204);
    let after = webhook_address();
    assert_ne!(before, after);
    for url in [before.as_str(), &after, &format!("{before}-wrong")] {
        w.http.post(url).body(r#"{"event_type":"e","related_object_id":"1"}"#).send().await.unwrap();
        w.http.post(url).body("no webhook").send().await.unwrap();
    }
    w.officient.revoke_access_tokens();
    w.sweep().await;
    let mut hidden = secrets(w).await;
    hidden.retain(|(what, _)| *what != "the webhook token");
    for (what, secret) in [
        ("the code", code.as_str()),
        ("the state", &state),
        ("a stranger's code", wrong[0].1),
        ("a stranger's state", wrong[1].1),
        ("the webhook token before", before.rsplit('/').next().unwrap()),
        ("the webhook token", after.rsplit('/').next().unwrap()),
        ("the session", &value_of(&browser.cookies())),
        ("the login", &value_of(&cookie)),
        ("the CSRF token", &browser.open(PAGE).await.csrf_token()),
    ] {
        hidden.push((what, secret.to_owned()));
    }
    hidden
}

#[tokio::test]
async fn the_log_at_trace_of_connecting_rotating_and_signing_in_holds_no_secret() {
    let mut w = World::start_with(options().set("log.filter", "trace")).await;
    w.app.stop().await;
    let people = fill(&w);
    let serving = Serving::start(&w, w.environment()).await;
    let hidden = live_through_much(&w, &people).await;
    assert_eq!(w.post("/logout").await.status(), 204);
    let log = serving.stop().await.err;
    assert!(log.contains("\"TRACE\"") && log.contains("Disconnected from Officient"), "the log is talkative");
    for (what, secret) in hidden {
        for form in forms(&secret) {
            if let Some(line) = log.lines().find(|line| line.contains(&form)) {
                panic!("{what} is in the log as {form}: {line}");
            }
        }
    }
}

#[tokio::test]
async fn no_answer_of_the_api_holds_more_of_a_person_than_the_name() {
    let w = World::start().await;
    let people = fill(&w);
    w.connect_and_import().await;
    trouble(&w, &people).await;
    w.retry_until_done().await;
    let paths = ["/status", "/people", "/leavetypes", "/absences", "/attention", "/attention?state=resolved"];
    let mut answers = String::new();
    for path in paths {
        answers += &w.get(path).await.to_string();
    }
    answers += &w.post("/sync?dryRun=true").await.text().await.unwrap();
    assert!(answers.contains(NAMES[0]));
    for canary in CANARIES {
        assert!(!answers.contains(canary), "{canary} is in an answer");
    }
}

async fn rows_about(w: &World, person: i64, events: &[i64]) -> Vec<String> {
    let dump = w.dump().await;
    let ids: Vec<String> = events.iter().chain([&person]).map(ToString::to_string).collect();
    let words =
        |line: &str| line.split(|char: char| !char.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
    let is_about =
        |line: &&str| words(line).iter().any(|word| ids.contains(word)) && !line.starts_with("audit_log ");
    dump.lines().filter(is_about).map(str::to_owned).collect()
}

async fn command(w: &World, arguments: &[&str]) -> std::process::Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_optedo-officient"));
    command.args(arguments).env_clear().envs(w.environment()).env("OPTEDO_OFFICIENT__LOG__FILTER", "off");
    command.output().await.unwrap()
}

#[tokio::test]
async fn a_person_is_exported_and_forgotten_wherever_the_database_knows_them() {
    let w = World::connected().await;
    let person = w.officient.add_person(NAMES[0], NAMES[1]);
    let other = w.officient.add_person(NAMES[3], NAMES[1]);
    w.optedo.add_user(NAMES[0], NAMES[1]);
    let mut events: Vec<i64> = (0..3).map(|day| w.officient.add_event(person, w.leave(day))).collect();
    let mut broken = w.leave(4);
    broken.duration_minutes = None;
    events.push(w.officient.add_event(person, broken));
    w.officient.add_event(other, w.leave(0));
    w.sweep().await;
    for event in &events {
        w.announce_about("calendar_event_updated", event).await;
    }
    w.announce_about("person_updated", person).await;
    w.officient.rename_person(person, NAMES[2], NAMES[1]);
    w.sweep().await;
    assert!(rows_about(&w, person, &events).await.len() > 8);
    let standing = w.absences().len();
    assert_eq!(standing, 3);

    let id = person.to_string();
    let exported = command(&w, &["export", "--person", &id]).await;
    assert!(exported.status.success(), "{exported:?}");
    let exported: serde_json::Value = serde_json::from_slice(&exported.stdout).unwrap();
    assert_eq!(exported["people"][0]["first_name"], NAMES[2]);
    assert_eq!(exported["absences"].as_array().unwrap().len(), 3);
    for table in ["history", "heldBack", "attention", "webhookEvents"] {
        assert!(!exported[table].as_array().unwrap().is_empty(), "{table}: {exported}");
    }
    assert!(!exported.to_string().contains(NAMES[3]), "somebody else is in it");

    // Gone from Officient, as is to be done first.
    w.officient.archive_person(person);
    w.sweep().await;
    let forgotten = command(&w, &["forget", "--person", &id]).await;
    assert!(forgotten.status.success(), "{forgotten:?}");
    let said = String::from_utf8(forgotten.stdout).unwrap();
    assert!(said.contains("3 of their absences stay in Optedo") && !said.contains("come back"), "{said}");
    w.sweep().await;
    assert_eq!(rows_about(&w, person, &events).await, Vec::<String>::new());
    assert!(!w.dump().await.contains(NAMES[2]), "the name is still there");
    assert_eq!(w.absences().len(), standing);
    assert!(w.dump().await.contains(NAMES[3]), "others are still known");
    let again = command(&w, &["forget", "--person", &id]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().contains("nothing is known here of person"));
    assert_eq!(command(&w, &["export", "--person", &id]).await.status.code(), Some(1));
    let acts: Vec<String> =
        sqlx::query_scalar("select action from audit_log where session = 'command' order by id")
            .fetch_all(&w.db)
            .await
            .unwrap();
    assert_eq!(acts, ["person_exported", "person_forgotten"]);
}

/// A look that read before, and stores after: wherever it is, nothing of the person comes back.
#[tokio::test]
async fn a_look_under_way_brings_nothing_of_a_forgotten_person_back() {
    const HANGS: Duration = Duration::from_secs(2);
    for step in ["read", "read what is held back", "calendar", "create"] {
        let timeouts = options().set("officient.timeout", "2s").set("optedo.timeout", "2s");
        let w = World::connected_with(timeouts).await;
        let person = w.officient.add_person(NAMES[0], NAMES[1]);
        if step != "read what is held back" {
            w.optedo.add_user(NAMES[0], NAMES[1]);
        }
        w.sweep().await;
        let events: Vec<i64> = (0..3).map(|day| w.officient.add_event(person, w.leave(day))).collect();
        w.officient.clear_calls();
        let is_reached = || match step {
            "create" => w.optedo.calls().iter().any(|call| call.method == Method::POST),
            _ => w.officient.calls_to("/1.0/calendar/") > 0,
        };
        match step {
            "read" | "read what is held back" => w.officient.set_latency(HANGS / 2),
            "calendar" => w.officient.fault_on("/1.0/calendar/", Fault::AnswerHangs, 1),
            _ => w.optedo.fault_on("POST /api/absences", Fault::AnswerHangs, 1),
        }
        assert_eq!(w.deliver("calendar_event_updated", person).await, 200);
        w.until("the look is under way", async || is_reached()).await;
        forget_person(&w, person).await;
        let standing = w.absences().len();
        // What must not happen would have happened by then: the call under way is given up, and noted as failed.
        tokio::time::sleep(2 * HANGS).await;
        w.officient.delete_person(person);
        w.officient.set_latency(Duration::ZERO);
        w.settle().await;
        assert_eq!(rows_about(&w, person, &events).await, Vec::<String>::new(), "{step}");
        assert!(!w.dump().await.contains(NAMES[0]), "{step}");
        // But for the call that was under way.
        assert!(w.absences().len() <= standing + 1, "{step}: written after they were forgotten");
    }
}

async fn forget_person(w: &World, person: i64) {
    let mut tx = db::begin(&w.db).await.unwrap();
    assert!(erase(&mut tx, PersonId(person)).await.unwrap().was_known);
    tx.commit().await.unwrap();
}

/// Officient says who is there, and before that is stored one of them is forgotten: they do not come back, not even as an
/// id, and Officient is asked again.
#[tokio::test]
async fn what_was_read_before_somebody_was_forgotten_brings_nobody_back() {
    let requests = "/1.0/calendar/requests/";
    for (case, is_announced, path) in [
        ("a sweep", false, "/1.0/people/list".to_owned()),
        ("everybody, since a webhook means nothing", true, "/1.0/people/list".to_owned()),
        ("who made a request", true, format!("{requests}901/")),
        ("who made the newest requests", true, format!("{requests}list")),
    ] {
        let w = World::connected().await;
        let (person, _) = w.hire(NAMES[0], NAMES[1]);
        w.sweep().await;
        let said = match path.strip_prefix(requests) {
            None => json!([{"id": w.jan, "name": "Jan Peeters"}, {"id": person, "name": NAMES[0]}]),
            Some("list") => json!([{"id": 900, "requester": {"id": person}}]),
            Some(_) => {
                assert_eq!(w.officient.add_request(w.jan, &[]), 901);
                json!({"id": 901, "requester": {"id": person}})
            }
        };
        w.officient.fault_on(&path, Fault::WrongContent(json!({"data": said, "total_record_count": 2})), 1);
        w.officient.clear_calls();
        w.officient.set_latency(Duration::from_secs(1));
        if is_announced {
            assert_eq!(w.deliver("calendar_event_added", 901).await, 200);
        } else {
            assert_eq!(w.post("/sync").await.status(), 202);
        }
        w.until("it is being read", async || w.officient.calls_to(&path) == 1).await;
        forget_person(&w, person).await;
        w.officient.delete_person(person);
        w.officient.set_latency(Duration::ZERO);
        w.settle().await;
        assert_eq!(w.officient.faults_left(), 0, "{case}");
        assert_eq!(rows_about(&w, person, &[]).await, Vec::<String>::new(), "{case}");
        assert!(w.officient.calls_to(&path) > 1, "{case}: not read again");
        let event = w.take_leave(0);
        w.announce_about("calendar_event_added", event).await;
        assert!(w.absence_of(event).is_some(), "{case}: others are looked at as ever");
        w.finish(&[]).await;
    }
}

#[tokio::test]
async fn who_made_a_request_is_not_remembered_beyond_their_being_forgotten() {
    let w = World::connected().await;
    let (person, _) = w.hire(NAMES[0], NAMES[1]);
    w.sweep().await;
    let request = w.officient.add_request(w.jan, &[]);
    let said = json!({"data": {"id": request, "requester": {"id": person}}});
    w.officient.fault_on(&format!("/1.0/calendar/requests/{request}/"), Fault::WrongContent(said), 1);
    w.announce_about("calendar_event_added", request).await;
    assert_eq!(w.officient.faults_left(), 0);
    forget_person(&w, person).await;
    w.officient.delete_person(person);
    w.announce_about("calendar_event_added", request).await;
    assert_eq!(rows_about(&w, person, &[]).await, Vec::<String>::new());
    w.finish(&[]).await;
}

#[tokio::test]
async fn whoever_is_not_known_yet_can_be_forgotten_ahead_of_the_list_that_has_them() {
    let w = World::connected().await;
    let person = w.officient.add_person(NAMES[0], NAMES[1]);
    let list = json!({"data": [{"id": w.jan, "name": "Jan Peeters"}, {"id": person, "name": NAMES[0]}], "total_record_count": 2});
    w.officient.fault_on("/1.0/people/list", Fault::WrongContent(list), 1);
    w.officient.clear_calls();
    w.officient.set_latency(Duration::from_secs(3));
    assert_eq!(w.post("/sync").await.status(), 202);
    w.until("it is being read", async || w.officient.calls_to("/1.0/people/list") == 1).await;
    let said = command(&w, &["forget", "--person", &person.to_string()]).await;
    assert_eq!(said.status.code(), Some(1), "nothing is known");
    w.officient.delete_person(person);
    w.officient.set_latency(Duration::ZERO);
    w.settle().await;
    assert_eq!(rows_about(&w, person, &[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn whoever_is_still_in_officient_comes_back_once_and_whole() {
    let w = World::connected().await;
    let event = w.take_leave(0);
    w.announce().await;
    let forgotten = command(&w, &["forget", "--person", &w.jan.to_string()]).await;
    assert!(String::from_utf8(forgotten.stdout).unwrap().contains("they come back"));
    assert!(w.get("/people").await.as_array().unwrap().is_empty());
    w.sweep().await;
    assert_eq!(w.get("/people").await.as_array().unwrap().len(), 1);
    assert!(w.absence_of(event).is_some(), "taken over by its reference, not doubled");
    w.finish(&[]).await;
}
