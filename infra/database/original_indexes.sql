-- Drops the original application's indexes that no statement of ours goes by (docs/decisions/0007-indexes.md), where
-- nothing else uses the tables. No deployment makes them again; `over=1` does, where they are missed. Run as the owner of
-- the tables, beside the running service, also where it was broken off:
--
--   psql -f original_indexes.sql
--   psql -v over=1 -f original_indexes.sql

DROP INDEX CONCURRENTLY IF EXISTS users_role_idx;
DROP INDEX CONCURRENTLY IF EXISTS users_created_at_idx;
DROP INDEX CONCURRENTLY IF EXISTS sessions_expires_at_idx;
DROP INDEX CONCURRENTLY IF EXISTS sessions_created_at_idx;
DROP INDEX CONCURRENTLY IF EXISTS sessions_revoked_idx;
\if :{?over}
    CREATE INDEX CONCURRENTLY users_role_idx ON users (role);
    CREATE INDEX CONCURRENTLY users_created_at_idx ON users (created_at);
    CREATE INDEX CONCURRENTLY sessions_expires_at_idx ON sessions (expires_at);
    CREATE INDEX CONCURRENTLY sessions_created_at_idx ON sessions (created_at);
    CREATE INDEX CONCURRENTLY sessions_revoked_idx ON sessions (revoked);
\endif
