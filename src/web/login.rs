//! The OAuth login: begin, come back, sign out.
//!
//! The state is one-time, bound to the browser by a cookie, and valid for ten minutes. Whatever happens ends on the
//! settings page, which says what happened and what to do; nothing is stored before everything was read.

use std::time::Duration;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form, Json};
use axum_extra::extract::CookieJar;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::PAGE_PATH;
use super::client::Client;
use super::error::WebError;
use super::page::{Notice, wants_page};
use super::session::Admin;
use crate::clock::after;
use crate::db::audit_log::{self, Act, Actor};
use crate::db::sessions::Flow;
use crate::db::{self, attention, connection, preview, queue, sessions, subscriptions, sweeps};
use crate::domain::attention::{AttentionItem, AttentionKind};
use crate::domain::company::Account;
use crate::http_client::UpstreamError;
use crate::officient::OfficientError;
use crate::officient::oauth::Grant;
use crate::secrets::random::{digest, random_token};
use crate::web::state::App;

const FLOW_LIFE: Duration = Duration::from_mins(10);
const FLOW_COOKIE: &str = "optedo_officient_login";

/// What the button's form may hold.
#[derive(Deserialize)]
pub struct LoginForm {
    preview_first: Option<String>,
}

/// Where a program sends its user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoginBegun {
    /// At Officient.
    #[schema(format = "uri")]
    authorize_url: String,
}

/// Starts the OAuth flow, and sets the cookie that it ends with.
#[utoipa::path(post, path = "/login", responses(
    (status = 200, body = LoginBegun, description = "To a program that accepts JSON"),
    (status = 303, description = "To Officient; to the settings page while Client ID and Secret are not filled in"),
    (status = 409, description = "To a program: Client ID and Secret are not filled in"),
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
            return Err(WebError::Conflict("Client ID and Secret are not filled in yet"));
        }
        return Ok(to_page(Notice::CredentialsMissing).into_response());
    };
    let state = random_token();
    let browser = random_token();
    let now = app.engine.clock.now();
    let (state_digest, browser_digest) = (digest(state.expose_secret()), digest(browser.expose_secret()));
    // A program sends no form.
    let preview_first = form.is_ok_and(|Form(form)| form.preview_first.is_some());
    let flow = Flow { begun_by: admin.actor.name, session: admin.actor.session, preview_first };
    sessions::insert_flow(&app.engine.db, &state_digest, &browser_digest, &flow, after(now, FLOW_LIFE))
        .await?;
    let authorize_url = tokens.oauth().authorize_url(&credentials.client_id, &state);
    let cookie = app.session_policy.cookie(FLOW_COOKIE, browser.expose_secret().to_owned(), Some(FLOW_LIFE));
    let cookies = cookies.add(cookie);
    if wants_json(&headers) {
        return Ok((cookies, Json(LoginBegun { authorize_url: authorize_url.into() })).into_response());
    }
    Ok((cookies, Redirect::to(authorize_url.as_str())).into_response())
}

/// What Officient sends the browser back with.
#[derive(Deserialize)]
pub struct Callback {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// The OAuth redirect target.
#[utoipa::path(
    get, path = "", tag = "officient",
    params(
        ("state" = Option<String>, Query, description = "What the login began with"),
        ("code" = Option<String>, Query, description = "What tokens are exchanged for"),
        ("error" = Option<String>, Query, description = "Why there is no code"),
    ),
    responses((status = 303, description = "To the settings page, which says what happened"))
)]
pub async fn finish_login(
    State(app): State<App>,
    client: Client,
    cookies: CookieJar,
    callback: Result<Query<Callback>, QueryRejection>,
) -> Response {
    let notice = match callback {
        // However it ends: nobody stays at an address with a code and a state in it.
        Ok(Query(callback)) => connect(&app, client, &cookies, callback).await.unwrap_or_else(|error| {
            error.log();
            if matches!(error, WebError::Unavailable(_)) { Notice::Unavailable } else { Notice::Failed }
        }),
        Err(_a_field_twice) => Notice::StateWrong,
    };
    let cookies = cookies.add(app.session_policy.cookie(FLOW_COOKIE, String::new(), Some(Duration::ZERO)));
    (cookies, to_page(notice)).into_response()
}

