//! Sessions of the settings page and OAuth logins under way.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

/// A session ends at the latest this long after it began.
const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// Every session that began before this moment has ended.
pub fn oldest_session_start(now: Timestamp) -> Timestamp {
    now.saturating_sub(SESSION_LIFETIME).unwrap_or(Timestamp::MIN)
}

/// A signed-in browser.
pub struct Session {
    /// What a change must carry.
    pub csrf_token: String,
    /// As given at sign-in.
    pub admin_name: Option<String>,
}

/// Stores a new session.
pub async fn insert_session(
    db: impl PgExecutor<'_>,
    token_digest: &[u8],
    csrf_token: &str,
    admin_name: Option<&str>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into sessions (token_digest, csrf_token, admin_name, created_at, last_seen_at)
         values ($1, $2, $3, $4, $4)",
        token_digest,
        csrf_token,
        admin_name,
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// The session of this cookie if it was begun and used recently enough; using it keeps it alive.
pub async fn touch_session(
    db: impl PgExecutor<'_>,
    token_digest: &[u8],
    created_after: Timestamp,
    seen_after: Timestamp,
    now: Timestamp,
) -> Result<Option<Session>, sqlx::Error> {
    sqlx::query_as!(
        Session,
        "update sessions set last_seen_at = $4
         where token_digest = $1 and created_at > $2 and last_seen_at > $3
         returning csrf_token, admin_name",
        token_digest,
        created_after.to_sqlx(),
        seen_after.to_sqlx(),
        now.to_sqlx()
    )
    .fetch_optional(db)
    .await
}

/// The session of this cookie, as [`touch_session`] but without keeping it alive.
pub async fn find_session(
    db: impl PgExecutor<'_>,
    token_digest: &[u8],
    created_after: Timestamp,
    seen_after: Timestamp,
) -> Result<Option<Session>, sqlx::Error> {
    sqlx::query_as!(
        Session,
        "select csrf_token, admin_name from sessions
         where token_digest = $1 and created_at > $2 and last_seen_at > $3",
        token_digest,
        created_after.to_sqlx(),
        seen_after.to_sqlx()
    )
    .fetch_optional(db)
    .await
}

/// Ends a session.
pub async fn delete_session(db: impl PgExecutor<'_>, token_digest: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sessions where token_digest = $1", token_digest).execute(db).await.map(drop)
}

/// Deletes sessions and logins that ended by themselves.
pub async fn delete_expired(db: impl PgExecutor<'_> + Copy, now: Timestamp) -> Result<(), sqlx::Error> {
    let oldest = oldest_session_start(now).to_sqlx();
    sqlx::query!("delete from sessions where created_at < $1", oldest).execute(db).await?;
    sqlx::query!("delete from oauth_flows where expires_at < $1", now.to_sqlx()).execute(db).await.map(drop)
}

/// A login under way.
pub struct Flow {
    /// The admin, where it is known who it is.
    pub begun_by: Option<String>,
    /// In which session.
    pub session: Option<String>,
    /// Nothing is to be written before the admin saw a preview.
    pub preview_first: bool,
}

/// A login begins.
pub async fn insert_flow(
    db: impl PgExecutor<'_>,
    state_digest: &[u8],
    browser_digest: &[u8],
    flow: &Flow,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into oauth_flows (state_digest, browser_digest, begun_by, session, preview_first, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
        state_digest,
        browser_digest,
        flow.begun_by,
        flow.session,
        flow.preview_first,
        expires_at.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Uses a login up: the one whose state was given to this browser, if it is not too old. It works once.
pub async fn take_flow(
    db: impl PgExecutor<'_>,
    state_digest: &[u8],
    browser_digest: &[u8],
    now: Timestamp,
) -> Result<Option<Flow>, sqlx::Error> {
    sqlx::query_as!(
        Flow,
        "delete from oauth_flows where state_digest = $1 and browser_digest = $2 and expires_at > $3
         returning begun_by, session, preview_first",
        state_digest,
        browser_digest,
        now.to_sqlx()
    )
    .fetch_optional(db)
    .await
}
