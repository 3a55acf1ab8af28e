"""Sessions in plain form while a store is down: nobody is logged out by it, and nothing is half taken in."""

from copy import replace
from datetime import timedelta

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.errors import StoreUnavailableError
from session_management.models import SessionMetadata, User
from session_management.tokens import SessionNames, handle_of
from tests.conftest import MakeEnvironment
from tests.integration.outages.conftest import PASSWORD, QUICK
from tests.support.managers import Environment
from tests.support.policies import a_policy

HOUR = 3600
UNKNOWN = "3f1e5f0a-9f5c-4c8e-8f66-0d8d5a3e2b11"


@pytest.fixture
def before(make_environment: MakeEnvironment) -> Environment:
    return make_environment(a_policy(at_rest="plain"), **QUICK)


@pytest.fixture
def ann(env: Environment) -> User:
    found = env.manager.find_by_email("ann@example.com")
    assert found
    return found


@pytest.fixture
def since(make_environment: MakeEnvironment, before: Environment) -> Environment:
    policy = replace(a_policy(), names=SessionNames("digest", takes_plain=True))
    return make_environment(replace(policy, upgrade_plain_until=before.clock.now() + timedelta(days=1)), **QUICK)


def rows(env: Environment, key: str) -> int:
    return len(env.postgres.fetch("SELECT FROM sessions WHERE id = :key AND NOT revoked", key=key))


def test_without_valkey_a_session_is_accepted_as_it_is_and_taken_in_later(
    before: Environment, since: Environment, ann: User, valkey: EmbeddedValkey
) -> None:
    """What stands in Valkey could not be fenced."""
    session_id = before.manager.create_session(ann.id, SessionMetadata(), HOUR)
    valkey.stop()
    assert since.manager.find_session(session_id)
    assert (rows(since, session_id), rows(since, handle_of(session_id))) == (1, 0)
    valkey.start()
    since.clock.advance(5)
    assert since.manager.find_session(session_id)
    assert (rows(since, session_id), rows(since, handle_of(session_id))) == (0, 1)


def test_whoever_ends_all_others_without_valkey_keeps_a_session_that_is_still_in_plain_form(
    before: Environment, since: Environment, ann: User, valkey: EmbeddedValkey
) -> None:
    """P1: it could not be taken in before, where Valkey would have been asked."""
    kept, other = (before.manager.create_session(ann.id, SessionMetadata(), HOUR) for _ in range(2))
    valkey.stop()
    with pytest.raises(StoreUnavailableError):
        since.manager.revoke_all(ann.id, except_session_id=kept)
    valkey.start()
    since.clock.advance(5)
    assert since.manager.find_session(kept)
    assert since.manager.find_session(other) is None


@pytest.mark.parametrize("store", ["valkey", "postgres"])
def test_a_handle_that_is_presented_while_a_store_is_down_opens_nothing(
    before: Environment, since: Environment, ann: User, store: str, request: pytest.FixtureRequest
) -> None:
    """P6: whether the original has a session of that ID, nobody can tell. Its copy would be believed, or its row."""
    handle = handle_of(since.manager.create_session(ann.id, SessionMetadata(), HOUR))
    request.getfixturevalue(store).stop()
    for either in (before, since):
        with pytest.raises(StoreUnavailableError):
            either.manager.find_session(handle)
        with pytest.raises(StoreUnavailableError):
            either.manager.delete_session(handle)
    request.getfixturevalue(store).start()
    since.clock.advance(5)
    assert rows(since, handle) == 1


def test_a_handle_that_is_presented_with_a_login_ends_nothing_without_valkey(
    before: Environment, since: Environment, ann: User, valkey: EmbeddedValkey
) -> None:
    """P1: whoever logs in ends the session that they present, in the record alone where Valkey was met already."""
    session_id = since.manager.create_session(ann.id, SessionMetadata(), HOUR)
    valkey.stop()
    for either in (before, since):
        either.manager.log_in(ann.email, PASSWORD, SessionMetadata(), presented_session_id=handle_of(session_id))
    assert since.manager.find_session(session_id)


def test_without_valkey_nobody_can_tell_whether_an_unknown_id_is_one_of_the_originals(
    since: Environment, valkey: EmbeddedValkey
) -> None:
    """P6."""
    valkey.stop()
    with pytest.raises(StoreUnavailableError):
        since.manager.find_session(UNKNOWN)
    with pytest.raises(StoreUnavailableError):
        since.manager.delete_session(UNKNOWN)


def test_a_logout_without_valkey_is_not_acknowledged_and_ends_what_is_in_plain_form(
    before: Environment, since: Environment, ann: User, valkey: EmbeddedValkey
) -> None:
    session_id = before.manager.create_session(ann.id, SessionMetadata(), HOUR)
    valkey.stop()
    with pytest.raises(StoreUnavailableError):
        since.manager.delete_session(session_id)
    assert (rows(since, session_id), rows(since, handle_of(session_id))) == (0, 0)
    valkey.start()
    since.clock.advance(5)
    assert since.manager.find_session(session_id) is None


def test_without_postgresql_a_session_in_plain_form_cannot_be_told(
    before: Environment, since: Environment, ann: User, postgres: EmbeddedPostgres
) -> None:
    """P6: its copy in plain form says nothing to who keeps digests."""
    session_id = before.manager.create_session(ann.id, SessionMetadata(), HOUR)
    postgres.stop()
    for ask in (since.manager.find_session, since.manager.delete_session):
        with pytest.raises(StoreUnavailableError):
            ask(session_id)
    postgres.start()
    since.clock.advance(5)
    assert before.manager.find_session(session_id), "the logout was not acknowledged"


@pytest.mark.parametrize("takes_plain", [False, True], ids=["without the setting", "when the time is over"])
def test_an_unknown_id_costs_one_look_and_one_statement(
    make_environment: MakeEnvironment, monkeypatch: pytest.MonkeyPatch, before: Environment, takes_plain: bool
) -> None:
    until = before.clock.now() if takes_plain else None
    names = SessionNames("digest", takes_plain=takes_plain)
    env = make_environment(replace(a_policy(), names=names, upgrade_plain_until=until))
    asked: list[str] = []

    def watch(store: object, method: str) -> None:
        ask = getattr(store, method)

        def watched(*args: object, **kwargs: object) -> object:
            asked.append(method)
            return ask(*args, **kwargs)

        monkeypatch.setattr(store, method, watched)

    watch(env.redis, "command")
    watch(env.postgres, "fetch")
    assert env.manager.find_session("A" * 43) is None
    assert asked == ["command", "fetch"]
