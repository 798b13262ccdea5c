//! The running service with everything around it, in the words of its users.
//!
//! `TestApp::start()` is the real application on a free port, with a database of its own and the two simulators. Work is
//! waited for by looking at its end state ([`TestApp::settle`]), never by sleeping for a guessed time.

pub mod browser;
pub mod chromium;
pub mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use optedo_officient::app::{self, App};
use optedo_officient::clock::Clock;
use optedo_officient::config::Config;
use optedo_officient::db;
use optedo_officient::http_client::http_client;
use optedo_officient::simulators::{OfficientOptions, OfficientSim, OptedoOptions, OptedoSim};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

pub const API: &str = "/api/externalauthentication/officient";
pub const PAGE: &str = "/instellingen/integraties/hr";
pub const PASSWORD: &str = "een goed wachtwoord";
pub const API_TOKEN: &str = "the api token of the tests";
/// Nothing in a test takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// What a test may choose before the service starts.
#[derive(Default)]
pub struct Options {
    pub officient: OfficientOptions,
    settings: Vec<(String, String)>,
}

impl Options {
    /// Sets a key of the configuration, e.g. `("sync.sweep_interval", "0s")`.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        let key = format!("OPTEDO_OFFICIENT__{}", key.to_uppercase().replace('.', "__"));
        self.settings.push((key, value.to_owned()));
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
    /// Runs with the defaults, but for sweeps: a test asks for one when it wants one.
    pub async fn start() -> Self {
        Options::default().start().await
    }

    /// Like [`Self::start`], and connected to Officient; the first import is done.
    pub async fn connected() -> Self {
        let app = Self::start().await;
        app.connect().await;
        app.settle().await;
        app
    }

