-- What the verdict of the status document adds up, so that it need not read all absences whenever somebody looks.
alter table people
    add column absences_expected integer,
    add column absences_in_optedo integer;
comment on column people.absences_expected is
    'absences in the window that Optedo should contain, at the last reconciliation; null: an older version made it';
comment on column people.absences_in_optedo is 'how many of those are there';
