-- Sessions of the original have no row that could be revoked: what ends all sessions of a user ends those made before,
-- but for the one of this handle.
ALTER TABLE users
    ADD COLUMN IF NOT EXISTS all_ended_at TIMESTAMPTZ(6),
    ADD COLUMN IF NOT EXISTS all_ended_but VARCHAR(64);
