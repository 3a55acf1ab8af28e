"""The execution environments of a run: real processes with the real handlers, each addressed by itself."""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from infra.local.deployment import PROJECT
from infra.local.lambdas.function_process import FunctionProcess
from infra.local.lambdas.local_function import InvocationError, LocalFunction
from tests.load.answers import BROKEN, Answer, answer_of, answer_of_failure
from tests.load.events import first
from tests.load.journal import Journal
from tests.load.stores import Identity, Stores

_CLIENTS_WAIT_SECONDS: Final = 10.0
_SWEEPER_SECONDS: Final = 300.0

_FOLDERS: Final[Mapping[str, Path]] = {
    **{name: PROJECT / "functions" / name for name in ("login", "logout", "validate", "authorizer", "sweeper")},
    "account": Path(__file__).parent / "account_changes",
}
_SINGLE: Final = ("sweeper", "account")


def identities(environments: int) -> list[Identity]:
    """Return who takes part: so many *environments* of each function, one of those that clients do not wait for."""
    return [Identity.of(name, number) for name in _FOLDERS for number in range(1 if name in _SINGLE else environments)]


def budget_seconds(function: str) -> float:
    """Return what *function* may take, as template.yaml says."""
    return _SWEEPER_SECONDS if function == "sweeper" else _CLIENTS_WAIT_SECONDS


class Environment:
    """One process. It takes one event at a time, and is not replaced when it ends: that is a fault."""

    def __init__(self, function: LocalFunction, name: str, journal: Journal, log: int) -> None:
        self.name = name
        self.function = function.name
        self._journal = journal
        self._busy = threading.Lock()
        self._process = FunctionProcess(function, log)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def ask(self, event: Mapping[str, Any]) -> Answer:
        """Return the answer to *event*, counted in the journal."""
        return self._journal.note(self.function, self.tell(event))

    def tell(self, event: Mapping[str, Any]) -> Answer:
        """Return the answer to *event*, which is no part of the load."""
        with self._busy:
            began = time.monotonic()
            try:
                payload = self._process.invoke(event)
                answer = answer_of(payload, time.monotonic() - began)
            except InvocationError as error:
                answer = answer_of_failure(error, time.monotonic() - began)
        if answer.status == BROKEN:
            self._journal.fault(f"broken: {self.function} ended with {answer.fault}")
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.end()


class Fleet:
    """All environments of a run."""

    def __init__(self, environments: list[Environment]) -> None:
        self.all = environments

    def of(self, *functions: str) -> list[Environment]:
        """Return the environments of these functions."""
        return [one for one in self.all if one.function in functions]

    def any_of(self, function: str, random: Random) -> Environment:
        """Return one of *function*'s environments."""
        return random.choice(self.of(function))


@contextmanager
def running_fleet(stores: Stores, members: list[Identity], journal: Journal, log: int) -> Iterator[Fleet]:
    """Start a process for each of *members*, every other one as behind a pooler; their log goes to descriptor *log*."""
    with ExitStack() as started:

        def start(numbered: tuple[int, Identity]) -> Environment:
            number, identity = numbered
            function = _function(identity, stores.environment_for(identity, is_pooled=number % 2 == 1))
            environment = Environment(function, identity.name, journal, log)
            started.callback(environment.close)
            environment.tell(first(function.name))
            return environment

        # A few at a time: each has only so long to import its function.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            environments = list(pool.map(start, enumerate(members)))
        yield Fleet(environments)


def _function(identity: Identity, environment: Mapping[str, str]) -> LocalFunction:
    name = identity.name.partition("-")[0]
    return LocalFunction(
        name=name,
        folder=_FOLDERS[name],
        layer=PROJECT / "shared",
        environment=environment,
        timeout_seconds=budget_seconds(name),
    )
