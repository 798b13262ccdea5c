-- A failure that lasts becomes an attention item. The kinds of attention items are those of the program.
alter table attention drop constraint attention_kind;
alter table people add column failing_since timestamptz;
comment on column people.failing_since is
    'the first of the failures in a row because of an upstream; null: the last attempt succeeded, or waits';
