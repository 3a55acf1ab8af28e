"""Copies that are created together with the end of a try: by the same rule as those that are created alone."""

from collections.abc import Callable
from copy import replace
from itertools import count

import pytest

from session_management.attempts import Attempt, Limit, account_counter, address_counter
from session_management.interfaces import NewCopy
from session_management.models import SessionWithUser, User
from session_management.session_data import session_of
from tests.contract.sessions import LIFE, a_session
from tests.contract.stores import Stores

COUNTERS = (
    address_counter("192.0.2.7", Limit(free=1, life_ms=900_000)),
    account_counter("ann@example.com", Limit(free=1, life_ms=86_400_000, first_wait_ms=1_000, longest_wait_ms=10_000)),
)

type End = Callable[[SessionWithUser], None]


@pytest.fixture
def found(stores: Stores, user: User) -> SessionWithUser:
    """What the record said of a session."""
    return SessionWithUser(a_session(stores, user), replace(user, last_login_at=stores.clock.now()))


@pytest.fixture
def succeed(stores: Stores) -> End:
    """Have a try let through, and end it as a success with a copy, in as few round trips as the stores allow."""
    numbers = count()

    def succeed(found: SessionWithUser) -> None:
        attempt = Attempt(f"attempt {next(numbers):03}", COUNTERS)
        assert stores.attempts.reserve(attempt) == 0
        key, now = found.session.key, stores.clock.now()
        if not stores.attempts.give_back(attempt, is_success=True, copy=NewCopy(key, found, now)):
            stores.copies.set(key, found, now)

    return succeed


def test_the_copy_is_there_and_the_try_is_counted_no_longer(
    stores: Stores, found: SessionWithUser, succeed: End
) -> None:
    succeed(found)

    key = found.session.key
    seen = stores.copies.get(key)
    assert seen
    assert session_of(seen, key, found.session.handle) == found.session
    assert (seen.user, seen.checked, seen.fence) == (found.user, stores.clock.now(), None)
    assert stores.life_ms(key) == pytest.approx(LIFE.total_seconds() * 1000, abs=10_000)
    assert stores.attempts.reserve(Attempt("another one", COUNTERS)) == 0


@pytest.mark.parametrize("standing", ["revoked", "stale", "garbage"])
def test_what_stands_there_stays_and_the_try_is_counted_no_longer(
    stores: Stores, found: SessionWithUser, succeed: End, standing: str
) -> None:
    """A revoke-all beside a login has fenced the new session already."""
    key = found.session.key
    if standing == "revoked":
        stores.copies.delete(key)
    elif standing == "stale":
        stores.copies.invalidate(found.session)
    else:
        stores.put(key, b"garbage")
    before = stores.value(key)

    succeed(found)

    assert stores.value(key) == before
    assert stores.attempts.reserve(Attempt("another one", COUNTERS)) == 0


def test_what_has_ended_is_not_copied_and_the_try_is_counted_no_longer(
    stores: Stores, found: SessionWithUser, succeed: End
) -> None:
    over = found._replace(session=replace(found.session, expires_at=stores.clock.now()))

    succeed(over)

    assert stores.value(found.session.key) is None
    assert stores.attempts.reserve(Attempt("another one", COUNTERS)) == 0
