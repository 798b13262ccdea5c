-- A session is found only by who has the present password and encryption key in the configuration. The column stays as it
-- is; sessions begun by the version before are not found by this one, and end by themselves.

comment on column sessions.token_digest is
    'HMAC-SHA256 of the session cookie, by a key made of the encryption key and the admin''s password';
