//! The set-up of every test: the running service, the two simulators, and a database of its own.
//!
//! `TestApp::start()` is the real application on a free port. [`world::World`] adds a small company. Tests never wait
//! for a guessed time: they wait for an end state ([`TestApp::settle`], [`TestApp::until`]), for rounds of the worker
//! ([`TestApp::until_idle`]), or for a call that a simulator holds ([`simulators::Hold`]).

pub mod browser;
pub mod changes;
pub mod chromium;
pub mod notifications;
pub mod postgres;
pub mod prelude;
pub mod program;
pub mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use optedo_officient::app::{self, App};
use optedo_officient::clock::Clock;
use optedo_officient::config::Config;
use optedo_officient::db;
use optedo_officient::http_client::http_client;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

pub use optedo_officient::simulators;
use simulators::{Hold, OfficientOptions, OfficientSim, OptedoOptions, OptedoSim};

pub const API: &str = "/api/externalauthentication/officient";
pub const PAGE: &str = "/instellingen/integraties/hr";
pub const PASSWORD: &str = "een goed wachtwoord";
pub const API_TOKEN: &str = "the api token of the tests";
pub const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub const OTHER_KEY: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
/// When a test gives up: nothing that works takes nearly as long, not even on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The service, the simulators, the database.
pub struct TestApp {
    pub app: App,
    pub clock: Clock,
    pub officient: OfficientSim,
    pub optedo: OptedoSim,
    pub db: PgPool,
    pub url: String,
    pub http: reqwest::Client,
    settings: Vec<(String, String)>,
    server: JoinHandle<()>,
}

/// What a test chooses before the service starts.
#[derive(Default)]
pub struct Options {
    pub officient: OfficientOptions,
    settings: Vec<(String, String)>,
}

/// The environment variable of a key of the configuration, e.g. `sync.sweep_interval`.
pub fn variable(key: &str) -> String {
    format!("OPTEDO_OFFICIENT__{}", key.to_uppercase().replace('.', "__"))
}

impl Options {
    /// Sets a key of the configuration, e.g. `("sync.sweep_interval", "0s")`.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((variable(key), value.to_owned()));
        self
    }

    pub fn officient(mut self, change: impl FnOnce(&mut OfficientOptions)) -> Self {
        change(&mut self.officient);
        self
    }

    pub async fn start(self) -> TestApp {
        TestApp::start_with(self).await
    }
}

impl TestApp {
    /// Starts with the default settings, without periodic sweeps: a test requests a sweep when it needs one.
    pub async fn start() -> Self {
        Options::default().start().await
    }

    /// Like [`Self::start`], and connected to Officient; the first import is done.
    pub async fn connected() -> Self {
        let app = Self::start().await;
        app.connect_and_import().await;
        app
    }

    async fn start_with(options: Options) -> Self {
        let officient = OfficientSim::start(OfficientOptions { notify: false, ..options.officient }).await.unwrap();
        let optedo = OptedoSim::start(OptedoOptions::default()).await.unwrap();
        let database = create_database().await;
        let listener = app::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let mut settings = vec![("DATABASE_URL".to_owned(), database.clone())];
        let own = [
            ("server.public_url", url.as_str()),
            ("officient.app_url", &officient.url()),
            ("officient.api_url", &officient.url()),
            ("optedo.api_url", &optedo.api_url()),
            ("optedo.api_token", &optedo.token()),
            ("admin.password", PASSWORD),
            ("admin.api_token", API_TOKEN),
            ("security.encryption_key", KEY),
            ("sync.sweep_interval", "0s"),
            ("sync.audit_at", ""),
        ];
        settings.extend(own.map(|(key, value)| (variable(key), value.to_owned())));
        settings.extend(options.settings);
        let clock = Clock::default();
        let db = PgPoolOptions::new().max_connections(5).connect(&database).await.unwrap();
        let (app, server) = serve(&settings, &clock, listener).await;
        let http = http_client(PATIENCE);
        Self { app, clock, officient, optedo, db, url, http, settings, server }
    }

