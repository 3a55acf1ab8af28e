"""The run: many environments at work while their stores are killed and come back."""

import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from tests.load.chaos import Chaos, OutOfTimeError, Plan
from tests.load.client import Client
from tests.load.connections import Sampler, Watch
from tests.load.fleet import Fleet, identities, running_fleet
from tests.load.journal import Journal
from tests.load.judgement import judge_connections, judge_processes, judge_sessions, judge_times
from tests.load.processes import Holding
from tests.load.settling import Settling, UnsettledError, create_user
from tests.load.stores import Identity, Stores, running_stores


@dataclass(frozen=True, slots=True)
class Outcome:
    """What there is to report."""

    journal: Journal
    environments: int
    clients: int
    seconds: float
    watches: tuple[Watch, Watch]
    before: dict[str, Holding]
    after: dict[str, Holding]


def run(plan: Plan, workers: int, journal: Journal) -> Outcome:
    """Run *plan* over *workers* environments of each function; *journal* can be looked at meanwhile."""
    members = identities(workers)
    with _running(members, journal) as (stores, fleet, sampler):
        settling = Settling(fleet, sampler, journal)
        clients = _clients(fleet, journal, 2 * workers)
        before = after = settling.holdings()
        seconds = plan.seconds
        try:
            seconds = _work(Chaos(stores, journal, plan), clients)
            judge_sessions(stores, fleet, journal, clients)
            after = settling.holdings()
        except (OutOfTimeError, UnsettledError) as error:
            journal.fault(f"late: {type(error).__name__}")
    judge_times(journal)
    judge_processes(journal, before, after)
    watches = sampler.postgres, sampler.valkey
    for watch in watches:
        judge_connections(journal, watch)
    return Outcome(journal, len(members), len(clients), seconds, watches, before, after)


@contextmanager
def _running(members: list[Identity], journal: Journal) -> Iterator[tuple[Stores, Fleet, Sampler]]:
    """Start servers, environments and the look at their connections; end them all."""
    with (
        tempfile.TemporaryFile() as log,
        running_stores(members) as stores,
        running_fleet(stores, members, journal, log.fileno()) as fleet,
    ):
        sampler = Sampler(stores, {one.name for one in members})
        with sampler.running():
            yield stores, fleet, sampler


def _work(chaos: Chaos, clients: list[Client]) -> float:
    """Have all clients at work while *chaos* runs; return how many seconds it took."""
    is_over, began = threading.Event(), time.monotonic()

    def work(client: Client) -> None:
        while not is_over.is_set():
            client.step()

    with ThreadPoolExecutor(len(clients)) as pool:
        working = [pool.submit(work, client) for client in clients]
        try:
            chaos.run()
        finally:
            is_over.set()
        for client in working:
            client.result()
    return time.monotonic() - began


def _clients(fleet: Fleet, journal: Journal, count: int) -> list[Client]:
    """Return clients, each with a user of its own and thus with one costly hash; they log in many times."""
    made = []
    for number in range(count):
        email, password = f"client-{number}@example.com", f"the password of client {number}"
        made.append(Client(email, password, create_user(fleet, email, password), fleet=fleet, journal=journal))
    return made
