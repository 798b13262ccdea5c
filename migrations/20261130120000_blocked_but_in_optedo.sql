-- The list of people counts only leave that is not in Optedo as it should be. Leave whose person or type no longer matches
-- is blocked, and its absence stays.
alter table held_back add column in_optedo boolean not null default false;
comment on column held_back.in_optedo is 'Optedo contains this leave as Officient had it at the last reconciliation';
