"""Copies of sessions in Redis, under `session:{key}`. Every command touches one key, so it runs on a cluster too."""

from datetime import datetime
from typing import Final

from session_management.clients.redis import Redis
from session_management.constants import FENCE_SECONDS
from session_management.interfaces import Clock, NewCopy
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

_PREFIX: Final = "session:"
_COMPARE_AND_SET: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    return 1
end
return 0
"""
# Whoever changes a user, or misses a record, may be late: a session that was revoked meanwhile stays so.
_MAKE_STALE: Final = """
local value = redis.call('GET', KEYS[1])
if value and string.find(value, ARGV[3], 1, true) then
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""


class RedisSessionAdapter:
    """Copies under their four verbs. Every method raises StoreUnavailableError if Redis does not answer.

    A copy is created only where nothing is, changed only where what was seen still is, and ended only by
    a fence over whatever is there; a "revoked" one stays until it runs out. So a late write can never bring back
    what was revoked.
    """

    def __init__(self, redis: Redis, clock: Clock, *, keeps_plain_ids: bool) -> None:
        """Use *redis*. With *keeps_plain_ids* a "stale" fence lives as long as its session: the original reads it."""
        self._redis = redis
        self._clock = clock
        self._keeps_plain_ids = keeps_plain_ids

    def get(self, key: str) -> SessionData | None:
        """Return what is stored under *key*; None if nothing is."""
        value = self._redis.command("GET", _PREFIX + key)
        return None if value is None else decode(value)

    def set(self, key: str, found: SessionWithUser, checked_at: datetime) -> bool:
        """Create the copy, if nothing at all stands in its place; whether it was written."""
        words = copy_words(NewCopy(key, found, checked_at), self._clock)
        if words is None:
            return False
        name, copy, life = words
        return bool(self._redis.command("SET", name, copy, "PX", life, "NX"))

    def extend(self, key: str, found: SessionWithUser, checked_at: datetime, seen: SessionData) -> bool:
        """Put a newer copy in the place of exactly what was *seen*; whether it was written."""
        words = copy_words(NewCopy(key, found, checked_at), self._clock)
        if words is None:
            return False
        name, copy, life = words
        return bool(self._redis.command("EVAL", _COMPARE_AND_SET, 1, name, seen.version, copy, life))

    def delete(self, key: str) -> None:
        """End the copy: put a "revoked" fence over whatever is there."""
        self._redis.command("SET", _PREFIX + key, encode_revoked(), "PX", FENCE_SECONDS * 1000)

    def invalidate(self, session: Session) -> None:
        """Make the next validation ask the record: put a "stale" fence over all but a "revoked" one."""
        life = FENCE_SECONDS * 1000
        if self._keeps_plain_ids:
            life = max(life, _life(session, self._clock))
        stale = encode_stale(session)
        self._redis.command("EVAL", _MAKE_STALE, 1, _PREFIX + session.key, stale, life, REVOKED_MARK)


def copy_words(copy: NewCopy, clock: Clock) -> tuple[str, bytes, int] | None:
    """Return the name, the value and the life in milliseconds of a copy; None where it has none left."""
    life = _life(copy.found.session, clock)
    return (_PREFIX + copy.key, encode_copy(copy.found, copy.checked_at), life) if life > 0 else None


def _life(session: Session, clock: Clock) -> int:
    """Return how many milliseconds the copy may live: until the session's expiry, whatever its idle timeout."""
    return to_ms(min(session.expires_at, session.absolute_expires_at)) - to_ms(clock.now())
