"""How long the current request may still take: every store time-out shrinks to what is left (P9).

A store that failed within a request is not asked by it again: see `Breaker`.
"""

import time
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Final

from session_management.errors import StoreUnavailableError

_RESERVE_SECONDS: Final = 0.25
"""Kept back from the request's time, so that an answer can still be written when a store gave none."""


class Deadline:
    """When a request's time is up, by `time.monotonic`; and whether it asks stores again that failed it before.

    It is the current one inside itself. `request` stands for the request: no two have the same.
    """

    def __init__(self, ends_at: float, request: object = None, *, is_asking_again: bool = False) -> None:
        """Be of another request than any other, if none is given."""
        self.ends_at = ends_at
        self.request = request or self
        self.is_asking_again = is_asking_again

    def __enter__(self) -> None:
        """Be the current one."""
        self._token = _current.set(self)

    def __exit__(self, *_: object) -> None:
        """Let the one before be it again."""
        _current.reset(self._token)


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def deadline(seconds: float) -> AbstractContextManager[None]:
    """Bound everything inside to *seconds* from now."""
    return Deadline(time.monotonic() + seconds)


def asking_again() -> AbstractContextManager[None]:
    """Have stores asked inside that failed this request before; in the same time."""
    before = _current.get()
    return Deadline(before.ends_at, before.request, is_asking_again=True) if before else nullcontext()


def current_deadline() -> Deadline | None:
    """Return what stands for the current request; None where no deadline was set."""
    return _current.get()


def seconds_left() -> float:
    """Return what is left of the request's time; infinity where no deadline was set."""
    current = _current.get()
    return float("inf") if current is None else current.ends_at - time.monotonic()


def has_time_for(timeout_seconds: float) -> bool:
    """Return whether *timeout_seconds* are within the request's deadline as they are."""
    current = _current.get()
    return current is None or current.ends_at - time.monotonic() - _RESERVE_SECONDS >= timeout_seconds


def within_deadline(store: str, timeout_seconds: float) -> float:
    """Return *timeout_seconds*, or less if the request ends sooner.

    Raises:
        StoreUnavailableError: no time is left to ask *store* anything.
    """
    if has_time_for(timeout_seconds):
        return timeout_seconds
    left = seconds_left() - _RESERVE_SECONDS
    if left <= 0:
        raise StoreUnavailableError(store, "no time is left in this request", was_tried=False)
    return min(timeout_seconds, left)
