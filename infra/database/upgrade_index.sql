-- The way to what is still in plain form, for the sweep, doctor and explain: without it they read all of `sessions`.
-- Only a switch from plain form to digests needs it, and no migration could build it beside the running service: that
-- takes no transaction. The statistics tell PostgreSQL how few these are: it would guess nearly all. Run as the owner of
-- the tables, also where it was broken off; drop both when the time is over:
--
--   psql -f upgrade_index.sql
--   psql -v over=1 -f upgrade_index.sql

DROP INDEX CONCURRENTLY IF EXISTS sessions_plain_idx;
DROP STATISTICS IF EXISTS sessions_plain;
\if :{?over}
\else
    -- No digest has another length.
    CREATE INDEX CONCURRENTLY sessions_plain_idx ON sessions (id) WHERE length(id) <> 64;
    CREATE STATISTICS sessions_plain ON (length(id)) FROM sessions;
    ANALYZE sessions;
\endif
