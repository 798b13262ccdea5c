//! The subscriptions to webhooks, made by an app or by hand, and the last deliveries.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::parts::Refusal;
use crate::simulators::officient::model::{Delivery, Subscription};
use crate::simulators::officient::sim::OfficientSim;
use crate::simulators::page::{is_web_address, render};

const SHOWN_DELIVERIES: usize = 20;

pub(super) fn router() -> Router<OfficientSim> {
    Router::new().route("/webhooks", get(list).post(add)).route("/webhooks/{id}/delete", post(delete))
}

#[derive(Template)]
#[template(path = "simulators/officient_webhooks.html")]
struct WebhooksPage {
    subscriptions: Vec<Subscription>,
    event_names: Vec<String>,
    deliveries: Vec<Delivery>,
}

async fn list(State(sim): State<OfficientSim>) -> Response {
    let company = sim.company();
    let page = WebhooksPage {
        subscriptions: company.subscriptions.clone(),
        event_names: company.webhook_events.clone(),
        deliveries: company.deliveries.iter().rev().take(SHOWN_DELIVERIES).cloned().collect(),
    };
    drop(company);
    render(&page)
}

#[derive(Deserialize)]
struct SubscriptionForm {
    #[serde(default)]
    event: String,
    #[serde(default)]
    target_url: String,
}

async fn add(State(sim): State<OfficientSim>, Form(form): Form<SubscriptionForm>) -> Result<Redirect, Refusal> {
    if !sim.company().accepts_webhook_event(&form.event) {
        return Err("Officient kent deze gebeurtenis niet.".into());
    }
    if !is_web_address(&form.target_url) {
        return Err("Het adres begint niet met http:// of https://.".into());
    }
    sim.add_subscription(&form.event, &form.target_url);
    Ok(Redirect::to("/webhooks"))
}

async fn delete(State(sim): State<OfficientSim>, Path(id): Path<i64>) -> Redirect {
    sim.remove_subscription(id);
    Redirect::to("/webhooks")
}
