-- What the validator's role needs besides grants.sql while SESSION_UPGRADE_PLAIN_UNTIL lies ahead: the first use of a
-- session that is still in plain form records it anew. Run as the owner of the tables; take it back when the time is over:
--
--   psql -v validator=session_validator -f upgrade_grants.sql
--   psql -v validator=session_validator -v over=1 -f upgrade_grants.sql

\if :{?over}
    REVOKE INSERT, UPDATE (id, revoked, revoked_at, revoked_reason) ON sessions FROM :"validator";
    REVOKE UPDATE (session_id) ON users FROM :"validator";
\else
    GRANT INSERT, UPDATE (id, revoked, revoked_at, revoked_reason) ON sessions TO :"validator";
    GRANT UPDATE (session_id) ON users TO :"validator";
\endif
