-- Notifications about incidents, by mail and to a webhook.

create table incidents (
    id bigint generated always as identity primary key,
    kind text not null,
    reasons jsonb not null,
    opened_at timestamptz not null,
    ended_at timestamptz,
    constraint incident_ends_after_it_opens check (ended_at >= opened_at)
);
create unique index incidents_open on incidents (kind) where ended_at is null;
comment on table incidents is 'What was wrong, from the first attention item of a kind until none of that kind had come back for a while';
comment on column incidents.kind is 'the kind of its attention items';
comment on column incidents.reasons is 'the reasons that a notification named already, oldest first';
comment on column incidents.ended_at is 'when the last of its items was resolved or ignored; null: it is open, or may still come back';

create table outbox (
    id bigint generated always as identity primary key,
    message_id text not null,
    channel text not null constraint outbox_channel check (channel in ('mail', 'webhook')),
    recipient text not null default '',
    reply_to text,
    content jsonb not null,
    created_at timestamptz not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    sent_at timestamptz,
    failed_at timestamptz,
    failure text,
    failure_status integer,
    constraint outbox_once unique (message_id, channel, recipient)
);
create index outbox_waiting on outbox (next_attempt_at) where next_attempt_at is not null;
comment on table outbox is 'Notifications to send, written in the transaction that opens, changes or ends the incident';
comment on column outbox.message_id is 'the same for all recipients and attempts, for example incident-12.opened';
comment on column outbox.recipient is 'a mail address; empty for the webhook';
comment on column outbox.reply_to is 'the message_id of the first message about the incident';
comment on column outbox.content is 'what the message says, as data: kinds, counts and times, nobody''s name or leave';
comment on column outbox.next_attempt_at is 'null: sent, or given up';
comment on column outbox.failed_at is 'the last attempt that failed';
comment on column outbox.failure_status is 'the status code of SMTP or HTTP, if there was one';

create table notification_settings (
    only_row boolean primary key default true constraint notification_settings_is_one_row check (only_row),
    recipients text[],
    language text constraint notification_language check (language in ('nl', 'fr', 'en')),
    digest_on date,
    last_sent_at timestamptz
);
comment on table notification_settings is 'What the admin chose; locked by the transaction that opens and ends incidents';
comment on column notification_settings.recipients is 'null: the configured ones';
comment on column notification_settings.language is 'null: Dutch';
comment on column notification_settings.digest_on is 'the day of the last digest, sent or not needed; null: none was due yet';
insert into notification_settings default values;
