-- Sessions of the original have no row that could be revoked: what ends all sessions of a user ends those made before,
-- but for the one of this handle.
ALTER TABLE users
    ADD COLUMN all_ended_at TIMESTAMPTZ(6),
    ADD COLUMN all_ended_but VARCHAR(64);

-- The sweeper's way to what is still in plain form: no digest has another length.
CREATE INDEX sessions_plain_idx ON sessions (id) WHERE length(id) <> 64;
