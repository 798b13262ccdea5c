-- What waits is found by an index in which those that were dealt with stay until the next vacuum. By default that comes when a
-- fifth of the table changed, which with millions of old events is never, and may leave the indexes out.
alter table webhook_events set (autovacuum_vacuum_scale_factor = 0.01, vacuum_index_cleanup = on);
