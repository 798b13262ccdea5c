//! The OAuth question to the person in the browser: may this app come in?

use askama::Template;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use http::StatusCode;
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::pages::refused;
use super::{OfficientSim, sign_in};
use crate::simulators::page::render;

/// What the registered app may do, as its page for developers and the question both list it.
pub(super) const PERMISSIONS: [&str; 5] =
    ["basic: lezen", "personal info: lezen", "webhooks: lezen", "webhooks: schrijven", "calendar: lezen"];

pub(super) fn router() -> Router<OfficientSim> {
    Router::new().route("/authorize", get(ask).post(decide)).merge(sign_in::router())
}

/// What an app asks for, as it stands in the address and then in every form up to the answer.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    client_id: String,
    redirect_uri: Option<String>,
    state: Option<String>,
    response_type: Option<String>,
}

impl Question {
    /// The parameters that were given.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("response_type", self.response_type.as_deref()),
            ("client_id", Some(self.client_id.as_str())),
            ("redirect_uri", self.redirect_uri.as_deref()),
            ("state", self.state.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// Where it is asked, on this very site.
    pub(super) fn address(&self) -> String {
        let query = Serializer::new(String::new()).extend_pairs(self.fields()).finish();
        format!("/authorize?{query}")
    }
}

#[derive(Template)]
#[template(path = "simulators/officient_consent.html")]
struct ConsentPage<'a> {
    app: &'a str,
    company: &'a str,
    email: String,
    permissions: [&'static str; 5],
    question: &'a Question,
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

async fn ask(
    State(sim): State<OfficientSim>,
    cookies: CookieJar,
    Query(question): Query<Question>,
) -> Response {
    if let Err(reason) = return_address(&sim, &question) {
        return refused(StatusCode::BAD_REQUEST, reason);
    }
    let Some(email) = sign_in::signed_in(&sim, &cookies) else {
        return sign_in::page(&sim, &question);
    };
    let options = &sim.0.options;
    let (app, company) = (options.app_name.as_str(), options.company_name.as_str());
    render(&ConsentPage { app, company, email, permissions: PERMISSIONS, question: &question })
}

#[derive(Deserialize)]
struct Decision {
    #[serde(default)]
    answer: String,
    #[serde(flatten)]
    question: Question,
}

async fn decide(
    State(sim): State<OfficientSim>,
    cookies: CookieJar,
    Form(Decision { answer, question }): Form<Decision>,
) -> Response {
    let mut address = match return_address(&sim, &question) {
        Ok(address) => address,
        Err(reason) => return refused(StatusCode::BAD_REQUEST, reason),
    };
    if sign_in::signed_in(&sim, &cookies).is_none() {
        return Redirect::to(&question.address()).into_response();
    }
    if answer == "allow" {
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
