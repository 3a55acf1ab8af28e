"""Beside the original application on the same stores: each accepts the other's sessions, and their ends."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pg8000.native
import pytest
import redis

from infra.local.servers import EmbeddedValkey
from session_management.errors import StoreUnavailableError
from session_management.interfaces import ValidationPath
from session_management.models import CreateUserData, SessionMetadata, User
from session_management.session_data import to_ms
from tests.conftest import MakeEnvironment
from tests.support.managers import Environment
from tests.support.policies import a_policy

SESSION_ID = "3f1e5f0a-9f5c-4c8e-8f66-0d8d5a3e2b11"
WEEK = timedelta(days=7)


@pytest.fixture
def env(make_environment: MakeEnvironment) -> Environment:
    return make_environment(a_policy(at_rest="plain"))


@pytest.fixture
def ann(env: Environment) -> User:
    return env.manager.create(CreateUserData(email="ann@example.com"))


class Original:
    """The original application, as far as the stores see it."""

    def __init__(self, env: Environment, sql: pg8000.native.Connection, keys: redis.Redis) -> None:
        self._env, self._sql, self._keys = env, sql, keys

    def log_in(self, user: User, *, until: datetime | None = None) -> None:
        """Write its JSON, which lives as long as the session."""
        now = self._env.clock.now()
        data = {
            "user_id": user.id,
            "created_at": to_ms(now),
            "expires_at": to_ms(until or now + WEEK),
            "ip": "192.0.2.9",
            "user_agent": "a browser",
        }
        self._keys.set(f"session:{SESSION_ID}", json.dumps(data), ex=604_800)

    def write_column(self, user: User, logged_in_at: datetime | None) -> None:
        """Write `users.session_id`, as its login does besides."""
        self._sql.run(
            "UPDATE users SET session_id = :session_id, last_login_at = :at WHERE id = :user_id",
            session_id=SESSION_ID,
            at=logged_in_at,
            user_id=user.id,
        )

    def now(self) -> datetime:
        return self._env.clock.now()

    def column(self, user: User) -> Any:
        return self._sql.run("SELECT session_id FROM users WHERE id = :user_id", user_id=user.id)[0][0]

    def read(self, session_id: str) -> dict[str, Any]:
        """Return the JSON that it would find."""
        value = self._keys.get(f"session:{session_id}")
        assert isinstance(value, bytes)
        data: dict[str, Any] = json.loads(value)
        return data

    def accepts(self, session_id: str) -> bool:
        """Tell what it makes of a session: `if (sessionData && sessionData.expires_at > Date.now())`."""
        value = self._keys.get(f"session:{session_id}")
        assert value is None or isinstance(value, bytes)
        return value is not None and json.loads(value)["expires_at"] > to_ms(self._env.clock.now())

    def forget_fences(self) -> None:
        """Let 15 minutes pass in Valkey."""
        for name in self._keys.scan_iter():
            if self._keys.pttl(name) <= 900_000:
                self._keys.delete(name)


@pytest.fixture
def original(env: Environment, sql: pg8000.native.Connection, keys: redis.Redis) -> Original:
    return Original(env, sql, keys)


def test_a_session_of_the_originals_json_is_accepted_until_it_expires(
    env: Environment, ann: User, original: Original
) -> None:
    until = env.clock.now() + timedelta(hours=1)
    original.log_in(ann, until=until)
    found = env.manager.find_session(SESSION_ID)
    assert found
    assert found.user == ann
    assert (found.session.expires_at, found.session.ip, found.session.user_agent) == (
        until,
        "192.0.2.9",
        "a browser",
    )
    assert env.observer.last_path() is ValidationPath.ORIGINAL
    env.clock.advance(3599.999)
    assert env.manager.find_session(SESSION_ID)
    env.clock.advance(0.001)
    assert env.manager.find_session(SESSION_ID) is None


def test_accepting_a_session_of_the_original_leaves_it_the_originals(
    env: Environment, ann: User, original: Original, sql: pg8000.native.Connection
) -> None:
    """When the original ends it, it must be gone here at once: so it is neither copied nor recorded."""
    original.log_in(ann)
    before = original.read(SESSION_ID)
    env.manager.find_session(SESSION_ID)
    assert original.read(SESSION_ID) == before
    assert sql.run("SELECT count(*) FROM sessions") == [[0]]
    env.redis.command("DEL", f"session:{SESSION_ID}")
    assert env.manager.find_session(SESSION_ID) is None


def test_a_session_of_the_original_is_seen_with_the_user_as_they_are_now(
    env: Environment, ann: User, original: Original
) -> None:
    original.log_in(ann)
    env.manager.update(ann.id, {"role": "ADMIN"})
    seen = env.manager.find_by_session_id(SESSION_ID)
    assert seen
    assert seen.role == "ADMIN"


@pytest.mark.parametrize("change", ["disable", "delete"])
def test_a_session_of_the_original_ends_with_its_user(
    env: Environment, ann: User, original: Original, change: str
) -> None:
    original.log_in(ann)
    original.write_column(ann, env.clock.now())
    if change == "disable":
        env.manager.update(ann.id, {"status": "DISABLED"})
    else:
        env.manager.delete(ann.id)
    assert env.manager.find_session(SESSION_ID) is None


def test_a_session_in_the_legacy_column_is_accepted_for_a_week_after_the_login(
    env: Environment, ann: User, original: Original
) -> None:
    logged_in_at = env.clock.now()
    original.write_column(ann, logged_in_at)
    found = env.manager.find_session(SESSION_ID)
    assert found
    assert (found.session.created_at, found.session.expires_at) == (logged_in_at, logged_in_at + WEEK)
    env.clock.advance(WEEK.total_seconds() - 0.001)
    assert env.manager.find_session(SESSION_ID)
    env.clock.advance(0.001)
    assert env.manager.find_session(SESSION_ID) is None


def test_a_session_in_the_legacy_column_without_a_login_is_nobodys(
    env: Environment, ann: User, original: Original
) -> None:
    original.write_column(ann, None)
    assert env.manager.find_session(SESSION_ID) is None


def test_a_logout_ends_a_session_of_the_originals_json_for_both(
    env: Environment, ann: User, original: Original
) -> None:
    original.log_in(ann)
    env.manager.delete_session(SESSION_ID)
    assert not original.accepts(SESSION_ID)
    assert env.manager.find_session(SESSION_ID) is None
    original.forget_fences()
    assert env.manager.find_session(SESSION_ID) is None


def test_a_logout_clears_the_legacy_column(env: Environment, ann: User, original: Original) -> None:
    """Or the session would be back when its fence is gone."""
    original.write_column(ann, env.clock.now())
    env.manager.delete_session(SESSION_ID)
    assert original.column(ann) is None
    original.forget_fences()
    assert env.manager.find_session(SESSION_ID) is None


def test_a_logout_of_another_session_leaves_the_legacy_column(env: Environment, ann: User, original: Original) -> None:
    session_id = env.manager.create_session(ann.id, SessionMetadata(), 3600)
    original.write_column(ann, env.clock.now())
    env.manager.delete_session(session_id)
    env.manager.delete_session("another-unknown-session-id")
    assert original.column(ann) == SESSION_ID


def test_ending_all_sessions_and_a_new_password_clear_the_legacy_column(
    env: Environment, ann: User, original: Original, cheap_passwords: None
) -> None:
    for end_all in (
        lambda: env.manager.revoke_all(ann.id),
        lambda: env.manager.change_password(ann.id, "another password"),
    ):
        env.clock.advance(60)  # what is made before the end of all is over as well
        original.write_column(ann, env.clock.now())
        original.log_in(ann)
        assert env.manager.find_session(SESSION_ID)
        end_all()
        assert original.column(ann) is None
        assert env.manager.find_session(SESSION_ID) is None
        original.forget_fences()


type Make = Callable[[Original, User], None]


def in_redis(original: Original, user: User) -> None:
    original.log_in(user)


def in_column(original: Original, user: User) -> None:
    original.write_column(user, original.now())


its_sessions = pytest.mark.parametrize("make", [in_redis, in_column], ids=lambda make: make.__name__)
END_OTHERS: dict[str, Callable[[Environment, str, str], object]] = {
    "end all others": lambda env, user_id, kept: env.manager.revoke_all(user_id, except_session_id=kept),
    "a new password": lambda env, user_id, kept: env.manager.change_password(
        user_id, "another password", keep_session_id=kept
    ),
}
end_others = pytest.mark.parametrize("end_others", END_OTHERS.values(), ids=list(END_OTHERS))


@its_sessions
@end_others
@pytest.mark.usefixtures("cheap_passwords")
def test_whoever_is_on_a_session_of_the_original_and_ends_all_others_stays_on_it(
    env: Environment,
    ann: User,
    original: Original,
    make: Make,
    end_others: Callable[[Environment, str, str], object],
) -> None:
    ours = env.manager.create_session(ann.id, SessionMetadata(), 3600)
    make(original, ann)
    env.clock.advance(60)
    end_others(env, ann.id, SESSION_ID)
    assert env.manager.find_session(SESSION_ID)
    assert env.manager.find_session(ours) is None
    env.manager.delete_session(SESSION_ID)
    original.forget_fences()
    assert env.manager.find_session(SESSION_ID) is None


@its_sessions
def test_whoever_is_on_a_session_of_ours_and_ends_all_others_ends_the_originals(
    env: Environment, ann: User, original: Original, make: Make
) -> None:
    ours = env.manager.create_session(ann.id, SessionMetadata(), 3600)
    make(original, ann)
    env.clock.advance(60)
    env.manager.revoke_all(ann.id, except_session_id=ours)
    assert env.manager.find_session(SESSION_ID) is None
    assert env.manager.find_session(ours)


def test_a_session_of_the_original_that_was_kept_once_ends_with_the_next_end_of_all(
    env: Environment, ann: User, original: Original
) -> None:
    original.log_in(ann)
    env.manager.revoke_all(ann.id, except_session_id=SESSION_ID)
    assert env.manager.find_session(SESSION_ID)
    env.manager.update(ann.id, {"status": "DISABLED"})
    env.manager.update(ann.id, {"status": "ACTIVE"})
    assert env.manager.find_session(SESSION_ID) is None


def test_a_session_of_the_originals_json_changes_the_password_and_gives_way_to_one_of_ours(
    env: Environment, original: Original, keys: redis.Redis, cheap_passwords: None
) -> None:
    """It has no record that could end; its fence ends it for both."""
    bob = env.manager.create(CreateUserData(email="bob@example.com", password="the one of old"))
    original.log_in(bob)
    opened = env.manager.change_own_password(
        SESSION_ID, "the one of old", "nine umbrellas under one moon", SessionMetadata()
    )

    assert env.manager.find_session(opened.session_id)
    assert env.manager.find_session(SESSION_ID) is None
    assert json.loads(keys.get(f"session:{SESSION_ID}") or b"")["expires_at"] == 0


def test_a_login_here_revives_no_session_of_the_legacy_column(env: Environment, ann: User, original: Original) -> None:
    """P3: the column's session lives by `last_login_at`, which a login moves."""
    original.write_column(ann, env.clock.now() - timedelta(days=8))
    env.manager.create_session(ann.id, SessionMetadata(), 3600)

    assert env.manager.find_session(SESSION_ID) is None
    assert original.column(ann) is None


