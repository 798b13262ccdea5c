//! `optedo-officient demo`: the settings, the two simulators, and the steps to follow.

use std::net::{Ipv4Addr, SocketAddr};

use url::Url;

use super::{OfficientOptions, OfficientSim, OptedoOptions, OptedoSim, seed};
use crate::config::Config;
use crate::config::DEMO_KEY;
use crate::web::{CALLBACK_PATH, PAGE_PATH};

const PASSWORD: &str = "demo";
const OPTEDO_TOKEN: &str = "demo-optedo-token";

/// Both, running.
pub struct Simulators {
    officient: OfficientSim,
    /// Serves for as long as it is held.
    _optedo: OptedoSim,
}

/// What `demo` runs with. Only the database is asked for; the addresses are fixed.
pub fn settings() -> Vec<(String, String)> {
    [
        ("SERVER__LISTEN", "127.0.0.1:8080"),
        ("SERVER__PUBLIC_URL", "http://localhost:8080"),
        ("OFFICIENT__APP_URL", "http://localhost:8081"),
        ("OFFICIENT__API_URL", "http://localhost:8081"),
        ("OPTEDO__API_URL", "http://localhost:8082/api"),
        ("OPTEDO__API_TOKEN", OPTEDO_TOKEN),
        ("ADMIN__PASSWORD", PASSWORD),
        // Protects nothing: all that is stored is of the simulators.
        ("SECURITY__ENCRYPTION_KEY", DEMO_KEY),
        ("SYNC__SWEEP_INTERVAL", "30s"),
        ("LEAVE_TYPES__SICK_DAY", "Ziekte"),
        ("LOG__FORMAT", "pretty"),
        ("LOG__FILTER", "warn"),
    ]
    .into_iter()
    .map(|(key, value)| (format!("OPTEDO_OFFICIENT__{key}"), value.to_owned()))
    .collect()
}

/// Starts both on the ports of the configuration, with the limit that it says Officient has, seeded.
pub async fn start(config: &Config) -> std::io::Result<Simulators> {
    let officient = OfficientSim::start(OfficientOptions {
        listen: address(&config.officient.api_url, 8081),
        redirect_uri: Some(format!("{}{CALLBACK_PATH}", config.server.public_url)),
        rate_limit_calls: config.officient.rate_limit_calls,
        rate_limit_period: config.officient.rate_limit_period,
        ..OfficientOptions::default()
    })
    .await?;
    let optedo = OptedoSim::start(OptedoOptions {
        listen: address(&config.optedo.api_url, 8082),
        token: OPTEDO_TOKEN.to_owned(),
        ..OptedoOptions::default()
    })
    .await?;
    seed(&officient, &optedo);
    Ok(Simulators { officient, _optedo: optedo })
}

fn address(url: &str, default_port: u16) -> SocketAddr {
    let port = Url::parse(url).ok().and_then(|url| url.port()).unwrap_or(default_port);
    (Ipv4Addr::LOCALHOST, port).into()
}

/// What to click, in order.
pub fn steps(config: &Config, simulators: &Simulators) -> String {
    let page = format!("{}{PAGE_PATH}", config.server.public_url);
    let officient = &config.officient.app_url;
    let optedo = config.optedo.api_url.trim_end_matches("/api");
    format!(
        "
  The demo runs: the service, and a simulated Officient and Optedo. Follow the steps in a browser.

  1. Open the settings page     {page}
     and sign in with the password {PASSWORD}
  2. Fill in and keep           Client ID  {}
                                Secret     {}
     then click «Aanmelden bij Officient», and in Officient «Aanmelden» (all is filled in) and «Geef toegang».
     Everybody is taken over a first time; what could not be says why under «Vraagt aandacht».
  3. Add leave for somebody     {officient}/
     and see it within a second {optedo}/
  4. Repair a name or a type    {officient}/leave-types  {optedo}/users
     and what waited for it is written at the next look at everybody, within half a minute.

  Ctrl-C ends it.
",
        simulators.officient.client_id(),
        simulators.officient.client_secret(),
    )
}
