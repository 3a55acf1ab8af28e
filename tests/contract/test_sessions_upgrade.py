"""Keeping a session under another key, and recording one of the original's: once, and not when it has ended."""

from datetime import datetime, timedelta

import pytest

from session_management.models import Session, SessionWithUser, User
from session_management.tokens import handle_of, new_session_id
from tests.contract.sessions import a_session, opened
from tests.contract.stores import Stores

LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00Z")


def rename(stores: Stores, key: str, new: str) -> SessionWithUser | None:
    with stores.database.begin():
        return stores.database.sessions.rename(key, new, stores.clock.now(), LONG_AGO)


def test_a_live_session_is_kept_under_its_new_key_and_not_under_the_old(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    new = handle_of(new_session_id())
    found = rename(stores, session.key, new)
    assert found
    assert (found.session.key, found.session.created_at, found.session.expires_at) == (
        new,
        session.created_at,
        session.expires_at,
    )
    assert stores.row(new)
    assert stores.row(session.key) is None
    assert rename(stores, session.key, new) is None


@pytest.mark.parametrize("end", ["revoked", "expired", "its user disabled"])
def test_what_has_ended_keeps_its_key(stores: Stores, user: User, end: str) -> None:
    session, new = opened(stores, user).session, handle_of(new_session_id())
    if end == "revoked":
        stores.database.sessions.revoke(session.key, "logout")
    elif end == "expired":
        stores.pass_time((session.expires_at - stores.clock.now()).total_seconds())
    else:
        stores.database.users.update(user.id, {"status": "DISABLED"})
    assert rename(stores, session.key, new) is None
    assert stores.row(session.key)
    assert stores.row(new) is None


def test_a_key_that_is_taken_stays_with_its_session(stores: Stores, user: User) -> None:
    first, second = opened(stores, user).session, opened(stores, user).session
    assert rename(stores, first.key, second.key) is None
    assert stores.row(first.key)


def of_the_original(stores: Stores, user: User) -> Session:
    return a_session(stores, user, ip="192.0.2.9", user_agent="a browser")


def test_a_session_of_the_original_is_recorded_and_the_column_that_names_it_cleared(stores: Stores, user: User) -> None:
    stores.give_legacy_session(user.id, "theirs", stores.clock.now())
    session = of_the_original(stores, user)
    found = stores.database.sessions.adopt(session, "theirs", in_column=True)
    assert found
    assert found.session == session
    assert stores.legacy_session(user.id) is None


def test_a_column_that_names_another_session_is_left_alone(stores: Stores, user: User) -> None:
    stores.give_legacy_session(user.id, "another", stores.clock.now())
    assert stores.database.sessions.adopt(of_the_original(stores, user), "theirs", in_column=False)
    assert stores.legacy_session(user.id) == "another"


def test_what_the_column_names_no_longer_is_not_recorded(stores: Stores, user: User) -> None:
    session = of_the_original(stores, user)
    assert stores.database.sessions.adopt(session, "theirs", in_column=True) is None
    assert stores.row(session.key) is None


def test_what_is_recorded_already_stays_as_it_is(stores: Stores, user: User) -> None:
    session = of_the_original(stores, user)
    assert stores.database.sessions.adopt(session, "theirs", in_column=False)
    stores.database.sessions.revoke(session.key, "logout")
    assert stores.database.sessions.adopt(session, "theirs", in_column=False) is None
    row = stores.row(session.key)
    assert row
    assert row.reason == "logout"


def test_what_was_made_before_all_sessions_were_ended_is_not_recorded(stores: Stores, user: User) -> None:
    before = of_the_original(stores, user)
    with stores.database.begin():
        stores.database.sessions.revoke_all(user.id, "revoke_all", None)
    assert stores.database.users.find_in_session(user.id, before.handle, before.created_at) is None
    assert stores.database.sessions.adopt(before, "theirs", in_column=False) is None
    stores.pass_time(0.001)
    after = of_the_original(stores, user)
    assert stores.database.users.find_in_session(user.id, after.handle, after.created_at) == user
    assert stores.database.sessions.adopt(after, "theirs", in_column=False)


def end_all(stores: Stores, user: User, except_key: str | None) -> list[str]:
    with stores.database.begin():
        return stores.database.sessions.revoke_all(user.id, "revoke_all", except_key)


def test_the_session_that_is_kept_when_all_others_end_is_none_of_them(stores: Stores, user: User) -> None:
    """The date is of those that have no record, too; the next end of all that keeps another ends this one as well."""
    kept, other = of_the_original(stores, user), of_the_original(stores, user)
    end_all(stores, user, kept.key)
    find = stores.database.users.find_in_session
    assert find(user.id, kept.handle, kept.created_at) == user
    assert find(user.id, other.handle, other.created_at) is None
    assert stores.database.sessions.adopt(other, "another", in_column=False) is None
    assert stores.database.sessions.adopt(kept, "theirs", in_column=False)
    end_all(stores, user, other.key)
    assert find(user.id, kept.handle, kept.created_at) is None


def test_nobody_is_in_a_session_who_is_disabled_or_gone(stores: Stores, user: User) -> None:
    session, now = of_the_original(stores, user), stores.clock.now() + timedelta(days=1)
    stores.database.users.update(user.id, {"status": "DISABLED"})
    assert stores.database.users.find_in_session(user.id, session.handle, now) is None
    assert stores.database.sessions.adopt(session, "theirs", in_column=False) is None
    stores.database.users.delete(user.id)
    assert stores.database.users.find_in_session(user.id, session.handle, now) is None
    assert stores.database.sessions.adopt(session, "theirs", in_column=False) is None
    assert stores.database.users.find_in_session("nobody", session.handle, now) is None
