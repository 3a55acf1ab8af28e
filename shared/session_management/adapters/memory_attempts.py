"""Tries counted in memory: in mock mode, and in each execution environment while Redis does not answer."""

import threading
from typing import Final

from session_management.attempts import Attempt, Counter
from session_management.interfaces import Clock, NewCopy
from session_management.session_data import to_ms

_MOST_COUNTERS: Final = 10_000


class MemoryAttemptAdapter:
    """Counters with the times of their members. Of too many, those that were used least lately are forgotten."""

    def __init__(self, clock: Clock) -> None:
        """Start empty."""
        self._clock = clock
        self._counters: dict[str, dict[str, int]] = {}
        self._lock = threading.Lock()

    def reserve(self, attempt: Attempt) -> int:
        """Count *attempt* in all its counters, or in none and return the milliseconds to wait."""
        with self._lock:
            now = to_ms(self._clock.now())
            wait_ms = max((self._wait_ms(counter, attempt.id, now) for counter in attempt.counters), default=0)
            if wait_ms > 0:
                return wait_ms
            for counter in attempt.counters:
                self._counters[counter.key] = self._counters.pop(counter.key, {}) | {counter.member(attempt.id): now}
            while len(self._counters) > _MOST_COUNTERS:
                del self._counters[next(iter(self._counters))]
            return 0

    def give_back(self, attempt: Attempt, *, is_success: bool, copy: NewCopy | None = None) -> bool:  # noqa: ARG002
        """Count *attempt* no longer; after a success, nothing else of its counters' owners either. False: no copy."""
        with self._lock:
            for counter in attempt.counters:
                gone = counter.owner if is_success and counter.owner else counter.member(attempt.id)
                self._take_out(counter.key, gone)
        return False

    def forget(self, counter: Counter) -> int:
        """Empty *counter*, whoever owns what it holds; how many it held."""
        with self._lock:
            return len(self._counters.pop(counter.key, {}))

    def _take_out(self, key: str, gone: str) -> None:
        """Take out all members that begin so, which a whole one does as well."""
        held = {member: at for member, at in self._counters.pop(key, {}).items() if not member.startswith(gone)}
        if held:
            self._counters[key] = held

    def _wait_ms(self, counter: Counter, attempt_id: str, now: int) -> int:
        held, again = self._counters.get(counter.key, {}), counter.member(attempt_id)
        for one in [one for one, at in held.items() if at <= now - counter.limit.life_ms or one == again]:
            del held[one]
        return counter.limit.wait_ms(sorted(held.values()), now)
