-- Every webhook was written to this index when it had been dealt with; only the clean-up read it, which now goes by id. A copy
-- of the version before deletes what is old without it, more slowly.
drop index webhook_events_done;