def test_ending_all_sessions_ends_the_originals_that_the_legacy_column_names(
    env: Environment, ann: User, original: Original
) -> None:
    """Its JSON is found by no list; the column is the only way to it."""
    original.log_in(ann)
    original.write_column(ann, env.clock.now())
    env.manager.revoke_all(ann.id)
    assert env.manager.find_session(SESSION_ID) is None
    assert not original.accepts(SESSION_ID)


def test_a_login_here_replaces_the_session_in_the_legacy_column(
    env: Environment, ann: User, original: Original
) -> None:
    """As a login there does; it would live on with the new login's date."""
    original.write_column(ann, env.clock.now())
    env.manager.create_session(ann.id, SessionMetadata(), 3600)
    assert original.column(ann) is None
    assert env.manager.find_session(SESSION_ID) is None


def test_a_session_of_ours_reads_as_the_originals(
    env: Environment, ann: User, original: Original, sql: pg8000.native.Connection
) -> None:
    now = env.clock.now()
    session_id = env.manager.create_session(ann.id, SessionMetadata("192.0.2.7", "a test"), 3600)
    expected = {
        "user_id": ann.id,
        "created_at": to_ms(now),
        "expires_at": to_ms(now) + 3_600_000,
        "ip": "192.0.2.7",
        "user_agent": "a test",
    }
    assert original.read(session_id).items() >= expected.items()
    assert original.accepts(session_id)
    assert sql.run("SELECT id FROM sessions") == [[session_id]]

    env.manager.update(ann.id, {"role": "ADMIN"})
    fence = original.read(session_id)
    assert "user" not in fence
    assert fence.items() >= expected.items()
    assert original.accepts(session_id)
    env.clock.advance(3600)
    assert not original.accepts(session_id)


