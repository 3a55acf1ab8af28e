"""A switch from plain form to digests, with sessions of both applications: for a bounded time, and then no more."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pg8000.native
import pytest
import redis

from session_management import UserManagerFactory
from session_management.models import SessionMetadata, User
from session_management.tokens import handle_of
from tests.interop.here import Functions
from tests.interop.original_application import Original

WEEK = 604_800
LATER, EARLIER = timedelta(days=1), timedelta(days=-1)

type Switch = Callable[[timedelta | None], None]


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch, fresh_factory: type[UserManagerFactory]) -> Iterator[Switch]:
    """Deploy the functions with digests, and an end of upgrades so far from now; with None, in plain form again."""

    def deploy(ends_in: timedelta | None) -> None:
        monkeypatch.setenv("SESSION_ID_AT_REST", "digest" if ends_in else "plain")
        monkeypatch.setenv("SESSION_UPGRADE_PLAIN_UNTIL", (datetime.now(UTC) + ends_in).isoformat() if ends_in else "")
        fresh_factory.clear_cache()

    yield deploy
    fresh_factory.clear_cache()


def at_rest(sql: pg8000.native.Connection, keys: redis.Redis) -> str:
    """Return all that both stores hold, but for the names of fences, which go within 15 minutes."""
    names = [name for name in keys.scan_iter() if b'"fence":"revoked"' not in (keys.get(name) or b"")]
    rows = [sql.run("SELECT t::text FROM users t"), sql.run("SELECT t::text FROM sessions t")]
    return repr((names, [keys.get(name) for name in keys.scan_iter()], rows))


@pytest.fixture
def sessions(here: Functions, original: Original, ann: User) -> dict[str, str]:
    """One session of each kind, before the switch."""
    logged_in = original.log_in(ann.email)
    ours = UserManagerFactory.create().create_session(ann.id, SessionMetadata(), WEEK)
    # A login here, as one there, replaces what is in the column.
    column = original.log_in(ann.email, is_production=False)
    made = {"ours": ours, "in redis": logged_in.session_id, "in the column": column.session_id}
    assert all(here.accepts(session_id) for session_id in made.values())
    assert all(original.accepts(session_id) for session_id in made.values())
    return made


def test_every_session_keeps_its_id_and_is_no_longer_at_rest_in_plain_form(
    here: Functions, sessions: dict[str, str], switch: Switch, sql: pg8000.native.Connection, keys: redis.Redis
) -> None:
    switch(LATER)
    assert here.sweep()["plain_left"] == 2
    for session_id in sessions.values():
        found = here.validated(session_id)
        assert found
        assert found["session"]["handle"] == handle_of(session_id)
        assert here.accepts(session_id)
    held = at_rest(sql, keys)
    assert [session_id for session_id in sessions.values() if session_id in held] == []
    assert here.sweep()["plain_left"] == 0


@pytest.mark.parametrize("kind", ["ours", "in redis", "in the column"])
def test_what_was_upgraded_is_over_for_the_original_and_a_logout_here_ends_it(
    here: Functions, original: Original, sessions: dict[str, str], switch: Switch, kind: str
) -> None:
    """It reads no digests: from the switch on its users log in here."""
    switch(LATER)
    assert here.accepts(sessions[kind])
    assert not original.accepts(sessions[kind])
    assert here.accepts(sessions[kind]), "which changes nothing here"
    here.log_out(sessions[kind])
    assert not here.accepts(sessions[kind])


@pytest.mark.parametrize("kind", ["ours", "in redis", "in the column"])
def test_a_logout_at_the_original_before_the_first_use_here_is_final_where_it_ends_anything(
    here: Functions, either_original: Original, sessions: dict[str, str], switch: Switch, kind: str
) -> None:
    either_original.log_out(sessions[kind])
    lives_on = either_original.accepts(sessions[kind]) or kind == "ours"
    switch(LATER)
    assert here.accepts(sessions[kind]) == lives_on


def test_when_the_time_is_over_they_are_refused_and_the_sweep_ends_them_for_the_original_too(
    here: Functions, original: Original, sessions: dict[str, str], switch: Switch
) -> None:
    switch(LATER)
    assert here.accepts(sessions["ours"])
    switch(EARLIER)
    assert [kind for kind, session_id in sessions.items() if here.accepts(session_id)] == ["ours"]
    assert original.accepts(sessions["in the column"])
    swept = here.sweep()
    assert (swept["plain_deleted"], swept["plain_left"]) == (1, 0)
    assert not original.accepts(sessions["in the column"])
    assert original.accepts(sessions["in redis"]), "its key is found by nobody, and goes within its week"


def test_an_operator_sees_what_is_left_until_when_and_what_becomes_of_a_session(
    here: Functions, sessions: dict[str, str], switch: Switch
) -> None:
    def left() -> tuple[str, int]:
        (check,) = [check for check in here.operate("doctor")["checks"] if check["name"] == "plain_form"]
        return check["status"], check["facts"]["left"]

    def explained() -> tuple[dict[str, object], str]:
        answer = here.operate("explain", handle=handle_of(sessions["ours"]))
        return answer["validation"], answer["said"].partition("; ")[2]

    switch(LATER)
    assert left() == ("ok", 2)
    assert explained() == (
        {"accepted": True, "decided_by": "upgraded"},
        "what is still in plain form becomes a digest when it is used",
    )
    switch(EARLIER)
    assert left() == ("warning", 2)
    assert explained() == (
        {"accepted": False, "decided_by": "record"},
        "it is not kept as SESSION_ID_AT_REST asks, and refused",
    )
    switch(LATER)
    assert here.accepts(sessions["ours"])
    assert left() == ("ok", 1)
    assert explained()[0] == {"accepted": True, "decided_by": "copy"}
    switch(EARLIER)
    here.sweep()
    assert left() == ("ok", 0)


def test_a_handle_is_a_session_id_at_no_door_of_ours_on_either_side_of_the_switch(
    here: Functions, ann: User, switch: Switch
) -> None:
    """P5: it is public. Both forms are at rest here, and the switch is taken back in between."""
    switch(LATER)
    session_id = here.log_in()
    handle = handle_of(session_id)
    for ends_in in (LATER, None, EARLIER):
        switch(ends_in)
        assert not here.accepts(handle)
        here.log_out(handle)
    switch(LATER)
    assert here.accepts(session_id)


def test_to_the_original_a_handle_is_a_session_id_so_that_it_has_to_be_off_before_the_switch(
    here: Functions, original: Original, ann: User, switch: Switch
) -> None:
    """What its rules do not allow: it takes whatever stands under `session:` for a session of that ID."""
    switch(LATER)
    assert original.accepts(handle_of(here.log_in()))
