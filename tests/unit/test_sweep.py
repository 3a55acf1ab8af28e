"""The sweep: fences first, then deletions, in batches, within its time; over records that behave."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from session_management import deadline as deadline_module
from session_management import sweep as sweep_module
from session_management.deadline import deadline
from session_management.errors import StoreUnavailableError
from session_management.models import SweepReport
from session_management.sweep import Sweep
from tests.support.clock import ToldClock
from tests.support.policies import a_policy

BATCH = 3


@dataclass
class FakeRecords:
    """Rows as counts and keys; `steps` tells in which order they were worked on."""

    revoked_lately: list[str] = field(default_factory=list)
    expired: int = 0
    past_retention: dict[str, bool] = field(default_factory=dict)
    legacy: int = 0
    plain: list[str] = field(default_factory=list)
    now: datetime = datetime(2027, 1, 1, tzinfo=UTC)
    steps: list[str] = field(default_factory=list)
    at_each_step: Callable[[], None] = lambda: None
    is_down_from: int | None = None
    may_be_purged: Callable[[str], bool] = lambda _: True

    def recently_revoked(self, after: str, limit: int) -> Sequence[str]:
        self._step("revoked lately")
        return sorted(key for key in self.revoked_lately if key > after)[:limit]

    def lag(self) -> timedelta:
        return timedelta(seconds=self.expired)

    def delete_expired(self, limit: int) -> Iterator[int]:
        deleted = limit
        while deleted == limit:
            self._step("expired")
            deleted = min(limit, self.expired)
            self.expired -= deleted
            yield deleted

    def purgeable(self, retention: timedelta, limit: int, *, only_expired: bool) -> Sequence[tuple[str, bool]]:
        self._step("past retention")
        assert retention == a_policy().revoked_retention
        rows = [(key, may_live) for key, may_live in self.past_retention.items() if not (only_expired and may_live)]
        return rows[:limit]

    def purge(self, keys: Sequence[str]) -> int:
        self._step("purge")
        for key in keys:
            assert self.may_be_purged(key)
            del self.past_retention[key]
        return len(keys)

    def clear_legacy_session_ids(self, max_age: timedelta, limit: int) -> int:
        self._step("legacy")
        assert max_age == a_policy().max_age
        cleared = min(limit, self.legacy)
        self.legacy -= cleared
        return cleared

    def plain_left(self) -> int:
        self._step("count plain")
        return len(self.plain)

    def plain_keys(self, until: datetime, limit: int) -> Sequence[str]:
        self._step("plain")
        return self.plain[:limit] if until <= self.now else []

    def forget_plain(self, keys: Sequence[str]) -> int:
        self._step("forget plain")
        assert self.plain[: len(keys)] == keys
        del self.plain[: len(keys)]
        return len(keys)

    def _step(self, name: str) -> None:
        self.at_each_step()
        if self.is_down_from is not None and len(self.steps) >= self.is_down_from:
            raise StoreUnavailableError("postgresql", "it did not answer in time")
        self.steps.append(name)


@dataclass
class FakeCopies:
    """Remembers the fences; takes `room` of them before Redis is down."""

    fenced: list[str] = field(default_factory=list)
    room: int = 10_000
    at_each_fence: Callable[[], None] = lambda: None

    def delete(self, key: str) -> None:
        self.at_each_fence()
        if len(self.fenced) >= self.room:
            raise StoreUnavailableError("redis", "it did not answer in time")
        self.fenced.append(key)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in batches of 3, so that a handful of rows is many."""
    monkeypatch.setattr(sweep_module, "_BATCH", BATCH)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, clock: ToldClock) -> ToldClock:
    """The clock that the time budget goes by."""
    monkeypatch.setattr(deadline_module, "time", clock)
    return clock


def run(records: FakeRecords, copies: FakeCopies | None = None, **changes: Any) -> SweepReport:
    """Sweep once."""
    return Sweep(records=records, copies=copies or FakeCopies(), policy=a_policy(**changes)).run()


def keys(count: int) -> list[str]:
    """Return so many keys, in order."""
    return [f"key-{number:03}" for number in range(count)]


def test_nothing_to_sweep_is_a_finished_sweep() -> None:
    report = run(FakeRecords())

    assert report == SweepReport(batches=4, lag_seconds=0.0, finished=True)


