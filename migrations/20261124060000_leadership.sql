-- Whoever leads counts its term: a copy that led before, and does not know yet that it no longer does, writes nothing more.

create table leadership (
    only_row boolean primary key default true constraint leadership_is_one_row check (only_row),
    term bigint not null default 0
);
comment on table leadership is 'Counts how often a copy of the service began to do the syncing';
insert into leadership default values;
