//! Of a person only id and names are kept, and nothing secret or personal leaves the service.

use std::fmt::Write as _;

use base64::Engine as _;

use crate::support::prelude::*;
use crate::support::program::Serving;

/// Names that occur nowhere else, so that finding one is a leak.
pub const NAMES: [&str; 4] = ["Xaveria", "Quaghebeur", "xaveria", "Onvindbaar"];

pub const TYPES: [&str; 3] = ["Borstvoedingsverlof", "Zorgverlof-optedo", "Nergensverlof"];

/// A person who matches, one who nearly matches, and one who does not; each with sick leave, a mapped and an unmapped
/// type.
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
            w.officient.add_event(person, w.leave(day).of_type(leave_type));
        }
        w.officient.add_event(person, w.leave(3).lasting(None));
    }
    [matched, near, unknown]
}

/// Everything that makes the service log: rejections, unreadable responses, failures.
async fn trouble(w: &World, people: &[i64]) {
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
        w.webhook_about("person_updated", person).await;
        w.webhook_about("calendar_event_updated", person).await;
    }
}

#[tokio::test]
async fn only_the_names_of_a_persons_detail_are_in_the_database() {
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
async fn nothing_personal_is_in_the_log_at_level_trace_or_in_the_metrics() {
    // The database, the connection and the simulators of a service that stops; then the real program takes its place.
    let mut w = options().set("log.filter", "trace").world().await;
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
async fn a_dump_of_the_database_contains_no_secret_and_no_canary() {
    let w = options().set("sync.max_deletions", "1").world().await;
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
    let dump = tokio::process::Command::new("pg_dump").arg(format!("--dbname={database}")).output().await.unwrap();
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

/// A text in the forms in which it may be part of something else.
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

fn value_of(cookie: &str) -> String {
    cookie.split_once('=').unwrap().1.to_owned()
}

/// All that the service must keep to itself, by what it is.
async fn secrets(w: &World) -> Vec<(&'static str, String)> {
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
        ("the encryption key", KEY.to_owned()),
    ]
}

/// Signs in, connects after a stranger's attempt, has trouble with these people, replaces the webhook address and
/// renews the token; every secret of it.
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
async fn the_log_at_level_trace_contains_no_secret() {
    let mut w = options().set("log.filter", "trace").world().await;
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
async fn no_response_of_the_api_contains_more_of_a_person_than_the_name() {
    let w = World::start().await;
    let people = fill(&w);
    w.connect_and_import().await;
    trouble(&w, &people).await;
    w.retry_until_done().await;
    let paths = ["/status", "/people", "/leavetypes", "/absences", "/attention", "/attention?state=resolved"];
    let mut responses = String::new();
    for path in paths {
        responses += &w.get(path).await.to_string();
    }
    responses += &w.post("/sync?dryRun=true").await.text().await.unwrap();
    assert!(responses.contains(NAMES[0]));
    for canary in CANARIES {
        assert!(!responses.contains(canary), "{canary} is in a response");
    }
}
