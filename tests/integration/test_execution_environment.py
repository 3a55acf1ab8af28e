"""Execution environments: processes of their own, warm, one event at a time, replaced when they die."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.local.lambdas.execution_environment import ExecutionEnvironment, ExecutionEnvironments
from infra.local.lambdas.local_function import (
    FunctionError,
    FunctionTimedOutError,
    LocalFunction,
    ProcessDiedError,
)

PROJECT = Path(__file__).resolve().parents[2]

HANDLER = """
    import os, sys, time
    from pathlib import Path

    calls = 0


    def lambda_handler(event, context):
        global calls
        calls += 1
        return globals()[event.pop("do")](context, **event)


    def say(context):
        return {"pid": os.getpid(), "calls": calls}


    def environment(context):
        return dict(os.environ)


    def describe(context):
        first = context.get_remaining_time_in_millis()
        time.sleep(0.002)
        names = ("function_name", "function_version", "memory_limit_in_mb", "invoked_function_arn")
        told = {name: getattr(context, name) for name in (*names, "aws_request_id")}
        return told | {"remaining_ms": first, "later_ms": context.get_remaining_time_in_millis()}


    def fail(context, text):
        raise ValueError(text)


    def die(context):
        os._exit(7)


    def leave(context):
        sys.exit(0)


    def hang(context):
        while True:
            time.sleep(0.01)


    def answer_what_is_no_json(context):
        return {1, 2}


    def enter_and_leave(context, path):
        for word in ("enter", "leave"):
            with open(path, "a") as journal:
                journal.write(f"{word} {os.getpid()}\\n")
        return None


    def meet(context, mine, other):
        Path(mine).touch()
        while not Path(other).exists():
            time.sleep(0.001)
        return os.getpid()
