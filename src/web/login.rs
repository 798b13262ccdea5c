//! The login at Officient (OAuth): begin, come back, disconnect.
//!
//! The state works once, is bound to the browser by a cookie, and expires after ten minutes. Every outcome ends on the
//! settings page, which says what happened and what to do. Nothing is stored before everything is read.

use std::time::Duration;

use axum::extract::rejection::FormRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form, Json};
use axum_extra::extract::CookieJar;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::WebError;
use super::notice::{Notice, page_or_status, to_page, wants_page};
use super::request::{Client, parameter};
use super::session::Admin;
use super::state::App;
use crate::clock::after;
use crate::db::audit_log::{self, Act, Actor};
use crate::db::sessions::Flow;
use crate::db::{self, attention, connection, preview, sessions};
use crate::db::{queue, subscriptions, sweeps};
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
    Extension(admin): Extension<Admin>,
    headers: HeaderMap,
    cookies: CookieJar,
    form: Result<Form<LoginForm>, FormRejection>,
) -> Result<Response, WebError> {
    let tokens = app.engine.officient.tokens();
    let Some(credentials) = tokens.credentials().await? else {
        if wants_json(&headers) {
            return Err(WebError::CredentialsMissing);
        }
        return Ok(to_page(Notice::CredentialsMissing).into_response());
    };
    let (state, browser) = (random_token(), random_token());
    let now = app.engine.clock.now();
    let (state_digest, browser_digest) = (digest(state.expose_secret()), digest(browser.expose_secret()));
    let preview_first = form.is_ok_and(|Form(form)| form.preview_first.is_some());
    let flow = Flow { begun_by: admin.actor.name, session: admin.actor.session, preview_first };
    sessions::insert_flow(&app.engine.db, &state_digest, &browser_digest, &flow, after(now, FLOW_LIFE))
        .await?;
    let authorize_url = tokens.oauth().authorize_url(&credentials, &state);
    let cookie = app.session_policy.cookie(FLOW_COOKIE, browser.expose_secret().to_owned(), Some(FLOW_LIFE));
    let cookies = cookies.add(cookie);
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
    // Always a redirect: no browser may stay at an address with a code and a state in it.
    let notice = connect(&app, client, &cookies, query.as_deref()).await.unwrap_or_else(|error| {
        error.log();
        if matches!(error, WebError::InvalidRequest(_)) {
            Notice::StateWrong
        } else if matches!(error, WebError::DatabaseUnavailable(_)) {
            Notice::Unavailable
        } else {
            Notice::Failed
        }
    });
    let cookies = cookies.add(app.session_policy.cookie(FLOW_COOKIE, String::new(), Some(Duration::ZERO)));
    (cookies, to_page(notice)).into_response()
}

/// Ends the login, and returns its outcome for the page.
async fn connect(
    app: &App,
    Client(address): Client,
    cookies: &CookieJar,
    query: Option<&str>,
) -> Result<Notice, WebError> {
    let engine = &app.engine;
    let [state, code, error] = ["state", "code", "error"].map(|name| parameter(query, name));
    let (state, code, error) = (state?, code?, error?);
    let browser = cookies.get(&app.session_policy.cookie_name(FLOW_COOKIE));
    let Some((state, browser)) = state.zip(browser) else { return Ok(Notice::StateWrong) };
    let (state, browser) = (digest(&state), digest(browser.value()));
    let Some(flow) = sessions::take_flow(&engine.db, &state, &browser, engine.clock.now()).await? else {
        return Ok(Notice::StateWrong);
    };
    if let Some(error) = error {
        return Ok(if error == "access_denied" { Notice::Denied } else { Notice::CodeRefused });
    }
    let Some(code) = code.filter(|code| !code.is_empty()) else { return Ok(Notice::CodeRefused) };
    let tokens = engine.officient.tokens();
    let Some(credentials) = tokens.credentials().await? else { return Ok(Notice::CredentialsMissing) };
    let grant = match tokens.oauth().exchange(&credentials, &code).await {
        Ok(grant) if grant.refresh_token.is_some() => grant,
        Ok(_without_refresh_token) => return Ok(Notice::Unreadable),
        Err(error) => return Ok(notice_of_exchange(&error)),
    };
    let account = match engine.officient.account(&grant.access_token).await {
        Ok(account) => account,
        Err(error) => return Ok(error.upstream().map_or(Notice::Unreachable, notice_of_account)),
    };
    let actor = Actor { name: flow.begun_by, session: flow.session, address };
    let is_paused = store_connection(engine, &account, &grant, &actor, flow.preview_first).await?;
    begin_import(engine, is_paused).await
}

