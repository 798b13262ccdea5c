-- One database serves one Optedo tenant. Sealed columns hold ciphertext (src/vault.rs), bound to their table, column and row.
-- Of a person only id, first and last name are kept; of an event only ids, date and times (GDPR art. 9: sick leave is health data).

create table connection (
    only_row boolean primary key default true constraint connection_is_one_row check (only_row),
    client_id text,
    client_secret bytea,
    state text not null default 'disconnected'
        constraint connection_state check (state in ('disconnected', 'connected', 'reauthorization_required')),
    company_id bigint,
    company_name text,
    subdomain text,
    connected_at timestamptz,
    access_token bytea,
    access_token_issued_at timestamptz,
    access_token_expires_at timestamptz,
    refresh_token bytea,
    webhook_token bytea,
    webhook_events text[],
    sweep_asked_at timestamptz,
    sweep_no bigint not null default 0,
    sweep_started_at timestamptz,
    sweep_finished_at timestamptz,
    unannounced_sweeps integer not null default 0,
    unannounced_in_sweep bigint,
    constraint connection_in_use_is_complete check (
        state = 'disconnected'
        or (company_id is not null and access_token is not null and refresh_token is not null and connected_at is not null)
    )
);
comment on table connection is 'The one connection to Officient: credentials, tokens, company, and the sweep under way';
comment on column connection.client_secret is 'sealed';
comment on column connection.access_token is 'sealed';
comment on column connection.refresh_token is 'sealed';
comment on column connection.webhook_token is 'sealed; the secret part of the webhook address, made at the first start';
comment on column connection.company_id is 'the Officient company last connected to; stays after signing out, so that its absences stay ours';
comment on column connection.webhook_events is 'event names chosen by the admin; null: the configured ones';
comment on column connection.sweep_asked_at is 'the admin, or connecting, asked for a sweep that has not begun';
comment on column connection.sweep_no is 'counts sweeps; decides whose far years a sweep reads when not all fit';
comment on column connection.unannounced_sweeps is 'sweeps in a row that found changes no webhook had announced';
comment on column connection.unannounced_in_sweep is 'the last sweep_no counted in unannounced_sweeps';
insert into connection default values;

create table oauth_flows (
    state_digest bytea primary key,
    browser_digest bytea not null,
    expires_at timestamptz not null
);
comment on table oauth_flows is 'Logins under way; a row is deleted by its first use, so a state works once';
comment on column oauth_flows.state_digest is 'SHA-256 of the state parameter';
comment on column oauth_flows.browser_digest is 'SHA-256 of the cookie that binds the state to the browser';

create table sessions (
    token_digest bytea primary key,
    csrf_token text not null,
    created_at timestamptz not null,
    last_seen_at timestamptz not null
);
comment on table sessions is 'Signed-in browsers of the settings page';
comment on column sessions.token_digest is 'SHA-256 of the session cookie';

create table webhook_subscriptions (
    event text primary key,
    officient_id bigint,
    state text not null constraint webhook_subscription_state check (state in ('registered', 'refused', 'missing')),
    detail text,
    checked_at timestamptz not null
);
comment on table webhook_subscriptions is 'One row an event name we want, as last seen at Officient';

create table webhook_events (
    id bigint generated always as identity primary key,
    received_at timestamptz not null,
    event_type text not null,
    related_object_id text,
    widened_at timestamptz,
    processed_at timestamptz
);
comment on table webhook_events is 'What Officient told us; on disk before the 200. A hint, never content';
comment on column webhook_events.related_object_id is 'as sent; a person, a calendar event or a calendar request: not documented';
comment on column webhook_events.widened_at is 'its object was unknown, so the newest requesters were asked for; then everybody, if that did not explain it';
create index webhook_events_waiting on webhook_events (id) where processed_at is null;
create index webhook_events_received on webhook_events (received_at);

