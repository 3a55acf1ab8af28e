"""What `make bench-logins` measures: a login and a logout, each beside what it asks of both stores."""

import mmap
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pytest

from infra.database.migrate import migrate, read_migrations
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.factory import UserManagerFactory
from session_management.managers import authentication
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, SessionMetadata
from session_management.passwords import Verification
from session_management.tokens import handle_of, new_session_id
from tests.benchmarks.measuring import Operation, each
from tests.benchmarks.replay import BareStores, asked_by
from tests.benchmarks.unheard import unheard
from tests.functions.service import Service
from tests.support.servers import postgres_client, server_environment, sql_connection

BARE_LOGIN: Final = "login: bare statements"
LOGIN: Final = "login: manager, without the hash"
BARE_LOGOUT: Final = "logout: bare statements"
LOGOUT: Final = "logout: manager"
_OF_LAMBDA: Final = {
    "POWERTOOLS_SERVICE_NAME": "sessions-prod",
    "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
}
"""What a line of the log is made with: the stack sets the one, Lambda the other."""
_WIDTH: Final = 8
_USERS: Final = 100
_SESSIONS: Final = 12_000
"""So many may be ended in all rounds together, by each of the two ways: enough for 200."""
_HASH: Final = f"$argon2id$v=19$m=19456,t=2,p=1${'a' * 22}${'b' * 43}"
"""Nobody's, and as long as a user's."""
_CLIENT: Final = SessionMetadata(ip="192.0.2.7", user_agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")
_INSERT: Final = """
    INSERT INTO sessions (id, user_id, created_at, last_activity, expires_at)
    SELECT key, :user_id, now(), now(), now() + INTERVAL '7 days' FROM unnest(CAST(:keys AS text[])) AS key
"""


@contextmanager
def started() -> Iterator[list[Operation]]:
    """Start both stores, as in production where a commit waits for the disk, and a manager over them.

    Its users' passwords are all right, at no cost.
    """
    with EmbeddedPostgres() as postgres, EmbeddedValkey() as valkey, pytest.MonkeyPatch.context() as patch:
        with postgres_client(postgres) as client:
            migrate(client, read_migrations())
        with Service.started(patch) as service, unheard(), BareStores.opened(postgres, valkey) as bare:
            service.configure(**server_environment(postgres, valkey, DATABASE_POOLER="none"), **_OF_LAMBDA)
            patch.setattr(authentication, "verify_password", lambda *_: Verification(is_right=True))
            manager = UserManagerFactory.create()
            yield [*_logins(manager, bare), *_logouts(manager, bare, postgres)]


def _logins(manager: UserManager, bare: BareStores) -> Iterator[Operation]:
    """Yield a login by some users in turn, bare and by the manager; each returns the session's key."""
    emails = [f"user-{number}@example.com" for number in range(_USERS)]
    for email in emails:
        manager.create(CreateUserData(email, hashed_password=_HASH))

    def log_in(email: str) -> str:
        return manager.log_in(email, "a password", _CLIENT).session.key

    def recorded(email: str) -> Callable[[str], None]:
        keys: list[str] = []
        asked = asked_by(lambda: keys.append(log_in(email)))
        return bare.replay(asked, keys[0])

    def log_in_bare(replay: Callable[[str], None]) -> str:
        key = secrets.token_hex(32)
        replay(key)
        return key

    yield Operation(BARE_LOGIN, each(log_in_bare, [recorded(email) for email in emails]), beside=BARE_LOGIN)
    yield Operation(LOGIN, each(log_in, emails), 1.5, 2, beside=BARE_LOGIN)


def _logouts(manager: UserManager, bare: BareStores, postgres: EmbeddedPostgres) -> Iterator[Operation]:
    """Yield the end of a session, bare and by the manager; each returns the session's key."""
    first, *session_ids = [new_session_id() for _ in range(1 + 2 * _SESSIONS)]
    keys = [handle_of(session_id) for session_id in session_ids]
    user = manager.create(CreateUserData("ann@example.com"))
    with sql_connection(postgres) as connection:
        connection.run(_INSERT, user_id=user.id, keys=[handle_of(first), *keys])
        connection.run("VACUUM ANALYZE sessions")
    replay = bare.replay(asked_by(lambda: manager.delete_session(first)), handle_of(first))

    def log_out_bare(key: str) -> str:
        replay(key)
        return key

    def log_out(session_id: str) -> str:
        manager.delete_session(session_id)
        return handle_of(session_id)

    yield Operation(BARE_LOGOUT, _each_once(log_out_bare, keys[:_SESSIONS]), beside=BARE_LOGOUT)
    yield Operation(LOGOUT, _each_once(log_out, session_ids[_SESSIONS:]), beside=BARE_LOGOUT)


def _each_once[Answer](call: Callable[[str], Answer], items: Sequence[str]) -> Callable[[], Answer]:
    """Return what calls with the next of *items* each time, and fails after the last.

    Processes that are forked off go on where the one before them ended: none takes an item twice.
    """
    place = mmap.mmap(-1, _WIDTH)

    def following() -> Answer:
        number = int.from_bytes(place[:])
        place[:] = (number + 1).to_bytes(_WIDTH)
        return call(items[number])

    return following
