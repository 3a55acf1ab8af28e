"""`make bench-logins` in small: that the bare statements do all that a login and a logout do."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.attempts import account_counter
from session_management.factory import UserManagerFactory, get_postgres, get_redis
from session_management.session_data import REVOKED_MARK
from tests.benchmarks import benchmark, runs
from tests.benchmarks.equivalence import FEWEST_ROUNDS
from tests.benchmarks.login_operations import BARE_LOGIN, BARE_LOGOUT, LOGIN, LOGOUT, _each_once
from tests.benchmarks.logins import LOGINS
from tests.benchmarks.measuring import Operation
from tests.benchmarks.replay import BareStores, Command, Statement

SESSION = """
    SELECT to_jsonb(s) - 'id', (SELECT to_jsonb(u) FROM users u WHERE u.id = s.user_id), u.email
    FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = :key
"""
RECORDED = "SELECT id FROM sessions WHERE user_id = CAST(:user_id AS uuid) AND id <> :key"


@pytest.fixture(scope="module")
def operations() -> Iterator[dict[str, Operation]]:
    with LOGINS.started() as started:
        yield {operation.name: operation for operation in started}


def row(key: str) -> Sequence[Any]:
    """Return what PostgreSQL has of a session, but for its key, and of its user; and the user's email."""
    (found,) = get_postgres().fetch(SESSION, key=key)
    return found


def copy(key: str) -> bytes | None:
    """Return what Valkey has of a session."""
    found = get_redis().command("GET", f"session:{key}")
    assert found is None or isinstance(found, bytes)
    return found


def test_a_bare_login_leaves_all_that_a_login_does(operations: dict[str, Operation]) -> None:
    bare = operations[BARE_LOGIN].run()
    session, user, email = row(bare)
    ((recorded,),) = get_postgres().fetch(RECORDED, user_id=session["user_id"], key=bare)

    assert row(recorded) == [session, user, email]
    assert copy(bare) == copy(recorded) is not None
    assert user["last_login_at"] == session["created_at"]
    tries = account_counter(email, UserManagerFactory.settings().policy.login.account)
    assert get_redis().command("ZCARD", tries.key) == 0, "the try was given back"


def test_a_login_opens_a_session(operations: dict[str, Operation]) -> None:
    key = operations[LOGIN].run()

    assert not row(key)[0]["revoked"]
    assert copy(key)


def test_a_bare_logout_leaves_all_that_a_logout_does(operations: dict[str, Operation]) -> None:
    ended, others = (row(operations[name].run())[0] for name in (BARE_LOGOUT, LOGOUT))

    assert (ended["revoked"], ended["revoked_reason"]) == (True, "logout")
    assert ended.pop("revoked_at") < others.pop("revoked_at")
    assert ended == others
    for name in (BARE_LOGOUT, LOGOUT):
        assert REVOKED_MARK in (copy(operations[name].run()) or b"")


def test_every_operation_is_held_to_its_own_bare_statements(operations: dict[str, Operation]) -> None:
    assert {one.name: (one.beside, one.target, one.limit) for one in operations.values()} == {
        BARE_LOGIN: (BARE_LOGIN, None, None),
        LOGIN: (BARE_LOGIN, 1.5, 2),
        BARE_LOGOUT: (BARE_LOGOUT, None, None),
        LOGOUT: (BARE_LOGOUT, None, None),
    }


def test_what_a_store_does_not_do_is_no_floor(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> None:
    with BareStores.opened(postgres, valkey) as bare:
        for asked in (
            Statement("SELECT 1 WHERE :key::text = '1'", {"key": "1"}),
            Statement("SELECT 1 / :key::int", {"key": "1"}),
            Command(("GETRANGE", "a name", "1", "1")),
        ):
            ask_again = bare.replay([asked], "1")
            ask_again("1")
            with pytest.raises(RuntimeError, match="did not do it"):
                ask_again("0" if isinstance(asked, Statement) else "x")


def test_no_session_is_ended_twice_even_by_processes_that_are_forked_off() -> None:
    call = _each_once(lambda item: item, ["first", "second", "third"])
    assert call() == "first"
    if (pid := os.fork()) == 0:
        os._exit(0 if call() == "second" else 1)

    assert os.waitpid(pid, 0) == (pid, 0)
    assert call() == "third"
    with pytest.raises(IndexError):
        call()


SECONDS = {"one floor": 1.0, "one": 3.0, "other floor": 10.0, "other": 20.0}


@contextmanager
def two_pairs() -> Iterator[Sequence[Operation]]:
    """Give operations that tell how long they took, so that each ratio is known."""
    yield [
        Operation(name, partial(SECONDS.get, name), beside=f"{name.removesuffix(' floor')} floor", tells_seconds=True)
        for name in SECONDS
    ]


def test_each_ratio_is_to_the_operation_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "KEPT", tmp_path / "kept.json")
    asked = ["--rounds", str(FEWEST_ROUNDS), "--json", str(tmp_path / "run.json"), "--keep"]

    benchmark.run(replace(LOGINS, started=two_pairs), asked)

    ratios = {layer.name: layer.ratio for layer in runs.read_kept()["bench-logins"].layers}
    assert ratios == {"one floor": 1.0, "one": 3.0, "other floor": 1.0, "other": 2.0}
    assert "Ratios are to bare statements" in capsys.readouterr().out
