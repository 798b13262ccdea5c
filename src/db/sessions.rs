//! Sessions of the settings page, and OAuth logins under way.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;

use super::{Db, Result};

/// A session ends at the latest this long after it began.
const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// Every session that began before this moment has ended.
pub fn oldest_session_start(now: Timestamp) -> Timestamp {
    now.saturating_sub(SESSION_LIFETIME).unwrap_or(Timestamp::MIN)
}

/// A signed-in browser.
pub struct Session {
    pub csrf_token: String,
    /// As given at sign-in.
    pub admin_name: Option<String>,
}

pub async fn insert_session(
    db: impl Db<'_>,
    token_digest: &[u8],
    csrf_token: &str,
    admin_name: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    execute!(db,
        "insert into sessions (token_digest, csrf_token, admin_name, created_at, last_seen_at)
         values ($1, $2, $3, $4, $4)";
        token_digest, csrf_token, admin_name, now.to_sqlx())
}

/// The session of this cookie, if it was begun and used recently enough.
pub async fn find_session(
    db: impl Db<'_>,
    token_digest: &[u8],
    created_after: Timestamp,
    seen_after: Timestamp,
) -> Result<Option<Session>> {
    rows!(fetch_optional(db) as Session,
        "select csrf_token, admin_name from sessions
         where token_digest = $1 and created_at > $2 and last_seen_at > $3";
        token_digest, created_after.to_sqlx(), seen_after.to_sqlx())
}

/// Keeps a session alive.
pub async fn touch_session(db: impl Db<'_>, token_digest: &[u8], now: Timestamp) -> Result<()> {
    execute!(db, "update sessions set last_seen_at = $2 where token_digest = $1"; token_digest, now.to_sqlx())
}

pub async fn delete_session(db: impl Db<'_>, token_digest: &[u8]) -> Result<()> {
    execute!(db, "delete from sessions where token_digest = $1"; token_digest)
}

/// A login under way.
pub struct Flow {
    /// The name of the admin, if it is known.
    pub begun_by: Option<String>,
    /// The audit log's name of the session in which it began.
    pub session: Option<String>,
    /// Nothing is written before the admin saw a preview.
    pub preview_first: bool,
}

pub async fn insert_flow(
    db: impl Db<'_>,
    state_digest: &[u8],
    browser_digest: &[u8],
    flow: &Flow,
    expires_at: Timestamp,
) -> Result<()> {
    execute!(db,
        "insert into oauth_flows (state_digest, browser_digest, begun_by, session, preview_first, expires_at)
         values ($1, $2, $3, $4, $5, $6)";
        state_digest, browser_digest, flow.begun_by, flow.session, flow.preview_first, expires_at.to_sqlx())
}

/// Takes the login whose state was given to this browser, unless it has expired. This works once per login.
pub async fn take_flow(
    db: impl Db<'_>,
    state_digest: &[u8],
    browser_digest: &[u8],
    now: Timestamp,
) -> Result<Option<Flow>> {
    rows!(fetch_optional(db) as Flow,
        "delete from oauth_flows where state_digest = $1 and browser_digest = $2 and expires_at > $3
         returning begun_by, session, preview_first";
        state_digest, browser_digest, now.to_sqlx())
}
