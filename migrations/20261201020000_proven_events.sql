-- The page shows for each event name when Officient last sent one.
alter table webhook_subscriptions add column last_received_at timestamptz;
comment on column webhook_subscriptions.last_received_at is 'when the last webhook of this name arrived; null: none did';
update webhook_subscriptions s
set last_received_at = (select max(e.received_at) from webhook_events e where e.event_type = s.event);
