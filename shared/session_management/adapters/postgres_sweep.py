"""What the sweeper does in PostgreSQL: short statements, by PostgreSQL's clock."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from session_management.clients.postgres import Postgres
from session_management.constants import FENCE_SECONDS

_FIRST_PAGES: Final = 100
_MOST_PAGES: Final = 2_000
_ROWS_AT_ONCE: Final = 4_000
_MANY: Final = 10_000
_MANY_OF_ALL: Final = 0.05

# An operator may have revoked by hand, all at once, and not have said when. Without the order PostgreSQL, which takes
# the two conditions for independent, expects to meet some soon, and reads the whole table where there are none.
_DATE_REVOCATIONS: Final = """
    UPDATE sessions SET revoked_at = now() WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM sessions WHERE revoked AND revoked_at IS NULL
        ORDER BY revoked_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ))
"""

_RECENTLY_REVOKED: Final = f"""
    SELECT id FROM sessions
    WHERE revoked AND revoked_at > now() - INTERVAL '{FENCE_SECONDS} seconds' AND id > :after
    ORDER BY id LIMIT :limit
"""

_SIZE: Final = """
    SELECT pg_relation_size('sessions') / current_setting('block_size')::int, reltuples, now()::text
    FROM pg_class WHERE oid = 'sessions'::regclass
"""
_EXPIRED_UP_TO: Final = """
    SELECT count(*) FROM (SELECT FROM sessions WHERE NOT revoked AND expires_at < now() LIMIT :enough) AS expired
"""
_LAG: Final = """
    SELECT extract(epoch FROM now() - expires_at)::float8 FROM sessions
    WHERE NOT revoked AND expires_at < now() ORDER BY expires_at LIMIT 1
"""
# Few: by the index, leaving alone what somebody else holds.
_EXPIRED_BATCH: Final = """
    DELETE FROM sessions WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM sessions
        WHERE expires_at >= :since::text::timestamptz AND NOT revoked AND expires_at < now()
        ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ))
