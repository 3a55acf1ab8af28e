"""How often each kind of thing happened: a machine that never gets anywhere proves nothing."""

from collections import Counter
from itertools import product
from typing import Final

from tests.machine.model import Outcome

_OF_PATHS: Final = (
    "validation: cannot tell",
    "validation: none by fence",
    "validation: none by original",
    "validation: none by record",
    "validation: none by record-without-redis",
    "validation: valid by copy",
    "validation: valid by record",
    "validation: valid by record-without-redis",
    "validation: valid by stale-if-error",
    "unknown: none by malformed",
)
_OF_DOUBTS: Final = (
    "a doubt was settled: it happened",
    "a doubt was settled: it did not happen",
    "an ended session was believed for a while: its fence was lost",
    "an ended session was believed for a while: it was not fenced",
    "an old look of a user was believed for a while",
)
_NEEDS_BOTH_STORES: Final = (
    "change password",
    "change user",
    "delete",
    "disable",
    "enable",
    "end by handle",
    "log out",
    "renew password",
    "revoke all",
)
_NEEDS_THE_RECORD: Final = ("create session", "extend", "log in", "sweep")
_OF_OUTCOMES: Final = (
    *product(_NEEDS_BOTH_STORES, Outcome),
    *product(_NEEDS_THE_RECORD, set(Outcome) - {Outcome.RECORDED}),
)
_REFUSED: Final = (
    "log in: refused",
    "create session: refused",
    "create again: refused",
    "create again: acknowledged",
    "register: refused",
    "register: acknowledged",
    "renew password: refused",
)

EVERYTHING: Final = frozenset(
    (*_OF_PATHS, *_OF_DOUBTS, *_REFUSED, *(f"{operation}: {outcome.value}" for operation, outcome in _OF_OUTCOMES))
)
"""What can happen, and has to in a run that is to prove anything."""


STEPS: Final = 50
"""In a run, unless it ends before."""

CENSUS: Final = "census"
"""The property of a test under which it tells what its runs came to."""


class Census:
    """Counts by name."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.runs = self.steps = self.long_runs = self.operations = 0

    def saw(self, name: str) -> None:
        """Count one."""
        self.counts[name] += 1

    def ran(self, steps: int) -> None:
        """Count a run that came to its end after as many rules."""
        self.runs += 1
        self.steps += steps
        self.long_runs += steps >= STEPS

    @property
    def validations(self) -> int:
        """How many answers were held to the model."""
        return sum(count for name, count in self.counts.items() if name.startswith("validation: "))

    @property
    def never_seen(self) -> list[str]:
        """What did not happen."""
        return sorted(EVERYTHING - self.counts.keys())

    @property
    def head(self) -> str:
        """How much it was, in one line."""
        return (
            f"{self.runs} runs, {self.long_runs} of them of {STEPS} steps; {self.steps:,} steps, "
            f"{self.operations:,} operations, {self.validations:,} answers held to the model"
        )

    def __str__(self) -> str:
        """Return all counts."""
        return "\n".join([self.head, *(f"{count:8,} {name}" for name, count in sorted(self.counts.items()))])
