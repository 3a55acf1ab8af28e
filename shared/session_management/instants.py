"""How long ago something was, in an environment that may be frozen, or restored from a snapshot."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from session_management.interfaces import Clock


@dataclass(frozen=True, slots=True)
class Instant:
    """What both clocks said at once."""

    calendar: datetime
    monotonic: float

    @classmethod
    def of(cls, clock: Clock) -> Self:
        """Return the present."""
        return cls(clock.now(), clock.monotonic())

    def is_within(self, seconds: float, since: "Instant") -> bool:
        """Return whether this is less than *seconds* after *since*, by both clocks.

        The monotonic one may stand still while the environment is frozen, and starts anew where a snapshot is
        restored; the calendar may be set, back too. Whatever is strange about either counts as longer.
        """
        by_calendar = self.calendar - since.calendar
        return timedelta(0) <= by_calendar < timedelta(seconds=seconds) and (
            0 <= self.monotonic - since.monotonic < seconds
        )
