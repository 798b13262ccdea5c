use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::CommandError;
use crate::http_client::http_client;

/// Longer than the service waits for its database before it responds that it is not ready.
const TIMEOUT: Duration = Duration::from_secs(3);

/// A command of its own, because the image contains neither a shell nor curl.
pub(super) async fn check_ready(listen: SocketAddr) -> Result<(), CommandError> {
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    let address = SocketAddr::new(host, listen.port());
    let response = http_client(TIMEOUT).get(format!("http://{address}/health/ready")).send().await;
    let not_serving =
        |source: reqwest::Error| CommandError::NotServing { address, source: source.without_url() };
    let status = response.map_err(not_serving)?.status();
    if status.is_success() { Ok(()) } else { Err(CommandError::NotReady(status)) }
}
