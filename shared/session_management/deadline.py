"""How long the current request may still take: every store time-out shrinks to what is left (P9).

A store that failed within a request is not asked by it again: see `Breaker`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final

from session_management.errors import StoreUnavailableError

_RESERVE_SECONDS: Final = 0.25
"""Kept back from the request's time, so that an answer can still be written when a store gave none."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a request's time is up, by `time.monotonic`; and whether it asks stores again that failed it before."""

    ends_at: float
    request: object
    """Stands for the request: no two have the same."""
    is_asking_again: bool = False


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Bound everything inside to *seconds* from now."""
    with _set(Deadline(time.monotonic() + seconds, request=object())):
        yield


@contextmanager
def asking_again() -> Iterator[None]:
    """Have stores asked inside that failed this request before; in the same time."""
    before = _current.get()
    with _set(replace(before, is_asking_again=True)) if before else nullcontext():
        yield


def current_deadline() -> Deadline | None:
    """Return what stands for the current request; None where no deadline was set."""
    return _current.get()


def seconds_left() -> float:
    """Return what is left of the request's time; infinity where no deadline was set."""
    current = _current.get()
    return float("inf") if current is None else current.ends_at - time.monotonic()


def has_time_for(timeout_seconds: float) -> bool:
    """Return whether *timeout_seconds* are within the request's deadline as they are."""
    return seconds_left() - _RESERVE_SECONDS >= timeout_seconds


def within_deadline(store: str, timeout_seconds: float) -> float:
    """Return *timeout_seconds*, or less if the request ends sooner.

    Raises:
        StoreUnavailableError: no time is left to ask *store* anything.
    """
    left = seconds_left() - _RESERVE_SECONDS
    if left <= 0:
        raise StoreUnavailableError(store, "no time is left in this request", was_tried=False)
    return min(timeout_seconds, left)


@contextmanager
def _set(current: Deadline) -> Iterator[None]:
    token = _current.set(current)
    try:
        yield
    finally:
        _current.reset(token)