create table people (
    company_id bigint not null,
    person_id bigint not null,
    first_name text,
    last_name text,
    listed_name_digest bytea,
    names_read_at timestamptz,
    archived boolean not null default false,
    match_state text not null default 'unknown'
        constraint people_match_state check (match_state in ('unknown', 'matched', 'unmatched', 'ambiguous')),
    optedo_user_id bigint,
    event_ids bigint[] not null default '{}',
    sync_reason smallint,
    sync_requested_at timestamptz,
    sync_request_no bigint not null default 0,
    webhook_received_at timestamptz,
    attempts integer not null default 0,
    attempted_at timestamptz,
    next_attempt_at timestamptz,
    last_error text,
    synced_at timestamptz,
    seen_event_id bigint not null default 0,
    primary key (company_id, person_id),
    constraint people_matched_has_user check ((match_state = 'matched') = (optedo_user_id is not null)),
    constraint people_request_has_reason check ((sync_requested_at is null) = (sync_reason is null))
);
comment on table people is 'Everybody in Officient; the row is also the work item: sync_requested_at says that somebody must be looked at';
comment on column people.listed_name_digest is 'SHA-256 of the full name in Officient''s list; when it changes the names are read again';
comment on column people.event_ids is 'ids of the calendar events seen at the last look; tells whom a webhook about an event means';
comment on column people.sync_reason is 'most urgent reason asked for: 0 webhook, 1 by hand or retry, 2 first import, 3 sweep';
comment on column people.sync_request_no is 'counts requests; a look clears only the request it began with';
comment on column people.synced_at is 'when the last successful look began: what Officient had then is what Optedo has';
comment on column people.seen_event_id is 'webhook_events up to this id arrived before the last look read the calendar: they need no other';
comment on column people.webhook_received_at is 'when the oldest webhook behind this request arrived; measures propagation';
comment on column people.last_error is 'why the last look failed: the operation and its error, no names, no leave';
create index people_waiting on people (sync_reason, sync_requested_at) where sync_requested_at is not null;
create index people_event_ids on people using gin (event_ids);
create index people_names on people (company_id, first_name, last_name) where not archived;

create table absences (
    id bigint generated always as identity primary key,
    company_id bigint not null,
    event_id bigint not null,
    person_id bigint not null,
    date date not null,
    optedo_user_id bigint not null,
    optedo_absence_id bigint,
    absence_type_id bigint not null,
    starts_at timestamp not null,
    ends_at timestamp not null,
    all_day boolean not null,
    intent text constraint absences_intent check (intent in ('create', 'update', 'delete')),
    intent_at timestamptz,
    written_at timestamptz,
    adopted boolean not null default false,
    deletion_planned_at timestamptz,
    deletion_held boolean not null default false,
    deletion_confirmed boolean not null default false,
    deleted_at timestamptz,
    constraint absences_one_per_event unique (company_id, event_id),
    constraint absences_end_after_start check (ends_at > starts_at),
    constraint absences_intent_has_time check ((intent is null) = (intent_at is null)),
    constraint absences_known_in_optedo check (optedo_absence_id is not null or intent in ('create', 'delete') or deleted_at is not null)
);
comment on table absences is 'What stands in Optedo because of an Officient event: one row an event';
comment on column absences.intent is 'a write that was begun and whose end is not known; on disk before Optedo is called';
comment on column absences.starts_at is 'wall clock without zone, as are all times of absences; what was last written or is about to be';
comment on column absences.adopted is 'stood in Optedo already and was taken over';
comment on column absences.deletion_planned_at is 'when a deletion of this absence was first planned; counts against sync.max_deletions';
create index absences_of_person on absences (company_id, person_id, date);
create index absences_by_date on absences (date);
create index absences_in_optedo on absences (optedo_absence_id) where deleted_at is null;
create index absences_deletions on absences (deletion_planned_at) where deletion_planned_at is not null;
create index absences_deleted on absences (deleted_at) where deleted_at is not null;

create table held_back (
    company_id bigint not null,
    event_id bigint not null,
    person_id bigint not null,
    kind text not null,
    subject_id text not null,
    primary key (company_id, event_id)
);
comment on table held_back is 'Leave that is not written, and which attention item says why';
create index held_back_subject on held_back (kind, subject_id);
create index held_back_person on held_back (company_id, person_id);

create table attention (
    id bigint generated always as identity primary key,
    kind text not null constraint attention_kind check (kind in (
        'unmatched_person', 'ambiguous_person', 'unmapped_leave_type', 'ambiguous_leave_type', 'invalid_event',
        'rejected_by_optedo', 'deletions_held', 'webhook_refused', 'webhooks_silent', 'reauthorization_required',
        'optedo_unauthorized')),
    subject_id text not null,
    subject text,
    detail text not null,
    hint jsonb,
    waiting bigint not null default 0,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    ignored_at timestamptz,
    resolved_at timestamptz
);
comment on table attention is 'Why something is not in Optedo, for the admin';
comment on column attention.subject_id is 'Officient''s id of the subject, or a fixed word where there is one such item';
comment on column attention.hint is 'the near miss, where there is one';
create unique index attention_one_open on attention (kind, subject_id) where resolved_at is null;
create index attention_resolved on attention (resolved_at) where resolved_at is not null;

create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    action text not null,
    detail text
);
comment on table audit_log is 'Who connected, disconnected, confirmed: acts of the admin';
