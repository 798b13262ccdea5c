-- An admin pauses the connection: webhooks are stored, and nothing is written to Optedo.
alter table connection
    add column paused_at timestamptz,
    add column paused_by text;
comment on column connection.is_paused is
    'nothing is written: the admin paused (paused_at), or wants to see a preview first; then asking for a sweep ends it';
comment on column connection.paused_at is 'since when the admin paused; null: they did not';
comment on column connection.paused_by is 'who paused, as given at sign-in';
