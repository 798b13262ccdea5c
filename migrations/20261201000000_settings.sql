-- What the admin chose on the page, where the configuration leaves it. Without a row, the default.
create table settings (
    name text primary key,
    value text not null,
    changed_by text,
    changed_at timestamptz not null
);
comment on table settings is 'the admin''s settings, by their names in the API; the configuration goes before them';
comment on column settings.changed_by is 'the admin''s name, as given at sign-in';
