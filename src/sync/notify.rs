//! The leader's notifications: opens and ends incidents with their messages in one transaction, and sends the messages
//! beside all other work.
//!
//! A message that was accepted just before the process died is sent again, with the same id: receivers recognise it by
//! that.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Time;
use sqlx::PgConnection;
use strum::VariantArray as _;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::engine::Engine;
use crate::clock::{after, time_zone};
use crate::db::notifications::{self, LastFailure, NewMessage, Settings};
use crate::db::{self, Result, attention, connection, faults};
use crate::domain::notification::{
    Channel, DeliveryError, Incidents, Item, Notification, OutgoingMessage, State, Step, Topic, last_digest_day,
};
use crate::domain::verdict::Verdict;

/// Between two looks at the items and at the outbox, however often the worker is notified.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// A look is due after this long, even if the worker does not begin any round.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// No second attempt begins while the first one may be under way. Longer than sending takes.
const CLAIM: Duration = Duration::from_secs(30);
/// How long a message under way may take after the service was told to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(3);

/// How notifications do, and what the admin chose.
pub struct NotificationStatus {
    pub settings: Settings,
    /// The admin's recipients, or the configured ones.
    pub recipients: Vec<String>,
    pub state: State,
    pub last_failure: Option<LastFailure>,
}

/// Runs on the leader until `stop`. A channel that hangs delays neither the other channel nor the incidents.
pub async fn run(engine: Arc<Engine>, stop: CancellationToken) {
    let channels: Vec<Channel> = engine.channels().collect();
    if let Err(error) = notifications::give_up_others(&engine.db, &channels).await {
        tracing::warn!(
            error = faults::describe(&error),
            "Could not give up messages of channels without configuration"
        );
    }
    tokio::join!(
        engine.each_round(&stop, || engine.follow_incidents()),
        engine.each_round(&stop, || engine.send_due(Channel::Mail)),
        engine.each_round(&stop, || engine.send_due(Channel::Webhook)),
    );
}

impl Engine {
    fn channels(&self) -> impl Iterator<Item = Channel> {
        Channel::VARIANTS.iter().copied().filter(|channel| self.sender.has(*channel))
    }

    /// Works after each round of the worker, because the round may follow a job that opened an item.
    async fn each_round<F: Future<Output = Result<()>>>(&self, stop: &CancellationToken, work: impl Fn() -> F) {
        let mut rounds = self.work_signal.rounds();
        while !stop.is_cancelled() {
            rounds.mark_unchanged();
            let stopped = async {
                stop.cancelled().await;
                sleep(STOP_PATIENCE).await;
            };
            tokio::select! {
                result = work() => if let Err(error) = result {
                    tracing::warn!(error = faults::describe(&error), "Could not read or write notifications");
                },
                () = stopped => return,
            }
            let pause = async {
                sleep(BETWEEN_LOOKS).await;
                let _round_or_timeout = timeout(LONGEST_PAUSE, rounds.changed()).await;
            };
            stop.run_until_cancelled(pause).await;
        }
    }

    /// Opens, changes and ends incidents, and writes the digest that is due.
    async fn follow_incidents(&self) -> Result<()> {
        let now = self.clock.now();
        let mut connection = self.db.acquire().await?;
        if self.read_due(&mut connection, now).await?.is_empty() {
            return Ok(());
        }
        drop(connection);
        let verdict = self.verdict(&connection::load(&self.db).await?).await?;
        let mut tx = db::begin(&self.db).await?;
        notifications::lock(&mut *tx).await?;
        // What another leader did before it lost the lock counts.
        let due = self.read_due(&mut tx, now).await?;
        if !due.is_empty() {
            self.write_messages(&mut tx, &due, &verdict, now).await?;
        }
        tx.commit().await?;
        self.work_signal.notify(&self.db).await;
        Ok(())
    }

    async fn read_due(&self, connection: &mut PgConnection, now: Timestamp) -> Result<Due> {
        let quiet = self.config.notifications.resolved_after;
        let incidents = notifications::incidents(&mut *connection).await?;
        let items = read_items(connection, &incidents, quiet, now).await?;
        let settings = notifications::settings(&mut *connection).await?;
        let digest = self.config.notifications.digest_at.and_then(|at| Digest::due(&settings, at, now));
        Ok(Due { steps: incidents.compare(&items, quiet, now), digest, settings })
    }

