//! The OAuth question to the person in the browser, and the developer page with the app's Client ID and Secret.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;
use url::Url;

use super::OfficientSim;
use super::state::Subscription;
use crate::demo::page::{render, render_with};

const PERMISSIONS: [&str; 5] =
    ["basic: lezen", "personal info: lezen", "webhooks: lezen", "webhooks: schrijven", "calendar: lezen"];

pub(super) fn router() -> Router<OfficientSim> {
    Router::new().route("/authorize", get(ask).post(decide)).route("/developer", get(developer))
}

#[derive(Debug, Deserialize)]
struct Question {
    #[serde(default)]
    client_id: String,
    redirect_uri: Option<String>,
    state: Option<String>,
    response_type: Option<String>,
    answer: Option<String>,
}

#[derive(Template)]
#[template(path = "demo/officient_consent.html")]
struct ConsentPage<'a> {
    app: &'a str,
    company: &'a str,
    permissions: [&'static str; 5],
    client_id: &'a str,
    redirect_uri: &'a str,
    state: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "demo/officient_refused.html")]
struct RefusedPage {
    reason: &'static str,
}

#[derive(Template)]
#[template(path = "demo/officient_developer.html")]
struct DeveloperPage<'a> {
    app: &'a str,
    client_id: &'a str,
    client_secret: &'a str,
    redirect_uri: String,
    permissions: [&'static str; 5],
    connected: bool,
    subscriptions: Vec<Subscription>,
}

/// Where the browser goes back to; what is wrong with the question otherwise.
fn return_address(sim: &OfficientSim, question: &Question) -> Result<Url, &'static str> {
    if question.client_id != sim.client_id() {
        return Err("Er is geen app met deze Client ID.");
    }
    if question.response_type.as_deref().is_some_and(|kind| kind != "code") {
        return Err("Alleen response_type=code bestaat.");
    }
    let registered = sim.0.state().redirect_uri.clone();
    let asked = question.redirect_uri.as_deref().filter(|uri| !uri.is_empty());
    let address = match (asked, registered.as_deref()) {
        (Some(asked), Some(registered)) if asked != registered => {
            return Err("De Redirect URL is niet die van de app.");
        }
        (Some(address), _) | (None, Some(address)) => address,
        (None, None) => return Err("De app heeft geen Redirect URL."),
    };
    Url::parse(address).ok().ok_or("De Redirect URL is geen adres.")
}

async fn ask(State(sim): State<OfficientSim>, Query(question): Query<Question>) -> Response {
    let redirect_uri = match return_address(&sim, &question) {
        Ok(_) => question.redirect_uri.as_deref().unwrap_or_default(),
        Err(reason) => return render_with(StatusCode::BAD_REQUEST, &RefusedPage { reason }),
    };
    render(&ConsentPage {
        app: &sim.0.options.app_name,
        company: &sim.0.options.company_name,
        permissions: PERMISSIONS,
        client_id: &question.client_id,
        redirect_uri,
        state: question.state.as_deref(),
    })
}

async fn decide(State(sim): State<OfficientSim>, Form(question): Form<Question>) -> Response {
    let mut address = match return_address(&sim, &question) {
        Ok(address) => address,
        Err(reason) => return render_with(StatusCode::BAD_REQUEST, &RefusedPage { reason }),
    };
    if question.answer.as_deref() == Some("allow") {
        let asked_with = question.redirect_uri.filter(|uri| !uri.is_empty());
        let code = sim.0.state().issue_code(asked_with);
        address.query_pairs_mut().append_pair("code", &code);
    } else {
        address.query_pairs_mut().append_pair("error", "access_denied");
    }
    if let Some(state) = question.state {
        address.query_pairs_mut().append_pair("state", &state);
    }
    Redirect::to(address.as_str()).into_response()
}

async fn developer(State(sim): State<OfficientSim>) -> Response {
    let redirect_uri = sim.0.state().redirect_uri.clone().unwrap_or_else(|| "(elk adres)".to_owned());
    render(&DeveloperPage {
        app: &sim.0.options.app_name,
        client_id: sim.client_id(),
        client_secret: sim.client_secret(),
        redirect_uri,
        permissions: PERMISSIONS,
        connected: sim.is_connected(),
        subscriptions: sim.subscriptions(),
    })
}
