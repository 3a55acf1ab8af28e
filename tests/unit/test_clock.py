"""The real clock."""

from datetime import UTC, datetime, timedelta

from session_management.clock import SystemClock


def test_now_is_the_present_in_utc_cut_to_the_millisecond() -> None:
    """Both stores can hold it, and what was written compares equal to what is read."""
    before, now, after = datetime.now(UTC), SystemClock().now(), datetime.now(UTC)

    assert before - timedelta(milliseconds=1) < now <= after
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


def test_a_timestamp_is_the_same_present() -> None:
    clock = SystemClock()
    before, now, after = datetime.now(UTC), datetime.fromtimestamp(clock.timestamp(), UTC), datetime.now(UTC)

    assert before <= now <= after


def test_monotonic_time_does_not_run_backwards() -> None:
    times = [SystemClock().monotonic() for _ in range(100)]

    assert times == sorted(times)
