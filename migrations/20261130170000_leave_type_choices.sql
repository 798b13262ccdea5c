-- What the admin chose for a leave type. Without a row, Officient decides.
create table leave_type_choices (
    company_id bigint not null,
    type_id text not null,
    absence_type_id bigint,
    existing text
        constraint leave_type_choices_existing check (existing in ('keep', 'delete')),
    changed_by text,
    changed_at timestamptz not null,
    primary key (company_id, type_id),
    constraint leave_type_choices_one check (absence_type_id is null or existing is null)
);
comment on table leave_type_choices is
    'the admin''s choice for a leave type: an absence type, or excluded (existing); neither: a choice that was undone';
comment on column leave_type_choices.type_id is 'Officient''s id; sick_day or education for a built-in type';
comment on column leave_type_choices.existing is 'of an excluded type: what becomes of absences that were written';
comment on column leave_type_choices.changed_by is 'the admin''s name, as given at sign-in';

alter table preview add column proposal jsonb;
comment on column preview.proposal is 'a choice that is not stored yet, whose effect this preview shows; null: none';
