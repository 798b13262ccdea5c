-- The webhook address can be replaced, secrets belong to their row, and the audit log says in which session.
-- Everything is added and nothing required, so that the previous version takes webhooks until it is replaced; what this
-- one sealed it cannot open, and leaves to this one.

alter table connection
    add column previous_webhook_token bytea,
    add column row_id text not null default gen_random_uuid()::text;
comment on column connection.previous_webhook_token is
    'sealed; the token before the last rotation, accepted until Officient has the new address everywhere';
comment on column connection.row_id is 'sealed values are bound to it: one from another database does not open here';

alter table oauth_flows add column session text;
comment on column oauth_flows.session is 'the audit log''s name of the session in which the login began';

alter table audit_log add column session text;
comment on column audit_log.session is
    'which session: the beginning of the digest of its cookie; api or command for what was done by a program';
