//! The page for developers: the registered app with its Client ID and Secret.

use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use url::Url;

use super::impossible;
use crate::simulators::officient::OfficientSim;
use crate::simulators::officient::consent::PERMISSIONS;
use crate::simulators::page::render;

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/developer", get(developer))
        .route("/developer/redirect-url", post(change_redirect_url))
        .route("/developer/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "simulators/officient_developer.html")]
struct DeveloperPage<'a> {
    app: &'a str,
    client_id: &'a str,
    client_secret: &'a str,
    redirect_uri: String,
    permissions: [&'static str; 5],
    connected: bool,
}

async fn developer(State(sim): State<OfficientSim>) -> Response {
    let redirect_uri = sim.0.state().redirect_uri.clone().unwrap_or_default();
    render(&DeveloperPage {
        app: &sim.0.options.app_name,
        client_id: sim.client_id(),
        client_secret: sim.client_secret(),
        redirect_uri,
        permissions: PERMISSIONS,
        connected: sim.is_connected(),
    })
}

#[derive(Deserialize)]
struct RedirectUrlForm {
    redirect_uri: String,
}

async fn change_redirect_url(State(sim): State<OfficientSim>, Form(form): Form<RedirectUrlForm>) -> Response {
    if !Url::parse(&form.redirect_uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return impossible("De Redirect URL is geen adres dat met http:// of https:// begint.");
    }
    sim.set_redirect_uri(Some(&form.redirect_uri));
    Redirect::to("/developer").into_response()
}

async fn revoke(State(sim): State<OfficientSim>) -> Redirect {
    sim.revoke_all_tokens();
    Redirect::to("/developer")
}
