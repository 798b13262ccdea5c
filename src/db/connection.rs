//! The `connection` row, and the webhook subscriptions that belong to it.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use utoipa::ToSchema;

use crate::domain::company::Account;
use crate::domain::ids::CompanyId;

/// Whether, and how, the service is connected to Officient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(as = ConnectionState, rename_all = "snake_case")]
pub enum State {
    /// Nobody granted access, or signed out.
    Disconnected,
    /// Tokens work.
    Connected,
    /// The refresh token was refused: somebody must sign in again.
    ReauthorizationRequired,
}

impl State {
    /// The word of the status document and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Connected => "connected",
            Self::ReauthorizationRequired => "reauthorization_required",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "connected" => Self::Connected,
            "reauthorization_required" => Self::ReauthorizationRequired,
            // The check constraint allows no other.
            _ => Self::Disconnected,
        }
    }
}

/// The row, secrets sealed.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The state.
    pub state: State,
    /// The company last connected to.
    pub company_id: Option<CompanyId>,
    /// Its name.
    pub company_name: Option<String>,
    /// Its subdomain.
    pub subdomain: Option<String>,
    /// When access was last granted.
    pub connected_at: Option<Timestamp>,
    /// The app's Client ID as filled in on the page.
    pub client_id: Option<String>,
    /// The app's secret as filled in on the page, sealed.
    pub client_secret: Option<Vec<u8>>,
    /// Sealed.
    pub access_token: Option<Vec<u8>>,
    /// When the access token was given.
    pub access_token_issued_at: Option<Timestamp>,
    /// When it ends.
    pub access_token_expires_at: Option<Timestamp>,
    /// Sealed.
    pub refresh_token: Option<Vec<u8>>,
    /// Sealed.
    pub webhook_token: Option<Vec<u8>>,
    /// Sealed: the one before, while Officient may still use it.
    pub previous_webhook_token: Option<Vec<u8>>,
    /// Event names chosen by the admin.
    pub webhook_events: Option<Vec<String>>,
    /// When a sweep was asked for that has not begun.
    pub sweep_asked_at: Option<Timestamp>,
    /// The number of the last sweep.
    pub sweep_no: i64,
    /// When it began.
    pub sweep_started_at: Option<Timestamp>,
    /// When it ended; before the start: it is under way.
    pub sweep_finished_at: Option<Timestamp>,
    /// Sweeps in a row with changes that no webhook had announced.
    pub unannounced_sweeps: i32,
    /// Who granted access, where it is known.
    pub connected_by: Option<String>,
    /// Nothing is written yet: the admin wants to see a preview first.
    pub is_paused: bool,
}

impl Connection {
    /// Not everybody was looked at since connecting, or nobody may be before the admin starts.
    pub fn is_checking(&self) -> bool {
        let is_first = self.sweep_no < 2 && self.sweep_finished_at.is_none();
        self.sweep_asked_at.is_some() || is_first || self.is_paused
    }
}

/// Reads the row.
pub async fn load(db: impl PgExecutor<'_>) -> Result<Connection, sqlx::Error> {
    let row = sqlx::query!(
        // Each column by its name: a `*` would break in the sessions of this version when the next one adds a column.
        "select state, company_id, company_name, subdomain, connected_at, client_id, client_secret,
             access_token, access_token_issued_at, access_token_expires_at, refresh_token, webhook_token, previous_webhook_token,
             webhook_events, sweep_asked_at, sweep_no, sweep_started_at, sweep_finished_at,
             unannounced_sweeps, connected_by, is_paused
         from connection"
    )
    .fetch_one(db)
    .await?;
    Ok(Connection {
        state: State::parse(&row.state),
        company_id: row.company_id.map(CompanyId),
        company_name: row.company_name,
        subdomain: row.subdomain,
        connected_at: row.connected_at.map(jiff_sqlx::Timestamp::to_jiff),
        client_id: row.client_id,
        client_secret: row.client_secret,
        access_token: row.access_token,
        access_token_issued_at: row.access_token_issued_at.map(jiff_sqlx::Timestamp::to_jiff),
        access_token_expires_at: row.access_token_expires_at.map(jiff_sqlx::Timestamp::to_jiff),
        refresh_token: row.refresh_token,
        webhook_token: row.webhook_token,
        previous_webhook_token: row.previous_webhook_token,
        webhook_events: row.webhook_events,
        sweep_asked_at: row.sweep_asked_at.map(jiff_sqlx::Timestamp::to_jiff),
        sweep_no: row.sweep_no,
        sweep_started_at: row.sweep_started_at.map(jiff_sqlx::Timestamp::to_jiff),
        sweep_finished_at: row.sweep_finished_at.map(jiff_sqlx::Timestamp::to_jiff),
        unannounced_sweeps: row.unannounced_sweeps,
        connected_by: row.connected_by,
        is_paused: row.is_paused,
    })
}

