-- What the admin's page says: why in any language, who connected, what was written when and why, what a sweep would do.
-- Everything is added and nothing required, so that the previous version runs on while this one starts.

alter table attention add column cause jsonb;
comment on column attention.cause is 'what is the case, to be said in the admin''s language; null: opened by a version before this column';

alter table people add column last_fault text;
comment on column people.last_fault is 'the sort of the last failure, to be said in the admin''s language; null beside a last_error: an older version';

alter table sessions add column admin_name text;
comment on column sessions.admin_name is 'as given at sign-in, where it was: all admins share one password';

alter table oauth_flows
    add column begun_by text,
    add column preview_first boolean not null default false;
comment on column oauth_flows.begun_by is 'the admin''s name, where it is known';
comment on column oauth_flows.preview_first is 'the admin wants to see what would be written before anything is';

alter table connection
    add column connected_by text,
    add column is_paused boolean not null default false;
comment on column connection.connected_by is 'the name of the admin who granted access, where it is known';
comment on column connection.is_paused is 'nothing is written yet: the admin wants to see a preview first. Asking for a sweep ends it';

alter table audit_log
    add column admin_name text,
    add column address text;
comment on column audit_log.admin_name is 'who, where it is known';
comment on column audit_log.address is 'from which address';

create table history (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    company_id bigint not null,
    person_id bigint not null,
    event_id bigint,
    action text not null
        constraint history_action check (action in ('created', 'changed', 'deleted', 'taken_over', 'rejected', 'failed')),
    reason text not null constraint history_reason check (reason in ('webhook', 'manual', 'import', 'sweep')),
    starts_at timestamp,
    ends_at timestamp,
    all_day boolean,
    fault text
);
comment on table history is 'What was written to Optedo when and why, and what could not be; kept as long as absences';
comment on column history.starts_at is 'wall clock without zone; with ends_at and all_day the times that were written, or that stood until they were deleted';
comment on column history.fault is 'the sort of failure, of a look that failed';
create index history_newest on history (company_id, id);
create index history_of_person on history (company_id, person_id, id);
create index history_by_time on history (at);

create table preview (
    only_row boolean primary key default true constraint preview_is_one_row check (only_row),
    asked_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    people_done bigint not null default 0,
    people_total bigint not null default 0,
    unchanged bigint not null default 0
);
comment on table preview is 'The one preview: asked for on the page, worked out by the replica that does the syncing';
comment on column preview.asked_at is 'null: none was asked for; later than finished_at, or without one: it is being worked out';
comment on column preview.unchanged is 'absences that are right as they are';
insert into preview default values;

create table preview_lines (
    id bigint generated always as identity primary key,
    person_id bigint not null,
    event_id bigint,
    action text not null
        constraint preview_lines_action check (action in ('create', 'change', 'delete', 'take_over', 'skip', 'fail')),
    starts_at timestamp,
    ends_at timestamp,
    all_day boolean,
    item bigint
);
comment on table preview_lines is 'What a sweep would do; replaced by the next preview, forgotten after a day';
comment on column preview_lines.item is 'for skip: which of preview_items says why';
create index preview_lines_of_action on preview_lines (action, id);

create table preview_items (
    id bigint generated always as identity primary key,
    kind text not null,
    subject_id text not null,
    subject text,
    cause jsonb not null,
    hint jsonb,
    constraint preview_items_one_per_subject unique (kind, subject_id)
);
comment on table preview_items is 'Why leave would be skipped: attention items that a sweep would open';
