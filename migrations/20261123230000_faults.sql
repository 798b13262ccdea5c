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

-- What the page and the status ask for every few seconds.
create index attention_open_kind on attention (kind) where resolved_at is null and ignored_at is null;
create index absences_held on absences (company_id) where deletion_held and deleted_at is null;
create index absences_listed on absences (company_id, date desc, event_id desc)
    where deleted_at is null and optedo_absence_id is not null;

-- How many absences stand is told on every look at the status; counting a million takes a tenth of a second each time.
create table absences_standing (
    company_id bigint primary key,
    standing bigint not null
);
comment on table absences_standing is 'How many rows of absences stand in Optedo; kept by triggers, whoever writes';

create function count_absences_standing() returns trigger language plpgsql as $$
begin
    if tg_op = 'TRUNCATE' then
        delete from absences_standing;
        return null;
    end if;
    -- An insert has new rows only, a delete old ones only.
    if tg_op = 'INSERT' then
        insert into absences_standing as s
            select company_id, count(*) from new_rows
            where deleted_at is null and optedo_absence_id is not null group by company_id
        on conflict (company_id) do update set standing = s.standing + excluded.standing;
    elsif tg_op = 'DELETE' then
        insert into absences_standing as s
            select company_id, -count(*) from old_rows
            where deleted_at is null and optedo_absence_id is not null group by company_id
        on conflict (company_id) do update set standing = s.standing + excluded.standing;
    else
        -- Most changes change nothing here, and touch nothing.
        insert into absences_standing as s
            select company_id, sum(change) from (
                select company_id, 1 as change from new_rows
                where deleted_at is null and optedo_absence_id is not null
                union all
                select company_id, -1 from old_rows
                where deleted_at is null and optedo_absence_id is not null) c
            group by company_id having sum(change) <> 0
        on conflict (company_id) do update set standing = s.standing + excluded.standing;
    end if;
    return null;
end $$;
create trigger absences_standing_inserted after insert on absences referencing new table as new_rows
    for each statement execute function count_absences_standing();
create trigger absences_standing_updated after update on absences referencing old table as old_rows new table as new_rows
    for each statement execute function count_absences_standing();
create trigger absences_standing_deleted after delete on absences referencing old table as old_rows
    for each statement execute function count_absences_standing();
create trigger absences_standing_truncated after truncate on absences
    for each statement execute function count_absences_standing();
insert into absences_standing
    select company_id, count(*) from absences
    where deleted_at is null and optedo_absence_id is not null group by company_id;
