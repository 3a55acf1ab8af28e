"""How long ago something was, in an environment that may be frozen, or restored from a snapshot."""

from typing import NamedTuple, Self

from session_management.interfaces import Clock


class Instant(NamedTuple):
    """What both clocks said at once, in seconds: since 1970, and since whenever the machine began."""

    calendar: float
    monotonic: float

    @classmethod
    def of(cls, clock: Clock) -> Self:
        """Return the present."""
        return cls(clock.now().timestamp(), clock.monotonic())

    def is_within(self, seconds: float, since: "Instant") -> bool:
        """Return whether this is less than *seconds* after *since*, by both clocks.

        The monotonic one may stand still while the environment is frozen, and starts anew where a snapshot is
        restored; the calendar may be set, back too. Whatever is strange about either counts as longer.
        """
        return 0 <= self.calendar - since.calendar < seconds and 0 <= self.monotonic - since.monotonic < seconds
