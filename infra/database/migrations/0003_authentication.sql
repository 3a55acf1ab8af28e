-- When the user of a session last proved who they are, and whether it outlives its browser. What was opened without
-- these, by the original or before, was authenticated when it was created, and is a session that outlives it.

ALTER TABLE sessions
    ADD COLUMN authenticated_at TIMESTAMPTZ(6),
    ADD COLUMN is_persistent BOOLEAN NOT NULL DEFAULT true;
