//! The `demo` command: its settings, its simulators, and the steps that it prints.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use url::Url;

use super::mail::{MailOptions, MailSim};
use super::officient::{OfficientOptions, OfficientSim};
use super::optedo::{API_TOKEN, OptedoOptions, OptedoSim};
use super::seed::{seed, seed_decisions};
use crate::config::Config;
use crate::config::DEMO_KEY;
use crate::web::{CALLBACK_PATH, PAGE_PATH};

const ADMIN_PASSWORD: &str = "demo";
/// The page that shows the mails.
const MAILBOX: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8083);

/// The simulators, which serve until this is dropped.
pub struct Simulators {
    officient: OfficientSim,
    _optedo: OptedoSim,
    mail: MailSim,
}

/// The settings of the service in the demo: everything but the database, with fixed addresses.
pub fn settings() -> Vec<(String, String)> {
    [
        ("SERVER__LISTEN", "127.0.0.1:8080"),
        ("SERVER__PUBLIC_URL", "http://localhost:8080"),
        ("OFFICIENT__APP_URL", "http://localhost:8081"),
        ("OFFICIENT__API_URL", "http://localhost:8081"),
        ("OPTEDO__API_URL", "http://localhost:8082/api"),
        ("OPTEDO__API_TOKEN", API_TOKEN),
        ("ADMIN__PASSWORD", ADMIN_PASSWORD),
        // A published key protects nothing, but the demo stores only data of the simulators.
        ("SECURITY__ENCRYPTION_KEY", DEMO_KEY),
        ("SYNC__SWEEP_INTERVAL", "30s"),
        ("NOTIFICATIONS__SMTP_URL", "smtp://localhost:1025"),
        ("NOTIFICATIONS__FROM", "Optedo <noreply@optedo.example>"),
        ("NOTIFICATIONS__RECIPIENTS", "hr@demo.example"),
        ("NOTIFICATIONS__RESOLVED_AFTER", "1m"),
        ("SYNC__FAILING_AFTER", "1m"),
        ("LINKS__OFFICIENT_PERSON", "http://localhost:8081/people/{id}"),
        ("LINKS__OPTEDO_USER", "http://localhost:8082/users#user-{id}"),
        ("LOG__FORMAT", "pretty"),
        ("LOG__FILTER", "warn"),
    ]
    .into_iter()
    .map(|(key, value)| (format!("OPTEDO_OFFICIENT__{key}"), value.to_owned()))
    .collect()
}

/// Starts the simulators, two of them with seed data, on the ports and with the rate limit of the configuration.
pub async fn start(config: &Config) -> std::io::Result<Simulators> {
    let officient = OfficientSim::start(OfficientOptions {
        listen: local_address(&config.officient.api_url, 8081),
        redirect_uri: Some(format!("{}{CALLBACK_PATH}", config.server.public_url)),
        rate_limit_calls: config.officient.rate_limit_calls,
        rate_limit_period: config.officient.rate_limit_period,
        ..OfficientOptions::default()
    })
    .await?;
    let listen = local_address(&config.optedo.api_url, 8082);
    let optedo = OptedoSim::start(OptedoOptions { listen, ..OptedoOptions::default() }).await?;
    seed(&officient, &optedo);
    seed_decisions(&officient, &optedo);
    let smtp_port = config.notifications.smtp_url.as_ref().map_or(1025, |server| server.port);
    let mail = MailSim::start(MailOptions { smtp: (Ipv4Addr::LOCALHOST, smtp_port).into(), page: MAILBOX }).await?;
    Ok(Simulators { officient, _optedo: optedo, mail })
}

fn local_address(url: &str, default_port: u16) -> SocketAddr {
    let port = Url::parse(url).ok().and_then(|url| url.port()).unwrap_or(default_port);
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Instructions for the person who runs the demo.
pub fn steps(config: &Config, simulators: &Simulators) -> String {
    let page = format!("{}{PAGE_PATH}", config.server.public_url);
    let officient = &config.officient.app_url;
    let optedo = config.optedo.api_url.trim_end_matches("/api");
    let mailbox = simulators.mail.url();
    let client_id = simulators.officient.client_id();
    let client_secret = simulators.officient.client_secret();
    format!(
        "
  The demo is running: the service, and a simulated Officient, Optedo and mail server.
  Follow these steps in a browser:

  1. Open the settings page   {page}
     Sign in with the password {ADMIN_PASSWORD}
  2. Enter and save           Client ID  {client_id}
                              Secret     {client_secret}
     Click «Aanmelden bij Officient». In Officient, click «Aanmelden» (the fields are filled in) and «Geef toegang».
     The service imports all leave. «Vraagt aandacht» shows what it could not copy, and why.
  3. Add leave for somebody   {officient}/
     It appears within a second in {optedo}/
  4. Correct a name or a type {officient}/leave-types  {optedo}/users
     The service copies the leave that waited for it at the next sweep, within 30 seconds.
  5. Decide                   {page}
     «Personen»: «Koppel met…» tells the two people called Tom Willems apart. «Verloftypes»: choose a neutral type for sick
     leave; ADV has no absence type next year. Archive somebody with leave in Officient ({officient}/).
  6. Send a test message on the tab «Instellingen» of the settings page
     It arrives in the mailbox   {mailbox}/

  Press Ctrl-C to stop.
"
    )
}
