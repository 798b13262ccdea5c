//! The simulated Officient: web app and API on one port.
//!
//! [`OfficientSim`] is the world as a test or the demo arranges it; `api` answers the service, `pages` the person
//! in the browser, `webhooks` tells the service that something happened. A write by the service can only be a
//! subscription: [`OfficientSim::writes`] shows any other attempt.

mod api;
mod calendar;
mod consent;
mod control;
mod pages;
mod sign_in;
mod state;
mod webhooks;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State as AxumState};
use axum::response::Response;
use axum::routing::any;
use http::StatusCode;
use tokio::sync::watch;

use super::server::{Answer, Line, Server};
use super::{clock, page};
use state::{State, Tokens};

pub use api::CANARIES;
pub(super) use api::{COMMENT, PHONE};
pub use state::{Event, EventKind, EventStatus, LeaveType, NewEvent, Subscription, WORKING_DAY_MINUTES};
pub use webhooks::Delivery;

/// What `related_object_id` means in a webhook about leave: Officient documents it nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WebhookMeaning {
    /// The person whose leave changed.
    #[default]
    Person,
    /// The calendar event.
    Event,
    /// The calendar request that the event belongs to.
    Request,
    /// No webhooks at all, about people neither.
    None,
}

/// How a simulated Officient begins.
#[derive(Debug, Clone)]
pub struct OfficientOptions {
    /// Where it listens; port 0 chooses a free one.
    pub listen: SocketAddr,
    /// The registered app's client id.
    pub client_id: String,
    /// The registered app's secret.
    pub client_secret: String,
    /// The registered app's name, as the consent page shows it.
    pub app_name: String,
    /// The registered app's redirect address; `None` accepts any.
    pub redirect_uri: Option<String>,
    /// The `app` of our entry in a leave type's `integrations`.
    pub integration_app: String,
    /// The company's id.
    pub company_id: i64,
    /// The company's name.
    pub company_name: String,
    /// The company's subdomain, which is the `account` of a webhook.
    pub subdomain: String,
    /// So many calls in [`Self::rate_limit_period`], the token call included.
    pub rate_limit_calls: usize,
    /// The length of the sliding window.
    pub rate_limit_period: Duration,
    /// How long an access token lives.
    pub token_lifetime: Duration,
    /// The event names to which one can subscribe; others are refused.
    pub event_names: Vec<String>,
    /// The names sent when leave is added, changed and deleted.
    pub calendar_event_names: [String; 3],
    /// What webhooks about leave point at.
    pub webhook_meaning: WebhookMeaning,
    /// Whether changes send webhooks by themselves.
    pub notify: bool,
    /// The wait before a webhook is delivered again, doubled each time.
    pub first_redelivery: Duration,
    /// How long a receiver of a webhook may take.
    pub delivery_timeout: Duration,
}

impl Default for OfficientOptions {
    fn default() -> Self {
        let calendar = ["calendar_event_added", "calendar_event_updated", "calendar_event_deleted"];
        let people = ["person_added", "person_deleted"];
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            client_id: "demo-client-7f3a".to_owned(),
            client_secret: "demo-secret-51c09e2b".to_owned(),
            app_name: "Optedo".to_owned(),
            redirect_uri: None,
            integration_app: "optedo".to_owned(),
            company_id: 60002,
            company_name: "Acme".to_owned(),
            subdomain: "acme".to_owned(),
            rate_limit_calls: 30,
            rate_limit_period: Duration::from_secs(5),
            token_lifetime: Duration::from_hours(1),
            event_names: people.iter().chain(&calendar).map(ToString::to_string).collect(),
            calendar_event_names: calendar.map(str::to_owned),
            webhook_meaning: WebhookMeaning::Person,
            notify: true,
            first_redelivery: Duration::from_secs(2),
            delivery_timeout: Duration::from_secs(10),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Notifying {
    meaning: WebhookMeaning,
    on: bool,
}

#[derive(Debug)]
struct Inner {
    options: OfficientOptions,
    server: Server,
    state: Mutex<State>,
    notifying: Mutex<Notifying>,
    http: reqwest::Client,
    deliveries: Mutex<Vec<Delivery>>,
    /// Webhooks that are not yet accepted nor given up.
    under_way: watch::Sender<usize>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running simulated Officient; clones are the same one.
#[derive(Debug, Clone)]
pub struct OfficientSim(Arc<Inner>);

impl OfficientSim {
    /// Takes the port and answers on it.
    pub async fn start(options: OfficientOptions) -> io::Result<Self> {
        // Fails only when a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(options.delivery_timeout)
            .build()
            .map_err(io::Error::other)?;
        let (server, listener) = Server::bind(options.listen).await?;
        let tokens = Tokens { lifetime: options.token_lifetime, ..Tokens::default() };
        let mut state = State::new(tokens, (options.rate_limit_calls, options.rate_limit_period));
        state.known_event_names.clone_from(&options.event_names);
        state.redirect_uri.clone_from(&options.redirect_uri);
        let sim = Self(Arc::new(Inner {
            notifying: Mutex::new(Notifying { meaning: options.webhook_meaning, on: options.notify }),
            options,
            server,
            state: Mutex::new(state),
            http,
            deliveries: Mutex::default(),
            under_way: watch::Sender::new(0),
        }));
        sim.0.server.run(listener, sim.router());
        Ok(sim)
    }

    /// Frees the port, so that connections are refused, and drops what is under way, webhooks included.
    pub async fn stop(&self) {
        self.0.server.stop().await;
    }

    /// Answers again on the same port, with everything as it was; nothing when it runs.
    pub async fn restart(&self) -> io::Result<()> {
        if let Some(listener) = self.0.server.bind_again().await? {
            self.0.server.run(listener, self.router());
        }
        Ok(())
    }

    fn router(&self) -> Router {
        consent::router()
            .merge(pages::router())
            .merge(page::router())
            .route("/1.0", any(answer))
            .route("/1.0/{*rest}", any(answer))
            .with_state(self.clone())
    }
}

async fn answer(
    AxumState(sim): AxumState<OfficientSim>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let inner = &*sim.0;
    let admit = || {
        let admitted = inner.state().admit(clock::now());
        (!admitted).then(|| Answer::empty(StatusCode::TOO_MANY_REQUESTS))
    };
    inner.server.answer(line, request, admit, |call| api::answer(inner, call)).await
}
