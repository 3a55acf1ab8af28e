"""A breaker spares a store that keeps failing, so that nobody pays its time-out again and again (P9)."""

from types import TracebackType
from typing import Final, Self

from session_management.deadline import current_deadline
from session_management.errors import StoreUnavailableError
from session_management.instants import is_within, present
from session_management.interfaces import Clock, Observer

_FAILURES_TO_OPEN: Final = 3
_SECONDS_OPEN: Final = 3.0


class Breaker:
    """A context around each use of one store: opens after 3 failures in a row, lets one try through each 3 seconds.

    A request that the store failed does not ask it again, however often it comes by: it waits for it once. Where it
    has to (`asking_again`) and is answered, all is well.
    A failure is a `StoreUnavailableError` of a store that is not up; anything else that leaves the context is an
    answer.
    """

    def __init__(self, store: str, *, clock: Clock, observer: Observer) -> None:
        """Start closed."""
        self._store = store
        self._clock = clock
        self._observer = observer
        self.failures = 0
        """So many in a row, up to now."""
        self._failed_request: object = None
        self._tried = present(clock)

    def __enter__(self) -> Self:
        """Let the use through.

        Raises:
            StoreUnavailableError: the breaker is open, and the store was not asked; or it failed this request before.
        """
        if not self.failures:
            return self
        current = current_deadline()
        if current and current.request is self._failed_request and not current.is_asking_again:
            raise StoreUnavailableError(self._store, "it failed before in this request")
        if self.failures >= _FAILURES_TO_OPEN:
            now = present(self._clock)
            if is_within(_SECONDS_OPEN, self._tried, now):
                raise StoreUnavailableError(self._store, "it failed repeatedly and is being spared", was_tried=False)
            self._tried = now
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Count what happened."""
        self.count(error)

    def count(self, error: BaseException | None) -> None:
        """Count an answer (None), or what came instead."""
        if isinstance(error, StoreUnavailableError):
            self._failed(error)
        elif self.failures:
            self._answered()

    def _failed(self, error: StoreUnavailableError) -> None:
        if not error.was_tried:
            return
        self._observer.store_failed(error)
        if error.is_up:
            self._answered()
            return
        self.failures += 1
        current = current_deadline()
        self._failed_request = current.request if current else None
        self._tried = present(self._clock)
        if self.failures == _FAILURES_TO_OPEN:
            self._observer.breaker_changed(self._store, is_open=True)

    def _answered(self) -> None:
        was_open = self.failures >= _FAILURES_TO_OPEN
        self.failures = 0
        self._failed_request = None
        if was_open:
            self._observer.breaker_changed(self._store, is_open=False)
