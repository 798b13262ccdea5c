//! What a request says about itself: from which address it comes, whether a browser sent it from our own page, and the
//! values of its query.

use std::net::{IpAddr, SocketAddr};

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use url::Url;

use super::MAX_BODY_BYTES;
use super::error::WebError;
use super::state::App;

/// The address that a request comes from: the peer, or the client that a trusted proxy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client(pub Option<IpAddr>);

impl FromRequestParts<App> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let trusted = &app.engine.config.server.trusted_proxies;
        Ok(Self(peer.map(|ConnectInfo(peer)| client(peer.ip(), &parts.headers, trusted))))
    }
}

/// The id in the path. What is not a number is the id of nothing.
pub struct Id(pub i64);

impl FromRequestParts<App> for Id {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let Path(id) = Path::from_request_parts(parts, app).await?;
        Ok(Self(id))
    }
}

/// The last address of `X-Forwarded-For` that is no trusted proxy: anybody can write the addresses before it.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut client = peer.to_canonical();
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
    for hop in hops.iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
    }
    client
}

/// Refuses a change that a browser sends from another site (`Sec-Fetch-Site`, `Origin`).
///
/// Our pages send no referrer, so their forms say `Origin: null`, as a form of a stranger may do too. Only
/// `Sec-Fetch-Site`, which no page can set, then distinguishes them. A program sends neither header.
pub fn refuse_other_sites(headers: &HeaderMap, public_url: &str) -> Result<(), WebError> {
    let value = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let is_ours = |origin: &str| Url::parse(public_url).is_ok_and(|ours| ours.origin().ascii_serialization() == origin);
    let is_allowed = match (value(HeaderName::from_static("sec-fetch-site")), value(header::ORIGIN)) {
        (Some(site), _) if !matches!(site, "same-origin" | "none") => false,
        (Some(_), Some("null")) | (_, None) => true,
        (_, Some(origin)) => is_ours(origin),
    };
    if is_allowed { Ok(()) } else { Err(WebError::InvalidCsrfToken) }
}

/// Whether a person in a browser reads the response, rather than a program.
pub fn wants_page(headers: &HeaderMap) -> bool {
    accepts(headers, "text/html")
}

pub fn wants_json(headers: &HeaderMap) -> bool {
    accepts(headers, "application/json") && !wants_page(headers)
}

fn accepts(headers: &HeaderMap, content_type: &str) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains(content_type))
}

/// The whole body.
pub async fn read_body(body: Body) -> Result<Bytes, WebError> {
    let read = axum::body::to_bytes(body, MAX_BODY_BYTES).await;
    read.map_err(|_too_large_or_cut_off| WebError::PayloadTooLarge)
}

fn values(query: Option<&str>, name: &str) -> impl Iterator<Item = String> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.filter(move |(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The value of a parameter of the page, the first if it occurs twice.
pub fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    values(query, name).next()
}

/// The value of a parameter that must not occur twice.
pub fn parameter(query: Option<&str>, name: &str) -> Result<Option<String>, WebError> {
    let mut values = values(query, name);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(WebError::InvalidRequest("a parameter of the query occurs twice")),
        (value, None) => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
            .collect::<Vec<_>>()
            .into_iter()
            .fold(HeaderMap::new(), |mut all, (name, value): (header::HeaderName, _)| {
                all.append(name, value);
                all
            })
    }

    #[test]
    fn only_what_a_trusted_proxy_says_of_its_client_counts() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let cases: [(&str, &[&str], &str); 9] = [
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.1.1.1", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
            ("10.0.0.1", &["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
            ("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["2001:db8::7"], "2001:db8::7"),
        ];
        for (peer, forwarded, expected) in cases {
            let pairs: Vec<(&str, &str)> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
            let found = client(peer.parse().unwrap(), &headers(&pairs), &trusted);
            assert_eq!(found.to_string(), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn a_change_comes_from_our_own_page_or_from_no_browser_at_all() {
        let ours = "https://acme.optedo.com";
        let right: [&[(&str, &str)]; 5] = [
            &[],
            &[("origin", ours)],
            &[("sec-fetch-site", "same-origin"), ("origin", ours)],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("sec-fetch-site", "none")],
        ];
        let wrong: [&[(&str, &str)]; 9] = [
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://acme.optedo.com.evil.example")],
            &[("origin", "http://acme.optedo.com")],
            &[("origin", "https://acme.optedo.com:8443")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://other.optedo.com")],
            &[("sec-fetch-site", "cross-site"), ("origin", ours)],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        ];
        for case in right {
            assert!(refuse_other_sites(&headers(case), ours).is_ok(), "{case:?}");
        }
        for case in wrong {
            assert!(refuse_other_sites(&headers(case), ours).is_err(), "{case:?}");
        }
    }
}