/// Registers the webhooks and requests the first sweep, or its preview.
async fn begin_import(engine: &Engine, is_paused: bool) -> Result<Notice, WebError> {
    if let Err(error) = engine.ensure_subscriptions().await {
        tracing::warn!(%error, "Connected, but could not register the webhooks yet; the sweep tries again");
    }
    let now = engine.clock.now();
    let notice = if is_paused {
        preview::request(&engine.db, now).await?;
        Notice::ConnectedPaused
    } else {
        sweeps::request(&engine.db, now).await?;
        Notice::Connected
    };
    engine.work_signal.notify(&engine.db).await;
    Ok(notice)
}

/// Returns whether the connection waits for the admin to start it.
async fn store_connection(
    engine: &Engine,
    account: &Account,
    grant: &Grant,
    actor: &Actor,
    preview_first: bool,
) -> Result<bool, WebError> {
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
    let item = AttentionItem::reauthorization_required();
    attention::resolve(&mut *tx, item.kind(), &item.subject_id, now).await?;
    let detail = format!("company {}", account.company_id);
    audit_log::insert(&mut *tx, Act::Connected, Some(&detail), actor, now).await?;
    tx.commit().await?;
    tracing::info!(company.id = %account.company_id, "Connected to Officient");
    Ok(is_paused)
}

/// Why the code could not be exchanged for tokens.
fn notice_of_exchange(error: &UpstreamError) -> Notice {
    tracing::warn!(%error, "Officient did not exchange the code");
    let is_refused = matches!(
        error,
        UpstreamError::Rejected { .. } | UpstreamError::Unauthorized | UpstreamError::NotFound
    );
    if is_refused { Notice::CodeRefused } else { notice_of_failure(error) }
}

/// Why the account could not be read with a new token.
fn notice_of_account(error: &UpstreamError) -> Notice {
    tracing::warn!(%error, "Officient did not return the account");
    let is_refused = matches!(error, UpstreamError::Rejected { .. } | UpstreamError::Unauthorized);
    if is_refused { Notice::PermissionMissing } else { notice_of_failure(error) }
}

fn notice_of_failure(error: &UpstreamError) -> Notice {
    let is_unreadable = matches!(error, UpstreamError::Unreadable { .. } | UpstreamError::NotFound);
    if is_unreadable { Notice::Unreadable } else { Notice::Unreachable }
}

/// Removes our webhooks at Officient and deletes the tokens; absences stay in Optedo.
#[utoipa::path(post, path = "/logout", responses(
    (status = 204, description = "Disconnected"),
    (status = 303, description = "As 204, to a browser's form"),
))]
pub async fn logout(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let engine = &app.engine;
    // Without a usable token the webhooks stay at Officient: what they still deliver is stored, and harmless.
    if let Err(error) = engine.remove_subscriptions().await
        && !matches!(&error, SyncError::Officient(OfficientError::Token { .. }))
    {
        tracing::warn!(%error, "Could not remove our webhooks at Officient");
    }
    let now = engine.clock.now();
    let mut tx = db::begin(&engine.db).await?;
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
    Ok(page_or_status(&headers, to_page(Notice::Disconnected), StatusCode::NO_CONTENT))
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/json")) && !wants_page(headers)
}
