"""How long ago something was, in an environment that may be frozen, or restored from a snapshot."""

from session_management.interfaces import Clock

type Instant = tuple[float, float]
"""What both clocks said at once, in seconds: since 1970, and since whenever the machine began."""


def present(clock: Clock) -> Instant:
    """Return the present."""
    return clock.timestamp(), clock.monotonic()


def is_within(seconds: float, since: Instant, now: Instant) -> bool:
    """Return whether *now* is less than *seconds* after *since*, by both clocks.

    The monotonic one may stand still while the environment is frozen, and starts anew where a snapshot is
    restored; the calendar may be set, back too. Whatever is strange about either counts as longer.
    """
    return 0 <= now[0] - since[0] < seconds and 0 <= now[1] - since[1] < seconds
