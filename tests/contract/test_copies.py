"""Copies: created only where nothing is, changed only where what was seen still is, ended by a fence."""

import json
from copy import replace
from datetime import timedelta

import pytest

from session_management.constants import FENCE_SECONDS
from session_management.models import SessionWithUser, User
from session_management.session_data import Fence, session_of, to_ms
from tests.contract.sessions import LIFE, a_session
from tests.contract.stores import Stores

ORIGINAL_FIELDS = ("user_id", "created_at", "expires_at", "ip", "user_agent")
GARBAGE = (
    b"",
    b"\xff\x00",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"{}",
    b"9" * 5000,
    b"[" * 100_000,
    b'{"user_id":"u","created_at":"x","expires_at":1}',
    b'{"user_id":"u","created_at":1,"expires_at":1e999}',
    b'{"user_id":"u","created_at":1,"expires_at":1,"user":{"id":"u"}}',
    b'{"user_id":"u","created_at":1,"expires_at":1,"fence":"other"}',
)


@pytest.fixture
def found(stores: Stores, user: User) -> SessionWithUser:
    """What the record said of a session."""
    return SessionWithUser(a_session(stores, user), replace(user, last_login_at=stores.clock.now()))


@pytest.fixture
def key(found: SessionWithUser) -> str:
    return found.session.key


def promoted(found: SessionWithUser) -> SessionWithUser:
    return found._replace(user=replace(found.user, email="ann@example.org"))


def test_nothing_is_none(stores: Stores, key: str) -> None:
    assert stores.copies.get(key) is None


def test_a_copy_says_what_the_record_said_and_when(stores: Stores, found: SessionWithUser, key: str) -> None:
    checked_at = stores.clock.now() - timedelta(seconds=3)
    assert stores.copies.set(key, found, checked_at) is True

    seen = stores.copies.get(key)
    assert seen
    assert session_of(seen, key, found.session.handle) == found.session
    assert (seen.user, seen.checked, seen.fence) == (found.user, checked_at, None)


def test_a_copy_lives_as_long_as_its_session(stores: Stores, found: SessionWithUser, key: str) -> None:
    stores.copies.set(key, found, stores.clock.now())
    assert stores.life_ms(key) == pytest.approx(LIFE.total_seconds() * 1000, abs=10_000)
    stores.pass_time(LIFE.total_seconds())
    assert stores.copies.get(key) is None


def test_a_copy_lives_no_longer_than_the_absolute_lifetime(stores: Stores, found: SessionWithUser, key: str) -> None:
    soon = stores.clock.now() + timedelta(seconds=90)
    ending = found._replace(session=replace(found.session, absolute_expires_at=soon))
    stores.copies.set(key, ending, stores.clock.now())
    assert stores.life_ms(key) == pytest.approx(90_000, abs=10_000)


def test_what_has_ended_is_not_copied(stores: Stores, found: SessionWithUser, key: str) -> None:
    over = found._replace(session=replace(found.session, expires_at=stores.clock.now()))
    assert stores.copies.set(key, over, stores.clock.now()) is False
    assert stores.value(key) is None
    stores.copies.set(key, found, stores.clock.now())
    seen = stores.copies.get(key)
    assert seen
    assert stores.copies.extend(key, over, stores.clock.now(), seen) is False
    assert stores.value(key) == seen.version


@pytest.mark.parametrize("standing", ["copy", "revoked", "stale", "garbage"])
def test_a_copy_is_created_only_where_nothing_is(
    stores: Stores, found: SessionWithUser, key: str, standing: str
) -> None:
    match standing:
        case "copy":
            stores.copies.set(key, found, stores.clock.now())
        case "revoked":
            stores.copies.delete(key)
        case "stale":
            stores.copies.invalidate(found.session)
        case _:
            stores.put(key, b"garbage")
    before = stores.value(key)

    assert stores.copies.set(key, promoted(found), stores.clock.now()) is False
    assert stores.value(key) == before


def test_a_copy_is_changed_where_what_was_seen_still_stands(stores: Stores, found: SessionWithUser, key: str) -> None:
    stores.copies.set(key, found, stores.clock.now())
    seen = stores.copies.get(key)
    assert seen
    assert stores.copies.extend(key, promoted(found), stores.clock.now(), seen) is True

    after = stores.copies.get(key)
    assert after
    assert after.user == promoted(found).user
    assert stores.copies.extend(key, found, stores.clock.now(), seen) is False
    assert stores.value(key) == after.version


