//! The audit log: who did what, when, and from which address. No secrets and nobody's leave.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;

use super::{Db, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Act {
    /// Access to Officient was granted.
    Connected,
    Disconnected,
    /// Client ID and secret were filled in.
    CredentialsChanged,
    WebhookTokenRotated,
    /// Other event names were chosen.
    WebhookEventsChanged,
    /// Recipients or language of notifications; the detail is the number of recipients.
    NotificationsChanged,
    /// The detail is each setting with its value.
    SettingsChanged,
    DeletionsConfirmed,
    /// An absence type was chosen for a leave type, or the type was excluded, or the choice was undone.
    LeaveTypeMapped,
    /// A person was linked to a user by hand.
    PersonLinked,
    PersonUnlinked,
    /// A person does not belong in the planning.
    PersonExcluded,
    /// An exclusion was undone.
    PersonReadmitted,
    /// Absences whose leave is gone stay in Optedo.
    DeletionsRejected,
    /// Absences of archived people are deleted.
    ArchivedDeleted,
    /// What stayed is to be deleted after all.
    DeletionsProposed,
    Paused,
    Resumed,
    /// Differences that the audit found were restored.
    DifferencesRestored,
    /// Differences that the audit found stay as they are.
    DifferencesKept,
    SignedIn,
    SignInFailed,
    SignedOut,
    /// The list of names for HR; the detail is the number of people.
    NamesDownloaded,
    PersonForgotten,
    PersonExported,
}

/// Who acts.
#[derive(Clone, Debug, Default)]
pub struct Actor {
    /// As given at sign-in.
    pub name: Option<String>,
    /// [`Actor::API`] or [`Actor::COMMAND`] for a program.
    pub session: Option<String>,
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The session of a request with the API token.
    pub const API: &str = "api";
    /// The session of a command.
    pub const COMMAND: &str = "command";

    pub fn command() -> Self {
        Self { session: Some(Self::COMMAND.to_owned()), ..Self::default() }
    }
}

pub struct Entry {
    pub id: i64,
    pub at: Timestamp,
    /// The database representation of an [`Act`], possibly of a later version.
    pub action: String,
    /// Ids and numbers.
    pub detail: Option<String>,
    pub admin_name: Option<String>,
    pub session: Option<String>,
    pub address: Option<String>,
}

impl Entry {
    /// `None` for an act that only a later version knows.
    pub fn act(&self) -> Option<Act> {
        self.action.parse().ok()
    }
}

pub async fn insert(db: impl Db<'_>, act: Act, detail: Option<&str>, actor: &Actor, now: Timestamp) -> Result<()> {
    let address = actor.address.map(|address| address.to_string());
    execute!(db,
        "insert into audit_log (at, action, detail, admin_name, session, address) values ($1, $2, $3, $4, $5, $6)";
        now.to_sqlx(), act.into_str(), detail, actor.name, actor.session, address)
}

/// The newest entries after the first `offset`.
pub async fn list(db: impl Db<'_>, limit: i64, offset: i64) -> Result<Vec<Entry>> {
    rows!(fetch_all(db) as Entry,
        "select id, at, action, detail, admin_name, session, address from audit_log
         order by id desc limit $1 offset $2";
        limit, offset)
}
