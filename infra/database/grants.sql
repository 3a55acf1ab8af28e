-- The privileges on the tables that the functions need, for two roles that exist already. The migrate function runs it
-- for the roles that a deployment names; by hand, as the owner of the tables, after roles.sql and the migrations:
--
--   psql -v service=session_service -v validator=session_validator -f grants.sql
--
-- service:   login, logout, the sweeper, the admin function, which tells pending migrations, and code that manages users
-- validator: validate and the authorizer; they read, record a session's last activity, and push the end of one that slides

GRANT SELECT, INSERT, UPDATE, DELETE ON users, sessions TO :"service";
GRANT SELECT ON session_migrations TO :"service";

GRANT SELECT
    (id, email, role, is_verified, status, created_at, last_login_at, session_id, all_ended_at, all_ended_but)
    ON users TO :"validator";
GRANT SELECT ON sessions TO :"validator";
GRANT UPDATE (last_activity, expires_at) ON sessions TO :"validator";
