//! Tests of the simulators over real HTTP, with the calls of the service and of a browser.

mod authorize;
mod browser;
mod faults;
mod mail;
mod officient;
mod officient_pages;
mod optedo;
mod optedo_pages;

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};

use super::officient::{OfficientOptions, OfficientSim};
use super::optedo::{OptedoOptions, OptedoSim};
use crate::http_client::http_client;

/// Follows no redirects and gives up after two seconds.
fn client() -> Client {
    http_client(Duration::from_secs(2))
}

/// A simulated Officient with a client that has an access token.
struct Officient {
    sim: OfficientSim,
    http: Client,
    token: String,
}

impl Officient {
    /// Without a rate limit that matters, and without webhooks.
    async fn start() -> Self {
        Self::with(OfficientOptions { rate_limit_calls: 10_000, notify: false, ..OfficientOptions::default() }).await
    }

    async fn with(options: OfficientOptions) -> Self {
        let sim = OfficientSim::start(options).await.unwrap();
        let token = sim.issue_access_token();
        Self { sim, http: client(), token }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let response =
            self.http.get(format!("{}{path}", self.sim.url())).bearer_auth(&self.token).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn read(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.sim.url());
        let response = self.http.post(url).bearer_auth(&self.token).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }
}

/// A simulated Optedo with one user (11) and one absence type (1), and a client for its API.
struct Optedo {
    sim: OptedoSim,
    http: Client,
}

impl Optedo {
    async fn start() -> Self {
        let sim = OptedoSim::start(OptedoOptions::default()).await.unwrap();
        assert_eq!((sim.add_user("Walter", "White"), sim.add_absence_type("Vakantie")), (11, 1));
        Self { sim, http: client() }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.bearer_auth(self.sim.token()).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.http.get(format!("{}{path}", self.sim.api_url()))).await
    }

    async fn create(&self, body: &Value) -> (u16, Value) {
        self.send(self.http.post(format!("{}/absences", self.sim.api_url())).json(body)).await
    }
}

fn absence(reference: &str) -> Value {
    json!({
        "userId": 11, "absenceTypeId": 1, "start": "2026-04-03T00:00:00", "end": "2026-04-04T00:00:00",
        "allDay": true, "externalReference": reference,
    })
}
