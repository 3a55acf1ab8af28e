"""After the run, with both servers up: is all that was acknowledged still so, and is nothing left over?"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tests.load.answers import OK, REFUSED, Answer
from tests.load.client import Client
from tests.load.connections import Watch
from tests.load.events import DOORS_THAT_ASK, SWEEP
from tests.load.fleet import Environment, Fleet, budget_seconds
from tests.load.journal import Journal, KnownSession, State
from tests.load.processes import Holding
from tests.load.settling import insist
from tests.load.stores import Stores
from tests.load.verdicts import ask, judge
from tests.support.servers import sql_connection, valkey_connection

_ROWS: Final = "SELECT id, revoked FROM sessions WHERE user_id = ANY(:users)"
_RECOVERY_SECONDS: Final = 5.0
_GROWTH_MB: Final = 24.0
"""What an environment may grow by: of one password hash, 19 MiB may or may not be given back at the moment."""


def judge_sessions(stores: Stores, fleet: Fleet, journal: Journal, clients: Sequence[Client]) -> None:
    """Hold what PostgreSQL has, and what every environment answers, against what was acknowledged."""
    (sweeper,) = fleet.of("sweeper")
    while not insist(lambda: sweeper.tell(SWEEP)).body["finished"]:
        pass
    _judge_rows(stores, journal, [client.user_id for client in clients])
    doors = fleet.of(*DOORS_THAT_ASK)
    _ask_all(journal, [(door, journal.sessions) for door in doors], "at the end")
    with valkey_connection(stores.valkey) as valkey:
        valkey.flushall()
    for session in journal.sessions:
        if session.state is State.UNCERTAIN:
            session.state = State.LIVE
    # Now by the record alone; one environment each, since the first answer makes a copy again.
    shares = [(door, journal.sessions[number :: len(doors)]) for number, door in enumerate(doors)]
    _ask_all(journal, shares, "at the end, without a copy")
    for client in clients:
        if not client.can_log_in():
            journal.fault("lost: a password is refused at the end")


def _judge_rows(stores: Stores, journal: Journal, users: list[str]) -> None:
    with sql_connection(stores.postgres) as connection:
        revoked = {str(handle): bool(is_revoked) for handle, is_revoked in connection.run(_ROWS, users=users)}
    for session in journal.sessions:
        is_live = revoked.get(session.handle) is False
        if session.state is State.UNCERTAIN:
            journal.uncertain_ends += 1
            # The sweep has fenced what is revoked. Of the others some have a fence that nobody acknowledged: of
            # those that were to end while PostgreSQL did not answer.
            session.state = State.UNCERTAIN if is_live else State.ENDED
        elif is_live is not (session.state is State.LIVE):
            judge(journal, "PostgreSQL", session, OK if is_live else REFUSED, "at the end")
    unknown = len(revoked.keys() - {session.handle for session in journal.sessions})
    if unknown > journal.uncertain_logins:
        journal.fault(f"wrong: {unknown} sessions in PostgreSQL that no login could have left")


def _ask_all(journal: Journal, shares: Sequence[tuple[Environment, list[KnownSession]]], when: str) -> None:
    """Have each environment asked about its share, all of them at once."""

    def ask_one(share: tuple[Environment, list[KnownSession]]) -> None:
        environment, sessions = share
        for session in sessions:
            insist(_asking(journal, environment, session, when))

    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(ask_one, shares))


def _asking(journal: Journal, environment: Environment, session: KnownSession, when: str) -> Callable[[], Answer]:
    return lambda: ask(journal, environment, session, when)


def judge_processes(journal: Journal, before: dict[str, Holding], after: dict[str, Holding]) -> None:
    """Hold what each process holds against what it held in the same state before."""
    for name, held in after.items():
        function, was = name.partition("-")[0], before[name]
        if held.descriptors > was.descriptors:
            journal.fault(f"leaked: {function} went from {was.descriptors} to {held.descriptors} descriptors")
        if held.memory_mb > was.memory_mb + _GROWTH_MB:
            journal.fault(f"leaked: {function} grew by more than {_GROWTH_MB:g} MB")


def judge_times(journal: Journal) -> None:
    """Have no answer later than its function's time, no 503 while both stores are up, nor long after one is back."""
    if journal.refusals_before_any_kill:
        journal.fault(f"wrong: {journal.refusals_before_any_kill} x 503 before any store was killed")
    for function, tally in journal.tallies.items():
        if tally.slowest_seconds > budget_seconds(function):
            journal.fault(f"late: {function} took {tally.slowest_seconds:.1f} s")
    for kill in journal.kills:
        if kill.recovery_seconds > _RECOVERY_SECONDS:
            journal.fault(f"late: the last 503 came {kill.recovery_seconds:.1f} s after {kill.what} was back")


def judge_connections(journal: Journal, watch: Watch) -> None:
    """Have no environment hold two connections to a store."""
    if not watch.samples:
        journal.fault(f"unseen: nobody looked at the connections to {watch.store}")
    for name in watch.held_too_many:
        journal.fault(f"leaked: {name.partition('-')[0]} held several connections to {watch.store}")
