//! Assembles the parts of the service and serves them until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, DatabaseError, faults};
use crate::notifications::Sender;
use crate::officient::Officient;
use crate::officient::oauth::{Credentials, Oauth};
use crate::officient::rate_limiter::{Counter, RateLimiter};
use crate::officient::tokens::Tokens;
use crate::officient::transport::Transport;
use crate::optedo::Optedo;
use crate::secrets::vault::Vault;
use crate::secrets::webhook_address::WebhookAddress;
use crate::secrets::{self, SecretsError};
use crate::sync::circuit_breaker::CircuitBreaker;
use crate::sync::inbox::Inbox;
use crate::sync::reference_data::ReferenceData;
use crate::sync::request_lookup::RequestLookup;
use crate::sync::work_signal::WorkSignal;
use crate::sync::{Engine, leader};
use crate::telemetry::metrics;
use crate::web::auth::SessionPolicy;
use crate::web::connections;
pub use crate::web::state::App;
use crate::web::{CALLBACK_PATH, PAGE_PATH, WEBHOOK_PATH, router};

/// How long requests and writes under way may take after the first signal.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the service does not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("{}: {}", .0, .0.remedy())]
    Database(#[from] DatabaseError),
    #[error("the database: {}", faults::describe(.0))]
    Query(#[from] sqlx::Error),
    /// Never ignored: with a wrong key, the service would seem to be disconnected.
    #[error("{}: {}", .0, .0.remedy())]
    Secrets(#[from] SecretsError),
    #[error("an address of the configuration cannot be used: {0}")]
    Url(#[from] url::ParseError),
    #[error("{operation}: {source}")]
    System { operation: String, source: std::io::Error },
}

impl App {
    /// Assembles the parts. The database is migrated already.
    pub async fn build(config: Config, db: PgPool, clock: Clock) -> Result<Self, AppError> {
        let config = Arc::new(config);
        let vault = secrets::open_vault(&db, config.security.clone()).await?;
        secrets::prepare(&db, &vault).await?;
        let webhook_address = WebhookAddress::read(webhook_base(&config), vault.clone(), &db).await?;
        let (tasks, work_signal) = (TaskTracker::new(), WorkSignal::default());
        let officient = officient(&config, &db, vault.clone(), clock.clone(), &tasks)?;
        let optedo = optedo(&config, clock.clone());
        let inbox_closed = CancellationToken::new();
        let inbox = Inbox::start(
            &tasks,
            db.connect_options().as_ref().clone(),
            clock.clone(),
            work_signal.clone(),
            &config.officient.webhook_events,
            inbox_closed.clone(),
        );
        let session_policy = Arc::new(SessionPolicy::new(&config));
        let engine = Arc::new(Engine {
            reference_data: ReferenceData::new(officient.clone(), optedo.clone(), clock.clone()),
            request_lookup: RequestLookup::new(officient.clone(), clock.clone()),
            officient_breaker: CircuitBreaker::default(),
            optedo_breaker: CircuitBreaker::default(),
            sender: Sender::new(&config, PAGE_PATH),
            webhook_address,
            db,
            config,
            clock,
            officient,
            optedo,
            work_signal,
            stop: CancellationToken::new(),
            vault,
        });
        Ok(Self { engine, inbox, session_policy, tasks, inbox_closed })
    }

    /// Starts the worker in the background.
    pub fn start_worker(&self) {
        self.tasks.spawn(leader::run(Arc::clone(&self.engine)));
    }

    /// Runs the worker and responds to requests until the service is told to stop. Then finishes the work under way.
    pub async fn serve(self, listener: TcpListener) -> Result<(), AppError> {
        self.start_worker();
        let stop = self.engine.stop.clone();
        let upkeep_stop = stop.clone();
        self.tasks.spawn(async move { upkeep_stop.run_until_cancelled(metrics::run_upkeep()).await });
        if let Some(address) = self.engine.config.server.metrics_listen {
            let listener = bind(address).await?;
            self.tasks.spawn(connections::serve(listener, router::metrics_router(self.clone()), stop.clone()));
        }
        let app = self.clone();
        let server = connections::serve(listener, router::router(self), stop.clone());
        let finish = async {
            server.await;
            app.close().await;
            #[cfg(feature = "otlp")]
            crate::telemetry::traces::shut_down().await;
        };
        let time_out = async {
            stop.cancelled().await;
            tokio::time::sleep(DRAIN_TIMEOUT).await;
        };
        tokio::select! {
            () = finish => {}
            () = time_out => tracing::warn!("Stopped before all work was finished; the next start continues it"),
        }
        Ok(())
    }

    /// Stops, and waits until the absence being written is written.
    pub async fn close(self) {
        self.engine.stop.cancel();
        self.inbox_closed.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// The prefix of the addresses for webhooks; the secret token follows it.
pub(crate) fn webhook_base(config: &Config) -> String {
    format!("{}{WEBHOOK_PATH}/", config.server.public_url)
}

pub(crate) fn officient(
    config: &Config,
    db: &PgPool,
    vault: Vault,
    clock: Clock,
    tasks: &TaskTracker,
) -> Result<Officient, url::ParseError> {
    let redirect_url = format!("{}{CALLBACK_PATH}", config.server.public_url);
    let config = &config.officient;
    let (calls, period) = (config.rate_limit_calls, config.rate_limit_period);
    let counter = Counter::new(db.clone());
    let rate_limiter = RateLimiter::new(counter, tasks.clone(), calls, period);
    let transport = Transport::new(&config.api_url, rate_limiter, config.timeout);
    let oauth = Oauth::new(transport.clone(), &config.app_url, redirect_url)?;
    let configured = config.client_id.clone().zip(config.client_secret.clone());
    let configured = configured.map(|(client_id, client_secret)| Credentials { client_id, client_secret });
    let tokens = Tokens::new(db.clone(), vault, clock, oauth, configured);
    Ok(Officient::new(transport, tokens))
}

pub(crate) fn optedo(config: &Config, clock: Clock) -> Optedo {
    let config = &config.optedo;
    Optedo::new(&config.api_url, config.api_token.clone(), config.timeout, clock)
}

pub async fn bind(address: SocketAddr) -> Result<TcpListener, AppError> {
    let system = |source| AppError::System { operation: format!("listening on {address}"), source };
    TcpListener::bind(address).await.map_err(system)
}

/// The command `serve`: migrates the database and serves until a signal.
pub async fn run(config: Config) -> Result<(), AppError> {
    connections::raise_file_limit();
    let db = db::pool(&config.database.url, config.database.max_connections)?;
    db::migrate(&db).await?;
    metrics::handle();
    let listener = bind(config.server.listen).await?;
    let app = App::build(config, db, Clock::default()).await?;
    let (mut terminate, mut interrupt) = (listen_for(SignalKind::terminate())?, listen_for(SignalKind::interrupt())?);
    let mut told_to_stop = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let stop = app.engine.stop.clone();
    let told_twice = async {
        told_to_stop().await;
        tracing::info!("Stopping");
        stop.cancel();
        told_to_stop().await;
    };
    tracing::info!(address = %app.engine.config.server.listen, "Listening");
    tokio::select! {
        served = app.serve(listener) => served,
        () = told_twice => {
            tracing::warn!("Stopped at once by a second signal; the next start continues the work under way");
            Ok(())
        }
    }
}

/// From now on, the signal does not end the process by itself.
fn listen_for(kind: SignalKind) -> Result<Signal, AppError> {
    signal(kind).map_err(|source| AppError::System { operation: "listening for signals".to_owned(), source })
}
