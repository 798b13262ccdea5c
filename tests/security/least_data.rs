use std::process::Stdio;

use optedo_officient::demo::Fault;
use optedo_officient::demo::officient::{CANARIES, LeaveType};
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::support::world::{World, options};

/// Names that occur nowhere else, so that finding one is a leak.
const NAMES: [&str; 4] = ["Xaveria", "Quaghebeur", "xaveria", "Onvindbaar"];
const TYPES: [&str; 3] = ["Borstvoedingsverlof", "Zorgverlof-optedo", "Nergensverlof"];

/// Somebody who matches, somebody who does not, somebody nobody knows; sick leave, a mapped and an unmapped type.
fn fill(w: &World) -> [i64; 3] {
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
async fn trouble(w: &World, people: &[i64]) {
    w.optedo.reject_next(1, 422, &format!("{} {} heeft al {}", NAMES[0], NAMES[1], TYPES[1]));
    for fault in [Fault::CutOffJson, Fault::Html200, Fault::Status(500), Fault::Status(400)] {
        w.officient.fault_on("/1.0/people/", fault.clone(), 1);
        w.officient.fault_on("/1.0/calendar/", fault.clone(), 1);
        w.optedo.fault_on("/api/absences", fault, 1);
    }
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
    let mut service = tokio::process::Command::new(env!("CARGO_BIN_EXE_optedo-officient"))
        .arg("serve")
        .env_clear()
        .envs(w.environment())
        .env("OPTEDO_OFFICIENT__SERVER__LISTEN", w.url.replace("http://localhost", "127.0.0.1"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stderr = service.stderr.take().unwrap();
    let mut stdout = service.stdout.take().unwrap();
    let read = async move {
        let (mut log, mut out) = (Vec::new(), Vec::new());
        let (read, read_too) = tokio::join!(stderr.read_to_end(&mut log), stdout.read_to_end(&mut out));
        read.unwrap();
        read_too.unwrap();
        log.extend(out);
        String::from_utf8(log).unwrap()
    };
    #[expect(clippy::disallowed_methods, reason = "the test waits for this task itself")]
    let log = tokio::spawn(read);

    w.until_ready().await;
    w.sweep().await;
    trouble(&w, &people).await;
    w.sweep().await;
    let metrics = w.http.get(format!("{}/metrics", w.url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("absence_writes_total"));
    let id = service.id().unwrap().to_string();
    let asked = tokio::process::Command::new("kill").args(["-TERM", &id]).status();
    assert!(asked.await.unwrap().success());
    assert!(service.wait().await.unwrap().success());
    let log = log.await.unwrap();
    assert!(log.contains("\"TRACE\"") && log.contains("Reconciled person"), "the log is talkative");

    let secrets = [w.app.webhook_secret(), w.officient.client_secret().to_owned(), w.optedo.token()];
    let personal = NAMES.iter().chain(&TYPES).chain(&CANARIES).map(ToString::to_string);
    for word in personal.chain(secrets) {
        if let Some(line) = log.lines().find(|line| line.contains(&word)) {
            panic!("{word} is in the log: {line}");
        }
        assert!(!metrics.contains(&word), "{word} is in the metrics");
    }
    assert!(!log.to_lowercase().contains("sick day"), "a leave type is in the log");
}
