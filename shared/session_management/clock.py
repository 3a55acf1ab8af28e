"""The real clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present as an aware UTC datetime, cut to the millisecond that both stores can hold."""
        return datetime.fromtimestamp(int(self.timestamp() * 1000) / 1000, UTC)

    def timestamp(self) -> float:
        """Return the present as seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()
