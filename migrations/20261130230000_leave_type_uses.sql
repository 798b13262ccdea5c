-- Which leave types were written, so that next year's types are checked before the first leave of that year.
create table leave_type_uses (
    company_id bigint not null,
    type_id bigint not null,
    last_date date not null,
    primary key (company_id, type_id)
);
comment on table leave_type_uses is 'the last day with leave of each of the company''s own leave types that became an absence';
comment on column leave_type_uses.type_id is 'Officient''s id';
