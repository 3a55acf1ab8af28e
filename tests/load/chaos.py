"""When the servers die: at moments spread over a run by the work that was done."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from infra.local.servers import EmbeddedServer
from tests.load.journal import Journal, Kill
from tests.load.stores import Stores

_CALM_ANSWERS: Final = 400
_VICTIMS: Final = ("Valkey, emptied", "PostgreSQL", "Valkey")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much there is to do: requests acknowledged, rounds of three kills, and the seconds that it may take."""

    requests: int
    rounds: int
    seconds: float

    @property
    def answers_down(self) -> int:
        """How many answers, of any kind, a killed server stays away for, at least."""
        return self.requests // (10 * self.rounds * len(_VICTIMS))

    @property
    def calm_answers(self) -> int:
        """How many answers in a row are no 503 before the next kill."""
        return min(self.answers_down, _CALM_ANSWERS)

    def moments(self) -> Iterator[tuple[int, str]]:
        """Yield after how many acknowledged requests which server is killed."""
        victims = _VICTIMS * self.rounds
        for number, victim in enumerate(victims, 1):
            yield self.requests * number // (len(victims) + 1), victim


class OutOfTimeError(Exception):
    """The run took longer than it may."""


class Chaos:
    """Kills servers with SIGKILL and starts them again."""

    def __init__(self, stores: Stores, journal: Journal, plan: Plan) -> None:
        self._stores = stores
        self._journal = journal
        self._plan = plan
        self._until = time.monotonic() + plan.seconds

    def run(self) -> None:
        """Do it while others do the work; return when all of it is done.

        Raises:
            OutOfTimeError: it was not done in time.
        """
        for acknowledged, victim in self._plan.moments():
            self._wait_for_work(acknowledged)
            self._kill(victim)
        self._wait_for_work(self._plan.requests)

    def _kill(self, victim: str) -> None:
        server: EmbeddedServer = self._stores.postgres if victim == "PostgreSQL" else self._stores.valkey
        kill = Kill(victim, self._journal.acknowledged)
        self._journal.kills.append(kill)
        server.kill()
        # Nor does it come back before somebody was told to come again.
        self._wait(lambda: kill.answers_down >= self._plan.answers_down and kill.refusals_down.total() > 0)
        if victim.endswith("emptied"):
            self._stores.empty_valkey()
        server.start()
        kill.back_at, kill.is_down = time.monotonic(), False

    def _wait_for_work(self, acknowledged: int) -> None:
        self._wait(lambda: self._journal.acknowledged >= acknowledged)
        # One store at a time: breakers may still spare the one that is back.
        self._wait(lambda: self._journal.answers_since_refusal >= self._plan.calm_answers)

    def _wait(self, is_so: Callable[[], bool]) -> None:
        if not self._journal.wait_for(is_so, self._until):
            raise OutOfTimeError
