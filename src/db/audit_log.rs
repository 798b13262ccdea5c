//! The audit log: who did what that matters, when, and from where. No secret and nobody's leave.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;

/// What enters the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Access to Officient was granted.
    Connected,
    /// It was given up.
    Disconnected,
    /// Client ID and Secret were filled in.
    CredentialsChanged,
    /// The webhook address was replaced.
    WebhookTokenRotated,
    /// The event names were changed.
    WebhookEventsChanged,
    /// Held deletions were confirmed.
    DeletionsConfirmed,
    /// Somebody signed in on the page.
    SignedIn,
    /// Somebody tried, with a wrong password.
    SignInFailed,
    /// Somebody signed out of the page.
    SignedOut,
    /// What is known of a person was erased.
    PersonForgotten,
    /// What is known of a person was printed.
    PersonExported,
}

impl Act {
    /// Every one.
    pub const ALL: [Self; 11] = [
        Self::Connected,
        Self::Disconnected,
        Self::CredentialsChanged,
        Self::WebhookTokenRotated,
        Self::WebhookEventsChanged,
        Self::DeletionsConfirmed,
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::PersonForgotten,
        Self::PersonExported,
    ];

    /// The word of the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::CredentialsChanged => "credentials_changed",
            Self::WebhookTokenRotated => "webhook_token_rotated",
            Self::WebhookEventsChanged => "webhook_events_changed",
            Self::DeletionsConfirmed => "deletions_confirmed",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::PersonForgotten => "person_forgotten",
            Self::PersonExported => "person_exported",
        }
    }

    /// The one of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == word)
    }
}

/// Who acts.
#[derive(Clone, Debug, Default)]
pub struct Actor {
    /// As given at sign-in.
    pub name: Option<String>,
    /// Which session; [`Actor::API`] or [`Actor::COMMAND`] for a program.
    pub session: Option<String>,
    /// From where.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The session of a bearer of the API token.
    pub const API: &str = "api";
    /// The session of whoever runs a command.
    pub const COMMAND: &str = "command";

    /// Whoever runs a command.
    pub fn command() -> Self {
        Self { session: Some(Self::COMMAND.to_owned()), ..Self::default() }
    }
}

/// An entry.
pub struct Entry {
    /// Its number: the later the higher.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// What; a word of [`Act`], or of a version to come.
    pub action: String,
    /// More about it, in ids and numbers.
    pub detail: Option<String>,
    /// Who.
    pub admin_name: Option<String>,
    /// In which session.
    pub session: Option<String>,
    /// From where.
    pub address: Option<String>,
}

/// Somebody did something.
pub async fn insert(
    db: impl PgExecutor<'_>,
    act: Act,
    detail: Option<&str>,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into audit_log (at, action, detail, admin_name, session, address) values ($1, $2, $3, $4, $5, $6)",
        now.to_sqlx(),
        act.as_str(),
        detail,
        actor.name,
        actor.session,
        actor.address.map(|address| address.to_string())
    )
    .execute(db)
    .await
    .map(drop)
}

/// The newest entries before `before`.
pub async fn list(db: impl PgExecutor<'_>, before: i64, limit: i64) -> Result<Vec<Entry>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, at, action, detail, admin_name, session, address from audit_log
         where id < $1 order by id desc limit $2",
        before,
        limit
    );
    let entries = rows.fetch_all(db).await?.into_iter().map(|row| Entry {
        id: row.id,
        at: row.at.to_jiff(),
        action: row.action,
        detail: row.detail,
        admin_name: row.admin_name,
        session: row.session,
        address: row.address,
    });
    Ok(entries.collect())
}
