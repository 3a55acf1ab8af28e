"""How long a connection has been open and unused: whether it may still be trusted with a request."""

from typing import Final

from session_management.instants import is_within, present
from session_management.interfaces import Clock

_IDLE_SECONDS: Final = 240.0
"""Others drop a flow that was silent for longer, and tell nobody: NAT and load balancers after 350 seconds. What is
sent into such a flow is waited for in vain."""

_LIFE_SECONDS: Final = 11 * 3600.0
"""ElastiCache ends a connection that an IAM token opened after 12 hours."""


class ConnectionAge:
    """Remembers when a connection was opened and used."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is open yet."""
        self._clock = clock
        self._opened = self._used = present(clock)

    def begin(self) -> None:
        """It was opened just now."""
        self._opened = self._used = present(self._clock)

    def use(self) -> bool:
        """Note that it is used now; whether it may be, or is to be replaced before."""
        used, self._used = self._used, present(self._clock)
        return is_within(_IDLE_SECONDS, used, self._used) and is_within(_LIFE_SECONDS, self._opened, self._used)
