"""How long a connection has been open and unused: whether it may still be trusted with a request."""

from datetime import datetime, timedelta
from typing import Final

from session_management.interfaces import Clock

_IDLE_SECONDS: Final = 240.0
"""Others drop a flow that was silent for longer, and tell nobody: NAT and load balancers after 350 seconds. What is
sent into such a flow is waited for in vain."""

_LIFE_SECONDS: Final = 11 * 3600.0
"""ElastiCache ends a connection that an IAM token opened after 12 hours."""

type _Instant = tuple[datetime, float]


class ConnectionAge:
    """Remembers when a client's connections were opened and used.

    By both clocks: the monotonic one may stand still while the environment is frozen, and starts anew when a
    snapshot is restored; the calendar may be set back. Whatever is strange about either counts as too long.
    """

    def __init__(self, clock: Clock) -> None:
        """Nothing is open yet."""
        self._clock = clock
        self._opened = self._now()
        self._used: dict[str, _Instant] = {}

    def begin(self) -> None:
        """A client was opened just now; those of its connections that were not used yet are as old."""
        self._opened = self._now()
        self._used.clear()

    def use(self, node: str = "") -> bool:
        """Note that the connection to *node* is used now; whether it may be, or is to be replaced before."""
        now = self._now()
        used, self._used[node] = self._used.get(node, self._opened), now
        return _is_within(_IDLE_SECONDS, used, now) and _is_within(_LIFE_SECONDS, self._opened, now)

    def _now(self) -> _Instant:
        return self._clock.now(), self._clock.monotonic()


def _is_within(seconds: float, then: _Instant, now: _Instant) -> bool:
    return timedelta(0) <= now[0] - then[0] < timedelta(seconds=seconds) and 0 <= now[1] - then[1] < seconds