"""
# Many: by ranges of pages. An index batch would walk the dead entries of all batches before it. Nobody waits for the
# disk: after a crash of the server rows may be back that have expired, and the next sweep deletes them again.
_EXPIRED_RANGE: Final = """
    DELETE FROM sessions
    WHERE ctid >= :first::text::tid AND ctid < :beyond::text::tid AND NOT revoked AND expires_at < now()
        AND (SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL
"""

_PURGEABLE: Final = """
    SELECT id, expires_at > now() FROM sessions
    WHERE revoked AND revoked_at < now() - :retention * INTERVAL '1 second'
        AND (NOT :only_expired OR expires_at <= now())
    ORDER BY revoked_at LIMIT :limit
"""
_PURGE: Final = "DELETE FROM sessions WHERE revoked AND id = ANY (:keys)"

_CLEAR_LEGACY: Final = """
    UPDATE users SET session_id = NULL WHERE id = ANY (ARRAY(
        SELECT id FROM users
        WHERE session_id IS NOT NULL
            AND (last_login_at IS NULL OR last_login_at < now() - :max_age * INTERVAL '1 second')
        LIMIT :limit FOR UPDATE SKIP LOCKED
    ))
"""

# No digest has another length, and no plain key of ours has this one.
_PLAIN_LEFT: Final = """
    SELECT (SELECT count(*) FROM sessions WHERE length(id) <> 64 AND NOT revoked AND expires_at > now())
        + (SELECT count(*) FROM users WHERE session_id IS NOT NULL)
"""
_PLAIN_KEYS: Final = """
    SELECT key FROM (
        SELECT id AS key FROM sessions WHERE length(id) <> 64
        UNION ALL
        SELECT session_id FROM users WHERE session_id IS NOT NULL
    ) AS plain
    WHERE now() >= :until LIMIT :limit
"""
_DELETE_PLAIN: Final = "DELETE FROM sessions WHERE length(id) <> 64 AND id = ANY (:keys)"
_CLEAR_PLAIN: Final = "UPDATE users SET session_id = NULL WHERE session_id = ANY (:keys)"


class PostgreSQLSweepAdapter:
    """The sweeper's statements. Every method raises StoreUnavailableError if PostgreSQL does not answer."""

    def __init__(self, postgres: Postgres) -> None:
        """Use *postgres*."""
        self._postgres = postgres

    def recently_revoked(self, after: str, limit: int) -> Sequence[str]:
        """Return keys of sessions revoked within a fence's life, in order, from beyond *after*."""
        dated = 0 if after else limit
        while dated == limit:
            dated = self._postgres.execute(_DATE_REVOCATIONS, limit=limit)
        return [key for (key,) in self._postgres.fetch(_RECENTLY_REVOKED, after=after, limit=limit)]

    def delete_expired(self, limit: int) -> Iterator[int]:
        """Delete rows that expired and were never revoked; yields how many went after each short statement."""
        ((pages, rows, now),) = self._postgres.fetch(_SIZE)
        since = "-infinity"
        many = max(_MANY, int(float(rows) * _MANY_OF_ALL))
        ((expired,),) = self._postgres.fetch(_EXPIRED_UP_TO, enough=many)
        if expired >= many:
            yield from self._delete_ranges(pages)
            # The index still has what is gone up to here, all of which would be walked for what has expired meanwhile.
            since = now
        deleted = limit
        while deleted == limit:
            deleted = self._postgres.execute(_EXPIRED_BATCH, limit=limit, since=since)
            yield deleted

    def _delete_ranges(self, pages: int) -> Iterator[int]:
        """Delete what has expired in the first *pages* of the table, range by range, some `_ROWS_AT_ONCE` of each.

        How many pages have so many is told by the range before.
        """
        page, at_once = 0, _FIRST_PAGES
        while page < pages:
            beyond = page + at_once
            deleted = self._postgres.execute(_EXPIRED_RANGE, first=f"({page},0)", beyond=f"({beyond},0)")
            yield deleted
            page = beyond
            as_many = at_once * _ROWS_AT_ONCE // max(deleted, 1)
            at_once = max(1, min(as_many, at_once * 2, _MOST_PAGES))

    def lag(self) -> timedelta:
        """Return for how long the row has been over that is over for longest; zero for none."""
        rows = self._postgres.fetch(_LAG)
        return timedelta(seconds=rows[0][0] if rows else 0)

    def purgeable(self, retention: timedelta, limit: int, *, only_expired: bool) -> Sequence[tuple[str, bool]]:
        """Return (key, whether its copy may live) of revoked rows past *retention*, oldest first."""
        seconds = retention.total_seconds()
        rows = self._postgres.fetch(_PURGEABLE, retention=seconds, limit=limit, only_expired=only_expired)
        return [(key, may_live) for key, may_live in rows]

    def purge(self, keys: Sequence[str]) -> int:
        """Delete these revoked rows; how many went."""
        return self._postgres.execute(_PURGE, keys=list(keys))

    def clear_legacy_session_ids(self, max_age: timedelta, limit: int) -> int:
        """Clear up to *limit* of the users' legacy `session_id` that are past *max_age*; how many."""
        return self._postgres.execute(_CLEAR_LEGACY, max_age=max_age.total_seconds(), limit=limit)

    def plain_left(self) -> int:
        """Return how many sessions are still in plain form: live rows, and legacy `session_id`s of users."""
        return int(self._postgres.fetch(_PLAIN_LEFT)[0][0])

    def plain_keys(self, until: datetime, limit: int) -> Sequence[str]:
        """Return up to *limit* keys in plain form, of rows and legacy columns, once *until* is past; none before."""
        return [key for (key,) in self._postgres.fetch(_PLAIN_KEYS, until=until, limit=limit)]

    def forget_plain(self, keys: Sequence[str]) -> int:
        """Delete the rows with these plain keys, and clear the legacy columns; how many."""
        keys = list(keys)
        return self._postgres.execute(_DELETE_PLAIN, keys=keys) + self._postgres.execute(_CLEAR_PLAIN, keys=keys)
