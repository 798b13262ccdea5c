//! The webhooks, made by an app or by hand, and how the last deliveries went.

use std::sync::PoisonError;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use url::Url;

use super::impossible;
use crate::simulators::clock;
use crate::simulators::officient::state::Subscription;
use crate::simulators::officient::{Delivery, OfficientSim};
use crate::simulators::page::render;

const LAST_DELIVERIES: usize = 20;

pub(super) fn router() -> Router<OfficientSim> {
    Router::new().route("/webhooks", get(webhooks).post(add)).route("/webhooks/{id}/delete", post(delete))
}

struct DeliveryRow {
    event: String,
    target_url: String,
    attempt: u32,
    status: Option<u16>,
    took_ms: u128,
    seconds_ago: u64,
}

#[derive(Template)]
#[template(path = "simulators/officient_webhooks.html")]
struct WebhooksPage {
    subscriptions: Vec<Subscription>,
    event_names: Vec<String>,
    deliveries: Vec<DeliveryRow>,
}

async fn webhooks(State(sim): State<OfficientSim>) -> Response {
    let now = clock::now();
    let row = |delivery: &Delivery| DeliveryRow {
        event: delivery.event_type.clone(),
        target_url: delivery.target_url.clone(),
        attempt: delivery.attempt,
        status: delivery.status,
        took_ms: delivery.took.as_millis(),
        seconds_ago: now.duration_since(delivery.at).as_secs(),
    };
    let deliveries = sim.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
    let newest = deliveries.iter().rev().take(LAST_DELIVERIES).map(row).collect();
    drop(deliveries);
    let event_names = sim.0.state().known_event_names.clone();
    render(&WebhooksPage { subscriptions: sim.subscriptions(), event_names, deliveries: newest })
}

#[derive(Deserialize)]
struct WebhookForm {
    #[serde(default)]
    event: String,
    #[serde(default)]
    target_url: String,
}

async fn add(State(sim): State<OfficientSim>, Form(form): Form<WebhookForm>) -> Response {
    if !sim.0.state().knows_event_name(&form.event) {
        return impossible("Officient kent deze gebeurtenis niet.");
    }
    if !Url::parse(&form.target_url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return impossible("Het adres begint niet met http:// of https://.");
    }
    sim.add_subscription(&form.event, &form.target_url);
    Redirect::to("/webhooks").into_response()
}

async fn delete(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    sim.remove_subscription(id);
    Redirect::to("/webhooks")
}
