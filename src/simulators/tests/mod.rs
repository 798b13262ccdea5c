//! The simulators over real HTTP, as the service and a browser meet them.

mod browser;
mod faults;
mod officient;
mod officient_pages;
mod optedo;
mod optedo_pages;
mod seed;
mod sign_in;

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};

use super::officient::{OfficientOptions, OfficientSim};
use super::optedo::{OptedoOptions, OptedoSim};

/// Follows no redirects and gives up after two seconds.
fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(2))
        .build()
        .unwrap()
}

/// A connected Officient that limits nothing and sends nothing by itself, and a reader of it.
struct Officient {
    sim: OfficientSim,
    http: Client,
    token: String,
}

impl Officient {
    async fn start() -> Self {
        Self::with(OfficientOptions {
            rate_limit_calls: 10_000,
            notify: false,
            ..OfficientOptions::default()
        })
        .await
    }

    async fn with(options: OfficientOptions) -> Self {
        let sim = OfficientSim::start(options).await.unwrap();
        let token = sim.issue_tokens().0;
        Self { sim, http: client(), token }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer =
            self.http.get(format!("{}{path}", self.sim.url())).bearer_auth(&self.token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn read(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.sim.url());
        let answer = self.http.post(url).bearer_auth(&self.token).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }
}

/// An Optedo with one user (11) and one absence type (1).
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
        let answer = request.bearer_auth(self.sim.token()).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
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
