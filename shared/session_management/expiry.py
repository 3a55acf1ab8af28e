"""When a session ends: the one rule, asked on every path."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from session_management.models import Session

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class EndingClock(StrEnum):
    """Which of the three ends a session."""

    EXPIRY = "expiry"
    ABSOLUTE = "absolute"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class ExpiryRule:
    """A session ends at the earliest of its expiry, its absolute lifetime and its idle timeout.

    `absolute` counts from the session's creation and nothing moves it; `idle` counts from the last
    recorded activity, and a zero idle timeout is none (ASVS 7.3.1, 7.3.2).
    """

    absolute: timedelta
    idle: timedelta

    def ends_at(self, session: Session) -> datetime:
        """Return the instant from which *session* is over."""
        end = min(session.expires_at, session.absolute_expires_at)
        return min(end, session.last_activity + self.idle) if self.idle else end

    def is_over(self, session: Session, now: datetime) -> bool:
        """Return whether *session* has ended at *now*; at the very instant it has."""
        return now >= self.ends_at(session)

    def ending_clock(self, session: Session) -> EndingClock:
        """Return which of the three gives `ends_at`; where several do, the one that moves least."""
        end = self.ends_at(session)
        if end == session.absolute_expires_at:
            return EndingClock.ABSOLUTE
        return EndingClock.EXPIRY if end == session.expires_at else EndingClock.IDLE

    def absolute_end(self, created_at: datetime) -> datetime:
        """Return the instant that no extension of a session created at *created_at* can pass."""
        return created_at + self.absolute

    def idle_since(self, now: datetime) -> datetime:
        """Return the last activity at or before which a session is idle at *now*; long ago without an idle timeout."""
        return now - self.idle if self.idle else _LONG_AGO
