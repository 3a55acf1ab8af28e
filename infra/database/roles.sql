-- What lets three roles, that exist already, into the database at all. Run as its owner, before the first migration:
--
--   psql -v migrator=session_migrator -v service=session_service -v validator=session_validator -f roles.sql
--
-- migrator: the migrate function; it makes the tables, and so owns them, and nobody else may change the schema
-- service, validator: see grants.sql, which the migrator runs when the tables are there

GRANT CONNECT ON DATABASE :"DBNAME" TO :"migrator", :"service", :"validator";
GRANT USAGE ON SCHEMA public TO :"migrator", :"service", :"validator";
GRANT CREATE ON SCHEMA public TO :"migrator";