def test_a_change_gives_the_copy_the_life_of_its_session(stores: Stores, found: SessionWithUser, key: str) -> None:
    stores.copies.invalidate(found.session)
    seen = stores.copies.get(key)
    assert seen
    stores.copies.extend(key, found, stores.clock.now(), seen)
    assert stores.life_ms(key) == pytest.approx(LIFE.total_seconds() * 1000, abs=10_000)


def test_no_two_values_are_alike(stores: Stores, found: SessionWithUser, key: str) -> None:
    """A compare-and-set must not take a newer value for the older one it read."""
    values = set()
    for _ in range(3):
        stores.lose_copies()
        stores.copies.set(key, found, stores.clock.now())
        values.add(stores.value(key))
        stores.copies.invalidate(found.session)
        values.add(stores.value(key))
        stores.copies.delete(key)
        values.add(stores.value(key))
    assert len(values) == 9


def test_nothing_is_changed_where_nothing_is_left(stores: Stores, found: SessionWithUser, key: str) -> None:
    stores.copies.set(key, found, stores.clock.now())
    seen = stores.copies.get(key)
    assert seen
    stores.lose_copies()
    assert stores.copies.extend(key, found, stores.clock.now(), seen) is False
    assert stores.value(key) is None


@pytest.mark.parametrize("standing", [None, b"garbage", b'{"fence": "stale"}'])
def test_a_fence_stands_over_whatever_is_there(
    stores: Stores, found: SessionWithUser, key: str, standing: bytes | None
) -> None:
    if standing is not None:
        stores.put(key, standing)
    stores.copies.invalidate(found.session)
    stale = stores.copies.get(key)
    stores.copies.delete(key)
    revoked = stores.copies.get(key)
    assert stale
    assert revoked
    assert (stale.fence, revoked.fence) == (Fence.STALE, Fence.REVOKED)
    assert stale.user is revoked.user is None


def test_a_revoked_fence_stays_whoever_comes_late_with_a_stale_one(
    stores: Stores, found: SessionWithUser, key: str
) -> None:
    """To the original, a stale fence is a live session."""
    stores.copies.delete(key)
    before = stores.value(key)
    stores.copies.invalidate(found.session)
    assert stores.value(key) == before


def test_no_text_of_a_session_looks_like_a_revoked_fence(stores: Stores, found: SessionWithUser, key: str) -> None:
    agent = '"fence":"revoked"'
    session = replace(found.session, user_agent=agent)
    stores.copies.set(key, found._replace(session=session), stores.clock.now())
    stores.copies.invalidate(session)
    stale = stores.copies.get(key)
    assert stale
    assert (stale.fence, session_of(stale, key, key).user_agent) == (Fence.STALE, agent)


def test_a_revoked_fence_lives_fifteen_minutes(stores: Stores, key: str) -> None:
    stores.copies.delete(key)
    assert stores.life_ms(key) == pytest.approx(900_000, abs=10_000)
    stores.pass_time(FENCE_SECONDS)
    assert stores.copies.get(key) is None


def test_a_stale_fence_lives_fifteen_minutes_or_as_long_as_the_original_may_read_it(
    stores: Stores, found: SessionWithUser, key: str
) -> None:
    stores.copies.invalidate(found.session)
    is_shared = stores.names.at_rest == "plain"
    expected = LIFE.total_seconds() * 1000 if is_shared else 900_000
    assert stores.life_ms(key) == pytest.approx(expected, abs=10_000)


def test_every_value_reads_as_the_originals_session_data(stores: Stores, found: SessionWithUser, key: str) -> None:
    """Section 3, rules 4 and 5: epoch milliseconds; a revoked fence is an expired session to the original."""
    session = found.session
    expected = (
        session.user_id,
        to_ms(session.created_at),
        to_ms(session.expires_at),
        "192.0.2.7",
        "a test",
    )
    stores.copies.set(key, found, stores.clock.now())
    copy = stores.value(key)
    stores.copies.invalidate(session)
    for written in (copy, stores.value(key)):
        fields = json.loads(written or b"")
        assert tuple(fields[name] for name in ORIGINAL_FIELDS) == expected
    stores.copies.delete(key)
    assert json.loads(stores.value(key) or b"")["expires_at"] == 0


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda value: value[:20].decode(errors="replace"))
def test_garbage_is_believed_by_nobody_and_can_be_replaced(
    stores: Stores, found: SessionWithUser, key: str, garbage: bytes
) -> None:
    stores.put(key, garbage)
    seen = stores.copies.get(key)
    assert seen
    assert (seen.user, seen.checked, seen.fence) == (None, None, None)
    assert stores.copies.extend(key, found, stores.clock.now(), seen) is True
    after = stores.copies.get(key)
    assert after
    assert after.user == found.user
