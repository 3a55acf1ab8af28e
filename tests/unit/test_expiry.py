"""The one expiry rule (P3), to the millisecond."""

from copy import replace
from datetime import UTC, datetime, timedelta

import pytest

from session_management.expiry import EndingClock, ExpiryRule
from session_management.models import Session

MS = timedelta(milliseconds=1)
NO_IDLE = ExpiryRule(absolute=timedelta(days=30), idle=timedelta())
IDLE = ExpiryRule(absolute=timedelta(days=30), idle=timedelta(minutes=30))

MOMENTS = pytest.mark.parametrize(
    ("offset", "is_over"), [(-MS, False), (timedelta(), True), (MS, True)], ids=["T-1ms", "T", "T+1ms"]
)


@MOMENTS
def test_a_session_is_over_at_the_instant_of_its_expiry(session: Session, offset: timedelta, is_over: bool) -> None:
    assert NO_IDLE.is_over(session, session.expires_at + offset) is is_over


@MOMENTS
def test_a_session_is_over_at_the_instant_of_its_absolute_end(
    session: Session, offset: timedelta, is_over: bool
) -> None:
    """ASVS 7.3.2."""
    extended = replace(session, expires_at=session.absolute_expires_at + timedelta(days=365))

    assert NO_IDLE.is_over(extended, session.absolute_expires_at + offset) is is_over


@MOMENTS
def test_a_session_is_over_when_it_has_been_idle_for_just_the_timeout(
    session: Session, offset: timedelta, is_over: bool
) -> None:
    """ASVS 7.3.1."""
    active = replace(session, last_activity=session.created_at + timedelta(hours=5))

    assert IDLE.is_over(active, active.last_activity + timedelta(minutes=30) + offset) is is_over


def test_without_an_idle_timeout_a_session_may_lie_idle_until_its_expiry(session: Session) -> None:
    forgotten = replace(session, last_activity=session.created_at - timedelta(days=300))

    assert not NO_IDLE.is_over(forgotten, session.expires_at - MS)


def test_activity_does_not_move_the_expiry(session: Session) -> None:
    busy = replace(session, last_activity=session.expires_at - MS)

    assert IDLE.is_over(busy, session.expires_at)


def test_a_session_ends_at_the_earliest_of_its_three_ends(session: Session) -> None:
    at = session.created_at
    ends = [at + timedelta(minutes=30), at + timedelta(hours=1), at + timedelta(hours=2)]

    by_idle = replace(session, expires_at=ends[1], absolute_expires_at=ends[2])
    by_expiry = replace(by_idle, last_activity=ends[0] + MS)
    by_absolute = replace(by_expiry, expires_at=ends[2], absolute_expires_at=ends[1] - MS)

    assert IDLE.ends_at(by_idle) == ends[0]
    assert IDLE.ends_at(by_expiry) == min(ends[1], ends[0] + MS + IDLE.idle)
    assert IDLE.ends_at(by_absolute) == ends[1] - MS


def test_the_absolute_end_counts_from_the_creation() -> None:
    created_at = datetime(2026, 2, 1, tzinfo=UTC)

    assert NO_IDLE.absolute_end(created_at) == datetime(2026, 3, 3, tzinfo=UTC)


def test_what_was_last_active_at_idle_since_is_idle_and_a_millisecond_later_is_not(session: Session) -> None:
    now = session.created_at + timedelta(days=1)

    assert IDLE.is_over(replace(session, last_activity=IDLE.idle_since(now)), now)
    assert not IDLE.is_over(replace(session, last_activity=IDLE.idle_since(now) + MS), now)


def test_without_an_idle_timeout_nothing_was_active_too_long_ago(session: Session) -> None:
    assert NO_IDLE.idle_since(session.created_at) < datetime(1971, 1, 1, tzinfo=UTC)


def test_the_clock_that_ends_a_session_is_named(session: Session) -> None:
    quiet = replace(session, last_activity=session.expires_at - timedelta(hours=1))
    by_age = replace(session, expires_at=session.absolute_expires_at + MS)
    assert NO_IDLE.ending_clock(session) is EndingClock.EXPIRY
    assert IDLE.ending_clock(quiet) is EndingClock.IDLE
    assert NO_IDLE.ending_clock(by_age) is EndingClock.ABSOLUTE
    assert NO_IDLE.ending_clock(replace(by_age, expires_at=session.absolute_expires_at)) is EndingClock.ABSOLUTE
