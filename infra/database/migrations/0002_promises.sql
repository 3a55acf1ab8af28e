-- What the promises need beyond the original's columns. Every addition has a default, so that the
-- original's statements go on working, and nothing refuses a back-dated row.

ALTER TABLE users
    ADD COLUMN status TEXT NOT NULL DEFAULT 'ACTIVE'
        CONSTRAINT users_status_check CHECK (status IN ('ACTIVE', 'DISABLED')),
    ADD COLUMN updated_at TIMESTAMPTZ(6) NOT NULL DEFAULT now();

-- One person is one account, however they write their address.
CREATE UNIQUE INDEX users_email_lower_key ON users (lower(email));

ALTER TABLE sessions
    ADD COLUMN absolute_expires_at TIMESTAMPTZ(6) NOT NULL DEFAULT now() + INTERVAL '30 days',
    ADD COLUMN revoked_reason TEXT;

-- The sweeper's ways in: what has expired, and what was revoked when.
CREATE INDEX sessions_live_expires_at_idx ON sessions (expires_at) WHERE NOT revoked;
CREATE INDEX sessions_revoked_at_idx ON sessions (revoked_at) WHERE revoked;
