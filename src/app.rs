//! The running service: built from the configuration, served until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, DatabaseError, connection};
use crate::officient::budget::Budget;
use crate::officient::limiter::Limiter;
use crate::officient::oauth::{Credentials, Oauth};
use crate::officient::tokens::Tokens;
use crate::officient::{Line, Officient};
use crate::optedo::Optedo;
use crate::secrets::vault::{Vault, VaultError};
use crate::secrets::webhook_address::WebhookAddress;
use crate::secrets::{self, SecretsError};
use crate::sync::foresight::Foresight;
use crate::sync::inbox::Inbox;
use crate::sync::reconcile::CircuitBreaker;
use crate::sync::reference_data::Reference;
use crate::sync::work_signal::WorkSignal;
use crate::sync::{Engine, worker};
use crate::telemetry::metrics;
use crate::web::auth::SessionPolicy;
use crate::web::connections;
pub use crate::web::state::App;
use crate::web::{CALLBACK_PATH, WEBHOOK_PATH, router};

/// How long requests and writes under way may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Why the service does not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A statement.
    #[error("the database: {0}")]
    Query(#[from] sqlx::Error),
    /// A stored secret does not open: a wrong key would make everything look disconnected.
    #[error("a stored secret cannot be read: {0}")]
    Vault(#[from] VaultError),
    /// An address of the configuration.
    #[error("an address of the configuration cannot be used: {0}")]
    Url(#[from] url::ParseError),
    /// What the system gives: an address, a thread.
    #[error("{what}: {source}")]
    Start {
        /// What was tried.
        what: String,
        /// How it failed.
        source: std::io::Error,
    },
}

impl From<SecretsError> for AppError {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Database(error) => Self::Query(error),
            SecretsError::Vault(error) => Self::Vault(error),
        }
    }
}

impl App {
    /// Connects the parts; the database is migrated already.
    pub async fn build(config: Config, db: PgPool, clock: Clock) -> Result<Self, AppError> {
        let config = Arc::new(config);
        let security = config.security.clone();
        let row = connection::row_id(&db).await?;
        let vault = Vault::new(security.encryption_key, security.previous_encryption_keys, &row);
        secrets::open(&db, &vault).await?;
        let webhook_base = format!("{}{WEBHOOK_PATH}/", config.server.public_url);
        let webhook_address = WebhookAddress::read(webhook_base, vault.clone(), &db).await?;

        let officient = &config.officient;
        let limiter = Limiter::new(officient.rate_limit_calls, officient.rate_limit_period);
        let budget = Budget::new(db.clone(), officient.rate_limit_calls, officient.rate_limit_period);
        let line = Line::new(&officient.api_url, limiter, budget, officient.timeout);
        let redirect_url = format!("{}{CALLBACK_PATH}", config.server.public_url);
        let oauth = Oauth::new(line.clone(), &officient.app_url, &officient.api_url, &redirect_url)?;
        let configured = officient.client_id.clone().zip(officient.client_secret.clone());
        let configured =
            configured.map(|(client_id, client_secret)| Credentials { client_id, client_secret });
        let tokens = Tokens::new(db.clone(), vault.clone(), clock.clone(), oauth, configured);
        let officient = Officient::new(line, tokens);
        let Config { optedo, .. } = &*config;
        let optedo = Optedo::new(&optedo.api_url, optedo.api_token.clone(), optedo.timeout, clock.clone());

        let stop = CancellationToken::new();
        let work_signal = WorkSignal::default();
        let tasks = TaskTracker::new();
        let session_policy = Arc::new(SessionPolicy::new(&config));
        let inbox_closed = CancellationToken::new();
        let known = &config.officient.webhook_events;
        let closed = inbox_closed.clone();
        let connect_options = db.connect_options().as_ref().clone();
        let inbox = Inbox::start(&tasks, connect_options, clock.clone(), work_signal.clone(), known, closed);
        let engine = Arc::new(Engine {
            reference: Reference::new(officient.clone(), optedo.clone(), clock.clone()),
            optedo_breaker: CircuitBreaker::default(),
            foresight: Foresight::default(),
            webhook_address,
            db,
            config,
            clock,
            officient,
            optedo,
            work_signal,
            stop,
            vault,
        });
        Ok(Self { engine, inbox, session_policy, tasks, inbox_closed })
    }

    /// Starts the worker in the background, on this runtime.
    pub fn start_worker(&self, runtime: &Handle) {
        self.tasks.spawn_on(worker::run(Arc::clone(&self.engine)), runtime);
    }

    /// Answers requests until the service is told to stop, then ends what is under way. The worker gets this runtime.
    pub async fn serve(self, listener: TcpListener, runtime: &Handle) -> Result<(), AppError> {
        self.start_worker(runtime);
        let stop = self.engine.stop.clone();
        let added_up = stop.clone();
        self.tasks.spawn(async move { added_up.run_until_cancelled(metrics::add_up()).await });
        if let Some(address) = self.engine.config.server.metrics_listen {
            let listener = bind(address).await?;
            self.tasks.spawn(connections::serve(
                listener,
                router::metrics_router(self.clone()),
                stop.clone(),
            ));
        }
        let app = self.clone();
        let server = connections::serve(listener, router::router(self), stop.clone());
        let too_long = async {
            stop.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            ended = async {
                server.await;
                app.close().await;
                #[cfg(feature = "otlp")]
                crate::telemetry::traces::end().await;
                Ok(())
            } => ended,
            () = too_long => {
                tracing::warn!("Stopped with work under way; it is found again by its intent");
                Ok(())
            }
        }
    }

    /// Stops, and waits until what is being written is written.
    pub async fn close(self) {
        self.engine.stop.cancel();
        self.inbox_closed.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Listens on an address.
pub async fn bind(address: std::net::SocketAddr) -> Result<TcpListener, AppError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| AppError::Start { what: format!("listening on {address}"), source })
}

/// The whole of `serve`: database, parts, requests, until SIGTERM or SIGINT.
pub async fn run(config: Config) -> Result<(), AppError> {
    connections::raise_file_limit();
    let db = db::pool(&config.database.url, config.database.max_connections)?;
    db::migrate(&db).await?;
    metrics::handle();
    let listener = bind(config.server.listen).await?;
    let app = App::build(config, db, Clock::default()).await?;
    let stop = app.engine.stop.clone();
    app.tasks.spawn(async move {
        signalled().await;
        tracing::info!("Stopping");
        stop.cancel();
    });
    let runtime = worker_runtime()?;
    tracing::info!(address = %app.engine.config.server.listen, "Listening");
    let served = app.serve(listener, runtime.handle()).await;
    runtime.shutdown_background();
    served
}

/// The worker gets a thread of its own: what it reads and compares makes no webhook wait, and the thread that takes
/// webhooks loses no time with handing tasks to others.
fn worker_runtime() -> Result<Runtime, AppError> {
    let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("worker").enable_all().build();
    runtime.map_err(|source| AppError::Start { what: "starting the worker's thread".to_owned(), source })
}

/// Resolves on SIGTERM or SIGINT.
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => (),
        _ = terminate.recv() => (),
    }
}