    async fn write_messages(&self, tx: &mut PgConnection, due: &Due, verdict: &Verdict, now: Timestamp) -> Result<()> {
        let Due { steps, digest, settings } = due;
        let counts: BTreeMap<String, i64> = attention::count_open(&mut *tx).await?.into_iter().collect();
        let about = |topic| Notification::new(topic, settings.language, counts.clone());
        for step in steps {
            let message = apply(tx, step, about).await?;
            self.put_into_outbox(tx, settings, &message, now).await?;
        }
        if let Some(Digest { day, is_to_send }) = digest {
            notifications::save_digest_day(&mut *tx, *day).await?;
            if *is_to_send && !counts.is_empty() {
                let verdict = Some(verdict.sentence(settings.language));
                let content = Notification { verdict, ..about(Topic::Digest) };
                let message = NewMessage { id: format!("digest-{day}"), reply_to: None, content };
                self.put_into_outbox(tx, settings, &message, now).await?;
            }
        }
        Ok(())
    }

    async fn put_into_outbox(
        &self,
        tx: &mut PgConnection,
        settings: &Settings,
        message: &NewMessage,
        now: Timestamp,
    ) -> Result<()> {
        for (channel, recipient) in self.recipients(settings) {
            notifications::insert_message(&mut *tx, message, (channel, &recipient), now).await?;
        }
        Ok(())
    }

    fn mail_recipients(&self, settings: &Settings) -> Vec<String> {
        let configured = || self.config.notifications.recipients.iter().map(ToString::to_string).collect();
        settings.recipients.clone().unwrap_or_else(configured)
    }

    /// Everybody to whom a notification is sent.
    fn recipients(&self, settings: &Settings) -> Vec<(Channel, String)> {
        let of_channel = |channel| match channel {
            Channel::Mail => self.mail_recipients(settings),
            Channel::Webhook => vec![String::new()],
        };
        let all = self.channels().map(|channel| (channel, of_channel(channel)));
        all.flat_map(|(channel, recipients)| recipients.into_iter().map(move |recipient| (channel, recipient)))
            .collect()
    }

    /// Puts a test message into the outbox; false when there is nobody to send it to.
    pub async fn request_test_message(&self) -> Result<bool> {
        let now = self.clock.now();
        let mut tx = db::begin(&self.db).await?;
        let settings = notifications::settings(&mut *tx).await?;
        if self.recipients(&settings).is_empty() {
            return Ok(false);
        }
        let counts = attention::count_open(&mut *tx).await?.into_iter().collect();
        let content = Notification::new(Topic::Test, settings.language, counts);
        let message = NewMessage { id: format!("test-{}", now.as_microsecond()), reply_to: None, content };
        self.put_into_outbox(&mut tx, &settings, &message, now).await?;
        tx.commit().await?;
        self.work_signal.notify(&self.db).await;
        Ok(true)
    }

    pub async fn notification_status(&self) -> Result<NotificationStatus> {
        let settings = notifications::settings(&self.db).await?;
        let channels: Vec<Channel> = self.channels().collect();
        let last_failure = notifications::last_failure(&self.db, &channels).await?;
        let state = match &last_failure {
            _ if self.recipients(&settings).is_empty() => State::Off,
            Some(_) => State::Failing,
            None => State::Ok,
        };
        Ok(NotificationStatus { recipients: self.mail_recipients(&settings), state, last_failure, settings })
    }

    /// Sends what is due, recipient by recipient. When the server fails, the others wait for their next attempt.
    async fn send_due(&self, channel: Channel) -> Result<()> {
        if !self.sender.has(channel) {
            return Ok(());
        }
        loop {
            let mut messages = self.claim_messages(channel, 1).await?.into_iter();
            if messages.len() == 0 {
                return Ok(());
            }
            while let Some(message) = messages.next() {
                let result = self.sender.send(channel, &message, self.clock.now()).await;
                self.record_attempt(channel, &message, result).await?;
                if let Err(error) = result
                    && error.is_of_server()
                {
                    for other in messages.chain(self.claim_messages(channel, i64::MAX).await?) {
                        self.record_attempt(channel, &other, Err(error)).await?;
                    }
                    return Ok(());
                }
            }
        }
    }

