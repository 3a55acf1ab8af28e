"""`make demo` and `make run` from outside: what they print, how they end, and what they leave behind (nothing)."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from infra.local import run
from infra.local.door.http_server import listen
from infra.local.lambdas.local_function import ProcessDiedError
from infra.local.servers.ports import free_port

PROJECT = Path(__file__).resolve().parents[2]
STEPS = (
    "The migrations have been applied.",
    "A wrong password is refused.",
    "The right password opens a session; its ID travels in a cookie.",
    "The cookie says whose session it is.",
    "An app without a cookie jar logs in for a bearer token.",
    "The bearer token says whose session it is.",
    "A protected route lets the session pass, through the authorizer.",
    "Without a session the authorizer refuses.",
    "Valkey loses everything: nobody is logged out.",
    "The user sees both sessions, and ends the app's.",
    "The session is extended, and the cookie with it.",
    "Logging out ends the session and clears the cookie.",
    "The same cookie, sent again, opens nothing.",
    "Somebody registers, and is logged in at once.",
    "Their new password ends what was open, and goes on under a new session ID.",
    "A sweep cleans up.",
)


def demo(project: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    program = f"import sys, pathlib, infra.local.demo as demo; sys.exit(demo.main(pathlib.Path({str(project)!r})))"
    arguments = [sys.executable, "-c", program]
    return subprocess.run(arguments, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120)


def headings(output: str) -> list[str]:
    return re.findall(r"^\d+\. (.*)$", output, re.MULTILINE)


def test_the_demo_goes_through_every_step_and_ends_well() -> None:
    ended = demo()

    assert ended.returncode == 0, ended.stdout
    assert ended.stderr == ""
    assert headings(ended.stdout) == list(STEPS)
    assert (ended.stdout.count("✓"), ended.stdout.count("✗")) == (len(STEPS), 0)
    for exchange in ("→ POST /login", "← 401 Unauthorized", "set-cookie: sessionId=", "authorization: Bearer "):
        assert exchange in ended.stdout


def test_the_demo_fails_where_a_logout_ends_nothing(tmp_path: Path) -> None:
    """Only what comes back at the end can tell: the logout itself looks as it should."""
    answers = '{"statusCode": 204, "cookies": ["sessionId=; HttpOnly; Path=/; Max-Age=0"]}'
    ended = demo(broken(tmp_path, "logout", f"def lambda_handler(event, context):\n    return {answers}\n"))

    assert ended.returncode != 0
    assert headings(ended.stdout)[-1] == "The same cookie, sent again, opens nothing."
    assert "✗ the status: 200, where 401 should be" in ended.stdout
    assert "The demo failed" in ended.stdout


def test_the_demo_fails_where_a_new_password_leaves_the_session_as_it_was(tmp_path: Path) -> None:
    ended = demo(broken(tmp_path, "password", "def lambda_handler(event, context):\n    return {'statusCode': 200}\n"))

    assert ended.returncode != 0
    assert headings(ended.stdout)[-1].startswith("Their new password ends what was open")
    assert "✗ the same session ID: True, where False should be" in ended.stdout


def test_the_demo_fails_with_the_functions_log_where_a_function_breaks(tmp_path: Path) -> None:
    ended = demo(broken(tmp_path, "validate", "def lambda_handler(event, context):\n    raise KeyError('broken')\n"))

    assert ended.returncode != 0
    assert headings(ended.stdout)[-1] == "The cookie says whose session it is."
    assert "✗ the status: 502, where 200 should be" in ended.stdout
    assert "KeyError: 'broken'" in ended.stdout


def test_the_demo_fails_where_the_migrations_do(tmp_path: Path) -> None:
    project = broken(tmp_path)
    (project / "infra/database/migrations/9999_broken.sql").write_text("SELECT no_such_column;")
    ended = demo(project)

    assert ended.returncode != 0
    assert "The service did not start" in ended.stdout


def broken(folder: Path, function: str = "", handler: str = "") -> Path:
    """Return a copy of the service with another *handler* for *function*."""
    for part in ("functions", "shared/session_management", "infra/database"):
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    if function:
        (folder / "functions" / function / "app.py").write_text(handler)
    return folder


@contextmanager
def running(port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `make run`'s program; yield it with what it printed until it was ready."""
    # A shell ignores SIGINT for what it starts in the background.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{heed}; import sys, infra.local.run as run; sys.exit(run.main())"],
        cwd=PROJECT,
        env={**os.environ, "PORT": str(port), "ENVIRONMENTS": "2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as program:
        assert program.stdout
        printed = ""
        while "Ctrl-C" not in printed and (line := program.stdout.readline()):
            printed += line
        try:
            yield program, printed
        finally:
            program.kill()


def test_the_stack_stays_until_it_is_interrupted_and_says_how_to_use_it() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(port) as (program, printed):
        for path in ("/login", "/validate", "/me", "/sessions", "/register", "/logout"):
            assert url + path in printed
        assert "demo@example.com" in printed
        (variables,) = re.findall(r"--env-vars (\S+)", printed)
        assert "@host.docker.internal:" in json.loads(Path(variables).read_text())["Parameters"]["REDIS_URL"]
        assert httpx.get(f"{url}/validate", trust_env=False).status_code == 401
        program.send_signal(signal.SIGINT)
        rest, _ = program.communicate(timeout=30)

    assert (program.returncode, rest.strip()) == (0, "Stopped.")
    listen(port).close()


class FakeStack:
    """Counts sweeps; the first fails, the third is interrupted."""

    sweeps = 0

    def sweep(self) -> dict[str, int]:
        self.sweeps += 1
        if self.sweeps == 1:
            raise ProcessDiedError("sweeper ended")
        if self.sweeps == 3:
            raise KeyboardInterrupt
        return {"expired_deleted": 3}


def test_the_sweeper_is_called_again_and_again_even_after_a_failure(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(run, "_SWEEP_EVERY_SECONDS", 0.001)
    caplog.set_level("INFO")
    with pytest.raises(KeyboardInterrupt):
        run._sweep_until_interrupted(stack := FakeStack())  # type: ignore[arg-type]

    assert stack.sweeps == 3
    assert caplog.messages == ["sweep: sweeper ended", "sweep: {'expired_deleted': 3}"]


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"PORT": "{taken}"}, "Cannot start: port {taken} of 127.0.0.1 is taken; choose another, as in: "),
        ({"PORT": "http"}, "Cannot start: PORT must be a number from 1 to 65535, not 'http'"),
        ({"ENVIRONMENTS": "0"}, "Cannot start: ENVIRONMENTS must be a number from 1 to 64, not '0'"),
    ],
)
def test_what_cannot_start_says_so_in_one_line(environment: dict[str, str], line: str) -> None:
    with listen() as listener:
        taken = str(listener.getsockname()[1])
        given = {name: value.format(taken=taken) for name, value in environment.items()}
        arguments = [sys.executable, "-m", "infra.local.run"]
        ended = subprocess.run(
            arguments, cwd=PROJECT, env={**os.environ, **given}, capture_output=True, text=True, check=False
        )

    assert ended.returncode == 1
    assert ended.stderr.startswith(line.format(taken=taken))
    assert ended.stderr.count("\n") == 1
