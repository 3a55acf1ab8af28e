"""How long a connection has been open and unused: whether it may still be trusted with a request."""

from collections.abc import Hashable
from typing import Final

from session_management.instants import Instant, is_within, present
from session_management.interfaces import Clock

_IDLE_SECONDS: Final = 240.0
"""Others drop a flow that was silent for longer, and tell nobody: NAT and load balancers after 350 seconds. What is
sent into such a flow is waited for in vain."""

_LIFE_SECONDS: Final = 11 * 3600.0
"""ElastiCache ends a connection that an IAM token opened after 12 hours."""


class ConnectionAge:
    """Remembers when a client's connections were opened and used."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is open yet."""
        self._clock = clock
        self._opened = present(clock)
        self._used: dict[Hashable, Instant] = {}

    def begin(self) -> None:
        """A client was opened just now; those of its connections that were not used yet are as old."""
        self._opened = present(self._clock)
        self._used.clear()

    def use(self, node: Hashable = None) -> bool:
        """Note that the connection to *node* is used now; whether it may be, or is to be replaced before."""
        now, opened = present(self._clock), self._opened
        used = self._used.get(node, opened)
        self._used[node] = now
        return is_within(_IDLE_SECONDS, used, now) and is_within(_LIFE_SECONDS, opened, now)
