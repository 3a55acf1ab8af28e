"""The commands in a shell. It reads the environment variables that the functions read; nothing secret is an argument.

Exit statuses: 0 is done, 1 refused or, of `doctor`, a fault, 2 a wrong command line, 3 a store or the settings.
"""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Annotated, Any, Final

import typer

from session_management.admin.commands import perform
from session_management.admin.requests import COMMANDS
from session_management.admin.tables import readable
from session_management.errors import ConfigurationError, SessionManagementError, StoreUnavailableError
from session_management.factory import UserManagerFactory
from session_management.models import UserRole
from session_management.observability import logger

_REFUSED: Final = 1
_UNAVAILABLE: Final = 3

app = typer.Typer(
    help="Operate the session service: users, their sessions, and how everything is.",
    epilog="The settings come from the environment variables of the functions; see the README.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

User = Annotated[str, typer.Argument(help="Their email, in any case, or their ID.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as the admin function gives it.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def _help(name: str) -> str:
    summary = COMMANDS[name].summary
    return f"{summary[0].upper()}{summary[1:]}."


@app.command("create-user", help=_help("create_user"))
def create_user(
    email: Annotated[str, typer.Argument(help="Their email.", show_default=False)],
    role: Annotated[UserRole, typer.Option(help="What they may be.")] = UserRole.USER,
    verified: Annotated[bool, typer.Option("--verified", help="The email is known to be theirs.")] = False,
    ask: Annotated[bool, typer.Option("--password", help="Ask for a password.")] = False,
    from_stdin: FromStdin = False,
    as_json: Json = False,
) -> None:
    """Create a user."""
    given: dict[str, Any] = {"email": email, "role": role, "verified": verified}
    if ask or from_stdin:
        given["password"] = _password(from_stdin=from_stdin)
    _do("create_user", as_json, **given)


@app.command("set-password", help=_help("set_password"))
def set_password(user: User, from_stdin: FromStdin = False, as_json: Json = False) -> None:
    """Set a password."""
    _do("set_password", as_json, user=user, password=_password(from_stdin=from_stdin))


@app.command("verify", help=_help("verify"))
def verify(user: User, as_json: Json = False) -> None:
    """Mark as verified."""
    _do("verify", as_json, user=user)


@app.command("unverify", help=_help("unverify"))
def unverify(user: User, as_json: Json = False) -> None:
    """Mark as not verified."""
    _do("unverify", as_json, user=user)


@app.command("set-role", help=_help("set_role"))
def set_role(
    user: User, role: Annotated[UserRole, typer.Argument(help="The role.", show_default=False)], as_json: Json = False
) -> None:
    """Give a role."""
    _do("set_role", as_json, user=user, role=role)


@app.command("disable", help=_help("disable"))
def disable(user: User, as_json: Json = False) -> None:
    """Keep out."""
    _do("disable", as_json, user=user)


@app.command("enable", help=_help("enable"))
def enable(user: User, as_json: Json = False) -> None:
    """Let in again."""
    _do("enable", as_json, user=user)


@app.command("delete-user", help=_help("delete_user"))
def delete_user(
    user: User, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: Json = False
) -> None:
    """Remove for good."""
    if not yes:
        typer.confirm(f"Delete {user} for good?", abort=True, err=True)
    _do("delete_user", as_json, user=user)


@app.command("list-users", help=_help("list_users"))
def list_users(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 100,
    after: Annotated[str | None, typer.Option(help="The ID that the page before ended with.")] = None,
    as_json: Json = False,
) -> None:
    """List users."""
    _do("list_users", as_json, limit=limit, after=after)


@app.command("list-sessions", help=_help("list_sessions"))
def list_sessions(user: User, as_json: Json = False) -> None:
    """List sessions."""
    _do("list_sessions", as_json, user=user)


@app.command("end-sessions", help=_help("end_sessions"))
def end_sessions(
    user: User,
    handle: Annotated[str | None, typer.Option(help="The handle of the one to end; all of them without.")] = None,
    as_json: Json = False,
) -> None:
    """End sessions."""
    _do("end_sessions", as_json, user=user, handle=handle)


@app.command("lift-limit", help=_help("lift_limit"))
def lift_limit(
    email: Annotated[str, typer.Argument(help="The email that is delayed.", show_default=False)], as_json: Json = False
) -> None:
    """Forget failures."""
    _do("lift_limit", as_json, email=email)


@app.command("explain", help=_help("explain"))
def explain(
    handle: Annotated[str, typer.Argument(help="The 64 hex digits that the session is listed under.")],
    as_json: Json = False,
) -> None:
    """Explain a session."""
    _do("explain", as_json, handle=handle)


@app.command("doctor", help=_help("doctor"))
def doctor(as_json: Json = False) -> None:
    """Look everything over."""
    answer = _do("doctor", as_json)
    if answer["status"] == "fault":
        raise typer.Exit(_REFUSED)


def _do(command: str, as_json: bool, **fields: Any) -> dict[str, Any]:
    """Do a command, and print its answer; what goes wrong is one line on standard error, and the exit status."""
    try:
        _warn_of_memory()
        with _unlogged():
            answer = perform({"command": command, **fields})
    except SessionManagementError as error:
        typer.echo(str(error), err=True)
        is_outage = isinstance(error, (ConfigurationError, StoreUnavailableError))
        raise typer.Exit(_UNAVAILABLE if is_outage else _REFUSED) from None
    finally:
        UserManagerFactory.clear_cache()
    typer.echo(json.dumps(answer, indent=2) if as_json else readable(answer))
    return answer


def _warn_of_memory() -> None:
    try:
        is_mock = UserManagerFactory.settings().mode == "mock"
    except ConfigurationError:
        return  # whoever needs the settings says so
    if is_mock:
        typer.echo("This runs on memory with demo users, and keeps nothing: set APP_ENV and both stores.", err=True)


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep log lines and metrics, which are for CloudWatch, from between what a person, or a pipe, reads."""
    log = logger()
    level = log.log_level
    log.setLevel("CRITICAL")
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        log.setLevel(level)


def _password(*, from_stdin: bool) -> str:
    """Return a password that is typed twice, unseen, or the first line of standard input."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password
