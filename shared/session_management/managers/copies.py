"""Looking at a copy and repairing it, where Redis may be down and the request goes on without it."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from session_management.errors import StoreUnavailableError
from session_management.interfaces import SessionAdapter
from session_management.models import Session, SessionWithUser, new_tuple
from session_management.session_data import Fence, SessionData


class Look(NamedTuple):
    """What stood under a key when it was looked at: something, nothing, or no answer (`failure`)."""

    key: str
    seen: SessionData | None = None
    failure: StoreUnavailableError | None = None

    @property
    def is_revoked(self) -> bool:
        """Whether a fence says that the session was revoked."""
        return self.seen is not None and self.seen.fence is Fence.REVOKED


class Copies:
    """Copies as the rules use them: helpful when Redis answers, harmless when it does not."""

    def __init__(self, adapter: SessionAdapter) -> None:
        """Use *adapter*."""
        self._adapter = adapter

    def look(self, key: str) -> Look:
        """Return what stands under *key*."""
        try:
            return new_tuple(Look, (key, self._adapter.get(key), None))
        except StoreUnavailableError as error:
            return Look(key, failure=error)

    def repair(self, look: Look, found: SessionWithUser, checked_at: datetime) -> None:
        """Write the copy where, and only where, still stands what the look saw.

        *checked_at* is the time before the record was read.
        """
        if look.failure:
            return
        # The record has answered already: where Redis fails now, the next validation repairs.
        with suppress(StoreUnavailableError):
            if look.seen is None:
                self._adapter.set(look.key, found, checked_at)
            else:
                self._adapter.extend(look.key, found, checked_at, look.seen)

    def invalidate(self, session: Session) -> None:
        """Put a "stale" fence over the copy, if Redis answers."""
        with suppress(StoreUnavailableError):
            self._adapter.invalidate(session)

    def fence(self, keys: Iterable[str]) -> bool:
        """Put a "revoked" fence over each copy; whether Redis took them all. The sweeper does the rest."""
        try:
            for key in keys:
                self._adapter.delete(key)
        except StoreUnavailableError:
            return False
        return True
