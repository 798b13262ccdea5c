//! The OAuth authorization pages: a person signs in, then gives or refuses the app access.
//!
//! Any e-mail address with any password is accepted, and the page says so. The forms carry the fields of the
//! authorization request and lead back to `/authorize` only: no field holds an address to redirect to, so that nobody
//! can abuse the sign-in form for a redirect to another site.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use http::StatusCode;
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::parts::Refusal;
use crate::simulators::officient::sim::{APP_NAME, CLIENT_ID, OfficientSim};
use crate::simulators::page::{render, render_with_status};

/// The permissions of the registered app.
pub(super) const PERMISSIONS: [&str; 5] = [
    "read access: basic",
    "read access: personal info",
    "read access: webhooks",
    "read access: calendar",
    "write access: webhooks",
];

/// Differs from the names of the service's cookies: a browser sends the cookies of one port of a host to its other
/// ports too.
const COOKIE: &str = "simulated_officient";
const EXAMPLE_EMAIL: &str = "hr@acme.example";
const EXAMPLE_PASSWORD: &str = "demo";

pub(super) fn router() -> Router<OfficientSim> {
    Router::new()
        .route("/authorize", get(ask_consent).post(decide))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
}

/// The authorization request of an app (RFC 6749, 4.1.1). Each form repeats its fields.
#[derive(Debug, Deserialize)]
struct AuthorizationRequest {
    #[serde(default)]
    client_id: String,
    redirect_uri: Option<String>,
    state: Option<String>,
    response_type: Option<String>,
}

impl AuthorizationRequest {
    fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("response_type", self.response_type.as_deref()),
            ("client_id", Some(self.client_id.as_str())),
            ("redirect_uri", self.redirect_uri.as_deref()),
            ("state", self.state.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// The consent page of this request, on this site.
    fn link(&self) -> String {
        let query = Serializer::new(String::new()).extend_pairs(self.fields()).finish();
        format!("/authorize?{query}")
    }

    /// The address to which the browser returns with the decision, if the request is valid.
    fn return_address(&self, sim: &OfficientSim) -> Result<Url, Refusal> {
        self.check(sim.company().redirect_uri.as_deref())
            .map_err(|reason| Refusal { status: StatusCode::BAD_REQUEST, reason })
    }

    fn check(&self, registered: Option<&str>) -> Result<Url, &'static str> {
        if self.client_id != CLIENT_ID {
            return Err("Er is geen app met deze Client ID.");
        }
        if self.response_type.as_deref().is_some_and(|response_type| response_type != "code") {
            return Err("Alleen response_type=code bestaat.");
        }
        let requested = self.redirect_uri.as_deref().filter(|uri| !uri.is_empty());
        let address = match (requested, registered) {
            (Some(requested), Some(registered)) if requested != registered => {
                return Err("De Redirect URL is niet die van de app.");
            }
            (Some(address), _) | (None, Some(address)) => address,
            (None, None) => return Err("De app heeft geen Redirect URL."),
        };
        Url::parse(address).ok().ok_or("De Redirect URL is geen adres.")
    }
}

#[derive(Template)]
#[template(path = "simulators/officient_consent.html")]
struct ConsentPage<'a> {
    app: &'static str,
    company: &'a str,
    email: String,
    permissions: [&'static str; 5],
    request: AuthorizationRequest,
}

async fn ask_consent(
    State(sim): State<OfficientSim>,
    cookies: CookieJar,
    Query(request): Query<AuthorizationRequest>,
) -> Result<Response, Refusal> {
    request.return_address(&sim)?;
    Ok(match signed_in_email(&sim, &cookies) {
        None => sign_in_page(StatusCode::OK, &request, EXAMPLE_EMAIL),
        Some(email) => render(&ConsentPage {
            app: APP_NAME,
            company: &sim.options().company_name,
            email,
            permissions: PERMISSIONS,
            request,
        }),
    })
}

#[derive(Deserialize)]
struct Decision {
    #[serde(default)]
    answer: String,
    #[serde(flatten)]
    request: AuthorizationRequest,
}

async fn decide(
    State(sim): State<OfficientSim>,
    cookies: CookieJar,
    Form(Decision { answer, request }): Form<Decision>,
) -> Result<Redirect, Refusal> {
    let mut address = request.return_address(&sim)?;
    if signed_in_email(&sim, &cookies).is_none() {
        return Ok(Redirect::to(&request.link()));
    }
    if answer == "allow" {
        let redirect_uri = request.redirect_uri.filter(|uri| !uri.is_empty());
        let code = sim.company().tokens.issue_code(redirect_uri);
        address.query_pairs_mut().append_pair("code", &code);
    } else {
        address.query_pairs_mut().append_pair("error", "access_denied");
    }
    if let Some(state) = request.state {
        address.query_pairs_mut().append_pair("state", &state);
    }
    Ok(Redirect::to(address.as_str()))
}

/// The e-mail address of the person who signed in with this browser.
fn signed_in_email(sim: &OfficientSim, cookies: &CookieJar) -> Option<String> {
    let session = cookies.get(COOKIE)?;
    sim.company().sessions.get(session.value()).cloned()
}

#[derive(Template)]
#[template(path = "simulators/officient_sign_in.html")]
struct SignInPage<'a> {
    app: &'static str,
    request: &'a AuthorizationRequest,
    email: &'a str,
    example_email: &'static str,
    password: &'static str,
    incomplete: bool,
}

fn sign_in_page(status: StatusCode, request: &AuthorizationRequest, email: &str) -> Response {
    let page = SignInPage {
        app: APP_NAME,
        request,
        email,
        example_email: EXAMPLE_EMAIL,
        password: EXAMPLE_PASSWORD,
        incomplete: status != StatusCode::OK,
    };
    render_with_status(status, &page)
}

#[derive(Deserialize)]
struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(flatten)]
    request: AuthorizationRequest,
}

async fn sign_in(State(sim): State<OfficientSim>, cookies: CookieJar, Form(form): Form<SignInForm>) -> Response {
    if form.email.trim().is_empty() || form.password.is_empty() {
        return sign_in_page(StatusCode::UNPROCESSABLE_ENTITY, &form.request, &form.email);
    }
    let session = sim.company().start_session(form.email);
    let cookie = Cookie::build((COOKIE, session)).path("/").http_only(true).same_site(SameSite::Lax);
    (cookies.add(cookie), Redirect::to(&form.request.link())).into_response()
}

async fn sign_out(
    State(sim): State<OfficientSim>,
    cookies: CookieJar,
    Form(request): Form<AuthorizationRequest>,
) -> Redirect {
    if let Some(session) = cookies.get(COOKIE) {
        sim.company().sessions.remove(session.value());
    }
    Redirect::to(&request.link())
}
