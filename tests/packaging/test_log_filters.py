"""What is counted from the log, tried on the lines that Lambda's real runtime client writes of real functions."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from session_management.admin import errors as admin_errors
from session_management.errors import SessionManagementError
from tests.packaging.built import ROOT, Built
from tests.packaging.execution import Execution
from tests.packaging.filter_pattern import FilterPattern
from tests.packaging.template import stack

type LogOf = Callable[[Path | str, Mapping[str, str], Any], list[str]]

PATTERNS = {
    name: resource["Properties"]["FilterPattern"]
    for name, resource in stack("observability")["Resources"].items()
    if resource["Type"] == "AWS::Logs::MetricFilter"
}
UNHANDLED = FilterPattern(PATTERNS["UnhandledErrorsFilter"])
INTERRUPTED = FilterPattern(PATTERNS["InterruptionsFilter"])
UNREACHABLE = {
    "APP_ENV": "production",
    "DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none",
    "DATABASE_SSLMODE": "disable",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "REDIS_TLS": "false",
}
TOKEN = json.loads((ROOT / "events/authorizer.rest-token.json").read_text())


@pytest.fixture(scope="module")
def log_of(built: Built) -> LogOf:
    """Return what a function prints for one event: (its name or folder, settings, event)."""

    def run(function: Path | str, settings: Mapping[str, str], event: Any) -> list[str]:
        folder = built.function(function) if isinstance(function, str) else function
        with Execution(folder, built.layer, settings) as execution:
            execution.initialised.invoke(event)
            return execution.log().splitlines()

    return run


def kinds(lines: list[str]) -> list[str]:
    """Return the kinds of error that Lambda's runtime client tells."""
    said = [json.loads(line) for line in lines if line.startswith("{")]
    return [line["errorType"] for line in said if "errorType" in line]


def counted(pattern: FilterPattern, lines: list[str]) -> list[str]:
    return [line for line in lines if pattern.matches(line)]


@pytest.mark.parametrize("error", ['KeyError("name")', 'Exception("")', 'ValueError("Unauthorized: no")'])
def test_an_exception_that_nobody_foresaw_is_counted_once(error: str, tmp_path: Path, log_of: LogOf):
    (tmp_path / "app.py").write_text(f"def lambda_handler(event, context):\n    raise {error}\n")
    lines = log_of(tmp_path, {}, {})

    assert kinds(counted(UNHANDLED, lines)) == kinds(lines) == [error.partition("(")[0]]


def test_a_function_that_cannot_be_imported_is_counted(tmp_path: Path, log_of: LogOf):
    (tmp_path / "app.py").write_text("import nowhere\n\n\ndef lambda_handler(event, context): ...\n")
    lines = log_of(tmp_path, {}, {})

    assert set(kinds(counted(UNHANDLED, lines))) == {"Runtime.ImportModuleError"}


@pytest.mark.parametrize(
    ("function", "settings", "event", "kind"),
    [
        ("Authorizer", UNREACHABLE, {**TOKEN, "authorizationToken": "Bearer garbage"}, "UnauthorizedError"),
        ("Authorizer", UNREACHABLE, {**TOKEN, "authorizationToken": f"Bearer {'A' * 43}"}, "StoreUnavailableError"),
        ("Authorizer", {"APP_ENV": "production"}, TOKEN, "ConfigurationError"),
        ("Admin", UNREACHABLE, {"command": "nonsense"}, "InvalidCommandError"),
    ],
)
def test_what_is_foreseen_is_an_error_to_lambda_and_not_counted(
    function: str, settings: Mapping[str, str], event: Any, kind: str, log_of: LogOf
):
    lines = log_of(function, settings, event)

    assert kinds(lines) == [kind]
    assert counted(UNHANDLED, lines) == []


def test_no_error_is_left_out_that_is_none_of_ours():
    names = [text.split('"')[1] for text in PATTERNS["UnhandledErrorsFilter"].split("$.errorType != ")[1:]]
    ours = {kind.__name__ for kind in _below(SessionManagementError)}

    assert len(names) == 8
    assert set(names) <= ours
    assert {name for name in vars(admin_errors) if name.endswith("Error")} - {"SessionManagementError"} <= set(names)


def _report(**record: Any) -> str:
    """Lambda's own line of the end of an invocation, in its Telemetry API's schema."""
    metrics = {"durationMs": 10000.0, "billedDurationMs": 10000, "memorySizeMB": 512, "maxMemoryUsedMB": 122}
    said = {"requestId": "aec7a529-47f9-4090-be01-c9ed91bf83cf", "metrics": metrics, **record}
    return json.dumps({"time": "2026-11-26T12:00:00.581Z", "type": "platform.report", "record": said})


@pytest.mark.parametrize(
    "line",
    [
        _report(status="timeout"),
        _report(status="error", errorType="Runtime.ExitError"),
        _report(status="error", errorType="Runtime.OutOfMemory"),
    ],
)
def test_an_invocation_that_lambda_ended_is_counted_as_interrupted(line: str):
    assert INTERRUPTED.matches(line)
    assert not UNHANDLED.matches(line)


@pytest.mark.parametrize(
    "line",
    [
        _report(status="success"),
        _report(status="error", errorType="UnauthorizedError"),
        _report(status="timeout").replace("platform.report", "platform.runtimeDone"),
        '{"level": "ERROR", "event": "settings_faulty", "message": "the settings cannot work"}',
        "Runtime.ExitError timeout",
    ],
)
def test_nothing_else_is(line: str):
    assert not INTERRUPTED.matches(line)
    assert not UNHANDLED.matches(line)


def _below(kind: type[Exception]) -> set[type[Exception]]:
    return {kind for child in kind.__subclasses__() for kind in {child, *_below(child)}}
