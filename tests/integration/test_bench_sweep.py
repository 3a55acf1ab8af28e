"""`make bench-sweep` in small: that it measures what it says, not what it finds."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.benchmarks import runs, sweeping, swept
from tests.benchmarks.equivalence import FEWEST_ROUNDS
from tests.support.servers import sql_connection

PAIRS = [(reference, name) for reference, name, *_ in sweeping.BOUNDS]


@pytest.fixture
def prepared(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[swept.Filled]:
    """A table of few rows, of which some have expired."""
    yield swept.filled(postgres, valkey, 600, 200)
    with sql_connection(postgres) as connection:
        connection.run("DROP DATABASE prepared")


def test_a_round_measures_all_that_is_compared(prepared: swept.Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swept, "ALONE_SECONDS", 0)

    found = swept.one_round(prepared, Random(1))

    assert found.keys() == {name for pair in PAIRS for name in pair}
    assert all(seconds > 0 for seconds in found.values())
    assert found["longest statement of a sweep"] < found["sweep"]


def test_a_copy_has_all_rows_of_which_those_that_have_expired_are_told_by_their_numbers(
    prepared: swept.Filled, postgres: EmbeddedPostgres
) -> None:
    live = sorted(swept._key(number) for number in range(200, 600))
    with prepared.copy() as url, sql_connection(postgres, database=url.rpartition("/")[2]) as connection:
        assert connection.run("SELECT count(*), count(DISTINCT expires_at) FROM sessions") == [[600, 600]]
        assert connection.run("SELECT id FROM sessions WHERE expires_at > now() ORDER BY id") == [[key] for key in live]
    with sql_connection(postgres) as connection:
        assert connection.run("SELECT datname FROM pg_database WHERE starts_with(datname, 'copy')") == []


def test_a_sweep_that_leaves_some_is_no_figure(prepared: swept.Filled) -> None:
    with pytest.raises(RuntimeError, match="200 rows are gone in place of 201"), prepared.copy() as url:
        swept._swept(swept.Filled(prepared.postgres, prepared.valkey, 600, 201), url)


def test_a_run_prints_each_thing_below_what_it_is_compared_with(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def nothing(_: object) -> Iterator[None]:
        yield

    figures = {name: 0.1 for reference, _ in PAIRS for name in [reference]} | {name: 0.11 for _, name in PAIRS}
    monkeypatch.setattr(runs, "KEPT", tmp_path / "kept.json")
    monkeypatch.setattr(sweeping, "_prepared", nothing)
    monkeypatch.setattr(sweeping, "one_round", lambda *_: figures)

    sweeping.main(["--rounds", str(FEWEST_ROUNDS), "--json", str(tmp_path / "run.json"), "--keep"])

    layers = json.loads((tmp_path / "run.json").read_text())["layers"]
    assert [layer["name"] for layer in layers] == [name for pair in PAIRS for name in pair]
    assert [layer["ratio"] for layer in layers] == [1.0, 1.1] * len(PAIRS)
    assert [(layer["target"], layer["limit"]) for layer in layers[:4]] == [
        (None, None),
        (1.05, 1.25),
        (None, None),
        (1, 2),
    ]
    assert runs.read_kept()["bench-sweep"].layers[1].verdict == "within limit"
    assert "Ratios are to the row above" in capsys.readouterr().out
