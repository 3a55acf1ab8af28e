-- What lets three roles, that exist already, into the database at all. Run as its owner, before the first migration:
--
--   psql -v migrator=migrator -v service=session_service -v validator=session_validator -f roles.sql
--
-- migrator: the migrate function; it makes the tables, and so owns them, and nobody else may change the schema
-- service, validator: see grants.sql, which the migrator runs when the tables are there
--
-- The migrate function runs it, too, for the roles that a deployment names. There, each statement is one role's.

GRANT CONNECT ON DATABASE :"DBNAME" TO :"migrator";
GRANT CONNECT ON DATABASE :"DBNAME" TO :"service";
GRANT CONNECT ON DATABASE :"DBNAME" TO :"validator";
GRANT USAGE, CREATE ON SCHEMA public TO :"migrator";
GRANT USAGE ON SCHEMA public TO :"service";
GRANT USAGE ON SCHEMA public TO :"validator";
