//! Access to the simulated API: authorization codes, tokens and the rate limit.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The OAuth codes and tokens that were issued.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Whether the app has received tokens that the admin did not revoke.
    pub(super) connected: bool,
    /// Code → the redirect address of the authorization request.
    codes: HashMap<String, Option<String>>,
    /// Access token → the moment when it expires.
    pub(super) access: HashMap<String, Instant>,
    pub(super) refresh: HashSet<String>,
    /// The lifetime of the access tokens that are issued from now on.
    pub(super) lifetime: Duration,
    pub(super) refuses_refresh: bool,
    /// Whether a request for tokens must be JSON or a form, and the status of any other; `None`: both are accepted.
    pub(super) only_encoding: Option<(TokenEncoding, u16)>,
    /// Whether the response to a refresh contains no new refresh token.
    pub(super) omits_refresh_token: bool,
}

/// How a request for tokens is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenEncoding {
    Form,
    Json,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self { lifetime: Duration::from_hours(1), ..Self::default() }
    }

    /// Issues an authorization code, as the consent page gives it to the browser.
    pub(super) fn issue_code(&mut self, redirect_uri: Option<String>) -> String {
        let code = random_token();
        self.codes.insert(code.clone(), redirect_uri);
        code
    }

    /// Uses up an authorization code; returns whether it is valid with this redirect address.
    pub(super) fn use_code(&mut self, code: &str, redirect_uri: Option<&str>) -> bool {
        match (self.codes.remove(code), redirect_uri) {
            (None, _) => false,
            (Some(Some(authorized)), Some(redirect_uri)) => authorized == redirect_uri,
            (Some(_), _) => true,
        }
    }

    pub(super) fn issue_access_token(&mut self) -> String {
        let token = random_token();
        self.access.insert(token.clone(), Instant::now() + self.lifetime);
        self.connected = true;
        token
    }

    pub(super) fn issue_refresh_token(&mut self) -> String {
        let token = random_token();
        self.refresh.insert(token.clone());
        token
    }

    pub(super) fn accepts(&self, access_token: Option<&str>) -> bool {
        let expires_at = access_token.and_then(|token| self.access.get(token));
        expires_at.is_some_and(|expires_at| Instant::now() < *expires_at)
    }
}

/// Officient's rate limit: so many calls in any period of a fixed length (a sliding window).
#[derive(Debug)]
pub(super) struct RateLimit {
    calls: usize,
    period: Duration,
    admitted_at: VecDeque<Instant>,
    /// The number of calls beyond the limit.
    pub(super) rejected: usize,
}

impl RateLimit {
    pub(super) fn new(calls: usize, period: Duration) -> Self {
        Self { calls, period, admitted_at: VecDeque::new(), rejected: 0 }
    }

    /// Whether a call now is within the limit. A rejected call does not count in the window.
    pub(super) fn admit(&mut self) -> bool {
        let now = Instant::now();
        while self.admitted_at.front().is_some_and(|at| now.duration_since(*at) >= self.period) {
            self.admitted_at.pop_front();
        }
        let is_admitted = self.admitted_at.len() < self.calls;
        if is_admitted {
            self.admitted_at.push_back(now);
        } else {
            self.rejected += 1;
        }
        is_admitted
    }
}

/// 256 random bits. The tests search databases and logs for tokens, so a token must not occur there by chance.
pub(super) fn random_token() -> String {
    let mut bytes = [0; 32];
    #[expect(clippy::expect_used, reason = "a simulator cannot go on without random tokens")]
    getrandom::fill(&mut bytes).expect("the system provides random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}