/// Everything is read before anything is stored. Returns what to say on the page.
async fn connect(
    app: &App,
    Client(address): Client,
    cookies: &CookieJar,
    callback: Callback,
) -> Result<Notice, WebError> {
    let engine = &app.engine;
    let browser =
        cookies.get(&app.session_policy.cookie_name(FLOW_COOKIE)).map(|cookie| digest(cookie.value()));
    let Some((state, browser)) = callback.state.map(|state| digest(&state)).zip(browser) else {
        return Ok(Notice::StateWrong);
    };
    let Some(flow) = sessions::take_flow(&engine.db, &state, &browser, engine.clock.now()).await? else {
        return Ok(Notice::StateWrong);
    };
    if let Some(error) = callback.error {
        return Ok(if error == "access_denied" { Notice::Denied } else { Notice::CodeRefused });
    }
    let Some(code) = callback.code.filter(|code| !code.is_empty()) else {
        return Ok(Notice::CodeRefused);
    };
    let tokens = engine.officient.tokens();
    let Some(credentials) = tokens.credentials().await? else {
        return Ok(Notice::CredentialsMissing);
    };
    let grant = match tokens.oauth().exchange(&credentials, &code).await {
        Ok(grant) if grant.refresh_token.is_some() => grant,
        Ok(_no_refresh_token) => return Ok(Notice::Unreadable),
        Err(error) => return Ok(notice_of(&error)),
    };
    let account = match engine.officient.account(&grant.access_token).await {
        Ok(account) => account,
        Err(error) => return Ok(error.upstream().map_or(Notice::Unreachable, notice_of_account)),
    };
    let actor = Actor { name: flow.begun_by.clone(), session: flow.session.clone(), address };
    let is_paused = store_connection(app, &account, &grant, &actor, flow.preview_first).await?;
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

async fn store_connection(
    app: &App,
    account: &Account,
    grant: &Grant,
    actor: &Actor,
    preview_first: bool,
) -> Result<bool, WebError> {
    let engine = &app.engine;
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

/// Why the code could not be exchanged.
fn notice_of(error: &UpstreamError) -> Notice {
    tracing::warn!(%error, "Officient did not exchange the code");
    match error {
        UpstreamError::Rejected { .. } | UpstreamError::Unauthorized | UpstreamError::NotFound => {
            Notice::CodeRefused
        }
        UpstreamError::Busy { .. } | UpstreamError::Unavailable { .. } | UpstreamError::TimedOut => {
            Notice::Unreachable
        }
        UpstreamError::Unreadable { .. } => Notice::Unreadable,
    }
}

/// Why the account could not be read with a fresh token.
fn notice_of_account(error: &UpstreamError) -> Notice {
    tracing::warn!(%error, "Officient did not tell the account");
    match error {
        UpstreamError::Rejected { .. } | UpstreamError::Unauthorized => Notice::PermissionMissing,
        UpstreamError::Busy { .. } | UpstreamError::Unavailable { .. } | UpstreamError::TimedOut => {
            Notice::Unreachable
        }
        UpstreamError::Unreadable { .. } | UpstreamError::NotFound => Notice::Unreadable,
    }
}

/// Removes our webhooks at Officient and forgets the tokens; absences stay in Optedo.
#[utoipa::path(post, path = "/logout", responses(
    (status = 204, description = "Signed out"),
    (status = 303, description = "As 204, to a browser's form"),
))]
pub async fn logout(
    State(app): State<App>,
    Extension(admin): Extension<Admin>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let engine = &app.engine;
    // Without a usable token Officient cannot be told; what it still sends is then kept, and harmless.
    if let Err(error) = engine.remove_subscriptions().await
        && !matches!(&error, crate::sync::SyncError::Officient(OfficientError::Token { .. }))
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
    if wants_page(&headers) {
        Ok(to_page(Notice::Disconnected).into_response())
    } else {
        Ok(StatusCode::NO_CONTENT.into_response())
    }
}

fn to_page(notice: Notice) -> Redirect {
    Redirect::to(&format!("{PAGE_PATH}?notice={}", notice.as_str()))
}

fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains(kind))
}

fn wants_json(headers: &HeaderMap) -> bool {
    accepts(headers, "application/json") && !accepts(headers, "text/html")
}