def test_the_original_can_read_a_stale_fence_as_long_as_the_session_lives(
    env: Environment, ann: User, original: Original, keys: redis.Redis
) -> None:
    """It has no record to ask: a fence that vanished would log its users out."""
    session_id = env.manager.create_session(ann.id, SessionMetadata(), 604_800)
    env.manager.update(ann.id, {"role": "ADMIN"})
    assert keys.pttl(f"session:{session_id}") > 604_000_000
    original.forget_fences()
    assert original.accepts(session_id)


def test_a_session_of_ours_that_ended_has_ended_for_the_original(
    env: Environment, ann: User, original: Original
) -> None:
    session_id = env.manager.create_session(ann.id, SessionMetadata(), 3600)
    env.manager.delete_session(session_id)
    assert original.read(session_id)["expires_at"] == 0
    assert not original.accepts(session_id)


def test_while_valkey_is_down_nobody_can_tell_a_session_of_the_original(
    env: Environment, ann: User, original: Original, valkey: EmbeddedValkey
) -> None:
    """P6: it may be in the JSON that cannot be read. One in the column is found, as is one of ours."""
    ours = env.manager.create_session(ann.id, SessionMetadata(), 3600)
    valkey.stop()
    try:
        with pytest.raises(StoreUnavailableError):
            env.manager.find_session(SESSION_ID)
        original.write_column(ann, env.clock.now())
        assert env.manager.find_session(SESSION_ID)
        assert env.manager.find_session(ours)
    finally:
        valkey.start()


def test_sessions_of_the_original_are_nobodys_where_session_ids_are_digested(
    env: Environment, ann: User, original: Original, environment: Environment, keys: redis.Redis
) -> None:
    session_id = "A" * 43
    keys.set(f"session:{session_id}", json.dumps({"user_id": ann.id, "created_at": 1, "expires_at": 10**15}))
    env.postgres.execute("UPDATE users SET session_id = :session_id, last_login_at = now()", session_id=session_id)
    assert environment.manager.find_session(session_id) is None