    async fn start_with(options: Options) -> Self {
        let officient =
            OfficientSim::start(OfficientOptions { notify: false, ..options.officient }).await.unwrap();
        let optedo = OptedoSim::start(OptedoOptions::default()).await.unwrap();
        let database = create_database().await;
        let listener = app::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let settings: Vec<(String, String)> = [
            ("DATABASE_URL", database.as_str()),
            ("OPTEDO_OFFICIENT__SERVER__PUBLIC_URL", &url),
            ("OPTEDO_OFFICIENT__OFFICIENT__APP_URL", &officient.url()),
            ("OPTEDO_OFFICIENT__OFFICIENT__API_URL", &officient.url()),
            ("OPTEDO_OFFICIENT__OPTEDO__API_URL", &optedo.api_url()),
            ("OPTEDO_OFFICIENT__OPTEDO__API_TOKEN", &optedo.token()),
            ("OPTEDO_OFFICIENT__ADMIN__PASSWORD", PASSWORD),
            ("OPTEDO_OFFICIENT__ADMIN__API_TOKEN", API_TOKEN),
            ("OPTEDO_OFFICIENT__SECURITY__ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
            ("OPTEDO_OFFICIENT__SYNC__SWEEP_INTERVAL", "0s"),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .chain(options.settings)
        .collect();
        let clock = Clock::default();
        let pool = PgPoolOptions::new().max_connections(5).connect(&database).await.unwrap();
        let (app, server) = serve(&settings, &clock, listener).await;
        Self {
            app,
            clock,
            officient,
            optedo,
            db: pool,
            url,
            http: http_client(Duration::from_secs(30)),
            settings,
            server,
        }
    }

    /// The secret part of the webhook address.
    pub fn webhook_secret(&self) -> String {
        self.webhook_url().rsplit('/').next().unwrap().to_owned()
    }

    /// Stops the service as an orchestrator would and starts it again on the same database and port.
    pub async fn restart(&mut self) {
        self.restart_with(&[]).await;
    }

    /// Like [`Self::restart`], with other settings.
    pub async fn restart_with(&mut self, changes: &[(&str, &str)]) {
        for (key, value) in changes {
            let key = format!("OPTEDO_OFFICIENT__{}", key.to_uppercase().replace('.', "__"));
            self.settings.retain(|(existing, _)| *existing != key);
            self.settings.push((key, (*value).to_owned()));
        }
        self.stop().await;
        let port = self.url.rsplit(':').next().unwrap();
        let listener = app::bind(format!("127.0.0.1:{port}").parse().unwrap()).await.unwrap();
        (self.app, self.server) = serve(&self.settings, &self.clock, listener).await;
    }

    /// Stops the service as an orchestrator would.
    pub async fn stop(&mut self) {
        self.app.engine.stop.cancel();
        if !self.server.is_finished() {
            (&mut self.server).await.unwrap();
        }
    }

    /// Another copy of the service on the same database; returns its address and what stops it.
    pub async fn replica(&self) -> (String, App) {
        let listener = app::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let (app, _server) = serve(&self.settings, &self.clock, listener).await;
        (url, app)
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

    /// The open attention items.
    pub async fn attention(&self) -> Vec<Value> {
        self.get("/attention").await.as_array().unwrap().clone()
    }

    /// The open items of this kind.
    pub async fn attention_of(&self, kind: &str) -> Vec<Value> {
        self.attention().await.into_iter().filter(|item| item["kind"] == kind).collect()
    }

    /// Fills in the credentials of the registered app.
    pub async fn fill_in_credentials(&self) {
        let body =
            json!({"clientId": self.officient.client_id(), "clientSecret": self.officient.client_secret()});
        let response = self.api(Method::PUT, "/credentials").json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
    }

    /// Begins a login as a program does: the address at Officient and the browser's cookie.
    pub async fn begin_login(&self) -> (url::Url, String) {
        let response =
            self.api(Method::POST, "/login").header("accept", "application/json").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let cookie = cookie_of(&response);
        let body: Value = response.json().await.unwrap();
        (body["authorizeUrl"].as_str().unwrap().parse().unwrap(), cookie)
    }

    /// Comes back from Officient with these query parameters and cookie; returns the notice of the page.
    pub async fn come_back(&self, query: &[(&str, &str)], cookie: &str) -> String {
        let request = self.http.get(format!("{}{API}", self.url)).query(query).header("cookie", cookie);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let location = response.headers()["location"].to_str().unwrap();
        location.strip_prefix(&format!("{PAGE}?notice=")).unwrap().to_owned()
    }

    /// Credentials, login, consent, callback.
    pub async fn connect(&self) {
        self.fill_in_credentials().await;
        assert_eq!(self.log_in().await, "connected");
    }

    /// Login, consent, callback, while writing waits for the admin's start.
    pub async fn connect_again(&self) {
        assert_eq!(self.log_in().await, "connected_paused");
    }

    /// Returns the notice of the page.
    async fn log_in(&self) -> String {
        let (authorize_url, cookie) = self.begin_login().await;
        let state = state_of(&authorize_url);
        let code = self.officient.issue_code();
        self.come_back(&[("code", &code), ("state", &state)], &cookie).await
    }

    /// Where Officient delivers webhooks.
    pub fn webhook_url(&self) -> String {
        use secrecy::ExposeSecret as _;
        self.app.engine.webhook_address.url().expose_secret().to_owned()
    }

    /// Delivers one webhook as Officient does.
    pub async fn deliver(&self, event_type: &str, related_object_id: impl ToString) -> StatusCode {
        let body = json!({"account": "acme", "event_type": event_type, "related_object_id": related_object_id.to_string()});
        self.http.post(self.webhook_url()).json(&body).send().await.unwrap().status()
    }

    /// Asks for a sweep and waits until everything that it asked for is done.
    pub async fn sweep(&self) {
        assert_eq!(self.post("/sync").await.status(), StatusCode::ACCEPTED);
        self.settle().await;
    }

    /// Waits until nothing waits: no webhook, nobody to look at for the first time, no sweep.
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
            assert!(began.elapsed() < PATIENCE, "waited in vain: {claim}; status: {}", self.status().await);
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Nobody can connect to the service's database, and whoever is connected is thrown out.
    pub async fn take_database_away(&self) {
        self.on_server("alter database {} with allow_connections false").await;
        self.on_server("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'").await;
    }

    /// Undoes [`Self::take_database_away`].
    pub async fn give_database_back(&self) {
        self.on_server("alter database {} with allow_connections true").await;
    }

    /// Waits until the service answers and has its database.
    pub async fn until_ready(&self) {
        let began = Instant::now();
        let ready = || self.http.get(format!("{}/health/ready", self.url)).send();
        while !ready().await.is_ok_and(|answer| answer.status() == StatusCode::OK) {
            assert!(began.elapsed() < PATIENCE, "waited in vain for the service");
            sleep(Duration::from_millis(10)).await;
        }
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

    /// Nothing was written to Officient but webhook subscriptions, and no event stands twice in Optedo.
    pub fn assert_one_way_and_once(&self) {
        assert!(self.officient.writes().is_empty(), "written to Officient: {:?}", self.officient.writes());
        assert!(self.optedo.max_same_reference_ever() <= 1, "an event stood twice in Optedo");
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

async fn serve(
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
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("drop database if exists {name}")))
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create database {name}")))
        .execute(&mut connection)
        .await
        .unwrap();
    let mut url: url::Url = admin.parse().unwrap();
    url.set_path(&name);
    url.to_string()
}
