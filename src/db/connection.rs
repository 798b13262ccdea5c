//! The `connection` row: the company, the sealed tokens, and the webhook address.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::{Db, Result, timestamp};
use crate::domain::company::Account;
use crate::domain::ids::CompanyId;

/// Whether the service is connected to Officient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::EnumString, strum::IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConnectionState)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum State {
    /// Nobody granted access, or the admin signed out.
    Disconnected,
    /// Tokens work.
    Connected,
    /// The refresh token was refused: an admin must sign in again.
    ReauthorizationRequired,
}

/// The row; secrets are sealed.
#[derive(Clone, Debug)]
pub struct Connection {
    pub state: State,
    /// The company last connected to.
    pub company_id: Option<CompanyId>,
    pub company_name: Option<String>,
    pub subdomain: Option<String>,
    pub connected_at: Option<Timestamp>,
    /// As filled in on the page.
    pub client_id: Option<String>,
    /// As filled in on the page; sealed.
    pub client_secret: Option<Vec<u8>>,
    pub access_token: Option<Vec<u8>>,
    pub access_token_issued_at: Option<Timestamp>,
    pub access_token_expires_at: Option<Timestamp>,
    pub refresh_token: Option<Vec<u8>>,
    pub webhook_token: Option<Vec<u8>>,
    /// The token before the last rotation, while Officient may still use it.
    pub previous_webhook_token: Option<Vec<u8>>,
    /// Event names chosen by the admin; `None`: the configured ones.
    pub webhook_events: Option<Vec<String>>,
    /// When a sweep was requested that has not begun.
    pub sweep_asked_at: Option<Timestamp>,
    pub sweep_no: i64,
    pub sweep_started_at: Option<Timestamp>,
    /// `None` while a sweep is under way.
    pub sweep_finished_at: Option<Timestamp>,
    /// Sweeps in a row with changes that no webhook announced.
    pub unannounced_sweeps: i32,
    pub connected_by: Option<String>,
    /// Nothing is written: the admin paused, or wants to see a preview first.
    pub is_paused: bool,
    /// Since when the admin paused.
    pub paused_at: Option<Timestamp>,
    pub paused_by: Option<String>,
}

pub async fn load(db: impl Db<'_>) -> Result<Connection> {
    rows!(fetch_one(db),
        // Each column by its name: a `*` would break in the sessions of this version when the next version adds a
        // column.
        "select state, company_id, company_name, subdomain, connected_at, client_id, client_secret,
             access_token, access_token_issued_at, access_token_expires_at, refresh_token, webhook_token,
             previous_webhook_token, webhook_events, sweep_asked_at, sweep_no, sweep_started_at, sweep_finished_at,
             unannounced_sweeps, connected_by, is_paused, paused_at, paused_by
         from connection"
    => |row| Connection {
        // The check constraint allows no other word.
        state: row.state.parse().unwrap_or(State::Disconnected),
        company_id: row.company_id.map(CompanyId),
        company_name: row.company_name,
        subdomain: row.subdomain,
        connected_at: timestamp(row.connected_at),
        client_id: row.client_id,
        client_secret: row.client_secret,
        access_token: row.access_token,
        access_token_issued_at: timestamp(row.access_token_issued_at),
        access_token_expires_at: timestamp(row.access_token_expires_at),
        refresh_token: row.refresh_token,
        webhook_token: row.webhook_token,
        previous_webhook_token: row.previous_webhook_token,
        webhook_events: row.webhook_events,
        sweep_asked_at: timestamp(row.sweep_asked_at),
        sweep_no: row.sweep_no,
        sweep_started_at: timestamp(row.sweep_started_at),
        sweep_finished_at: timestamp(row.sweep_finished_at),
        unannounced_sweeps: row.unannounced_sweeps,
        connected_by: row.connected_by,
        is_paused: row.is_paused,
        paused_at: timestamp(row.paused_at),
        paused_by: row.paused_by,
    })
}

/// Locks the row until the transaction ends: one token refresh, sign-in or sign-out at a time across all replicas.
pub async fn lock(tx: &mut PgConnection) -> Result<()> {
    scalar!(fetch_one(tx), "select only_row from connection for update").map(drop)
}

/// Stores the credentials that the admin filled in; `client_secret` is sealed.
pub async fn save_credentials(db: impl Db<'_>, client_id: &str, client_secret: &[u8]) -> Result<()> {
    execute!(db, "update connection set client_id = $1, client_secret = $2"; client_id, client_secret)
}

pub struct SealedTokens {
    pub access_token: Vec<u8>,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    /// `None` keeps the stored one.
    pub refresh_token: Option<Vec<u8>>,
}

