"""What is in a database: its tables, their shape, and what roles may do with them."""

from typing import Final

import pg8000.native

PRIVILEGES: Final = """
    SELECT privilege_type || ' ON DATABASE ' || quote_ident(datname)
    FROM pg_database, aclexplode(datacl) WHERE datname = current_database() AND grantee = CAST(:role AS regrole)
    UNION ALL
    SELECT privilege_type || ' ON SCHEMA ' || quote_ident(nspname)
    FROM pg_namespace, aclexplode(nspacl) WHERE grantee = CAST(:role AS regrole)
    UNION ALL
    SELECT privilege_type || ' ON ' || quote_ident(relname)
    FROM pg_class, aclexplode(relacl) WHERE relowner <> grantee AND grantee = CAST(:role AS regrole)
    UNION ALL
    SELECT privilege_type || ' (' || quote_ident(attname) || ') ON ' || CAST(CAST(attrelid AS regclass) AS text)
    FROM pg_attribute, aclexplode(attacl) WHERE grantee = CAST(:role AS regrole)
"""
"""What a `:role` was given, as GRANT and REVOKE name it."""


def tables(inside: pg8000.native.Connection) -> list[str]:
    rows = inside.run("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1")
    return [name for (name,) in rows]


def schema(inside: pg8000.native.Connection) -> list[list[object]]:
    """Return every column, index, constraint and storage parameter of the service's two tables."""
    columns = """
        SELECT table_name, column_name, udt_name, is_nullable, column_default, character_maximum_length
        FROM information_schema.columns WHERE table_name IN ('users', 'sessions') ORDER BY 1, 2
    """
    indexes = "SELECT indexdef FROM pg_indexes WHERE tablename IN ('users', 'sessions') ORDER BY 1"
    constraints = """
        SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid IN ('users'::regclass, 'sessions'::regclass) ORDER BY 1
    """
    parameters = "SELECT relname, reloptions FROM pg_class WHERE relname IN ('users', 'sessions') ORDER BY 1"
    return [row for statement in (columns, indexes, constraints, parameters) for row in inside.run(statement)]