    /// Stops the service as an orchestrator would and starts it again on the same database and port.
    pub async fn restart(&mut self) {
        self.restart_with(&[]).await;
    }

    /// Like [`Self::restart`], with other settings.
    pub async fn restart_with(&mut self, changes: &[(&str, &str)]) {
        for (key, value) in changes {
            self.settings.retain(|(existing, _)| *existing != variable(key));
            self.settings.push((variable(key), (*value).to_owned()));
        }
        self.stop().await;
        let listener = app::bind(([127, 0, 0, 1], self.port()).into()).await.unwrap();
        (self.app, self.server) = serve(&self.settings, &self.clock, listener).await;
    }

    /// Stops the service as an orchestrator would.
    pub async fn stop(&mut self) {
        self.app.engine.stop.cancel();
        if !self.server.is_finished() {
            (&mut self.server).await.unwrap();
        }
    }

    /// Another replica of the service on the same database; returns its address and the application, to stop it.
    pub async fn replica(&self) -> (String, App) {
        let listener = app::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let (app, _server) = serve(&self.settings, &self.clock, listener).await;
        (url, app)
    }

    pub fn port(&self) -> u16 {
        self.url.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// The environment of a command run beside the service.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.settings.clone()
    }

    /// A request with the API token.
    pub fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{API}{path}", self.url)).bearer_auth(API_TOKEN)
    }

    /// The JSON of a GET of the API.
    pub async fn get(&self, path: &str) -> Value {
        let response = self.api(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "GET {path}");
        response.json().await.unwrap()
    }

    /// A POST of the API.
    pub async fn post(&self, path: &str) -> Response {
        self.api(Method::POST, path).send().await.unwrap()
    }

    pub async fn status(&self) -> Value {
        self.get("/status").await
    }

    /// How many people and webhooks wait for their first attempt, or for another one (`waiting`, `retrying`).
    pub async fn queue(&self, state: &str) -> i64 {
        self.status().await["queue"][state].as_i64().unwrap()
    }

    /// The open attention items.
    pub async fn attention(&self) -> Vec<Value> {
        self.get("/attention").await.as_array().unwrap().clone()
    }

    /// The open attention items of this kind.
    pub async fn attention_of(&self, kind: &str) -> Vec<Value> {
        self.attention().await.into_iter().filter(|item| item["kind"] == kind).collect()
    }

    /// The admin presses Retry at this attention item, and it is processed.
    pub async fn retry(&self, item: &Value) {
        self.request_retry(item).await;
        self.settle().await;
    }

    pub async fn request_retry(&self, item: &Value) {
        let retry = self.post(&format!("/attention/{}/retry", item["id"])).await;
        assert_eq!(retry.status(), StatusCode::ACCEPTED);
    }

    pub async fn ignore(&self, item: &Value) {
        let ignore = self.post(&format!("/attention/{}/ignore", item["id"])).await;
        assert_eq!(ignore.status(), StatusCode::NO_CONTENT);
    }

    /// Fills in the credentials of the registered app.
    pub async fn fill_in_credentials(&self) {
        let body = json!({"clientId": self.officient.client_id(), "clientSecret": self.officient.client_secret()});
        let response = self.api(Method::PUT, "/credentials").json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
    }

    /// Begins a login as a program does: the address at Officient and the browser's cookie.
    pub async fn begin_login(&self) -> (url::Url, String) {
        let login = self.api(Method::POST, "/login").header("accept", "application/json");
        let response = login.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let cookie = cookie_of(&response);
        let body: Value = response.json().await.unwrap();
        (body["authorizeUrl"].as_str().unwrap().parse().unwrap(), cookie)
    }

    /// Comes back from Officient with these query parameters and cookie; returns the notice of the page, empty if it
    /// has none.
    pub async fn come_back(&self, query: &[(&str, &str)], cookie: &str) -> String {
        let request = self.http.get(format!("{}{API}", self.url)).query(query).header("cookie", cookie);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let location = response.headers()["location"].to_str().unwrap().strip_prefix(PAGE).unwrap();
        location.strip_prefix("?notice=").unwrap_or(location).to_owned()
    }

    /// Begins a login and comes back with this code; returns the notice of the page.
    pub async fn log_in_with(&self, code: &str) -> String {
        let (authorize_url, cookie) = self.begin_login().await;
        self.come_back(&[("code", code), ("state", &state_of(&authorize_url))], &cookie).await
    }

    /// Fills in the credentials, logs in, and grants access.
    pub async fn connect(&self) {
        self.fill_in_credentials().await;
        assert_eq!(self.log_in_with(&self.officient.issue_code()).await, "connected");
    }

    /// Like [`Self::connect`], and the first import is done.
    pub async fn connect_and_import(&self) {
        self.connect().await;
        self.settle().await;
    }

    /// Where Officient delivers webhooks.
    pub fn webhook_url(&self) -> String {
        use secrecy::ExposeSecret as _;
        self.app.engine.webhook_address.url().expose_secret().to_owned()
    }

    /// The secret part of the webhook address.
    pub fn webhook_secret(&self) -> String {
        self.webhook_url().rsplit('/').next().unwrap().to_owned()
    }

    /// Delivers one webhook as Officient does; returns the status of the response.
    pub async fn deliver(&self, event_type: &str, related_object_id: impl ToString) -> StatusCode {
        self.deliver_to(&self.url, event_type, related_object_id).await
    }

    /// Delivers one webhook to the replica at `url`, as the proxy in front of all replicas does.
    pub async fn deliver_to(&self, url: &str, event_type: &str, related_object_id: impl ToString) -> StatusCode {
        let address = self.webhook_url().replace(&self.url, url);
        let body =
            json!({"account": "acme", "event_type": event_type, "related_object_id": related_object_id.to_string()});
        let response = self.http.post(address).json(&body).send().await;
        response.map_or(StatusCode::GATEWAY_TIMEOUT, |response| response.status())
    }

    /// Delivers one webhook, which is accepted.
    pub async fn receive(&self, event_type: &str, related_object_id: impl ToString) {
        assert_eq!(self.deliver(event_type, related_object_id).await, StatusCode::OK);
    }

    /// Requests a sweep, which is accepted.
    pub async fn request_sweep(&self) {
        assert_eq!(self.post("/sync").await.status(), StatusCode::ACCEPTED);
    }

    /// Requests a sweep and waits until everybody is reconciled.
    pub async fn sweep(&self) {
        self.request_sweep().await;
        self.settle().await;
    }

    /// Waits until no webhook, no first attempt at a person and no sweep is left.
    pub async fn settle(&self) {
        self.until("nothing waits", async || {
            let status = self.status().await;
            status["queue"]["waiting"] == 0 && status["sync"]["state"] == "idle"
        })
        .await;
    }

    /// Waits until a claim holds.
    pub async fn until(&self, claim: &str, holds: impl AsyncFn() -> bool) {
        let began = Instant::now();
        while !holds().await {
            assert!(began.elapsed() < PATIENCE, "never held: {claim}; status: {}", self.status().await);
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Time passes on the service's clock, and the worker looks for work.
    pub async fn advance(&self, time: SignedDuration) {
        self.clock.advance(time);
        self.app.engine.work_signal.notify(&self.db).await;
    }

    /// Waits until the worker has completed a round that began after this call, and `holds` is true at the end of one.
    async fn until_round(&self, claim: &str, holds: impl Fn(usize) -> bool) {
        let mut rounds = self.app.engine.work_signal.rounds();
        let before = rounds.borrow_and_update().number;
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < PATIENCE, "never held: {claim}");
            self.app.engine.work_signal.notify(&self.db).await;
            let is_done = rounds.wait_for(|round| round.number >= before + 2 && holds(round.jobs));
            if tokio::time::timeout(Duration::from_millis(50), is_done).await.is_ok() {
                return;
            }
        }
    }

    /// Waits until the worker has looked for work once more and begun everything that is due.
    pub async fn worker_round(&self) {
        self.until_round("the worker completes a round", |_jobs| true).await;
    }

    /// Waits until no job of the worker is under way and none is due, whatever still waits for its time.
    pub async fn until_idle(&self) {
        self.until_round("the worker has no job", |jobs| jobs == 0).await;
    }

    /// Holds the worker: webhooks are stored, and none is processed before [`Self::release_worker`].
    pub async fn hold_worker(&self) {
        self.sql("update connection set is_paused = true").await;
        self.worker_round().await;
    }

    pub async fn release_worker(&self) {
        self.sql("update connection set is_paused = false").await;
        self.app.engine.work_signal.notify(&self.db).await;
    }

    /// Waits until a simulator holds so many calls.
    pub async fn until_held(&self, hold: &Hold, calls: usize) {
        until("a simulator holds the calls", || hold.arrived() >= calls).await;
    }

    /// Disconnects everybody from the service's database and refuses new connections.
    pub async fn take_database_away(&self) {
        self.on_server("alter database {} with allow_connections false").await;
        self.on_server("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'").await;
    }

    /// Undoes [`Self::take_database_away`].
    pub async fn give_database_back(&self) {
        self.on_server("alter database {} with allow_connections true").await;
    }

    /// Waits until the service responds and has its database.
    pub async fn until_ready(&self) {
        let began = Instant::now();
        let ready = || self.http.get(format!("{}/health/ready", self.url)).send();
        while !ready().await.is_ok_and(|response| response.status() == StatusCode::OK) {
            assert!(began.elapsed() < PATIENCE, "the service never became ready");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Runs statements on the service's database.
    pub async fn sql(&self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&self.db).await.unwrap();
    }

    /// The one number that a query of the service's database gives.
    pub async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&self.db).await.unwrap()
    }

    /// Whether a claim about the service's database holds.
    pub async fn holds(&self, sql: &str) -> bool {
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&self.db).await.unwrap()
    }

    /// Runs a statement about the service's database, named `{}`, from another one.
    async fn on_server(&self, sql: &str) {
        let (_, database) = self.settings.iter().find(|(key, _)| key == "DATABASE_URL").unwrap();
        let mut url: url::Url = database.parse().unwrap();
        let name = url.path().trim_start_matches('/').to_owned();
        url.set_path("postgres");
        let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.replace("{}", &name))).execute(&mut connection).await.unwrap();
    }

    /// Nothing was written to Officient except subscriptions, and no event ever had two absences in Optedo.
    pub fn assert_one_way_and_once(&self) {
        assert!(self.officient.writes().is_empty(), "written to Officient: {:?}", self.officient.writes());
        assert!(self.optedo.max_same_reference_ever() <= 1, "an event had two absences");
    }
}