/// Locks the row until the transaction ends: one refresh, one sign-in or sign-out at a time over all replicas.
pub async fn lock(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select only_row from connection for update").fetch_one(tx).await.map(drop)
}

/// Stores what the admin filled in; `client_secret` is sealed.
pub async fn save_credentials(
    db: impl PgExecutor<'_>,
    client_id: &str,
    client_secret: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!("update connection set client_id = $1, client_secret = $2", client_id, client_secret)
        .execute(db)
        .await
        .map(drop)
}

/// An access token, sealed, and its life.
pub struct SealedTokens {
    /// Sealed.
    pub access_token: Vec<u8>,
    /// When it was given.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Sealed; `None` keeps the old one.
    pub refresh_token: Option<Vec<u8>>,
}

/// Stores the tokens of a refresh.
pub async fn save_tokens(db: impl PgExecutor<'_>, tokens: &SealedTokens) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update connection set access_token = $1, access_token_issued_at = $2, access_token_expires_at = $3,
             refresh_token = coalesce($4, refresh_token), state = 'connected'
         where state <> 'disconnected'",
        tokens.access_token,
        tokens.issued_at.to_sqlx(),
        tokens.expires_at.to_sqlx(),
        tokens.refresh_token.as_deref()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Access was granted. Who wanted to see a preview first, still does; returns whether writing waits for that.
pub async fn connect(
    db: impl PgExecutor<'_>,
    account: &Account,
    tokens: &SealedTokens,
    connected_by: Option<&str>,
    preview_first: bool,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        "update connection set state = 'connected', connected_by = $9, is_paused = is_paused or $10, company_id = $1, company_name = $2, subdomain = $3,
             connected_at = $4, access_token = $5, access_token_issued_at = $6, access_token_expires_at = $7,
             refresh_token = coalesce($8, refresh_token), unannounced_sweeps = 0, unannounced_in_sweep = null
         returning is_paused",
        account.company_id.0,
        account.company_name.replace('\0', ""),
        account.subdomain.replace('\0', ""),
        now.to_sqlx(),
        tokens.access_token,
        tokens.issued_at.to_sqlx(),
        tokens.expires_at.to_sqlx(),
        tokens.refresh_token.as_deref(),
        connected_by,
        preview_first
    )
    .fetch_one(db)
    .await
}

/// The refresh token was refused.
pub async fn require_reauthorization(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("update connection set state = 'reauthorization_required' where state = 'connected'")
        .execute(db)
        .await
        .map(drop)
}

/// The admin wants the refused refresh token to be tried once more.
pub async fn try_refused_token_again(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!("update connection set state = 'connected' where state = 'reauthorization_required'")
        .execute(db)
        .await
        .map(drop)
}

/// Serialises changes to the webhooks at Officient until the transaction ends, over all replicas.
pub async fn lock_webhooks(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('optedo-officient webhooks'))")
        .fetch_one(tx)
        .await
        .map(drop)
}

/// Forgets the tokens; the company stays, so that its absences stay ours.
pub async fn disconnect(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update connection set state = 'disconnected', access_token = null, access_token_issued_at = null,
             access_token_expires_at = null, refresh_token = null, connected_at = null,
             connected_by = null, is_paused = false,
             sweep_finished_at = coalesce(sweep_finished_at, sweep_started_at)"
    )
    .execute(db)
    .await
    .map(drop)
}

/// Keeps the first webhook token that any replica made; the caller reads the row again.
pub async fn offer_webhook_token(db: impl PgExecutor<'_>, sealed: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("update connection set webhook_token = $1 where webhook_token is null", sealed)
        .execute(db)
        .await
        .map(drop)
}

/// What sealed values are bound to besides their column.
pub async fn row_id(db: impl PgExecutor<'_>) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!("select row_id from connection").fetch_one(db).await
}

/// The tokens of the webhook address, sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedWebhookTokens {
    /// The one that Officient is given.
    pub current: Option<Vec<u8>>,
    /// The one before, while Officient may still use it.
    pub previous: Option<Vec<u8>>,
}

/// Reads them.
pub async fn webhook_tokens(db: impl PgExecutor<'_>) -> Result<SealedWebhookTokens, sqlx::Error> {
    sqlx::query_as!(
        SealedWebhookTokens,
        "select webhook_token as current, previous_webhook_token as previous from connection"
    )
    .fetch_one(db)
    .await
}

