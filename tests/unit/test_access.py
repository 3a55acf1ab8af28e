"""Who may pass with a live session: each thing that a policy can ask for, alone and together."""

from copy import replace
from datetime import timedelta
from typing import Any

import pytest

from session_management.access import AccessPolicy, Denial
from session_management.models import SessionWithUser, UserRole
from session_management.settings import Settings
from tests.support.clock import ToldClock

HOUR = timedelta(hours=1)
MS = timedelta(milliseconds=1)


def policy(
    required_role: UserRole | None = None, *, requires_verified: bool = False, max_auth_age: timedelta = timedelta()
) -> AccessPolicy:
    return AccessPolicy(required_role, requires_verified, max_auth_age)


def with_user(found: SessionWithUser, **changes: Any) -> SessionWithUser:
    return found._replace(user=replace(found.user, **changes))


def test_without_any_setting_everybody_passes_at_any_time(found: SessionWithUser, clock: ToldClock) -> None:
    nobody = with_user(found, role=UserRole.USER, is_verified=False)
    clock.advance(timedelta(days=4_000).total_seconds())

    assert Settings.from_environment({}).access == policy()
    assert policy().denial(nobody, clock.now) is None


@pytest.mark.parametrize(
    ("required", "role", "passes"),
    [
        (None, UserRole.USER, True),
        (None, UserRole.ADMIN, True),
        (UserRole.USER, UserRole.USER, True),
        (UserRole.USER, UserRole.ADMIN, True),
        (UserRole.ADMIN, UserRole.USER, False),
        (UserRole.ADMIN, UserRole.ADMIN, True),
    ],
)
def test_an_admin_may_do_what_a_user_may_and_not_the_reverse(
    found: SessionWithUser, clock: ToldClock, required: UserRole | None, role: UserRole, passes: bool
) -> None:
    denial = policy(required).denial(with_user(found, role=role), clock.now)

    assert denial is (None if passes else Denial.ROLE)


@pytest.mark.parametrize(("is_verified", "denial"), [(True, None), (False, Denial.UNVERIFIED)])
def test_a_user_may_have_to_be_verified(
    found: SessionWithUser, clock: ToldClock, is_verified: bool, denial: Denial | None
) -> None:
    asked = policy(requires_verified=True)

    assert asked.denial(with_user(found, is_verified=is_verified), clock.now) is denial


@pytest.mark.parametrize(
    ("age", "denial"),
    [
        (-HOUR, None),
        (timedelta(), None),
        (HOUR - MS, None),
        (HOUR, Denial.AUTHENTICATION_AGE),
        (HOUR + MS, Denial.AUTHENTICATION_AGE),
    ],
    ids=str,
)
def test_a_login_may_have_to_be_recent(found: SessionWithUser, age: timedelta, denial: Denial | None) -> None:
    """ASVS 7.5.3. One from a clock that runs ahead is no older for it."""
    asked = policy(max_auth_age=HOUR)

    assert asked.denial(found, lambda: found.session.authenticated_at + age) is denial


def test_the_age_of_a_login_counts_from_when_its_user_proved_who_they_are(
    found: SessionWithUser, clock: ToldClock
) -> None:
    """Neither from the session's creation nor from its last activity."""
    session = replace(found.session, authenticated_at=clock.now() - 2 * HOUR, last_activity=clock.now())
    renewed = replace(found.session, created_at=clock.now() - 2 * HOUR)
    asked = policy(max_auth_age=HOUR)

    assert asked.denial(found._replace(session=session), clock.now) is Denial.AUTHENTICATION_AGE
    assert asked.denial(found._replace(session=renewed), clock.now) is None


def test_what_a_new_login_would_mend_is_told_last(found: SessionWithUser) -> None:
    """Who logs in again is not sent to log in again."""
    asked = policy(UserRole.ADMIN, requires_verified=True, max_auth_age=HOUR)
    late = found.session.authenticated_at + 2 * HOUR
    nobody = with_user(found, role=UserRole.USER, is_verified=False)

    assert asked.denial(nobody, lambda: late) is Denial.ROLE
    assert asked.denial(with_user(nobody, role=UserRole.ADMIN), lambda: late) is Denial.UNVERIFIED
    assert (
        asked.denial(with_user(nobody, role=UserRole.ADMIN, is_verified=True), lambda: late)
        is Denial.AUTHENTICATION_AGE
    )


def test_the_words_stay_the_same() -> None:
    """They are in the contexts of deny policies, in logs and in metrics."""
    assert [str(word) for word in Denial] == ["client_change", "role", "unverified", "authentication_age"]
