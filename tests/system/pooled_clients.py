"""Clients of the pooler, each a process of its own: they work side by side, and tell which answers were wrong."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any

import pg8000.native

from session_management import CreateUserData, SessionMetadata, Settings, UserManager, UserManagerFactory
from session_management.clients import connections
from session_management.clock import SystemClock
from session_management.observability import LoggingObserver
from tests.system.scenes import Variables

OPERATIONS = 150
_HOUR = 3600
# Where the clients wait for each other. A process gets it when it begins.
_meeting: list[Barrier] = []


def side_by_side[Work](client: Callable[[int, Work], list[str]], count: int, work: Work) -> list[str]:
    """Run *client* in *count* processes that begin together; return the wrong answers that all of them got."""
    context = get_context("spawn")
    with ProcessPoolExecutor(count, context, _meet_at, (context.Barrier(count),)) as processes:
        running = [processes.submit(client, number, work) for number in range(count)]
        return [wrong for result in running for wrong in result.result()]


def manager_client(number: int, variables: Variables) -> list[str]:
    """Do 150 different operations with a manager; return those that did not give this client's own data."""
    client = _Client(UserManagerFactory.create(Settings.from_environment(variables)), number)
    _meeting[0].wait(60)
    wrong = [f"client {number}, {turn}" for turn in range(OPERATIONS) if not client.gets_its_own(turn)]
    UserManagerFactory.clear_cache()
    return wrong


def careful_client(number: int, variables: Variables) -> list[str]:
    """Run 150 different queries through the layer's connection; return those answered with something else."""
    settings, clock = Settings.from_environment(variables), SystemClock()
    observer = LoggingObserver(settings.mode, clock=clock)
    postgres = connections.postgres_for(settings.postgres, clock=clock, observer=observer)
    wrong = _ask(number, postgres.fetch)
    connections.close_postgres()
    return wrong


def careless_client(number: int, variables: Variables) -> list[str]:
    """Do the same with the driver alone, and so outside of any transaction."""
    options = Settings.from_environment(variables).postgres
    connection = pg8000.native.Connection(
        options.user or "",
        host=options.host,
        port=options.port,
        password=options.password,
        database=options.name,
        ssl_context=False,
        timeout=options.timeout_seconds,
    )
    wrong = _ask(number, connection.run)
    connection.close()
    return wrong


def _ask(number: int, query: Callable[..., Any]) -> list[str]:
    query("SELECT 1")
    _meeting[0].wait(60)
    wrong = []
    for turn in range(OPERATIONS):
        own = 1000 * number + turn
        try:
            got = query(f"SELECT {own}, :own::int", own=own)
        except pg8000.native.Error as error:
            got = str(error)
        if got != [[own, own]]:
            wrong.append(f"client {number}, {turn}: {got}")
    return wrong


def _meet_at(barrier: Barrier) -> None:
    _meeting.append(barrier)


class _Client:
    """A user with a session, who knows what each operation must give to them and to nobody else."""

    def __init__(self, manager: UserManager, number: int) -> None:
        self._manager = manager
        self._number = number
        self._email = f"client-{number}@example.com"
        self._id = manager.create(CreateUserData(email=self._email)).id
        self._session_id = manager.create_session(self._id, SessionMetadata(user_agent=self._email), _HOUR)
        self._operations = (
            self._by_id,
            self._by_email,
            self._updated,
            self._session,
            self._extended,
            self._revoked,
        )

    def gets_its_own(self, turn: int) -> bool:
        """Do the operation whose turn it is; tell whether the answer was right."""
        return self._operations[turn % len(self._operations)](turn)

    def _by_id(self, _turn: int) -> bool:
        found = self._manager.find_by_id(self._id)
        return found is not None and found.email == self._email

    def _by_email(self, _turn: int) -> bool:
        found = self._manager.find_by_email(self._email.upper())
        return found is not None and found.id == self._id

    def _updated(self, turn: int) -> bool:
        is_verified = turn % 4 < 2
        user = self._manager.update(self._id, {"is_verified": is_verified})
        return user is not None and (user.email, user.is_verified) == (self._email, is_verified)

    def _session(self, _turn: int) -> bool:
        """Validate; since the update has left a fence, from the record."""
        found = self._manager.find_session(self._session_id)
        return found is not None and found.user.email == found.session.user_agent == self._email

    def _extended(self, turn: int) -> bool:
        # A thousand seconds between the clients: more than any of them takes.
        seconds = _HOUR + 1000 * self._number + turn
        expected = datetime.now(UTC) + timedelta(seconds=seconds)
        end = self._manager.extend_session(self._session_id, seconds)
        return end is not None and abs(end - expected) < timedelta(seconds=500)

    def _revoked(self, _turn: int) -> bool:
        another = self._manager.create_session(self._id, SessionMetadata(), _HOUR)
        ended = self._manager.revoke_all(self._id, except_session_id=self._session_id)
        return ended == 1 and self._manager.find_by_session_id(another) is None
