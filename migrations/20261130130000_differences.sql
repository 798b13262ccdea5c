-- The audit: the comparison of Optedo with Officient, and what differs because somebody changed it in Optedo.
create table audits (
    company_id bigint primary key,
    requested_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    people_failed bigint not null default 0
);
comment on table audits is 'The audit that is requested, under way, or was the last one';
comment on column audits.people_failed is 'how many people the last audit could not compare';

create table differences (
    id bigint generated always as identity primary key,
    company_id bigint not null,
    person_id bigint not null,
    event_id bigint not null,
    absence_id bigint,
    kind text not null constraint differences_kind check (kind in ('missing', 'changed', 'unexplained')),
    date date not null,
    expected jsonb,
    found jsonb,
    state text not null constraint differences_state check (state in ('open', 'kept', 'resolved')),
    first_seen_at timestamptz not null,
    compared_at timestamptz not null,
    resolved_at timestamptz,
    decided_by text,
    decided_at timestamptz
);
create unique index differences_of_event on differences (company_id, event_id) where state <> 'resolved';
create index differences_of_person on differences (company_id, person_id) where state <> 'resolved';
create index differences_resolved on differences (resolved_at) where state = 'resolved';
comment on table differences is
    'What Optedo contains otherwise than Officient says; kept: the admin wants it so until the event changes';
comment on column differences.expected is 'what Officient says; null: no event explains the absence';
comment on column differences.found is 'what Optedo contains; null: the absence is gone';
comment on column differences.compared_at is 'when the last comparison that found it began; a later write resolves it';

alter table history drop constraint history_reason;
alter table history add constraint history_reason
    check (reason in ('webhook', 'manual', 'import', 'sweep', 'audit'));
