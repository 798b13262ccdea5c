//! The page for developers: registering the app, and its details with Client ID and Secret. The demo has one app.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::authorize::PERMISSIONS;
use super::parts::Refusal;
use crate::simulators::officient::sim::{APP_NAME, CLIENT_ID, CLIENT_SECRET, OfficientSim};
use crate::simulators::page::{is_web_address, render};

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/developer", get(show))
        .route("/developer/register", post(register))
        .route("/developer/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "simulators/officient_developer.html")]
struct DeveloperPage {
    app: &'static str,
    client_id: &'static str,
    client_secret: &'static str,
    redirect_uri: String,
    permissions: [&'static str; 5],
    connected: bool,
}

async fn show(State(sim): State<OfficientSim>) -> Response {
    let redirect_uri = sim.company().redirect_uri.clone().unwrap_or_default();
    render(&DeveloperPage {
        app: APP_NAME,
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uri,
        permissions: PERMISSIONS,
        connected: sim.is_connected(),
    })
}

#[derive(Deserialize)]
struct RegistrationForm {
    name: String,
    redirect_uri: String,
    /// The permissions that were not ticked are absent.
    #[serde(flatten)]
    permissions: HashMap<String, String>,
}

async fn register(State(sim): State<OfficientSim>, Form(form): Form<RegistrationForm>) -> Result<Redirect, Refusal> {
    if form.name != APP_NAME {
        return Err("De app heet in deze demo Optedo.".into());
    }
    if !is_web_address(&form.redirect_uri) {
        return Err("De Redirect URL is geen adres dat met http:// of https:// begint.".into());
    }
    if !PERMISSIONS.iter().all(|permission| form.permissions.contains_key(*permission)) {
        return Err("De app heeft in deze demo alle permissies nodig.".into());
    }
    sim.set_redirect_uri(Some(&form.redirect_uri));
    Ok(Redirect::to("/developer"))
}

async fn revoke(State(sim): State<OfficientSim>) -> Redirect {
    sim.revoke_all_tokens();
    Redirect::to("/developer")
}
