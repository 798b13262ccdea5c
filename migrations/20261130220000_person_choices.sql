-- What the admin chose for a person. Without a row, the names decide.
create table person_choices (
    company_id bigint not null,
    person_id bigint not null,
    optedo_user_id bigint,
    existing text
        constraint person_choices_existing check (existing in ('keep', 'delete')),
    changed_by text,
    changed_at timestamptz not null,
    primary key (company_id, person_id),
    constraint person_choices_user unique (company_id, optedo_user_id),
    constraint person_choices_one check ((optedo_user_id is null) <> (existing is null))
);
comment on table person_choices is
    'the admin''s choice for a person: linked to a user by hand (optedo_user_id), or excluded (existing)';
comment on column person_choices.existing is 'of an excluded person: what becomes of absences that were written';
comment on column person_choices.changed_by is 'the admin''s name, as given at sign-in';

alter table people drop constraint people_match_state;
alter table people add constraint people_match_state
    check (match_state in ('unknown', 'matched', 'excluded', 'unmatched', 'ambiguous')) not valid;
