"""`make bench` in small: that it measures what it says, not what it finds."""

import json
import random
from functools import partial
from pathlib import Path

import pytest

from tests.benchmarks import bench
from tests.benchmarks.equivalence import FEWEST_ROUNDS
from tests.benchmarks.operations import RAW_GET, Operation, started


def test_each_layer_answers_for_a_live_session() -> None:
    with started() as operations:
        answers = {operation.name: operation.run() for operation in operations}

    assert next(iter(answers)) == RAW_GET
    assert bytes(answers[RAW_GET]).startswith(b"$"), "a value, and not the reply for none"
    assert answers["store call"] in bytes(answers[RAW_GET])
    assert answers["manager: find_session"].user.email == "ann@example.com"
    assert answers["handler: validate"]["statusCode"] == 200
    assert answers["handler: authorizer"]["isAuthorized"]


def test_every_operation_is_measured_in_every_round() -> None:
    calls: list[str] = []
    operations = [Operation(name, partial(calls.append, name)) for name in ("one", "other")]

    seconds = bench.measure(operations, 3, random.Random(1), lambda _: None)

    assert {name: len(figures) for name, figures in seconds.items()} == {"one": 3, "other": 3}
    assert calls.count("one") == calls.count("other")


def test_the_command_prints_all_layers_and_keeps_their_ratios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "KEPT", tmp_path / "kept.json")
    monkeypatch.setattr(bench, "_CALLS", 1)

    bench.main(["--rounds", str(FEWEST_ROUNDS), "--keep"])
    kept = json.loads((tmp_path / "kept.json").read_text())
    capsys.readouterr()
    bench.main(["--rounds", str(FEWEST_ROUNDS)])

    _head, *rows = capsys.readouterr().out.splitlines()
    assert [row.split()[-1] for row in rows] == [f"{ratio:.2f}" for ratio in kept.values()]
    assert [row.startswith(name) for row, name in zip(rows, kept, strict=True)] == [True] * len(kept)


@pytest.mark.parametrize("rounds", ["0", str(FEWEST_ROUNDS - 1)])
def test_too_few_rounds_are_refused(rounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--rounds", rounds])

    assert "or no interval can be told" in capsys.readouterr().err
