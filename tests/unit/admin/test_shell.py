"""The commands as they are typed, in mock mode, where each is given to demo users of its own."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from session_management.admin.commands import perform
from session_management.admin.requests import COMMANDS
from session_management.admin.shell import app
from session_management.managers.mock import DEMO_SESSION_ID
from session_management.settings import Settings
from session_management.tokens import handle_of

DEMO = "demo@example.com"
HANDLE = handle_of(DEMO_SESSION_ID)
PASSWORD = "a password that nobody may see"
MEMORY = "This runs on memory with demo users, and keeps nothing: set APP_ENV and both stores.\n"

type Type = Callable[..., Result]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, cheap_passwords: None, fresh_factory: object) -> Type:
    """Type a command: (*arguments, input="")."""
    for name in [*Settings.FIELDS, "FORCE_MOCK_MODE", "APP_ENV"]:
        monkeypatch.delenv(name.upper(), raising=False)

    def run(*arguments: str, input: str = "") -> Result:  # noqa: A002 (the runner's own name for it)
        return CliRunner().invoke(app, arguments, input=input)

    return run


@pytest.fixture
def performed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the commands come to."""
    events: list[dict[str, Any]] = []

    def watched(event: dict[str, Any]) -> dict[str, Any]:
        events.append(event)
        return perform(event)

    monkeypatch.setattr("session_management.admin.shell.perform", watched)
    return events


def test_every_command_of_the_function_is_one_of_the_shell_with_help(typed: Type) -> None:
    names = {name.replace("_", "-") for name in COMMANDS}
    assert set(typer.main.get_command(app).commands) == names  # type: ignore[attr-defined]
    for name in names:
        helped = typed(name, "--help")
        assert helped.exit_code == 0
        assert COMMANDS[name.replace("-", "_")].summary[1:30] in helped.stdout


def test_without_a_command_the_commands_are_listed(typed: Type) -> None:
    shown = typed()
    assert shown.exit_code == 2
    assert "list-sessions" in shown.output


LINES: dict[str, tuple[tuple[str, ...], str, dict[str, Any]]] = {
    "create a user": (("create-user", "a@b"), "", {"email": "a@b", "role": "USER", "verified": False}),
    "create an administrator": (
        ("create-user", "a@b", "--role", "ADMIN", "--verified", "--password"),
        f"{PASSWORD}\n{PASSWORD}\n",
        {"email": "a@b", "role": "ADMIN", "verified": True, "password": PASSWORD},
    ),
    "set a password": (("set-password", DEMO), f"{PASSWORD}\n{PASSWORD}\n", {"user": DEMO, "password": PASSWORD}),
    "pipe a password": (
        ("set-password", DEMO, "--password-stdin"),
        f" {PASSWORD} \r\n",
        {"user": DEMO, "password": f" {PASSWORD} "},
    ),
    "verify": (("verify", DEMO), "", {"user": DEMO}),
    "unverify": (("unverify", DEMO), "", {"user": DEMO}),
    "set a role": (("set-role", DEMO, "ADMIN"), "", {"user": DEMO, "role": "ADMIN"}),
    "disable": (("disable", DEMO), "", {"user": DEMO}),
    "enable": (("enable", DEMO), "", {"user": DEMO}),
    "delete, when asked": (("delete-user", DEMO), "y\n", {"user": DEMO}),
    "delete, not asked": (("delete-user", DEMO, "--yes"), "", {"user": DEMO}),
    "list users": (("list-users", "--limit", "1"), "", {"limit": 1, "after": None}),
    "list sessions": (("list-sessions", DEMO), "", {"user": DEMO}),
    "end all sessions": (("end-sessions", DEMO), "", {"user": DEMO, "handle": None}),
    "end a session": (("end-sessions", DEMO, "--handle", HANDLE), "", {"user": DEMO, "handle": HANDLE}),
    "explain": (("explain", HANDLE), "", {"handle": HANDLE}),
    "doctor": (("doctor",), "", {}),
}


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_line_comes_to_its_command_and_its_answer(
    typed: Type, performed: list[dict[str, Any]], form: str, line: tuple[tuple[str, ...], str, dict[str, Any]]
) -> None:
    """P5: and no password is shown or repeated."""
    arguments, keys, fields = line
    done = typed(*arguments, *(["--json"] if form == "json" else []), input=keys)
    assert (done.exit_code, performed) == (0, [{"command": arguments[0].replace("-", "_"), **fields}])
    assert MEMORY in done.stderr
    assert PASSWORD not in done.output
    if form == "json":
        # The runner shows what is typed, as a terminal does.
        assert json.loads(done.stdout.removeprefix(" y\n"))
    else:
        assert done.stdout.strip()
        assert "{" not in done.stdout


