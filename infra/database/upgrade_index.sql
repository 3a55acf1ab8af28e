-- The way to what is still in plain form, for the sweep, doctor and explain: without it they read all of `sessions`.
-- Only a switch from plain form to digests needs it, and no migration could build it beside the running service: that
-- takes no transaction. Run as the owner of the tables, also where it was broken off; drop it when the time is over:
--
--   psql -f upgrade_index.sql
--   psql -v over=1 -f upgrade_index.sql

DROP INDEX CONCURRENTLY IF EXISTS sessions_plain_idx;
\if :{?over}
\else
    -- No digest has another length.
    CREATE INDEX CONCURRENTLY sessions_plain_idx ON sessions (id) WHERE length(id) <> 64;
\endif
