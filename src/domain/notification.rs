//! Which incidents open, change and end, given the attention items; what a notification says, and when it is sent.
//! Pure.
//!
//! An incident is one for each kind, not for each item. It ends after a quiet time, so that an upstream that fails now
//! and then causes one message. No message contains a name, a leave type or the id of a person.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::attention::{AttentionKind, Cause};
use super::failure::FailureKind;
use crate::clock::after;
use crate::texts::Language;

/// The kinds of attention items that are incidents. The digest counts all kinds.
pub const INCIDENT_KINDS: [AttentionKind; 8] = [
    AttentionKind::ReauthorizationRequired,
    AttentionKind::OptedoUnauthorized,
    AttentionKind::OfficientFailing,
    AttentionKind::OptedoFailing,
    AttentionKind::DeletionsHeld,
    AttentionKind::WebhooksSilent,
    AttentionKind::WebhookRefused,
    AttentionKind::DiffersInOptedo,
];

/// What the incidents depend on of an attention item.
#[derive(Clone, Debug)]
pub struct Item {
    pub kind: AttentionKind,
    /// `None` for an item of an older version.
    pub cause: Option<Cause>,
    pub since: Timestamp,
    /// When it was resolved or ignored; `None` while it is open.
    pub ended_at: Option<Timestamp>,
}

/// An incident that is open, or whose end may not be final yet.
#[derive(Clone, Debug)]
pub struct Incident {
    pub id: i64,
    pub kind: AttentionKind,
    /// The reasons that a message named already.
    pub reasons: Vec<Reason>,
    pub opened_at: Timestamp,
}

/// Two items have different reasons if an admin would look for different causes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub failure: Option<FailureKind>,
    /// The call that fails, without ids; `None` when the upstream as a whole does not respond.
    pub call: Option<String>,
}

/// What happens to an incident. `reasons` are those of the items, without repetitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Open {
        kind: AttentionKind,
        reasons: Vec<Reason>,
        opened_at: Timestamp,
    },
    /// `incident` has reasons that no message named yet.
    Change {
        incident: i64,
        kind: AttentionKind,
        new_reasons: Vec<Reason>,
        opened_at: Timestamp,
    },
    /// `ended_at` is the moment from which on it was quiet.
    End {
        incident: i64,
        kind: AttentionKind,
        opened_at: Timestamp,
        ended_at: Timestamp,
    },
}

/// What is known of incidents.
#[derive(Debug, Default)]
pub struct Incidents {
    pub open: Vec<Incident>,
    /// When the last incident of a kind ended, if there was one.
    pub last_ended: Vec<(AttentionKind, Timestamp)>,
}

impl Incidents {
    /// Compares the incidents with the items. `items` are the open ones, and those that ended since the oldest open
    /// incident began and within `quiet`, so that an item that was open for a moment is an incident too.
    pub fn compare(&self, items: &[Item], quiet: Duration, now: Timestamp) -> Vec<Step> {
        let steps = INCIDENT_KINDS.into_iter().filter_map(|kind| {
            let items: Vec<&Item> = items.iter().filter(|item| item.kind == kind).collect();
            match self.open.iter().find(|incident| incident.kind == kind) {
                Some(incident) => incident.follow(&items, quiet, now),
                None => self.begin(kind, items, quiet, now),
            }
        });
        steps.collect()
    }

    fn begin(&self, kind: AttentionKind, mut items: Vec<&Item>, quiet: Duration, now: Timestamp) -> Option<Step> {
        let last_ended = self.last_ended.iter().find(|(ended, _)| *ended == kind).map(|(_, at)| *at);
        // An item that ended before belongs to the incident before, or to a time without notifications.
        let is_new = |at: Timestamp| last_ended.is_none_or(|last| last < at) && after(at, quiet) > now;
        items.retain(|item| item.ended_at.is_none_or(is_new));
        let since = items.iter().map(|item| item.since).min()?;
        let opened_at = last_ended.map_or(since, |last| since.max(last));
        Some(Step::Open { kind, reasons: reasons(&items), opened_at })
    }
}

impl Incident {
    fn follow(&self, items: &[&Item], quiet: Duration, now: Timestamp) -> Option<Step> {
        let (incident, kind, opened_at) = (self.id, self.kind, self.opened_at);
        let open: Vec<&Item> = items.iter().copied().filter(|item| item.ended_at.is_none()).collect();
        if open.is_empty() {
            let last = items.iter().filter_map(|item| item.ended_at).max();
            let ended_at = last.map_or(opened_at, |last| last.max(opened_at));
            return (after(ended_at, quiet) <= now).then_some(Step::End { incident, kind, opened_at, ended_at });
        }
        // A reason that comes back is not news: an unstable upstream fails in turn in two ways.
        let mut new_reasons = reasons(&open);
        new_reasons.retain(|reason| !self.reasons.contains(reason));
        (!new_reasons.is_empty()).then_some(Step::Change { incident, kind, new_reasons, opened_at })
    }
}

