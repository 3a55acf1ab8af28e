"""What an environment of the crowd is told to do, and what it tells afterwards."""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

LOGIN: Final = "login"


@dataclass(frozen=True, slots=True)
class Order:
    """A stretch of work: for *seconds*, or so many *requests*, whichever ends first.

    With a *rate* the requests fall due at random moments, that many a second on average, whether or not the ones before
    were answered in time; without, each follows the answer before. Clocks run *ahead_seconds* before the machine's.
    """

    seconds: float
    requests: int | None = None
    rate: float | None = None
    ahead_seconds: float = 0.0


@dataclass(slots=True)
class Told:
    """What came of an order: in one environment, or in all of them together.

    Attributes:
        seconds: Each validation's, from when it was due to its answer.
        login_seconds: Each login's.
        paths: How validations came to their answers.
        asked: How often each session, by its number, was asked for.
        recorded: How often PostgreSQL had to be asked for each.
        faults: What should not have been.
    """

    seconds: array[float] = field(default_factory=lambda: array("d"))
    login_seconds: array[float] = field(default_factory=lambda: array("d"))
    paths: Counter[str] = field(default_factory=Counter)
    asked: Counter[int] = field(default_factory=Counter)
    recorded: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def requests(self) -> int:
        """All that were answered, in whichever way."""
        return len(self.seconds) + len(self.login_seconds)

    @property
    def hit_rate(self) -> float:
        """The share of validations that the copy alone answered."""
        return self.paths["copy"] / max(1, self.paths.total())

    @classmethod
    def together(cls, shares: Iterable["Told"]) -> "Told":
        """Return all of *shares* as one."""
        whole = cls()
        for share in shares:
            whole.seconds.extend(share.seconds)
            whole.login_seconds.extend(share.login_seconds)
            whole.paths.update(share.paths)
            whole.asked.update(share.asked)
            whole.recorded.update(share.recorded)
            whole.faults.update(share.faults)
        return whole
