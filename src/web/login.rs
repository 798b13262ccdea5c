//! The login at Officient (OAuth): begin, come back, disconnect.
//!
//! The state works once, is bound to the browser by a cookie, and expires after ten minutes. Every outcome ends on the
//! settings page, which says what happened and what to do. Nothing is stored before everything is read.

use std::time::Duration;

use axum::extract::rejection::FormRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Form, Json};
use axum_extra::extract::CookieJar;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PAGE_PATH;
use super::error::WebError;
use super::notice::Notice;
use super::request::{Client, parameter, wants_json};
use super::session::{Admin, short_name};
use super::state::App;
use crate::clock::after;
use crate::db::audit_log::{self, Act, Actor};
use crate::db::connection::State as ConnectionState;
use crate::db::sessions::Flow;
use crate::db::{self, attention, connection, preview, queue, sessions, subscriptions, sweeps};
use crate::domain::attention::{AttentionItem, AttentionKind};
use crate::domain::company::Account;
use crate::http_client::UpstreamError;
use crate::officient::OfficientError;
use crate::officient::oauth::Grant;
use crate::secrets::random::{digest, random_token};
use crate::sync::{Engine, SyncError};

const FLOW_LIFE: Duration = Duration::from_mins(10);
const FLOW_COOKIE: &str = "optedo_officient_login";

/// The form of the page; a program sends none.
#[derive(Deserialize)]
pub struct LoginForm {
    preview_first: Option<String>,
}

/// Where a program must send its user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoginBegun {
    #[schema(format = "uri")]
    authorize_url: String,
}

/// Starts the OAuth flow, and sets its state cookie.
#[utoipa::path(post, path = "/login", responses(
    (status = 200, body = LoginBegun, description = "For a program that accepts JSON"),
    (status = 303, description = "To Officient; to the settings page while Client ID and Secret are not filled in"),
    (status = 409, description = "For a program: Client ID and Secret are not filled in"),
))]
pub async fn begin_login(
    State(app): State<App>,
    admin: Admin,
    headers: HeaderMap,
    cookies: CookieJar,
    form: Result<Form<LoginForm>, FormRejection>,
) -> Result<Response, WebError> {
    let tokens = app.engine.officient.tokens();
    let Some(credentials) = tokens.credentials().await? else {
        if wants_json(&headers) {
            return Err(WebError::CredentialsMissing);
        }
        return Ok(Notice::CredentialsMissing.redirect_to("").into_response());
    };
    let (state, browser) = (random_token(), random_token());
    let (state_digest, browser_digest) = (digest(state.expose_secret()), digest(browser.expose_secret()));
    let preview_first = form.is_ok_and(|Form(form)| form.preview_first.is_some());
    let flow = Flow { begun_by: admin.actor.name, session: admin.actor.session, preview_first };
    let expires_at = after(app.engine.clock.now(), FLOW_LIFE);
    sessions::insert_flow(&app.engine.db, &state_digest, &browser_digest, &flow, expires_at).await?;
    let authorize_url = tokens.oauth().authorize_url(&credentials, &state);
    let (name, value) = (flow_cookie(&state_digest), browser.expose_secret().to_owned());
    let cookies = cookies.add(app.session_policy.cookie(&name, value, Some(FLOW_LIFE)));
    if wants_json(&headers) {
        return Ok((cookies, Json(LoginBegun { authorize_url: authorize_url.into() })).into_response());
    }
    Ok((cookies, Redirect::to(authorize_url.as_str())).into_response())
}

/// The OAuth redirect target.
#[utoipa::path(
    get, path = "", tag = "officient",
    params(
        ("state" = Option<String>, Query, description = "As the login began with"),
        ("code" = Option<String>, Query, description = "Is exchanged for the tokens"),
        ("error" = Option<String>, Query, description = "Why there is no code"),
    ),
    responses((status = 303, description = "To the settings page, which shows the outcome"))
)]
pub async fn finish_login(
    State(app): State<App>,
    client: Client,
    RawQuery(query): RawQuery,
    cookies: CookieJar,
) -> Response {
    // A state that is missing or doubled is none that we gave.
    let state = digest(&parameter(query.as_deref(), "state").ok().flatten().unwrap_or_default());
    let cookie = flow_cookie(&state);
    let browser = cookies.get(&app.session_policy.cookie_name(&cookie));
    let browser = browser.map(|browser| digest(browser.value())).unwrap_or_default();
    // Always a redirect: no browser may stay at an address with a code and a state in it.
    let notice = connect(&app, client, &state, &browser, query.as_deref()).await.unwrap_or_else(|error| {
        error.log();
        Some(if matches!(error, WebError::InvalidRequest(_)) {
            Notice::StateWrong
        } else if matches!(error, WebError::DatabaseUnavailable(_)) {
            Notice::Unavailable
        } else {
            Notice::Failed
        })
    });
    let redirect = notice.map_or_else(|| Redirect::to(PAGE_PATH), |notice| notice.redirect_to(""));
    let cookies = cookies.add(app.session_policy.cookie(&cookie, String::new(), Some(Duration::ZERO)));
    (cookies, redirect).into_response()
}

/// Each login has a cookie of its own, so that several can be under way in one browser.
fn flow_cookie(state_digest: &[u8]) -> String {
    format!("{FLOW_COOKIE}_{}", short_name(state_digest))
}

