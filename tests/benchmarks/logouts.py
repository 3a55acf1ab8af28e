"""`make bench-logouts`: how much longer a logout takes than what it asks of both stores."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from session_management.models import CreateUserData
from session_management.tokens import handle_of, new_session_id
from tests.benchmarks.benchmark import Benchmark, run
from tests.benchmarks.measuring import Operation
from tests.benchmarks.replay import RawStores, asked_by
from tests.benchmarks.stores import Stores, opened
from tests.support.servers import sql_connection

RAW_LOGOUT: Final = "raw statements of a logout"
LOGOUT: Final = "manager: delete_session"
_SESSIONS: Final = 30_000
"""Of each operation: so many may be ended, in all rounds together."""
_INSERT: Final = """
    INSERT INTO sessions (id, user_id, created_at, last_activity, expires_at)
    SELECT key, :user_id, now(), now(), now() + INTERVAL '7 days' FROM unnest(CAST(:keys AS text[])) AS key
"""


@contextmanager
def started() -> Iterator[list[Operation]]:
    """Start both stores, with sessions to end."""
    with opened() as stores, RawStores.opened(stores.postgres, stores.valkey) as raw:
        first, *session_ids = _session_ids(stores)
        asked = asked_by(lambda: stores.manager.delete_session(first))
        replay = raw.replay(asked, handle_of(first))
        ours = iter(session_ids[:_SESSIONS])
        keys = iter([handle_of(session_id) for session_id in session_ids[_SESSIONS:]])
        yield [
            Operation(RAW_LOGOUT, lambda: replay(next(keys))),
            Operation(LOGOUT, lambda: stores.manager.delete_session(next(ours)), target=1.5, limit=2),
        ]


def _session_ids(stores: Stores) -> list[str]:
    user = stores.manager.create(CreateUserData("ann@example.com"))
    session_ids = [new_session_id() for _ in range(1 + 2 * _SESSIONS)]
    with sql_connection(stores.postgres) as connection:
        connection.run(_INSERT, user_id=user.id, keys=[handle_of(session_id) for session_id in session_ids])
        connection.run("VACUUM ANALYZE sessions")
    return session_ids


LOGOUTS: Final = Benchmark(
    name="bench-logouts",
    about="How much longer does a logout take than what it asks of both stores?",
    started=started,
    reference=RAW_LOGOUT,
    calls=50,
    rounds=60,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure it as the command line asks."""
    run(LOGOUTS, arguments)


if __name__ == "__main__":
    main()
