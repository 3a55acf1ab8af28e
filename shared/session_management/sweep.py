"""Deleting what has ended, and finishing what an outage of Redis left unfinished."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol

from session_management.deadline import seconds_left
from session_management.errors import StoreUnavailableError
from session_management.interfaces import SweepRepository
from session_management.models import SweepReport
from session_management.policy import SessionPolicy

_BATCH: Final = 1_000


class _TimeIsUpError(Exception):
    """The rest is for the next sweep."""


class Fences(Protocol):
    """All that a sweep does to copies: the part of `SessionAdapter` that ends them."""

    def delete(self, key: str) -> None:
        """End the copy: put a "revoked" fence over whatever is there."""


class Sweep:
    """One sweep: fences first, then deletions, in short batches until the reserve of time is reached.

    A row goes only after its fence was written or when its copy must have expired. Two sweeps at once do
    no harm: each step is idempotent or skips what the other holds.
    """

    def __init__(self, *, records: SweepRepository, copies: Fences, policy: SessionPolicy) -> None:
        """Use these; nothing is done yet."""
        self._records = records
        self._copies = copies
        self._policy = policy
        self._redis_answers = True
        self._lag: float | None = None
        self._counts = dict.fromkeys(
            ("expired_deleted", "revoked_deleted", "fences_written", "legacy_cleared", "plain_deleted", "batches"), 0
        )
        self._plain_left: int | None = None

    def run(self) -> SweepReport:
        """Do it. Raises StoreUnavailableError if PostgreSQL does not answer; what was done before that stays done.

        A count of what is left in plain form that is not answered is missing, and no failure.
        """
        finished = True
        try:
            for step in (self._fence_again, self._delete_expired, self._purge_revoked, self._clear_legacy):
                step()
            if self._policy.upgrade_plain_until:
                self._end_plain(self._policy.upgrade_plain_until)
        except _TimeIsUpError:
            finished = False
        return SweepReport(
            **self._counts,
            plain_left=self._plain_left,
            lag_seconds=self._lag,
            finished=finished and self._redis_answers,
        )

    def _fence_again(self) -> None:
        """Write the fence of everything revoked within a fence's life: a logout may have missed Redis."""
        after = ""
        while self._redis_answers:
            self._start_batch()
            keys = self._records.recently_revoked(after, _BATCH)
            self._fence(keys)
            if len(keys) < _BATCH:
                return
            after = keys[-1]

    def _delete_expired(self) -> None:
        self._check_time()
        self._lag = round(self._records.lag().total_seconds(), 3)
        for deleted in self._records.delete_expired(_BATCH):
            self._counts["batches"] += 1
            self._counts["expired_deleted"] += deleted
            self._check_time()

    def _purge_revoked(self) -> None:
        def purge() -> int:
            retention = self._policy.revoked_retention
            # While the original's JSON can become a session, the record that one has ended outlives the JSON.
            only_expired = not self._redis_answers or self._policy.upgrade_plain_until is not None
            rows = self._records.purgeable(retention, _BATCH, only_expired=only_expired)
            fenced = self._fence([key for key, copy_may_live in rows if copy_may_live])
            keys = [key for key, copy_may_live in rows if fenced or not copy_may_live]
            self._counts["revoked_deleted"] += self._records.purge(keys) if keys else 0
            return len(rows)

        self._until_less_than_a_batch(purge)

    def _clear_legacy(self) -> None:
        def clear() -> int:
            cleared = self._records.clear_legacy_session_ids(self._policy.max_age, _BATCH)
            self._counts["legacy_cleared"] += cleared
            return cleared

        self._until_less_than_a_batch(clear)

    def _end_plain(self, until: datetime) -> None:
        """Count what is still in plain form; once *until* is past, end it, the copies first."""

        def end() -> int:
            keys = self._records.plain_keys(until, _BATCH)
            if not keys or not self._fence(keys):
                return 0
            self._counts["plain_deleted"] += self._records.forget_plain(keys)
            return len(keys)

        self._until_less_than_a_batch(end)
        # On a large table the count may take longer than a statement may; the work is done all the same.
        with suppress(StoreUnavailableError):
            self._plain_left = self._records.plain_left()

    def _until_less_than_a_batch(self, step: Callable[[], int]) -> None:
        done = _BATCH
        while done == _BATCH:
            self._start_batch()
            done = step()

    def _start_batch(self) -> None:
        self._check_time()
        self._counts["batches"] += 1

    def _check_time(self) -> None:
        if seconds_left() < self._policy.sweep_reserve_seconds:
            raise _TimeIsUpError

    def _fence(self, keys: Sequence[str]) -> bool:
        """Put a fence over each copy; whether Redis took them all."""
        try:
            for key in keys:
                self._check_time()
                self._copies.delete(key)
                self._counts["fences_written"] += 1
        except StoreUnavailableError:
            self._redis_answers = False
        return self._redis_answers