"""


def function(folder: Path, handler: str = HANDLER, **options: Any) -> LocalFunction:
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(textwrap.dedent(handler))
    return LocalFunction(name=folder.name, folder=folder, **options)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.touch()
    return path


@pytest.fixture
def environment(tmp_path: Path, log: Path) -> Iterator[ExecutionEnvironment]:
    with log.open("ab") as output:
        scripted = function(tmp_path / "scripted", environment={"GIVEN": "yes"}, timeout_seconds=20, memory_mb=256)
        with ExecutionEnvironment(scripted, log=output.fileno()) as started:
            yield started


def test_a_process_is_kept_warm_and_is_not_this_one(environment: ExecutionEnvironment) -> None:
    answers = [environment.invoke({"do": "say"}) for _ in range(3)]

    assert [answer["calls"] for answer in answers] == [1, 2, 3]
    assert len({answer["pid"] for answer in answers}) == 1
    assert answers[0]["pid"] != os.getpid()


def test_a_function_sees_the_variables_that_it_is_given_and_what_python_needs(
    environment: ExecutionEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THIS_PROCESS", "must not be seen")
    seen = environment.invoke({"do": "environment"})

    assert seen.pop("GIVEN") == "yes"
    assert set(seen) <= {"PATH", "LD_LIBRARY_PATH", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME"}


def test_the_context_is_lambdas(environment: ExecutionEnvironment) -> None:
    told = environment.invoke({"do": "describe"})

    assert told["function_name"] == "scripted"
    assert told["function_version"] == "$LATEST"
    assert told["memory_limit_in_mb"] == "256"
    assert told["invoked_function_arn"] == "arn:aws:lambda:eu-central-1:123456789012:function:scripted"
    assert told["aws_request_id"] != environment.invoke({"do": "describe"})["aws_request_id"]
    assert 20_000 >= told["remaining_ms"] > told["later_ms"] > 0


def test_an_exception_is_told_and_its_trace_is_in_the_log(environment: ExecutionEnvironment, log: Path) -> None:
    before = environment.invoke({"do": "say"})
    with pytest.raises(FunctionError) as caught:
        environment.invoke({"do": "fail", "text": "what went wrong"})

    assert caught.value.message == "what went wrong"
    assert "Traceback" in log.read_text()
    assert "ValueError: what went wrong" in log.read_text()
    assert environment.invoke({"do": "say"})["pid"] == before["pid"]


@pytest.mark.parametrize("end", ["die", "leave"])
def test_a_process_that_ends_under_an_event_is_replaced(environment: ExecutionEnvironment, end: str) -> None:
    before = environment.invoke({"do": "say"})
    with pytest.raises(ProcessDiedError):
        environment.invoke({"do": end})
    after = environment.invoke({"do": "say"})

    assert after["pid"] != before["pid"]
    assert after["calls"] == 1


def test_a_process_that_ended_between_events_is_replaced_unnoticed(environment: ExecutionEnvironment) -> None:
    before = environment.invoke({"do": "say"})
    os.kill(before["pid"], signal.SIGKILL)
    wait_until(lambda: environment._process is not None and not environment._process.is_running())

    assert environment.invoke({"do": "say"})["pid"] != before["pid"]


def test_a_handler_that_overruns_is_killed_and_its_process_replaced(tmp_path: Path) -> None:
    with ExecutionEnvironment(function(tmp_path / "slow", timeout_seconds=0.3)) as environment:
        before = environment.invoke({"do": "say"})
        with pytest.raises(FunctionTimedOutError):
            environment.invoke({"do": "hang"})

        assert not is_running(before["pid"])
        assert environment.invoke({"do": "say"})["pid"] != before["pid"]


def test_an_answer_that_is_no_json_is_an_error(environment: ExecutionEnvironment) -> None:
    with pytest.raises(FunctionError, match="TypeError"):
        environment.invoke({"do": "answer_what_is_no_json"})


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("raise SystemExit('not today')", "not today"),
        ("x = 1", "lambda_handler"),
    ],
)
def test_a_module_that_cannot_be_imported_is_an_error_each_time(
    tmp_path: Path, log: Path, handler: str, text: str
) -> None:
    with log.open("ab") as output:
        environment = ExecutionEnvironment(function(tmp_path / "broken", handler), log=output.fileno())
        for _ in range(2):
            with pytest.raises(FunctionError, match=text):
                environment.invoke({})


def test_a_layer_can_be_imported_and_the_functions_own_modules_come_first(tmp_path: Path) -> None:
    for folder, origin in (("layer", "layer"), ("own", "function")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "shared_by_both.py").write_text(f"origin = '{origin}'")
    (tmp_path / "layer" / "only_there.py").write_text("origin = 'layer'")
    handler = """
        import only_there, shared_by_both
        def lambda_handler(event, context):
            return [shared_by_both.origin, only_there.origin]
    """
    with ExecutionEnvironment(function(tmp_path / "own", handler, layer=tmp_path / "layer")) as environment:
        assert environment.invoke({}) == ["function", "layer"]


def test_one_environment_works_on_one_event_at_a_time(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    environments = ExecutionEnvironments(function(tmp_path / "scripted"), 1)
    invoke_all(environments, [{"do": "enter_and_leave", "path": str(journal)}] * 20)

    words = [line.split()[0] for line in journal.read_text().splitlines()]
    assert words == ["enter", "leave"] * 20


def test_two_environments_work_on_two_events_at_once(tmp_path: Path) -> None:
    """Each handler waits for the other: with one environment neither would answer."""
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    environments = ExecutionEnvironments(function(tmp_path / "scripted"), 2)
    events = [{"do": "meet", "mine": one, "other": two}, {"do": "meet", "mine": two, "other": one}]

    assert len(set(invoke_all(environments, events))) == 2


def test_the_warmest_environment_is_used_first(tmp_path: Path) -> None:
    environments = ExecutionEnvironments(function(tmp_path / "scripted"), 3)
    try:
        assert [environments.invoke({"do": "say"})["calls"] for _ in range(3)] == [1, 2, 3]
    finally:
        environments.close()


def test_closing_ends_the_process(environment: ExecutionEnvironment) -> None:
    pid = environment.invoke({"do": "say"})["pid"]
    environment.close()

    assert not is_running(pid)


def test_no_process_outlives_its_parent_even_while_it_works(tmp_path: Path) -> None:
    function(tmp_path / "scripted")
    program = f"""
        from pathlib import Path
        from infra.local.lambdas.execution_environment import ExecutionEnvironment
        from infra.local.lambdas.local_function import LocalFunction

        folder = Path({str(tmp_path / "scripted")!r})
        environment = ExecutionEnvironment(LocalFunction(name="scripted", folder=folder, timeout_seconds=600))
        print(environment.invoke({{"do": "say"}})["pid"], flush=True)
        environment.invoke({{"do": "hang"}})
    """
    arguments = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(arguments, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()

    wait_until(lambda: not is_running(pid))


def invoke_all(environments: ExecutionEnvironments, events: list[dict[str, Any]]) -> list[Any]:
    try:
        with ThreadPoolExecutor(max_workers=len(events)) as pool:
            return list(pool.map(environments.invoke, events))
    finally:
        environments.close()


def is_running(pid: int) -> bool:
    """Whether *pid* runs; one that ended and waits for somebody to ask how does not."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self").exists():
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
    return subprocess.run(["ps", "-p", str(pid)], check=False, capture_output=True).returncode == 0


def wait_until(condition: Callable[[], bool], within_seconds: float = 10) -> None:
    deadline = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)
