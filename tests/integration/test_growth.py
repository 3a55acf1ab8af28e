"""What a session takes in Valkey, and `make growth` in small: that it measures what it says, not what it finds."""

import statistics
from datetime import UTC, datetime

import pytest
import redis

from infra.capacity.measured import COPY
from session_management.models import CreateUserData, SessionMetadata
from session_management.session_data import decode
from tests.benchmarks import growth, rows
from tests.benchmarks.copies import bytes_each, copies, load
from tests.benchmarks.equivalence import FEWEST_ROUNDS
from tests.load.crowd.population import USER_AGENTS, email_of
from tests.support.managers import Environment

SESSIONS = 200


def test_a_session_takes_no_more_of_valkey_than_the_capacity_page_says(
    environment: Environment, keys: redis.Redis
) -> None:
    """One key, nothing besides: with the commonest user agents, and every fifth address of IPv6."""
    for number in range(SESSIONS):
        user = environment.manager.create(CreateUserData(email_of(100_000 + number)))
        address = f"192.0.2.{number}" if number % 5 else f"2001:db8:1234:5678:9abc:def0:{number:x}:1"
        client = SessionMetadata(ip=address, user_agent=USER_AGENTS[number % len(USER_AGENTS)])
        environment.manager.create_session(user.id, client, 604_800)
    names = [name.decode() for name in keys.keys("*") if isinstance(name, bytes)]

    assert len(names) == SESSIONS
    assert statistics.mean(bytes_each(keys, names)) <= COPY.value <= 600


def test_the_copies_that_are_measured_are_as_the_service_writes_them(keys: redis.Redis) -> None:
    now = datetime.now(UTC)
    load(keys, SESSIONS, now, lambda _: None)

    for name, written, life in copies(range(SESSIONS), now):
        stored = keys.get(name)
        assert isinstance(stored, bytes)
        assert decode(stored).user == decode(written).user is not None
        assert 0 < keys.pttl(name) <= life.total_seconds() * 1_000


def test_growth_prints_a_row_for_each_size(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(growth, "SIZES", (10, 100, 1_000))
    monkeypatch.setattr(growth, "_CALLS", 2)

    growth.main(["--most", "100", "--rounds", str(FEWEST_ROUNDS)])

    _, _head, *printed = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in printed] == ["10", "100"]


def test_rows_prints_the_size_of_each_table_and_index_and_the_cost_of_each_operation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rows, "_OPERATIONS", 5)

    rows.main(["--rows", "50"])

    printed = capsys.readouterr().out.splitlines()
    assert {"sessions", "sessions_pkey", "users", "users_pkey"} <= {line.split()[0] for line in printed}
    assert [line.split()[0] for line in printed[-6:]] == ["login", "activity", "of", "missed,", "logout", "validation"]