    async fn claim_messages(&self, channel: Channel, most_recipients: i64) -> Result<Vec<OutgoingMessage>> {
        let now = self.clock.now();
        notifications::claim(&self.db, channel, most_recipients, now, after(now, CLAIM)).await
    }

    async fn record_attempt(
        &self,
        channel: Channel,
        message: &OutgoingMessage,
        result: Result<(), DeliveryError>,
    ) -> Result<()> {
        let now = self.clock.now();
        let outcome = result.map_or_else(|error| error.fault.into_str(), |()| "ok");
        metrics::counter!("notifications_total", "channel" => channel.into_str(), "outcome" => outcome).increment(1);
        let Err(error) = result else {
            return notifications::mark_sent(&self.db, message.id, now).await;
        };
        let next_attempt_at = message.next_attempt_at(now);
        tracing::warn!(
            message.id = message.message_id,
            channel = channel.into_str(),
            attempts = message.attempts,
            is_given_up = next_attempt_at.is_none(),
            %error,
            "Could not send the message {}",
            message.message_id
        );
        notifications::mark_failed(&self.db, message.id, error, next_attempt_at, now).await
    }
}

/// What is to be written.
struct Due {
    steps: Vec<Step>,
    digest: Option<Digest>,
    settings: Settings,
}

impl Due {
    fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.digest.is_none()
    }
}

struct Digest {
    day: jiff::civil::Date,
    /// False on the day on which the service began to count.
    is_to_send: bool,
}

impl Digest {
    fn due(settings: &Settings, at: Time, now: Timestamp) -> Option<Self> {
        let day = last_digest_day(now.to_zoned(time_zone()).datetime(), at);
        let is_due = settings.digest_on.is_none_or(|last| last < day);
        is_due.then_some(Self { day, is_to_send: settings.digest_on.is_some() })
    }
}

async fn read_items(
    connection: &mut PgConnection,
    incidents: &Incidents,
    quiet: Duration,
    now: Timestamp,
) -> Result<Vec<Item>> {
    let quiet_since = now.checked_sub(quiet).unwrap_or(Timestamp::MIN);
    let since = incidents.open.iter().map(|incident| incident.opened_at).fold(quiet_since, Timestamp::min);
    notifications::items(connection, since).await
}

/// Writes the step; returns its message.
async fn apply(tx: &mut PgConnection, step: &Step, about: impl Fn(Topic) -> Notification) -> Result<NewMessage> {
    let first_of = |incident: i64| format!("incident-{incident}.opened");
    let (id, reply_to, content) = match step {
        Step::Open { kind, reasons, opened_at } => {
            let incident = notifications::insert_incident(tx, *kind, reasons, *opened_at).await?;
            let (reason, opened_at) = (reasons.first().cloned(), Some(*opened_at));
            (first_of(incident), None, Notification { reason, opened_at, ..about(Topic::Incident(*kind)) })
        }
        Step::Change { incident, kind, new_reasons, opened_at } => {
            let number = notifications::add_reasons(tx, *incident, new_reasons).await?;
            let (reason, opened_at) = (new_reasons.first().cloned(), Some(*opened_at));
            let content = Notification { reason, opened_at, ..about(Topic::Incident(*kind)) };
            (format!("incident-{incident}.changed-{number}"), Some(first_of(*incident)), content)
        }
        Step::End { incident, kind, opened_at, ended_at } => {
            notifications::end_incident(tx, *incident, *ended_at).await?;
            let (opened_at, ended_at) = (Some(*opened_at), Some(*ended_at));
            let content = Notification { opened_at, ended_at, ..about(Topic::Incident(*kind)) };
            (format!("incident-{incident}.resolved"), Some(first_of(*incident)), content)
        }
    };
    Ok(NewMessage { id, reply_to, content })
}