/// The webhook address was replaced.
pub async fn save_webhook_tokens(
    db: impl PgExecutor<'_>,
    tokens: &SealedWebhookTokens,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update connection set webhook_token = $1, previous_webhook_token = $2",
        tokens.current,
        tokens.previous
    )
    .execute(db)
    .await
    .map(drop)
}

/// Officient uses the current address everywhere, or none at all: the one before is accepted no longer.
/// Not if `current` was replaced meanwhile.
pub async fn forget_previous_webhook_token(
    db: impl PgExecutor<'_>,
    current: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update connection set previous_webhook_token = null
         where webhook_token = $1 and previous_webhook_token is not null",
        current
    )
    .execute(db)
    .await
    .map(drop)
}

/// Replaces the sealed secrets by ones sealed anew.
pub async fn save_resealed(db: impl PgExecutor<'_>, connection: &Connection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update connection set client_secret = $1, access_token = $2, refresh_token = $3, webhook_token = $4,
             previous_webhook_token = $5",
        connection.client_secret,
        connection.access_token,
        connection.refresh_token,
        connection.webhook_token,
        connection.previous_webhook_token
    )
    .execute(db)
    .await
    .map(drop)
}

/// The admin chose other event names.
pub async fn save_webhook_events(db: impl PgExecutor<'_>, events: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query!("update connection set webhook_events = $1", events).execute(db).await.map(drop)
}

/// Somebody wants everybody to be looked at, and what that shows to be written.
pub async fn ask_for_sweep(db: impl PgExecutor<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("update connection set sweep_asked_at = $1, is_paused = false", now.to_sqlx())
        .execute(db)
        .await
        .map(drop)
}

/// A sweep begins; returns its number. A request made after `asked_before` stays.
pub async fn begin_sweep(
    db: impl PgExecutor<'_>,
    asked_before: Timestamp,
    now: Timestamp,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "update connection set sweep_no = sweep_no + 1, sweep_started_at = $1, sweep_finished_at = null,
             sweep_asked_at = case when sweep_asked_at > $2 then sweep_asked_at end
         returning sweep_no",
        now.to_sqlx(),
        asked_before.to_sqlx()
    )
    .fetch_one(db)
    .await
}

/// A sweep ended: everybody was looked at.
pub async fn finish_sweep(db: impl PgExecutor<'_>, now: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("update connection set sweep_finished_at = $1", now.to_sqlx()).execute(db).await.map(drop)
}

/// A sweep found a change that no webhook had announced; counted once a sweep. Returns how many did in a row.
pub async fn count_unannounced(db: impl PgExecutor<'_>) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        "update connection set
             unannounced_sweeps = unannounced_sweeps
                 + case when unannounced_in_sweep is distinct from sweep_no then 1 else 0 end,
             unannounced_in_sweep = sweep_no
         returning unannounced_sweeps"
    )
    .fetch_one(db)
    .await
}

/// A webhook announced a change: they work.
pub async fn forget_unannounced(db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update connection set unannounced_sweeps = 0, unannounced_in_sweep = null where unannounced_sweeps > 0"
    )
    .execute(db)
    .await
    .map(drop)
}

/// What became of the subscription to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum SubscriptionState {
    /// Exactly one of ours stands at Officient.
    Registered,
    /// Officient does not know the name.
    Refused,
    /// Not there (yet).
    Missing,
}

impl SubscriptionState {
    /// The word of the status document and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Refused => "refused",
            Self::Missing => "missing",
        }
    }
}

/// A row of the status document's `webhooks`.
pub struct Subscription {
    /// The event name.
    pub event: String,
    /// registered, refused or missing.
    pub state: String,
    /// Why.
    pub detail: Option<String>,
}

/// What is known of an event's subscription.
pub async fn save_subscription(
    db: impl PgExecutor<'_>,
    event: &str,
    officient_id: Option<i64>,
    state: SubscriptionState,
    detail: Option<&str>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into webhook_subscriptions (event, officient_id, state, detail, checked_at)
         values ($1, $2, $3, $4, $5)
         on conflict (event) do update set officient_id = excluded.officient_id, state = excluded.state,
             detail = excluded.detail, checked_at = excluded.checked_at",
        event,
        officient_id,
        state.as_str(),
        detail,
        now.to_sqlx()
    )
    .execute(db)
    .await
    .map(drop)
}

/// Forgets the subscriptions to all events but these.
pub async fn retain_subscriptions(db: impl PgExecutor<'_>, events: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from webhook_subscriptions where event <> all($1)", events)
        .execute(db)
        .await
        .map(drop)
}

/// All of them, by name.
pub async fn subscriptions(db: impl PgExecutor<'_>) -> Result<Vec<Subscription>, sqlx::Error> {
    sqlx::query_as!(Subscription, "select event, state, detail from webhook_subscriptions order by event")
        .fetch_all(db)
        .await
}
