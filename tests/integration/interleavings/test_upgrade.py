"""P2 while sessions are upgraded: in every order of store calls no end is undone, and no live session is refused."""

import json
from collections.abc import Callable, Iterator
from copy import replace
from datetime import timedelta

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.errors import StoreUnavailableError
from session_management.models import SessionMetadata
from session_management.session_data import to_ms
from session_management.tokens import SessionNames, handle_of
from tests.integration.interleavings.conftest import a_stage
from tests.integration.interleavings.operation import Outcome
from tests.integration.interleavings.stage import EMAIL, PASSWORD, USER_ID, Stage, Work
from tests.support.policies import a_policy

UPGRADING = SessionNames("digest", takes_plain=True)

ENDERS = ("logout", "revoke all", "disable", "change password", "delete user", "end by handle")


@pytest.fixture(scope="module")
def upgrading(postgres_server: EmbeddedPostgres, valkey_server: EmbeddedValkey, cheap_hasher: None) -> Iterator[Stage]:
    """The stage of a whole module, after the switch."""
    policy = replace(a_policy(), names=UPGRADING)
    with a_stage(postgres_server, valkey_server, policy=policy) as stage:
        until = stage.clock.now() + timedelta(days=1)
        stage.policy = replace(stage.policy, upgrade_plain_until=until)
        yield stage


def in_row(stage: Stage) -> None:
    """A session that was made here, before the switch."""
    stage.set_up(session=False)
    stage.sql.run(
        "INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES "
        f"('{stage.session_id}', '{USER_ID}', now() - INTERVAL '1 hour', now() + INTERVAL '7 days')"
    )


def in_redis(stage: Stage) -> None:
    """A session that the original's JSON alone knows."""
    stage.set_up(session=False)
    now = to_ms(stage.clock.now() - timedelta(hours=1))
    data = {"user_id": USER_ID, "created_at": now, "expires_at": now + 604_800_000, "ip": "192.0.2.9"}
    stage.keys.set(f"session:{stage.session_id}", json.dumps(data), ex=604_800)


def in_column(stage: Stage) -> None:
    """A session that the legacy column alone knows."""
    stage.set_up(session=False)
    stage.sql.run(f"UPDATE users SET session_id = '{stage.session_id}', last_login_at = now() - INTERVAL '1 hour'")


plain_sessions = pytest.mark.parametrize("start", [in_row, in_redis, in_column], ids=lambda start: start.__name__)

type Start = Callable[[Stage], None]


def works(stage: Stage, *names: str) -> dict[str, Work]:
    """Return the operations with these names; a figure behind a name only tells two of a kind apart."""
    all_of_them: dict[str, Work] = {
        "validate": lambda manager: manager.find_session(stage.session_id),
        "logout": lambda manager: manager.delete_session(stage.session_id),
        "revoke all": lambda manager: manager.revoke_all(USER_ID),
        "disable": lambda manager: manager.update(USER_ID, {"status": "DISABLED"}),
        "change password": lambda manager: manager.change_password(USER_ID, "the new password"),
        "end by handle": lambda manager: manager.end_session(USER_ID, handle_of(stage.session_id)),
        "delete user": lambda manager: manager.delete(USER_ID),
        "log in": lambda manager: manager.log_in(EMAIL, PASSWORD, SessionMetadata()),
    }
    return {name: all_of_them[name.rstrip(" 12")] for name in names}


class Ended:
    """Once an end is acknowledged, nobody is let in, however often they try; before, nobody is refused."""

    def __init__(self, stage: Stage, *, ends: bool) -> None:
        self.stage, self.ends = stage, ends

    def __call__(self, ended: dict[str, Outcome]) -> None:
        for name, outcome in ended.items():
            assert outcome.error is None or isinstance(outcome.error, StoreUnavailableError), outcome
            if name.startswith("validate") and not self.ends:
                assert outcome.value or outcome.error, f"{name} refused a live session"

    def at_the_end(self, ended: dict[str, Outcome]) -> None:
        enders = [name for name in ended if name.rstrip(" 12") in ENDERS]
        # Who ends by a handle is told of what has no record yet that there is no such session.
        acknowledged = [name for name in enders if ended[name].error is None and ended[name].value is not False]
        manager = self.stage.a_manager(self.stage.policy)
        for _ in range(2):
            found = manager.find_session(self.stage.session_id)
            assert not (found and acknowledged), f"accepted after an acknowledged {acknowledged}"
            assert found or self.ends, "a live session is refused"
            if found:
                assert found.session.key == self.stage.key
            # What Redis has of it may be lost, the original's JSON apart: it was fenced.
            self.stage.keys.delete(f"session:{self.stage.key}")


def explore(stage: Stage, start: Start, *names: str, ends: bool, inside: bool = False, faults: int = 0) -> int:
    holds = Ended(stage, ends=ends)
    return stage.explore(
        works(stage, *names),
        set_up=lambda: start(stage),
        holds=holds,
        holds_at_end=holds.at_the_end,
        stops_inside_transactions=inside,
        faults=faults,
    )


@plain_sessions
@pytest.mark.parametrize("ender", ENDERS)
def test_an_end_beside_an_upgrade_is_final_in_every_order(upgrading: Stage, start: Start, ender: str) -> None:
    assert explore(upgrading, start, "validate", ender, ends=True) >= 10


def test_an_end_inside_the_transaction_of_an_upgrade_is_final_too(upgrading: Stage) -> None:
    assert explore(upgrading, in_row, "validate", "revoke all", ends=True, inside=True) >= 10


@plain_sessions
@pytest.mark.parametrize("name", ["validate", "logout"])
def test_a_lost_command_to_redis_undoes_no_end_and_loses_no_session(upgrading: Stage, start: Start, name: str) -> None:
    explore(upgrading, start, name, ends=name == "logout", faults=1)


@plain_sessions
def test_two_that_take_a_session_in_at_once_both_find_it(upgrading: Stage, start: Start) -> None:
    assert explore(upgrading, start, "validate 1", "validate 2", ends=False) >= 5


@plain_sessions
def test_a_login_beside_an_upgrade_ends_only_what_the_column_holds(upgrading: Stage, start: Start) -> None:
    """It replaces that, as a login there does."""
    assert explore(upgrading, start, "validate", "log in", ends=start is in_column) >= 5
