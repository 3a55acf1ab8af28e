"""The real clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    timestamp = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    def now(self) -> datetime:
        """Return the present as an aware UTC datetime, cut to the millisecond that both stores can hold."""
        return datetime.fromtimestamp(int(self.timestamp() * 1000) / 1000, UTC)
