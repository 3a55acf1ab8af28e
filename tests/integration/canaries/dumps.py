"""All that the stores hold and write, as text: what is at rest must be somewhere in here."""

from collections.abc import Iterator

import pg8000.native
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey

_TABLES = "SELECT schemaname || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"


def rows(sql: pg8000.native.Connection) -> Iterator[str]:
    """Give every row of every table, and what each connection asked last, as text."""
    for (table,) in sql.run(_TABLES):
        for (row,) in sql.run(f"SELECT t::text FROM {table} t"):
            yield f"{table}: {row}"
    for (activity,) in sql.run("SELECT a::text FROM pg_stat_activity a WHERE application_name <> 'tests'"):
        yield f"pg_stat_activity: {activity}"


def keys_and_commands(keys: redis.Redis) -> Iterator[str]:
    """Give every key with its value, plain and as Valkey dumps it, and the commands in Valkey's slow log."""
    for key in keys.scan_iter():
        value = keys.zrange(key, 0, -1) if keys.type(key) == b"zset" else keys.get(key)
        yield f"{key!r}: {value!r} {keys.dump(key)!r}"
    for entry in keys.slowlog_get(100_000):
        yield f"command: {entry!r}"


def files(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[tuple[str, bytes]]:
    """Give every file of both servers: tables, indexes, what was in them (the write-ahead log), and their logs."""
    for server in (postgres, valkey):
        for path in sorted(server.folder.rglob("*")):
            if path.is_file() and path.name != "valkey.conf":
                yield str(path), path.read_bytes()
