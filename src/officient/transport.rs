//! The HTTP channel to Officient: its address, and the rate limit of every call.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};

use crate::http_client::{self, Classify, Response, UpstreamError};
use crate::officient::rate_limiter::{Permit, RateLimiter};

/// Clones share the HTTP client and the rate limiter.
#[derive(Clone)]
pub struct Transport {
    http: reqwest::Client,
    pub(super) rate_limiter: Arc<RateLimiter>,
    api_url: Arc<str>,
}

impl Transport {
    /// `timeout` is of each call.
    pub fn new(api_url: &str, rate_limiter: Arc<RateLimiter>, timeout: Duration) -> Self {
        Self { http: http_client::http_client(timeout), rate_limiter, api_url: api_url.into() }
    }

    pub(super) fn api_url(&self) -> &str {
        &self.api_url
    }

    /// A request to a path of the API, which begins with `/1.0`.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.api_url))
    }

    /// Waits for a permit unless there is one, and calls. `operation` has ids only.
    pub(super) async fn call(
        &self,
        permit: impl Into<Permit>,
        operation: &str,
        request: RequestBuilder,
        classify: Classify,
    ) -> Result<Response, UpstreamError> {
        let call = self.rate_limiter.spend(permit.into(), http_client::send(request, classify));
        let result = http_client::traced("officient", operation, async { call.await.flatten() }).await;
        if matches!(result, Err(UpstreamError::Busy { .. })) {
            metrics::counter!("officient_rate_limited_total").increment(1);
            self.rate_limiter.pause().await;
        }
        result
    }
}
