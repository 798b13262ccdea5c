-- Forgetting is final: what was read of who is in Officient before somebody was forgotten is not stored after.
-- A table of its own, not a column of connection: that row is locked for as long as Officient is asked for a token.

create table forgettings (
    only_row boolean primary key default true constraint forgettings_is_one_row check (only_row),
    count bigint not null default 0
);
comment on table forgettings is 'Counts how often somebody was forgotten';
comment on column forgettings.count is
    'noted before it is read who there is; people are added only while it is still the same, with this row locked';
insert into forgettings default values;