/// Waits until a claim holds that needs no service.
pub async fn until(claim: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "never held: {claim}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// The value of the first `Set-Cookie`, as a browser sends it back.
pub fn cookie_of(response: &Response) -> String {
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

pub fn state_of(authorize_url: &url::Url) -> String {
    authorize_url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub async fn serve(
    settings: &[(String, String)],
    clock: &Clock,
    listener: tokio::net::TcpListener,
) -> (App, JoinHandle<()>) {
    let config = Config::load(None, settings.to_vec()).unwrap();
    let pool = db::pool(&config.database.url, config.database.max_connections).unwrap();
    db::migrate(&pool).await.unwrap();
    optedo_officient::telemetry::metrics::handle();
    let app = App::build(config, pool, clock.clone()).await.unwrap();
    let running = app.clone();
    #[expect(clippy::disallowed_methods, reason = "the test waits for this task itself")]
    let server = tokio::spawn(async move { running.serve(listener).await.unwrap() });
    (app, server)
}

/// A new, empty database on the private Postgres; returns its address.
pub async fn create_database() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    #[expect(clippy::disallowed_methods, reason = "scripts/with-postgres says where its Postgres is")]
    let admin = std::env::var("DATABASE_URL").expect("DATABASE_URL: run the tests with make test");
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&admin).await.unwrap();
    for statement in ["drop database if exists", "create database"] {
        let statement = sqlx::AssertSqlSafe(format!("{statement} {name}"));
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    }
    let mut url: url::Url = admin.parse().unwrap();
    url.set_path(&name);
    url.to_string()
}
