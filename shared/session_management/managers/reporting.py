"""Telling what was done: after it was recorded, once, and whether Redis knows of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import replace
from typing import Final

from session_management.events import Event, Fenced, SessionsRevoked
from session_management.interfaces import Observer
from session_management.tokens import SessionNames

_HANDLES: Final = 20
"""So many sessions are named where many end at once: a line of the log has its limits."""


class Reporting:
    """Tells an observer what the rules did."""

    def __init__(self, *, observer: Observer, names: SessionNames) -> None:
        """Tell *observer*; *names* turns keys into handles."""
        self._observer = observer
        self._names = names

    def tell(self, *events: Event, is_fenced: bool = True) -> None:
        """Tell *events*, all of which are recorded, and of which Redis knows if *is_fenced*."""
        for event in events:
            told = event if is_fenced or not isinstance(event, Fenced) else replace(event, is_fenced=False)
            self._observer.happened(told)

    @contextmanager
    def fencing(self, *events: Event) -> Iterator[None]:
        """Write fences inside, after *events* were recorded; they are told whether or not Redis takes the fences."""
        is_fenced = False
        try:
            yield
            is_fenced = True
        finally:
            self.tell(*events, is_fenced=is_fenced)

    def revoked(self, user_id: str, reason: str, keys: Sequence[str]) -> list[SessionsRevoked]:
        """Return the event of sessions that ended for this reason; none if there were none."""
        if not keys:
            return []
        handles = tuple(self._names.handle_of_key(key) for key in keys[:_HANDLES])
        return [SessionsRevoked(user_id=user_id, reason=reason, count=len(keys), session_handles=handles)]
