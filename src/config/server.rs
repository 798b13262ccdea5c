use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::keys::section;
use super::values::{base_url, parse_url};

section! {
    Server("server") {
        listen: SocketAddr = required("127.0.0.1:8080", socket_address);
        /// A separate address for `/metrics`.
        metrics_listen: Option<SocketAddr> = optional("127.0.0.1:9090", socket_address);
        /// How browsers and Officient reach this service, without a trailing slash.
        public_url: String = required("https://acme.optedo.com", public_url);
        /// Proxies whose X-Forwarded-For header is trusted.
        trusted_proxies: Vec<IpNet> = list("10.0.0.0/8,127.0.0.1", network);
    }
}

fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_not_an_address| "is not an IP address with a port".to_owned())
}

fn public_url(text: &str) -> Result<String, String> {
    let url = base_url(text)?;
    if parse_url(&url)?.path() == "/" { Ok(url) } else { Err("must be an address without a path".into()) }
}

fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)));
    network.ok_or_else(|| format!("{text} is neither an IP address nor a network"))
}
