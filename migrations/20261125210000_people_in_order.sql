-- Who is due is read in the order of the index: as quick when the statistics were taken during a sweep, when everybody waits.
create index people_due on people (sync_reason, sync_requested_at, person_id) where sync_requested_at is not null;
drop index people_waiting;
