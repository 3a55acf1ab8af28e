"""A clock that stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta


class ToldClock:
    """Satisfies `interfaces.Clock`. It starts at the present, cut to the millisecond."""

    def __init__(self, at: datetime | None = None) -> None:
        now = at or datetime.now(UTC)
        self._now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._monotonic = 1_000.0

    def now(self) -> datetime:
        return self._now

    def timestamp(self) -> float:
        return self._now.timestamp()

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Go on by *seconds*; back, for what runs by the calendar, if they are negative."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += max(seconds, 0.0)

    def freeze(self, seconds: float) -> None:
        """Let the calendar alone go on, as where a frozen environment's monotonic clock stands still."""
        self._now += timedelta(seconds=seconds)

    def restart_monotonic(self, at: float = 0.0) -> None:
        """Start the monotonic clock anew, as on the machine where a snapshot is restored."""
        self._monotonic = at