/// Stores the tokens of a refresh.
pub async fn save_tokens(db: impl Db<'_>, tokens: &SealedTokens) -> Result<()> {
    let (issued_at, expires_at) = (tokens.issued_at.to_sqlx(), tokens.expires_at.to_sqlx());
    execute!(db,
        "update connection set access_token = $1, access_token_issued_at = $2, access_token_expires_at = $3,
             refresh_token = coalesce($4, refresh_token), state = 'connected'
         where state <> 'disconnected'";
        tokens.access_token, issued_at, expires_at, tokens.refresh_token.as_deref())
}

/// Stores that access was granted when the tokens were issued. An admin who wanted to see a preview first still does.
/// Returns whether writing waits for that.
pub async fn connect(
    db: impl Db<'_>,
    account: &Account,
    tokens: &SealedTokens,
    connected_by: Option<&str>,
    preview_first: bool,
) -> Result<bool> {
    let (name, subdomain) = (account.company_name.replace('\0', ""), account.subdomain.replace('\0', ""));
    let (issued_at, expires_at) = (tokens.issued_at.to_sqlx(), tokens.expires_at.to_sqlx());
    scalar!(fetch_one(db),
        "update connection set state = 'connected', company_id = $1, company_name = $2, subdomain = $3,
             connected_at = $5, access_token = $4, access_token_issued_at = $5, access_token_expires_at = $6,
             refresh_token = coalesce($7, refresh_token), connected_by = $8, is_paused = is_paused or $9,
             unannounced_sweeps = 0, unannounced_in_sweep = null
         returning is_paused";
        account.company_id.0, name, subdomain, tokens.access_token, issued_at, expires_at,
        tokens.refresh_token.as_deref(), connected_by, preview_first)
}

/// Pauses writing to Optedo until [`resume`]. Returns false if it is paused already.
pub async fn pause(db: impl Db<'_>, by: Option<&str>, now: Timestamp) -> Result<bool> {
    is_affected!(db,
        "update connection set is_paused = true, paused_at = $1, paused_by = $2 where paused_at is null";
        now.to_sqlx(), by)
}

/// Ends a pause of the admin. Returns false if there is none.
pub async fn resume(db: impl Db<'_>) -> Result<bool> {
    is_affected!(
        db,
        "update connection set is_paused = false, paused_at = null, paused_by = null where paused_at is not null"
    )
}

/// Since when the admin paused. Until the transaction ends, nobody pauses or resumes.
pub async fn hold_pause(tx: &mut PgConnection) -> Result<Option<Timestamp>> {
    scalar!(fetch_one(tx), "select paused_at from connection for share").map(timestamp)
}

/// Stores that the refresh token was refused.
pub async fn require_reauthorization(db: impl Db<'_>) -> Result<()> {
    execute!(db, "update connection set state = 'reauthorization_required' where state = 'connected'")
}

/// Deletes the tokens. The company stays, so that its absences stay ours.
pub async fn disconnect(db: impl Db<'_>) -> Result<()> {
    execute!(
        db,
        "update connection set state = 'disconnected', access_token = null, access_token_issued_at = null,
             access_token_expires_at = null, refresh_token = null, connected_at = null,
             connected_by = null, is_paused = false, paused_at = null, paused_by = null,
             sweep_finished_at = coalesce(sweep_finished_at, sweep_started_at)"
    )
}

/// Keeps the first webhook token that any replica made; the caller reads the row again.
pub async fn offer_webhook_token(db: impl Db<'_>, sealed: &[u8]) -> Result<()> {
    execute!(db, "update connection set webhook_token = $1 where webhook_token is null"; sealed)
}

/// The id to which sealed values are bound besides their column.
pub async fn row_id(db: impl Db<'_>) -> Result<String> {
    scalar!(fetch_one(db), "select row_id from connection")
}

/// Officient uses the address with the `current` token everywhere, or none at all: the token before is no longer
/// accepted. Does nothing if `current` was replaced meanwhile.
pub async fn forget_previous_webhook_token(db: impl Db<'_>, current: &[u8]) -> Result<()> {
    execute!(db,
        "update connection set previous_webhook_token = null
         where webhook_token = $1 and previous_webhook_token is not null";
        current)
}

/// Stores all secrets. The caller locked the row before it read the others.
pub async fn save_secrets(db: impl Db<'_>, connection: &Connection) -> Result<()> {
    let Connection { client_secret, access_token, refresh_token, .. } = connection;
    execute!(db,
        "update connection set client_secret = $1, access_token = $2, refresh_token = $3, webhook_token = $4,
             previous_webhook_token = $5";
        *client_secret, *access_token, *refresh_token, connection.webhook_token, connection.previous_webhook_token)
}
