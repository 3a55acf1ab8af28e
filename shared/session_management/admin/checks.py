"""One line of the doctor's report, and what becomes of it where a store does not answer or may not be asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from session_management.clock import SystemClock
from session_management.errors import StoreUnavailableError
from session_management.interfaces import Clock

_CLOCK: Final = SystemClock()
_SKEW_TO_MENTION: Final = timedelta(seconds=1)


class Status(StrEnum):
    """How bad it is; in this order."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, what was found, and what to do about it, in a sentence each."""

    name: str
    status: Status
    found: str
    advice: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def as_json(self) -> dict[str, Any]:
        """The line as an answer has it."""
        return {
            "name": self.name,
            "status": self.status,
            "found": self.found,
            "advice": self.advice,
            "facts": dict(self.facts),
        }


type Look = Callable[[], Check]


def looked(name: str, look: Look, *, hint: str) -> Check:
    """Return what *look* finds; where it is not answered, that it cannot be told, and the *hint* what to do."""
    try:
        return look()
    except StoreUnavailableError as error:
        return Check(name, Status.WARNING, f"cannot be told: {error.reason}", hint)


def untold(names: Mapping[str, Any], store: str) -> list[Check]:
    """Return lines that say of each name that it cannot be told while *store* does not answer."""
    advice = f"Get {store} to answer first."
    return [Check(name, Status.WARNING, f"cannot be told: {store} does not answer", advice) for name in names]


def clock_check(name: str, store: str, ask: Callable[[], Any], bound: timedelta, clock: Clock = _CLOCK) -> Check:
    """Return how far the clock of *store* is from this environment's; from *bound* on, promises are not kept."""
    before = clock.now()
    theirs = ask()
    after = clock.now()
    middle = before + (after - before) / 2
    skew, half = theirs - middle, (after - before) / 2
    facts = {"skew_ms": round(skew.total_seconds() * 1000), "uncertainty_ms": round(half.total_seconds() * 1000)}
    certain = abs(skew) - half
    found = f"the clock of {store} is {skew.total_seconds():+.3f} s from this environment's"
    if certain < _SKEW_TO_MENTION:
        return Check(name, Status.OK, found, None, facts)
    status = Status.FAULT if certain >= bound else Status.WARNING
    return Check(
        name, status, found, f"Set the clock of {store} by NTP: ends of sessions are early or late by that.", facts
    )