/// Ends the login, and returns its outcome for the page, if there is anything to say.
async fn connect(
    app: &App,
    Client(address): Client,
    state: &[u8],
    browser: &[u8],
    query: Option<&str>,
) -> Result<Option<Notice>, WebError> {
    let engine = &app.engine;
    let (code, error) = (parameter(query, "code")?, parameter(query, "error")?);
    let Some(flow) = sessions::take_flow(&engine.db, state, browser, engine.clock.now()).await? else {
        // A browser that repeats the request of a login that worked needs no warning.
        let is_connected = connection::load(&engine.db).await?.state == ConnectionState::Connected;
        return Ok((!is_connected).then_some(Notice::StateWrong));
    };
    if error.as_deref() == Some("access_denied") {
        return Ok(Some(Notice::Denied));
    }
    let Some(code) = code.filter(|code| !code.is_empty() && error.is_none()) else {
        return Ok(Some(Notice::CodeRefused));
    };
    let tokens = engine.officient.tokens();
    let Some(credentials) = tokens.credentials().await? else { return Ok(Some(Notice::CredentialsMissing)) };
    let grant = match tokens.oauth().exchange(&credentials, &code).await {
        Ok(grant) if grant.refresh_token.is_some() => grant,
        Ok(_without_refresh_token) => return Ok(Some(Notice::Unreadable)),
        Err(error) => return Ok(Some(notice_of(&error, Notice::CodeRefused))),
    };
    let account = match engine.officient.account(&grant.access_token).await {
        Ok(account) => account,
        Err(error) => {
            let notice = error.upstream().map(|error| notice_of(error, Notice::PermissionMissing));
            return Ok(notice.or(Some(Notice::Unreachable)));
        }
    };
    let actor = Actor { name: flow.begun_by, session: flow.session, address };
    store_connection(engine, &account, &grant, &actor, flow.preview_first).await.map(Some)
}

/// The notice of a call to Officient that failed; `refused` says what it means that Officient refused this call.
fn notice_of(error: &UpstreamError, refused: Notice) -> Notice {
    tracing::warn!(%error, "A sign-in at Officient failed");
    match error {
        UpstreamError::Rejected { .. } | UpstreamError::Unauthorized => refused,
        UpstreamError::Unreadable { .. } | UpstreamError::NotFound => Notice::Unreadable,
        UpstreamError::Busy { .. } | UpstreamError::TimedOut | UpstreamError::Unavailable { .. } => Notice::Unreachable,
    }
}

/// Stores the connection, and requests the first sweep or its preview. The worker then registers the webhooks.
async fn store_connection(
    engine: &Engine,
    account: &Account,
    grant: &Grant,
    actor: &Actor,
    preview_first: bool,
) -> Result<Notice, WebError> {
    let now = engine.clock.now();
    let sealed = engine.officient.tokens().seal(grant);
    let mut tx = db::begin(&engine.db).await?;
    connection::lock(&mut tx).await?;
    let before = connection::load(&mut *tx).await?;
    if before.company_id.is_some_and(|company| company != account.company_id) {
        attention::resolve_all(&mut *tx, now).await?;
    }
    let who = actor.name.as_deref();
    let is_paused = connection::connect(&mut *tx, account, &sealed, who, preview_first).await?;
    if is_paused {
        preview::request(&mut *tx, None, now).await?;
    } else {
        sweeps::request(&mut *tx, now).await?;
    }
    let item = AttentionItem::reauthorization_required();
    attention::resolve(&mut *tx, item.kind(), &item.subject_id, now).await?;
    let detail = format!("company {}", account.company_id);
    audit_log::insert(&mut *tx, Act::Connected, Some(&detail), actor, now).await?;
    tx.commit().await?;
    engine.work_signal.notify(&engine.db).await;
    tracing::info!(company.id = %account.company_id, "Connected to Officient");
    Ok(if is_paused { Notice::ConnectedPaused } else { Notice::Connected })
}

/// Removes our webhooks at Officient and deletes the tokens; absences stay in Optedo.
#[utoipa::path(post, path = "/logout", responses(
    (status = 204, description = "Disconnected"),
    (status = 303, description = "As 204, to a browser's form"),
))]
pub async fn logout(State(app): State<App>, admin: Admin, headers: HeaderMap) -> Result<Response, WebError> {
    let engine = &app.engine;
    let mut tx = db::begin(&engine.db).await?;
    // Locked during the calls: the worker must not register the webhooks again meanwhile.
    subscriptions::lock(&mut tx).await?;
    // Without a usable token the webhooks stay at Officient: what they still deliver is stored, and harmless.
    if let Err(error) = engine.remove_subscriptions().await
        && !matches!(&error, SyncError::Officient(OfficientError::Token { .. }))
    {
        tracing::warn!(%error, "Could not remove our webhooks at Officient");
    }
    let now = engine.clock.now();
    connection::lock(&mut tx).await?;
    connection::disconnect(&mut *tx).await?;
    subscriptions::retain(&mut *tx, &[]).await?;
    queue::cancel_requests(&mut *tx).await?;
    let item = AttentionItem::reauthorization_required();
    attention::resolve(&mut *tx, item.kind(), &item.subject_id, now).await?;
    attention::resolve_others(&mut *tx, AttentionKind::WebhookRefused, &[], now).await?;
    preview::delete(&mut tx).await?;
    audit_log::insert(&mut *tx, Act::Disconnected, None, &admin.actor, now).await?;
    tx.commit().await?;
    tracing::info!("Disconnected from Officient");
    Ok(Notice::Disconnected.page_or(StatusCode::NO_CONTENT, &headers, ""))
}
