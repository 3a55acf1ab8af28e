"""How long the current request may still take: every store time-out shrinks to what is left (P9)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from session_management.errors import StoreUnavailableError

_RESERVE_SECONDS: Final = 0.25
"""Kept back from the request's time, so that an answer can still be written when a store gave none."""

_ends_at: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Bound everything inside to *seconds* from now."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left() -> float:
    """Return what is left of the request's time; infinity where no deadline was set."""
    ends_at = _ends_at.get()
    return float("inf") if ends_at is None else ends_at - time.monotonic()


def within_deadline(store: str, timeout_seconds: float) -> float:
    """Return *timeout_seconds*, or less if the request ends sooner.

    Raises:
        StoreUnavailableError: no time is left to ask *store* anything.
    """
    left = seconds_left() - _RESERVE_SECONDS
    if left <= 0:
        raise StoreUnavailableError(store, "no time is left in this request", was_tried=False)
    return min(timeout_seconds, left)
