"""Ending sessions in the record: one, all of a user's, all but the newest; and who was ended lately."""

from collections.abc import Sequence
from datetime import timedelta

from session_management.constants import FENCE_SECONDS
from session_management.models import Ended, Session, User
from tests.contract.sessions import LIFE, a_session, checked, opened
from tests.contract.stores import StoredSession, Stores


def is_revoked(stores: Stores, key: str) -> bool:
    found = checked(stores, key)
    assert found
    return found.session.revoked


def keys(sessions: Sequence[Session]) -> set[str]:
    return {session.key for session in sessions}


def test_a_session_is_revoked_once_for_good(stores: Stores, user: User) -> None:
    key = opened(stores, user).session.key
    revoked_at = stores.clock.now()
    assert stores.database.sessions.revoke(key, "logout") == Ended(user.id, is_new=True)
    stores.pass_time(60)

    assert stores.database.sessions.revoke(key, "another reason") == Ended(user.id, is_new=False)
    assert stores.row(key) == StoredSession(revoked_at, "logout")


def test_an_unknown_session_is_not_revoked(stores: Stores, user: User) -> None:
    key = opened(stores, user).session.key
    assert stores.database.sessions.revoke("f" * 64, "logout") is None
    assert not is_revoked(stores, key)


def test_an_expired_session_can_still_be_revoked(stores: Stores, user: User) -> None:
    key = opened(stores, user).session.key
    stores.pass_time(LIFE.total_seconds() + 1)
    assert stores.database.sessions.revoke(key, "logout") == Ended(user.id, is_new=True)


def test_revoking_all_ends_every_session_of_the_user_but_one(stores: Stores, user: User) -> None:
    bob = stores.a_user("bob@example.com")
    first, second, kept, bobs = (opened(stores, who).session.key for who in (user, user, user, bob))
    stores.database.sessions.revoke(first, "logout")
    with stores.database.begin():
        assert stores.database.sessions.revoke_all(user.id, "revoke_all", kept) == [second]

    assert [is_revoked(stores, key) for key in (first, second, kept, bobs)] == [True, True, False, False]
    assert stores.row(first) == StoredSession(stores.clock.now(), "logout")
    assert stores.row(second) == StoredSession(stores.clock.now(), "revoke_all")


def test_revoking_all_spares_none_unless_told(stores: Stores, user: User) -> None:
    made = [opened(stores, user).session.key for _ in range(3)]
    with stores.database.begin():
        assert set(stores.database.sessions.revoke_all(user.id, "revoke_all", None)) == set(made)
    assert all(is_revoked(stores, key) for key in made)


def test_revoking_all_clears_the_legacy_column_too(stores: Stores, user: User) -> None:
    bob = stores.a_user("bob@example.com")
    stores.give_legacy_session(user.id, "anns", stores.clock.now())
    stores.give_legacy_session(bob.id, "bobs", stores.clock.now())
    with stores.database.begin():
        ended = stores.database.sessions.revoke_all(user.id, "revoke_all", None)
    assert ended == (["anns"] if stores.names.at_rest == "plain" else [])
    assert stores.legacy_session(user.id) is None
    assert stores.legacy_session(bob.id) == "bobs"


def open_one_a_second(stores: Stores, user: User, count: int) -> list[str]:
    made = []
    for _ in range(count):
        made.append(opened(stores, user).session.key)
        stores.pass_time(1)
    return made


def test_the_newest_sessions_are_kept(stores: Stores, user: User) -> None:
    made = open_one_a_second(stores, user, 5)
    with stores.database.begin():
        ended = stores.database.sessions.keep_newest(user.id, 2, made[-1])
    assert set(ended) == set(made[:3])
    assert [is_revoked(stores, key) for key in made] == [True, True, True, False, False]
    assert stores.row(made[0]) == StoredSession(stores.clock.now(), "limit")


def test_the_spared_session_is_kept_however_old_and_counts(stores: Stores, user: User) -> None:
    """A clock that runs behind gives the newest login the oldest time."""
    made = open_one_a_second(stores, user, 4)
    with stores.database.begin():
        ended = stores.database.sessions.keep_newest(user.id, 2, made[0])
    assert set(ended) == {made[1], made[2]}
    assert [is_revoked(stores, key) for key in made] == [False, True, True, False]


def test_a_limit_of_one_keeps_the_spared_session_alone(stores: Stores, user: User) -> None:
    made = open_one_a_second(stores, user, 3)
    with stores.database.begin():
        assert set(stores.database.sessions.keep_newest(user.id, 1, made[1])) == {made[0], made[2]}


def test_what_has_ended_and_who_else_there_is_does_not_count(stores: Stores, user: User) -> None:
    bob = stores.a_user("bob@example.com")
    bobs = opened(stores, bob).session.key
    revoked, expired, kept = (a_session(stores, user) for _ in range(3))
    stores.database.sessions.open(revoked, None, None)
    stores.database.sessions.revoke(revoked.key, "logout")
    opened(stores, user, key=expired.key, expires_at=stores.clock.now() + timedelta(seconds=1))
    stores.pass_time(1)
    stores.database.sessions.open(kept, None, None)
    with stores.database.begin():
        assert stores.database.sessions.keep_newest(user.id, 2, kept.key) == []
    assert not is_revoked(stores, bobs)
    assert stores.row(revoked.key) == StoredSession(stores.clock.now() - timedelta(seconds=1), "logout")


def test_recent_sessions_are_the_live_ones_and_those_revoked_within_a_fences_life(stores: Stores, user: User) -> None:
    bob = stores.a_user("bob@example.com")
    live, ended, _ = (opened(stores, who).session.key for who in (user, user, bob))
    stores.database.sessions.revoke(ended, "logout")

    stores.pass_time(FENCE_SECONDS - 0.001)
    assert keys(stores.database.sessions.recent(user.id)) == {live, ended}
    stores.pass_time(0.001)
    assert keys(stores.database.sessions.recent(user.id)) == {live}


def test_of_recent_sessions_one_is_found_by_its_handle(stores: Stores, user: User) -> None:
    """And no other user's: their records are not looked at."""
    bob = stores.a_user("bob@example.com")
    mine, ended, _ = (opened(stores, user).session for _ in range(3))
    theirs = opened(stores, bob).session
    stores.database.sessions.revoke(ended.key, "logout")

    recent = stores.database.sessions.recent
    assert keys(recent(user.id, mine.handle)) == {mine.key}
    assert keys(recent(user.id, ended.handle)) == {ended.key}
    assert [recent(user.id, handle) for handle in (theirs.handle, "0" * 64, "")] == [[], [], []]
    stores.pass_time(FENCE_SECONDS)
    assert recent(user.id, ended.handle) == []


def test_recent_sessions_say_which_of_them_were_revoked(stores: Stores, user: User) -> None:
    live, ended = opened(stores, user).session, opened(stores, user).session
    stores.database.sessions.revoke(ended.key, "logout")
    found = {session.key: session for session in stores.database.sessions.recent(user.id)}
    assert found[live.key] == live
    assert found[ended.key].revoked
