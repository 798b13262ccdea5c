//! The handle to a running simulated Officient, and the options that it starts with.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::model::Company;
use crate::http_client::http_client;
use crate::simulators::server::{Server, lock};

/// The name of the registered app, as the consent page shows it.
pub(super) const APP_NAME: &str = "Optedo";
pub(super) const CLIENT_ID: &str = "demo-client-7f3a";
pub(super) const CLIENT_SECRET: &str = "demo-secret-51c09e2b";

const DEFAULT_EVENT_NAMES: [&str; 5] =
    ["person_added", "person_deleted", "calendar_event_added", "calendar_event_updated", "calendar_event_deleted"];

/// How long Officient waits for the response to a webhook.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub struct OfficientOptions {
    /// Port 0 chooses a free port.
    pub listen: SocketAddr,
    /// The redirect address of the registered app; `None` accepts any address.
    pub redirect_uri: Option<String>,
    pub company_id: i64,
    pub company_name: String,
    /// The company's subdomain, which webhooks contain as `account`.
    pub subdomain: String,
    /// The number of calls allowed in any [`Self::rate_limit_period`], including calls for a token.
    pub rate_limit_calls: usize,
    pub rate_limit_period: Duration,
    /// The event names of webhooks that exist; a subscription to any other name is refused.
    pub event_names: Vec<String>,
    /// Whether a change of a person or of leave sends webhooks.
    pub notify: bool,
    /// The wait before the second delivery of a webhook that was not accepted; it doubles with each delivery.
    pub first_redelivery: Duration,
}

impl Default for OfficientOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            redirect_uri: None,
            company_id: 60002,
            company_name: "Acme".to_owned(),
            subdomain: "acme".to_owned(),
            rate_limit_calls: 30,
            rate_limit_period: Duration::from_secs(5),
            event_names: DEFAULT_EVENT_NAMES.map(str::to_owned).to_vec(),
            notify: true,
            first_redelivery: Duration::from_secs(2),
        }
    }
}

#[derive(Debug)]
struct Inner {
    options: OfficientOptions,
    server: Server,
    company: Mutex<Company>,
    http: reqwest::Client,
    undelivered_webhooks: watch::Sender<usize>,
}

/// A running simulated Officient. Clones share the same company and server; `Server` has what both simulators offer.
#[derive(Debug, Clone)]
pub struct OfficientSim(Arc<Inner>);

impl Deref for OfficientSim {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0.server
    }
}

impl OfficientSim {
    /// Binds the port without responding on it yet.
    pub(super) async fn bind(options: OfficientOptions) -> io::Result<(Self, TcpListener)> {
        let (server, listener) = Server::bind(options.listen).await?;
        let mut company = Company::new(options.rate_limit_calls, options.rate_limit_period);
        company.redirect_uri.clone_from(&options.redirect_uri);
        company.webhook_events.clone_from(&options.event_names);
        company.sends_webhooks = options.notify;
        let sim = Self(Arc::new(Inner {
            options,
            server,
            company: Mutex::new(company),
            http: http_client(WEBHOOK_TIMEOUT),
            undelivered_webhooks: watch::Sender::new(0),
        }));
        Ok((sim, listener))
    }

    pub(super) fn options(&self) -> &OfficientOptions {
        &self.0.options
    }

    pub(super) fn company(&self) -> MutexGuard<'_, Company> {
        lock(&self.0.company)
    }

    /// The client that delivers webhooks.
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    /// The number of webhooks that are neither accepted nor given up.
    pub(super) fn undelivered_webhooks(&self) -> &watch::Sender<usize> {
        &self.0.undelivered_webhooks
    }
}