def test_no_command_takes_a_password_as_an_argument(typed: Type) -> None:
    for name in ("create-user", "set-password"):
        assert typed(name, DEMO, "--password-stdin", PASSWORD, input=PASSWORD).exit_code == 2
    assert typed("create-user", "a@b", f"--password={PASSWORD}").exit_code == 2
    assert typed("set-password", DEMO, f"--password={PASSWORD}").exit_code == 2


def test_two_passwords_that_differ_are_asked_for_again(typed: Type, performed: list[dict[str, Any]]) -> None:
    done = typed("set-password", DEMO, input=f"{PASSWORD}\nanother\n{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0
    assert performed[0]["password"] == PASSWORD


def test_nobody_is_deleted_who_was_not_meant(typed: Type, performed: list[dict[str, Any]]) -> None:
    assert typed("delete-user", DEMO, input="n\n").exit_code == 1
    assert performed == []


WRONG: dict[str, tuple[tuple[str, ...], int, str]] = {
    "an unknown user": (("verify", "x@y"), 1, "there is no user of this email or ID"),
    "an email that is taken": (("create-user", "DEMO@example.com"), 1, "another user has this email"),
    "what is no handle": (("explain", DEMO_SESSION_ID), 1, "handle: must be the 64 hex digits"),
    "an unknown role": (("set-role", DEMO, "ROOT"), 2, "ROOT"),
    "an unknown option": (("doctor", "--fast"), 2, "--fast"),
    "an empty password": (("set-password", DEMO, "--password-stdin"), 1, "password: must be 1 to 1024 characters"),
}


@pytest.mark.parametrize(("arguments", "status", "why"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_done_is_a_line_on_standard_error_and_a_status(
    typed: Type, arguments: tuple[str, ...], status: int, why: str
) -> None:
    done = typed(*arguments)
    assert (done.exit_code, done.stdout) == (status, "")
    assert why in done.stderr
    assert DEMO_SESSION_ID not in done.output


def test_settings_that_cannot_work_have_a_status_of_their_own(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENV", "production")
    refused, examined = typed("list-users"), typed("doctor")
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "DATABASE_URL: PostgreSQL is not configured" in refused.stderr
    assert examined.exit_code == 1
    assert "FAULT    settings" in examined.stdout


def test_people_read_tables(typed: Type) -> None:
    head, *rows = typed("list-users").stdout.splitlines()
    assert head.split()[:5] == ["ID", "EMAIL", "ROLE", "VERIFIED", "STATUS"]
    assert {row[head.index("EMAIL") :].split()[0] for row in rows} == {DEMO, "admin@example.com"}
    assert "More: --after " in typed("list-users", "--limit", "1").stdout

    head, row = typed("list-sessions", DEMO).stdout.splitlines()
    assert row[head.index("HANDLE") :].split()[0] == HANDLE
    assert typed("list-sessions", "admin@example.com").stdout == "The user has no live session.\n"
    assert typed("end-sessions", DEMO).stdout == "1 session was ended.\n"
    assert typed("end-sessions", "admin@example.com").stdout == "0 sessions were ended.\n"


def test_an_explanation_says_each_fact_and_the_whole_in_a_sentence(typed: Type) -> None:
    facts = dict(line.split("  ", 1) for line in typed("explain", HANDLE).stdout.splitlines())
    facts = {name: value.strip() for name, value in facts.items()}
    assert (facts["state"], facts["reason"], facts["redis.holds"]) == ("live", "-", "nothing")
    assert facts["said"] == "it is live; the record in PostgreSQL decides"
