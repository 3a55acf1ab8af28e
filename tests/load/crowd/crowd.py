"""The run: as many environments as a busy service has, over one PostgreSQL and one Valkey."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Final

import pytest

from session_management.passwords import hash_password
from tests.load.connections import Sampler, Watch
from tests.load.crowd.environment import Facts, hash_cheaply, serve
from tests.load.crowd.orders import Order, Told
from tests.load.crowd.population import populate
from tests.load.processes import Holding, holding, own_memory_mb
from tests.load.stores import Identity, Stores, running_stores
from tests.support.servers import sql_connection

_PASSWORD: Final = "the password of everybody"
_PATIENT: Final = {
    f"{store}_{wait}_MS": "8000" for store in ("DATABASE", "REDIS") for wait in ("CONNECT_TIMEOUT", "TIMEOUT")
}
"""Hundreds of processes wait for a core here: that is a latency to be told, and no store that fails."""
_LOOK_SECONDS: Final = 0.25
_PATIENCE_SECONDS: Final = 120.0
_STATEMENTS: Final = """
    SELECT COALESCE(sum(calls), 0)
    FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname LIKE 'crowd-%'
"""

type Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What came of one order that all environments were given at once.

    Attributes:
        name: What a reader knows it by.
        seconds: How long it took by the environments' clocks.
        statements: How many PostgreSQL ran meanwhile, logins' included, by its own count.
    """

    name: str
    order: Order
    told: Told
    seconds: float
    statements: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What there is to report."""

    sessions: int
    stretches: Sequence[Stretch]
    watches: tuple[Watch, Watch]
    holdings: Sequence[Holding]
    own_mb: Sequence[float]

    @property
    def told(self) -> Told:
        """What came of all stretches."""
        return Told.together(stretch.told for stretch in self.stretches)

    @property
    def minutes(self) -> float:
        """How long all stretches took."""
        return sum(stretch.seconds for stretch in self.stretches) / 60


class Crowd:
    """All environments of a run, each at the end of a pipe."""

    def __init__(self, stores: Stores, sessions: int, pipes: Sequence[Connection]) -> None:
        self._stores = stores
        self._sessions = sessions
        self._pipes = pipes

    def work(self, name: str, order: Order, progress: Progress) -> Stretch:
        """Have all of them carry out *order* at once.

        Raises:
            TimeoutError: some have not told anything for long after its end.
            EOFError: one of them died.
        """
        before, began = self._statements(), time.monotonic()
        for pipe in self._pipes:
            pipe.send(order)
        told = Told.together(self._answers(began + order.seconds + _PATIENCE_SECONDS, name, progress))
        return Stretch(name, order, told, time.monotonic() - began, self._statements() - before)

    def _answers(self, until: float, name: str, progress: Progress) -> Iterator[Told]:
        missing = list(self._pipes)
        began = time.monotonic()
        while missing:
            for ready in wait(missing, 1.0):
                assert isinstance(ready, Connection)
                missing.remove(ready)
                yield ready.recv()
            progress(f"{name}: {time.monotonic() - began:.0f} s, {len(missing)} environments at work")
            if time.monotonic() > until:
                raise TimeoutError(f"{len(missing)} environments have not told anything")

    def _statements(self) -> int:
        with sql_connection(self._stores.postgres) as connection:
            ((count,),) = connection.run(_STATEMENTS)
        return int(count)


def run(
    environments: int,
    sessions: int,
    orders: Callable[[Sequence[Stretch]], tuple[str, Order] | None],
    progress: Progress,
) -> Outcome:
    """Run what *orders* makes of the stretches before, one after the other, until it makes None."""
    members = [Identity.of("crowd", number) for number in range(environments)]
    settings = (f"max_connections={environments + 20}", "shared_preload_libraries=pg_stat_statements")
    with running_stores(members, postgres_settings=settings) as stores, ExitStack() as ended:
        progress(f"making {sessions} sessions")
        _populate(stores, sessions)
        progress(f"starting {environments} environments")
        processes, pipes = zip(*ended.enter_context(_started(stores, members, sessions)), strict=True)
        sampler = Sampler(stores, {one.name for one in members}, step_seconds=_LOOK_SECONDS)
        crowd, stretches = Crowd(stores, sessions, pipes), list[Stretch]()
        with sampler.running():
            while following := orders(stretches):
                stretches.append(crowd.work(*following, progress))
            holdings = [holding(pid) for pid in processes]
            own = [mb for pid in processes if (mb := own_memory_mb(pid)) is not None]
        return Outcome(sessions, stretches, (sampler.postgres, sampler.valkey), holdings, own)


def _populate(stores: Stores, sessions: int) -> None:
    with pytest.MonkeyPatch.context() as patch, sql_connection(stores.postgres) as connection:
        hash_cheaply(patch)
        connection.run("CREATE EXTENSION pg_stat_statements")
        populate(connection, sessions, hash_password(_PASSWORD))


@contextmanager
def _started(stores: Stores, members: Sequence[Identity], sessions: int) -> Iterator[list[tuple[int, Connection]]]:
    """Fork a process for each of *members*, from one that has imported all there is; end them when it is over."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.load.crowd.nursery"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        forkserver.ensure_running()
    with ExitStack() as ended:
        started = []
        for number, identity in enumerate(members):
            here, there = context.Pipe()
            variables = {**stores.environment_for(identity, is_pooled=False), **_PATIENT}
            facts = Facts(number, variables, sessions, _PASSWORD)
            process = context.Process(target=serve, args=(there, facts), daemon=True)
            process.start()
            there.close()
            ended.callback(process.join)
            ended.callback(here.send, None)
            assert process.pid
            started.append((process.pid, here))
        yield started
