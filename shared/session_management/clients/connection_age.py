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
        self.begin()

    def begin(self) -> None:
        """It was opened just now."""
        self._used = present(self._clock)
        self._ends = self._used[0] + _LIFE_SECONDS

    def use(self) -> bool:
        """Note that it is used now; whether it may be, or is to be replaced before."""
        used, self._used = self._used, present(self._clock)
        # By either clock no use was long after the one before: so nobody has set the calendar, and it is enough here.
        return is_within(_IDLE_SECONDS, used, self._used) and self._used[0] < self._ends
