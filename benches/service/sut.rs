//! The system under test: the shipped binary in a process of its own, connected to simulators with a company in them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use optedo_officient::clock::Clock;
use optedo_officient::http_client::http_client;
use optedo_officient::simulators::officient::{LeaveType, NewEvent};
use optedo_officient::simulators::{OfficientOptions, OfficientSim, OptedoOptions, OptedoSim};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::process::{Child, Command};
use tokio::time::sleep;
use url::Url;

pub const PEOPLE: usize = 500;
pub const SWEEP_EVERY: Duration = Duration::from_secs(20);
/// Settings for measurements that Officient's limit must not affect.
pub const WITHOUT_LIMIT: &[(&str, &str)] = &[("OFFICIENT__RATE_LIMIT_CALLS", "10000"), ("SYNC__SWEEP_INTERVAL", "20s")];
/// Settings as in production.
pub const AT_THE_LIMIT: &[(&str, &str)] = &[("OFFICIENT__RATE_LIMIT_CALLS", "30"), ("SYNC__SWEEP_INTERVAL", "15m")];

const API: &str = "/api/externalauthentication/officient";
const API_TOKEN: &str = "the API token of the measurement";
const ENCRYPTION_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

pub struct Sut {
    pub officient: OfficientSim,
    pub optedo: OptedoSim,
    pub people: Vec<i64>,
    /// Optedo's user of each of `people`.
    pub users: Vec<i64>,
    pub leave_type: i64,
    pub db: PgPool,
    monday: Date,
    url: String,
    settings: Vec<(String, String)>,
    http: reqwest::Client,
    process: Option<Child>,
}

#[expect(clippy::disallowed_methods, reason = "scripts/bench sets these variables")]
fn variable(name: &str) -> String {
    std::env::var(name).expect("run the measurement with make bench")
}

/// The program as it is shipped, without the feature `demo`.
pub fn binary() -> PathBuf {
    variable("BENCH_BINARY").into()
}

