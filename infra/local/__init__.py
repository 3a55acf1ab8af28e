"""The local stack: real PostgreSQL and Valkey, and the functions behind a front door that acts like AWS."""
