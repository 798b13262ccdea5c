//! Notifications in the simulation: no incident is notified twice or never, whatever goes wrong meanwhile.

use std::collections::BTreeMap;

use super::company::{Company, ensure};

const UNSENT: &str = "select count(*) from outbox where next_attempt_at is not null";

/// Open attention items without an incident.
const UNTOLD: &str = "
    select count(*) from attention a
    where resolved_at is null and ignored_at is null and kind in (
        'reauthorization_required', 'optedo_unauthorized', 'officient_failing', 'optedo_failing', 'deletions_held',
        'webhooks_silent', 'webhook_refused', 'differs_in_optedo')
        and not exists (select from incidents i where i.kind = a.kind and i.ended_at is null)";

/// Incidents whose one message about their beginning, or about their end, was not sent.
const NOT_SENT_ONCE: &str = "
    select concat_ws(' ', 'incident', i.id, i.kind, state, 'was sent', count(o.id)::text, 'times')
    from incidents i
    cross join unnest(array['opened', 'resolved']) state
    left join outbox o on o.message_id = concat('incident-', i.id, '.', state) and o.channel = 'webhook'
        and o.sent_at is not null
    where state = 'opened' or i.ended_at is not null
    group by i.id, i.kind, state having count(o.id) <> 1
    union all
    select concat_ws(' ', 'a second incident of', a.kind, 'within ten minutes')
    from incidents a join incidents b on a.kind = b.kind and a.id < b.id
    where a.ended_at is null or b.opened_at < a.ended_at";

impl Company<'_> {
    /// Checks that everything that is wrong was said once, and what is over too.
    pub(super) async fn check_notifications(&mut self) -> Result<(), String> {
        self.until_none(UNTOLD, "incidents that nobody was told of").await?;
        self.until_none(UNSENT, "messages of incidents").await?;
        let mut wrong = self.database.texts(NOT_SENT_ONCE).await;
        if !wrong.is_empty() {
            // An item that resolved itself within a second has an incident too, which the leader may have opened only
            // now.
            self.until_none(UNSENT, "messages of the latest incidents").await?;
            wrong = self.database.texts(NOT_SENT_ONCE).await;
        }
        ensure(wrong.is_empty(), || format!("messages: {wrong:?}"))?;
        let mut contents: BTreeMap<String, String> = BTreeMap::new();
        for (headers, body) in self.database.chat.received.lock().unwrap().iter() {
            let id = headers["webhook-id"].to_str().unwrap().to_owned();
            // A message that was accepted just before the leader was killed comes again, and is the same.
            let known = contents.entry(id.clone()).or_insert_with(|| body.clone());
            ensure(known == body, || format!("message {id} says {known} and then {body}"))?;
        }
        Ok(())
    }
}