/// A new, empty database.
pub async fn new_database() -> Url {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let mut url: Url = variable("DATABASE_URL").parse().unwrap();
    let name = format!("bench_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
    url.set_path(&name);
    url
}

impl Sut {
    /// Starts the simulators with this many people, who all match and have some leave, and the service with these settings.
    pub async fn start(people: usize, settings: &[(&str, &str)]) -> Self {
        let mut options = OfficientOptions { notify: false, ..OfficientOptions::default() };
        if settings == WITHOUT_LIMIT {
            options.rate_limit_calls = 1_000_000;
        }
        let officient = OfficientSim::start(options).await.unwrap();
        let optedo = OptedoSim::start(OptedoOptions::default()).await.unwrap();
        let leave_type = officient.add_leave_type("Verlof", None);
        optedo.add_absence_type("Verlof");
        let today = Clock::default().today();
        let monday = today.nth_weekday(1, Weekday::Monday).unwrap();
        let (mut ids, mut users) = (Vec::new(), Vec::new());
        for number in 0..people {
            let (first, last) = (format!("Jan {number}"), format!("Peeters {number}"));
            users.push(optedo.add_user(&first, &last));
            let person = officient.add_person(&first, &last);
            for week in 0..4 {
                let day = monday.saturating_add((week * 7).days());
                officient.add_event(person, NewEvent::new(LeaveType::Custom(leave_type), day));
            }
            ids.push(person);
        }
        let database = new_database().await;
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://localhost:{port}");
        let own = [
            ("SERVER__LISTEN", format!("127.0.0.1:{port}")),
            ("SERVER__PUBLIC_URL", url.clone()),
            ("OFFICIENT__APP_URL", officient.url()),
            ("OFFICIENT__API_URL", officient.url()),
            ("OPTEDO__API_URL", optedo.api_url()),
            ("OPTEDO__API_TOKEN", optedo.token()),
            ("ADMIN__PASSWORD", "the password of the measurement".to_owned()),
            ("ADMIN__API_TOKEN", API_TOKEN.to_owned()),
            ("SECURITY__ENCRYPTION_KEY", ENCRYPTION_KEY.to_owned()),
            ("DATABASE__URL", database.to_string()),
        ];
        let chosen = settings.iter().map(|(key, value)| (*key, (*value).to_owned()));
        let settings = own.into_iter().chain(chosen);
        let settings = settings.map(|(key, value)| (format!("OPTEDO_OFFICIENT__{key}"), value)).collect();
        let db = sqlx::postgres::PgPoolOptions::new().max_connections(2).connect_lazy(database.as_str()).unwrap();
        let mut sut = Self {
            officient,
            optedo,
            people: ids,
            users,
            leave_type,
            db,
            monday,
            url,
            settings,
            http: http_client(Duration::from_mins(1)),
            process: None,
        };
        sut.start_process().await;
        sut
    }

    /// Returns when the service is ready.
    pub async fn start_process(&mut self) {
        let child = Command::new(binary())
            .arg("serve")
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .env_remove("DATABASE_URL")
            .stderr(std::fs::File::options().append(true).create(true).open("target/bench/service.log").unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.process = Some(child);
        let began = Instant::now();
        let ready = || self.http.get(format!("{}/health/ready", self.url)).send();
        while !ready().await.is_ok_and(|answer| answer.status() == 200) {
            assert!(began.elapsed() < Duration::from_secs(20), "the service does not become ready");
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Restarts the service with other settings.
    pub async fn restart_with(&mut self, settings: &[(&str, &str)]) {
        self.stop_process().await;
        for (key, value) in settings {
            let key = format!("OPTEDO_OFFICIENT__{key}");
            self.settings.retain(|(set, _)| *set != key);
            self.settings.push((key, (*value).to_owned()));
        }
        self.start_process().await;
    }

    /// Stops the service with SIGTERM, as an orchestrator does.
    pub async fn stop_process(&mut self) {
        let mut child = self.process.take().unwrap();
        let stop = Command::new("kill").arg(child.id().unwrap().to_string()).status().await.unwrap();
        assert!(stop.success());
        child.wait().await.unwrap();
    }

    pub async fn stop(mut self) {
        self.stop_process().await;
        self.officient.stop().await;
        self.optedo.stop().await;
        self.db.close().await;
    }

    /// Stores the credentials and signs in at Officient.
    pub async fn connect(&self) {
        let body = json!({"clientId": self.officient.client_id(), "clientSecret": self.officient.client_secret()});
        self.api(reqwest::Method::PUT, "/credentials").json(&body).send().await.unwrap().error_for_status().unwrap();
        let login = self.api(reqwest::Method::POST, "/login").header("accept", "application/json").send();
        let login = login.await.unwrap();
        let cookie = login.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let login: Value = login.json().await.unwrap();
        let authorize: Url = login["authorizeUrl"].as_str().unwrap().parse().unwrap();
        let state = authorize.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let code = self.officient.issue_code();
        let back = self.http.get(format!("{}{API}", self.url)).query(&[("code", code), ("state", state)]);
        back.header("cookie", cookie).send().await.unwrap();
        assert_eq!(self.status().await["state"], "connected");
    }

    /// Returns when everybody was reconciled.
    pub async fn wait_for_import(&self) {
        loop {
            let status = self.status().await;
            let sync = &status["sync"];
            let is_done = sync["state"] == "idle" && sync["peopleTotal"] == self.people.len();
            if is_done && !sync["finishedAt"].is_null() && status["queue"]["waiting"] == 0 {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    fn api(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{API}{path}", self.url)).bearer_auth(API_TOKEN)
    }

    pub async fn status(&self) -> Value {
        self.api(reqwest::Method::GET, "/status").send().await.unwrap().json().await.unwrap()
    }

    /// Returns when no webhook and no person waits.
    pub async fn settle(&self) {
        while self.status().await["queue"]["waiting"] != 0 {
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Returns the status after a sweep that starts after this call.
    pub async fn status_after_next_sweep(&self) -> Value {
        let before = self.status().await["sync"]["startedAt"].clone();
        loop {
            let status = self.status().await;
            if status["sync"]["startedAt"] != before && status["sync"]["state"] == "idle" {
                return status;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The address for webhooks, once the service has told Officient.
    pub async fn webhook_url(&self) -> String {
        let began = Instant::now();
        loop {
            if let Some(subscription) = self.officient.subscriptions().first() {
                return subscription.target_url.clone();
            }
            assert!(began.elapsed() < Duration::from_mins(1), "no webhook is registered");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The body of a webhook about a person whom the service knows.
    pub fn webhook_body(&self) -> String {
        webhook_body(self.people[0])
    }

    pub async fn deliver(&self, url: &str, person: i64) {
        assert!(self.is_accepted(url, person).await, "the service refuses a webhook");
    }

    /// Sends a webhook about this person.
    pub async fn is_accepted(&self, url: &str, person: i64) -> bool {
        let sent = self.http.post(url).body(webhook_body(person)).send().await;
        sent.is_ok_and(|response| response.status() == 200)
    }

    /// Starts a reconciliation of everybody.
    pub async fn request_sweep(&self) {
        self.request(reqwest::Method::POST, "/sync").await;
    }

    /// Calls the API; reads the whole response.
    pub async fn request(&self, method: reqwest::Method, path: &str) {
        let response = self.api(method, path).send().await.unwrap().error_for_status().unwrap();
        response.bytes().await.unwrap();
    }

    /// Cuts the service off from its database, or ends that.
    pub async fn cut_database(&self, is_cut: bool) {
        let name = self.db.connect_options().get_database().unwrap().to_owned();
        let sql = format!(
            "alter database {name} with allow_connections {};
             select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}' and {is_cut}",
            !is_cut
        );
        let mut connection = PgConnection::connect(&variable("DATABASE_URL")).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }

    /// The working day with this number, counted from the next Monday.
    pub fn day(&self, number: usize) -> Date {
        let number = i32::try_from(number).unwrap();
        self.monday.saturating_add((number / 5 * 7 + number % 5).days())
    }

    fn process_status(&self, name: &str) -> f64 {
        let id = self.process.as_ref().and_then(Child::id).unwrap();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("the system has /proc");
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024.0
    }

    pub fn resident_mib(&self) -> f64 {
        self.process_status("VmRSS:")
    }

    pub fn highest_resident_mib(&self) -> f64 {
        self.process_status("VmHWM:")
    }

    /// Open connections of the service.
    pub async fn database_connections(&self) -> i64 {
        let count = "select count(*) from pg_stat_activity
            where datname = current_database() and application_name = 'optedo-officient'";
        sqlx::query_scalar(count).fetch_one(&self.db).await.unwrap()
    }

    /// Committed transactions of this database so far.
    pub async fn transactions_so_far(&self) -> f64 {
        let count = "select xact_commit::float8 from pg_stat_database where datname = current_database()";
        sqlx::query_scalar(count).fetch_one(&self.db).await.unwrap()
    }
}

/// How many calendar years the window touches.
pub fn years_of_window() -> usize {
    let today = Clock::default().today();
    let (from, until) = (today.saturating_sub(60.days()), today.saturating_add(400.days()));
    usize::try_from(until.year() - from.year()).unwrap() + 1
}

fn webhook_body(person: i64) -> String {
    json!({"account": "acme", "event_type": "calendar_event_updated", "related_object_id": person.to_string()})
        .to_string()
}
