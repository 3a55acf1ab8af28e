"""What may become of a login's COMMIT: the cases that test_commit.py asserts and docs/failure-modes.md shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.integration.failures.rows import CANNOT_TELL
from tests.support.relay import Relay


@dataclass(frozen=True, slots=True)
class Commit:
    """What becomes of it (`befalls`, when it is sent), whether the login is acknowledged, and how many rows are left.

    `ways` are those of committing to which it applies: where the login is one statement (`True`), or several (`False`).
    """

    name: str
    what: str
    befalls: Callable[[Relay], None]
    is_acknowledged: bool
    rows: int
    ways: tuple[bool, ...] = (True, False)

    def __str__(self) -> str:
        """Return a name for test reports."""
        return self.name

    @property
    def client(self) -> str:
        """What the client gets, in words."""
        return "200 and the session" if self.is_acknowledged else CANNOT_TELL

    @property
    def record(self) -> str:
        """What the record holds, in words."""
        if not self.rows:
            return "no row"
        return "one row" if self.is_acknowledged else "one row, of which nobody has the ID"


def _go_silent_for_good(relay: Relay) -> None:
    relay.withhold_answers()
    relay.is_down = True


def _be_cut_off(relay: Relay) -> None:
    relay.cut(with_reset=True)


COMMITS: Final = (
    Commit(
        "answer lost",
        "It was done, and the connection ended before the answer",
        lambda relay: relay.lose_next_answers(1),
        is_acknowledged=True,
        rows=1,
    ),
    Commit(
        "never answered",
        "It was done, and its answer is waited for in vain",
        Relay.withhold_answers,
        is_acknowledged=True,
        rows=1,
    ),
    Commit("never arrived", "It never arrived", _be_cut_off, is_acknowledged=False, rows=0, ways=(False,)),
    Commit(
        "sent again",
        "It never arrived; with `DATABASE_POOLER=none` and no limit of sessions the login is one statement, "
        "which is sent again",
        _be_cut_off,
        is_acknowledged=True,
        rows=1,
        ways=(True,),
    ),
    Commit(
        "no second look",
        "It was done, and PostgreSQL does not answer the second look either",
        _go_silent_for_good,
        is_acknowledged=False,
        rows=1,
    ),
)