fn reasons(items: &[&Item]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for reason in items.iter().map(|item| item.cause.as_ref().map(Reason::of).unwrap_or_default()) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

impl Reason {
    fn of(cause: &Cause) -> Self {
        let Cause::UpstreamFailing(lasting) = cause else { return Self::default() };
        let failure = lasting.failure;
        let is_away = matches!(failure, FailureKind::OfficientUnavailable | FailureKind::OptedoUnavailable);
        Self { failure: Some(failure), call: (!is_away).then(|| call(&lasting.error)) }
    }
}

/// The call that an error text begins with, without numbers: those are ids and years.
fn call(error: &str) -> String {
    let call = error.split(": ").next().unwrap_or_default();
    let words = call.split(' ').map(|word| if word.contains(|char: char| char.is_ascii_digit()) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The day of the last digest that was due at this local time.
pub fn last_digest_day(now: DateTime, digest_at: Time) -> Date {
    let today = now.date();
    if now.time() >= digest_at { today } else { today.yesterday().unwrap_or(today) }
}

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Topic {
    Incident(AttentionKind),
    Digest,
    Test,
}

impl Topic {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incident(kind) => kind.into_str(),
            Self::Digest => "digest",
            Self::Test => "test",
        }
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> Self {
        topic.as_str().to_owned()
    }
}

impl TryFrom<String> for Topic {
    type Error = strum::ParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "digest" => Ok(Self::Digest),
            "test" => Ok(Self::Test),
            kind => kind.parse().map(Self::Incident),
        }
    }
}

/// What a notification says, as data: it becomes text when it is sent, the same text at each attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    pub topic: Topic,
    pub language: Language,
    /// Of an incident that opened or changed.
    pub reason: Option<Reason>,
    pub opened_at: Option<Timestamp>,
    /// Of an incident that ended.
    pub ended_at: Option<Timestamp>,
    /// The open attention items by kind.
    pub counts: BTreeMap<String, i64>,
    /// Of the digest: whether all is well, in the language of the notification.
    #[serde(default)]
    pub verdict: Option<String>,
}

impl Notification {
    pub fn new(topic: Topic, language: Language, counts: BTreeMap<String, i64>) -> Self {
        Self { topic, language, reason: None, opened_at: None, ended_at: None, counts, verdict: None }
    }

    /// The word in the JSON of the webhook.
    pub fn state(&self) -> &'static str {
        match (self.topic, self.ended_at) {
            (Topic::Incident(_), None) => "opened",
            (Topic::Incident(_), Some(_)) => "resolved",
            (Topic::Digest | Topic::Test, _) => "info",
        }
    }
}

/// A notification for one recipient.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    pub id: i64,
    /// Unique in this service, and the same at each attempt: for example `incident-12.opened`.
    pub message_id: String,
    /// The first message about the same incident.
    pub reply_to: Option<String>,
    /// A mail address; empty for the webhook.
    pub recipient: String,
    pub created_at: Timestamp,
    /// How often it was tried, this time included.
    pub attempts: i32,
    pub notification: Notification,
}

/// A message that is still not accepted after this long is given up.
const GIVE_UP_AFTER: Duration = Duration::from_hours(3 * 24);

impl OutgoingMessage {
    /// When to try again after a failure; `None`: never.
    pub fn next_attempt_at(&self, now: Timestamp) -> Option<Timestamp> {
        (after(self.created_at, GIVE_UP_AFTER) > now).then(|| after(now, retry_after(self.attempts)))
    }
}

/// 30 seconds, doubled with each attempt up to an hour.
fn retry_after(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(7);
    Duration::from_secs(30 << doublings).min(Duration::from_hours(1))
}

/// How a notification leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Channel {
    Mail,
    Webhook,
}

/// Why a message was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum DeliveryFault {
    /// No connection, or it broke off.
    Unreachable,
    /// TLS could not be agreed on, or the certificate is not trusted.
    Insecure,
    TimedOut,
    /// The response is missing, cut off, or not one of the protocol.
    Unreadable,
    /// The response says no.
    Refused,
    /// The address of the webhook leads elsewhere.
    Redirected,
}

/// A failed attempt. Its text names no address and quotes nothing of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryError {
    pub fault: DeliveryFault,
    /// Of SMTP or HTTP.
    pub status: Option<u16>,
}

impl DeliveryError {
    /// Whether another message to another recipient would fail too.
    pub fn is_of_server(self) -> bool {
        self.fault != DeliveryFault::Refused
    }
}

impl From<DeliveryFault> for DeliveryError {
    fn from(fault: DeliveryFault) -> Self {
        Self { fault, status: None }
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.fault {
            DeliveryFault::Unreachable => "there was no connection, or it broke off",
            DeliveryFault::Insecure => "TLS failed: the certificate is not trusted, or the server offers no TLS",
            DeliveryFault::TimedOut => "the server did not respond in time",
            DeliveryFault::Unreadable => "the response was missing, cut off or not understood",
            DeliveryFault::Refused => "the server refused it",
            DeliveryFault::Redirected => "the address redirects to another one, which is not followed",
        })?;
        self.status.map_or(Ok(()), |status| write!(f, " ({status})"))
    }
}

/// Whether notifications arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, IntoStaticStr, VariantArray, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationState)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum State {
    /// There is nobody to send to, or nothing to send with.
    Off,
    Ok,
    /// The last attempt to reach a recipient failed.
    Failing,
}

#[cfg(test)]
mod tests;
