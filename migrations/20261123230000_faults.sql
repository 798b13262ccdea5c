-- Nothing doubled, nothing deleted on doubtful evidence, and queries that stay flat: additions only.

alter table absences add column call_until timestamptz;
comment on column absences.call_until is 'a call was begun, or given up without an answer, and may come through until then: nobody takes it up again before';

create table officient_calls (
    id bigint generated always as identity primary key,
    calls integer not null,
    free_at timestamptz not null
);
comment on table officient_calls is 'Officient''s rate limit over all processes: calls set aside by one of them, or made, that count until free_at';

-- What a clean-up looks for, and nothing else: it does not pass over what must stay.
create index webhook_events_done on webhook_events (received_at) where processed_at is not null;
drop index webhook_events_received;
create index audit_log_by_time on audit_log (at);
create index people_archived on people (company_id, person_id) where archived;

-- Counted on every look at the status.
create index attention_open_kind on attention (kind) where resolved_at is null and ignored_at is null;
create index absences_held on absences (company_id) where deletion_held and deleted_at is null;
create index absences_listed on absences (company_id, date desc, event_id desc)
    where deleted_at is null and optedo_absence_id is not null;