@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH, BATCH + 1, 10 * BATCH])
def test_a_sweep_goes_on_batch_by_batch_until_nothing_is_left(count: int) -> None:
    records = FakeRecords(
        revoked_lately=keys(count),
        expired=count,
        past_retention=dict.fromkeys([f"old-{key}" for key in keys(count)], True),
        legacy=count,
    )
    copies = FakeCopies()

    report = run(records, copies)

    assert report.finished
    assert (report.expired_deleted, report.revoked_deleted, report.legacy_cleared) == (count, count, count)
    assert report.fences_written == 2 * count == len(copies.fenced)
    assert (records.expired, records.past_retention, records.legacy) == (0, {}, 0)
    assert report.batches == 4 * (count // BATCH + 1)


def test_fences_are_written_before_anything_is_deleted() -> None:
    records = FakeRecords(revoked_lately=keys(1), expired=1, past_retention={"old": True}, legacy=1)

    run(records)

    assert records.steps == ["revoked lately", "expired", "past retention", "purge", "legacy"]


def test_a_row_is_purged_only_after_its_fence_was_written() -> None:
    """A copy that may live must not outlive the record of its revocation."""
    copies = FakeCopies()
    records = FakeRecords(past_retention=dict.fromkeys(keys(7), True), may_be_purged=copies.fenced.__contains__)

    report = run(records, copies)

    assert report.revoked_deleted == 7


def test_a_row_whose_copy_has_expired_needs_no_fence() -> None:
    copies = FakeCopies()

    report = run(FakeRecords(past_retention=dict.fromkeys(keys(4), False)), copies)

    assert (report.revoked_deleted, copies.fenced) == (4, [])


# --- Redis is down ------------------------------------------------------------------------------


def test_with_redis_down_what_needs_no_fence_is_deleted_all_the_same() -> None:
    records = FakeRecords(revoked_lately=keys(9), expired=5, legacy=2, past_retention={"live": True, "over": False})

    report = run(records, FakeCopies(room=0))

    assert (report.expired_deleted, report.revoked_deleted, report.legacy_cleared) == (5, 1, 2)
    assert records.past_retention == {"live": True}
    assert not report.finished


def test_with_redis_down_a_redis_that_failed_is_not_asked_for_each_key() -> None:
    asked: list[int] = []

    run(FakeRecords(revoked_lately=keys(9)), FakeCopies(room=0, at_each_fence=lambda: asked.append(1)))

    assert len(asked) == 1


@pytest.mark.parametrize("room", range(8))
def test_wherever_redis_fails_no_row_without_its_fence_is_purged(room: int) -> None:
    copies = FakeCopies(room=room)
    records = FakeRecords(past_retention={key: number % 3 != 0 for number, key in enumerate(keys(12))})

    report = run(records, copies)

    assert not report.finished
    assert report.fences_written == room
    assert all(key in copies.fenced or key in records.past_retention for key in keys(12) if int(key[-3:]) % 3)
    assert not any(key in records.past_retention for key in keys(12) if int(key[-3:]) % 3 == 0)


def test_the_next_sweep_finishes_what_redis_kept_from_being_done() -> None:
    records = FakeRecords(past_retention=dict.fromkeys(keys(5), True))
    run(records, FakeCopies(room=0))

    assert run(records).finished
    assert records.past_retention == {}


# --- PostgreSQL is down -------------------------------------------------------------------------


@pytest.mark.parametrize("steps", range(5))
def test_a_postgresql_that_fails_ends_the_sweep_with_an_error(steps: int) -> None:
    records = FakeRecords(revoked_lately=keys(2), expired=2, past_retention={"old": True}, is_down_from=steps)

    with pytest.raises(StoreUnavailableError):
        run(records)

    assert len(records.steps) == steps


# --- Time ---------------------------------------------------------------------------------------


def test_a_sweep_stops_with_its_reserve_of_time_left(told: ToldClock) -> None:
    """300 seconds, 20 of them in reserve, and 30 for each step: the tenth does not begin."""
    records = FakeRecords(expired=1_000, at_each_step=lambda: told.advance(30))

    with deadline(300):
        report = run(records)

    assert not report.finished
    assert len(records.steps) == 10
    assert report.expired_deleted == 9 * BATCH == 1_000 - records.expired
    assert report.batches == 10


@pytest.mark.parametrize("seconds_for_each_step", [37, 41, 47, 71, 101])
def test_no_step_begins_within_the_reserve(told: ToldClock, seconds_for_each_step: int) -> None:
    began: list[float] = []

    def step() -> None:
        began.append(deadline_module.seconds_left())
        told.advance(seconds_for_each_step)

    records = FakeRecords(
        revoked_lately=keys(4), expired=4, past_retention=dict.fromkeys(keys(4), False), legacy=4, at_each_step=step
    )
    with deadline(300):
        report = run(records)

    assert not report.finished
    assert [
        seconds for seconds, name in zip(began, records.steps, strict=True) if seconds < 20 and name != "purge"
    ] == []


def test_a_slow_redis_does_not_carry_a_sweep_past_its_reserve(told: ToldClock) -> None:
    """A batch of fences may take longer than everything else."""
    records = FakeRecords(revoked_lately=keys(BATCH), expired=1)

    with deadline(300):
        report = run(records, FakeCopies(at_each_fence=lambda: told.advance(145)))

    assert (report.fences_written, report.finished) == (2, False)
    assert records.steps == ["revoked lately"]


def test_with_no_time_at_all_nothing_is_begun(told: ToldClock) -> None:
    records = FakeRecords(expired=5)

    with deadline(19.9):
        report = run(records)

    assert (report, records.steps) == (SweepReport(finished=False), [])


def test_the_lag_is_what_it_was_before_anything_was_deleted() -> None:
    assert run(FakeRecords(expired=7)).lag_seconds == 7.0


def test_a_report_is_what_the_function_answers() -> None:
    assert asdict(run(FakeRecords())).keys() == {
        "expired_deleted",
        "revoked_deleted",
        "fences_written",
        "legacy_cleared",
        "plain_deleted",
        "plain_left",
        "batches",
        "lag_seconds",
        "finished",
    }


# --- What is still in plain form ------------------------------------------------------------------

UNTIL = FakeRecords.now


def test_what_is_in_plain_form_is_left_and_not_counted_where_nothing_is_upgraded() -> None:
    records = FakeRecords(plain=["a"])
    assert run(records).plain_left is None
    assert records.plain == ["a"]


def test_until_the_upgrade_ends_what_is_left_in_plain_form_is_counted() -> None:
    records, copies = FakeRecords(plain=["a", "b"], now=UNTIL - timedelta(milliseconds=1)), FakeCopies()
    report = run(records, copies, upgrade_plain_until=UNTIL)
    assert (report.plain_left, report.plain_deleted, copies.fenced, report.finished) == (2, 0, [], True)


def test_a_count_that_is_not_answered_is_missing_and_the_sweep_is_done() -> None:
    """On a large table it may take longer than a statement may."""
    counted = FakeRecords(plain=["a"], expired=7)
    run(counted, upgrade_plain_until=UNTIL)
    records = FakeRecords(plain=["a"], expired=7, is_down_from=counted.steps.index("count plain"))
    report = run(records, upgrade_plain_until=UNTIL)
    assert (report.plain_left, report.plain_deleted, report.expired_deleted, report.finished) == (None, 1, 7, True)


def test_when_the_upgrade_has_ended_what_is_left_in_plain_form_is_fenced_and_goes_in_batches() -> None:
    records, copies = FakeRecords(plain=list("abcdefg")), FakeCopies()
    report = run(records, copies, upgrade_plain_until=UNTIL)
    assert (report.plain_left, report.plain_deleted, copies.fenced) == (0, 7, list("abcdefg"))
    assert records.steps.count("forget plain") == 3


def test_nothing_in_plain_form_goes_without_its_fence() -> None:
    records, copies = FakeRecords(plain=list("abcd")), FakeCopies(room=3)
    report = run(records, copies, upgrade_plain_until=UNTIL)
    assert (report.plain_left, report.plain_deleted, report.finished) == (1, 3, False)


def test_a_revoked_record_is_kept_to_its_expiry_while_its_session_could_be_upgraded_again() -> None:
    records = FakeRecords(past_retention={"may live": True, "expired": False})
    run(records, upgrade_plain_until=UNTIL)
    assert list(records.past_retention) == ["may live"]
