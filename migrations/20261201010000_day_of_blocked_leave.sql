-- An attention item shows which days of whom wait for it.
alter table held_back add column date date;
comment on column held_back.date is 'the day of the leave; null: not understood, or blocked by an older version';
