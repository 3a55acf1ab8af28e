"""How validations were answered, counted in the execution environment: a line for each would cost more than it."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from math import inf
from typing import Final

from session_management.emf import Sample, write_samples
from session_management.interfaces import Clock, ValidationPath

FLUSH_SECONDS: Final = 60.0
"""How often the counts are written, at most; what an environment that ends has counted since then is lost."""

VALID: Final = "ValidationsValid"
INVALID: Final = "ValidationsInvalid"
UNDECIDED: Final = "ValidationsUndecided"
BY_PATH: Final = {
    ValidationPath.COPY: "ValidationsByCopy",
    ValidationPath.RECORD: "ValidationsByRecord",
    ValidationPath.RECORD_WITHOUT_REDIS: "ValidationsByRecordWithoutRedis",
    ValidationPath.STALE_IF_ERROR: "ValidationsByStaleCopy",
    ValidationPath.FENCE: "ValidationsByFence",
    ValidationPath.ORIGINAL: "ValidationsByOriginal",
    ValidationPath.UPGRADED: "ValidationsByUpgrade",
    ValidationPath.MALFORMED: "ValidationsMalformed",
}


class ValidationCounts:
    """Counts validations by their outcome and by their path, each under a name of its own, so that one line has all.

    The first one is written at once, and then all since the line before, with the first that comes a minute after it.
    Threads may share it.
    """

    def __init__(self, clock: Clock) -> None:
        """Start with nothing counted."""
        self._timestamp = clock.timestamp
        self._counts: defaultdict[tuple[str, ...], int] = defaultdict(int)
        self._written = -inf
        self._lock = threading.Lock()

    def add(self, *names: str) -> None:
        """Count one validation under these names, and write all counts if that is due."""
        with self._lock:
            self._counts[names] += 1
            now = self._timestamp()
            if self._written <= now < self._written + FLUSH_SECONDS:
                return
            self._written = now
            counted, self._counts = self._counts, defaultdict(int)
        write_samples(_samples(counted), now)


def _samples(counted: Mapping[tuple[str, ...], int]) -> list[Sample]:
    counts: defaultdict[str, int] = defaultdict(int)
    for names, count in counted.items():
        for name in names:
            counts[name] += count
    return [Sample(name, count) for name, count in counts.items()]
