"""Copies of sessions in memory, for mock mode and for tests: the same values and the same contract as in Redis."""

import threading
from datetime import datetime

from session_management.constants import FENCE_SECONDS
from session_management.interfaces import Clock
from session_management.models import Session, SessionWithUser
from session_management.session_data import (
    REVOKED_MARK,
    SessionData,
    decode,
    encode_copy,
    encode_revoked,
    encode_stale,
    to_ms,
)


class MemoryCopyAdapter:
    """Copies under their four verbs, each value with the epoch millisecond at which it is gone."""

    def __init__(self, clock: Clock) -> None:
        """Start empty."""
        self._clock = clock
        self._values: dict[str, tuple[bytes, int]] = {}
        self._lock = threading.RLock()

    def get(self, key: str) -> SessionData | None:
        """Return what is stored under *key*; None if nothing is."""
        value = self._value(key)
        return None if value is None else decode(value)

    def set(self, key: str, found: SessionWithUser, checked_at: datetime) -> bool:
        """Create the copy, if nothing at all stands in its place; whether it was written."""
        return self._replace(key, None, found, checked_at)

    def extend(self, key: str, found: SessionWithUser, checked_at: datetime, seen: SessionData) -> bool:
        """Put a newer copy in the place of exactly what was *seen*; whether it was written."""
        return self._replace(key, seen.version, found, checked_at)

    def delete(self, key: str) -> None:
        """End the copy: put a "revoked" fence over whatever is there."""
        self._fence(key, encode_revoked())

    def invalidate(self, session: Session) -> None:
        """Make the next validation ask the record: put a "stale" fence over all but a "revoked" one."""
        with self._lock:
            if REVOKED_MARK not in (self._value(session.key) or b""):
                self._fence(session.key, encode_stale(session))

    def _replace(self, key: str, seen: bytes | None, found: SessionWithUser, checked_at: datetime) -> bool:
        ends_at = to_ms(min(found.session.expires_at, found.session.absolute_expires_at))
        with self._lock:
            if self._value(key) != seen or ends_at <= self._now():
                return False
            self._values[key] = encode_copy(found, checked_at), ends_at
            return True

    def _fence(self, key: str, value: bytes) -> None:
        with self._lock:
            self._values[key] = value, self._now() + FENCE_SECONDS * 1000

    def _value(self, key: str) -> bytes | None:
        value, ends_at = self._values.get(key, (None, 0))
        return value if ends_at > self._now() else None

    def _now(self) -> int:
        return to_ms(self._clock.now())
