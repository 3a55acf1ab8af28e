"""The capacity page: its tables are what the program prints, and they say what they should of more sessions."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.capacity.__main__ import SIZES, constants_table, sizes_table
from infra.capacity.measured import COPY
from infra.capacity.sizing import SHARD_GB, Size

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/capacity.md").read_text()


def test_the_page_shows_what_the_program_prints() -> None:
    assert constants_table() in PAGE
    assert sizes_table(SIZES) in PAGE


def test_a_month_of_the_costs_has_as_many_live_sessions() -> None:
    assert Size(1e6).traffic.live_sessions == pytest.approx(1e6)


def test_valkey_holds_the_copies_in_as_many_shards_as_they_need() -> None:
    a_shard_full = SHARD_GB * 1e9 / COPY.value

    assert Size(1e6).valkey_gb == pytest.approx(COPY.value / 1_000)
    assert Size(a_shard_full * 0.99).shards == 1
    assert Size(a_shard_full * 1.01).shards == 2


def test_a_shard_more_is_needed_where_requests_are_more_than_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.capacity.sizing.SHARD_COMMANDS", 100)

    assert Size(1e6).shards == pytest.approx(Size(1e6).commands_a_second / 100, abs=1)


@pytest.mark.parametrize("live_sessions", SIZES)
def test_postgresql_is_asked_less_than_once_a_session_and_minute(live_sessions: float) -> None:
    size = Size(live_sessions)

    assert size.statements_a_second < size.most_statements_a_second
    assert size.rows > live_sessions, "what was revoked is kept"


def test_ten_times_the_sessions_take_ten_times_the_room() -> None:
    one, ten = Size(1e7), Size(1e8)

    for figure in ("valkey_gb", "sessions_gb", "users_gb", "log_gb_a_day", "statements_a_second", "busy_cores"):
        assert getattr(ten, figure) == pytest.approx(10 * getattr(one, figure))


def test_sizes_of_ones_own_are_told_from_the_command_line() -> None:
    command = [sys.executable, "-m", "infra.capacity", "--sessions", "5e6", "2e7"]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "shared:."}, capture_output=True, text=True, check=True)

    assert "| Live sessions | 5,000,000 | 20,000,000 |" in done.stdout
