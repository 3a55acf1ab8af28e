"""The commands as an operator types them, against real servers: one process each."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.admin.__main__ import WITHOUT_TYPER
from tests.support.servers import server_environment

ROOT: Final = Path(__file__).parents[3]
PASSWORD: Final = "a password that nobody may see"

type Shell = Callable[..., subprocess.CompletedProcess[str]]


def run(*arguments: str, typed: str = "", start: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the module with these arguments; *start* is Python that goes before."""
    program = (
        f"{start}\nimport runpy; runpy.run_module('session_management.admin', run_name='__main__', alter_sys=True)"
    )
    command = [sys.executable, *(("-c", program) if start else ("-m", "session_management.admin")), *arguments]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "shared"), **variables}
    return subprocess.run(
        command, input=typed, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def shell(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Shell:
    """Run a command over the servers."""
    environment = server_environment(postgres, valkey)
    return lambda *arguments, typed="": run(*arguments, typed=typed, **environment)


def test_a_user_is_created_with_a_password_from_standard_input_and_found_again(shell: Shell) -> None:
    created = shell("create-user", "ann@example.com", "--role", "ADMIN", "--password-stdin", typed=PASSWORD + "\n")
    assert (created.returncode, created.stderr) == (0, "")
    assert PASSWORD not in created.stdout

    listed = shell("list-users")
    assert listed.stdout.splitlines()[0].split() == [
        *("ID", "EMAIL", "ROLE", "VERIFIED", "STATUS", "CREATED", "AT", "LAST", "LOGIN", "AT"),
    ]
    assert listed.stdout.splitlines()[1].split()[1:5] == ["ann@example.com", "ADMIN", "no", "ACTIVE"]

    taken = shell("create-user", "ANN@example.com", "--json")
    assert (taken.returncode, taken.stdout, taken.stderr) == (1, "", "another user has this email\n")


def test_what_goes_into_a_pipe_is_json_alone(shell: Shell) -> None:
    done = shell("doctor", "--json")
    assert json.loads(done.stdout)["status"] == "ok"
    assert (done.returncode, done.stderr) == (0, "")


def test_a_store_that_is_down_is_one_line_and_a_status_of_its_own(shell: Shell, postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    try:
        failed, examined = shell("list-users", "--json"), shell("doctor")
    finally:
        postgres.start()
    assert (failed.returncode, failed.stdout) == (3, "")
    assert failed.stderr.startswith("postgresql is unavailable: ")
    assert failed.stderr.count("\n") == 1
    assert examined.returncode == 1
    assert "FAULT    postgresql " in examined.stdout


def test_without_typer_it_says_what_to_install() -> None:
    absent = "import sys, importlib.abc\nsys.modules['typer'] = None"
    ended = run("doctor", start=absent)
    assert (ended.returncode, ended.stderr.strip()) == (1, WITHOUT_TYPER)
