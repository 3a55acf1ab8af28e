"""The commands: one model for each. What is unknown is refused with what there is; no value is ever repeated."""

from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from session_management.admin.errors import InvalidCommandError
from session_management.models import UserRole

# As a login takes them: with any other, nobody could log in.
_PASSWORD_CHARACTERS: Final = 1024

type Text = Annotated[str, Field(min_length=1, max_length=255)]
type Role = Annotated[UserRole, Field(strict=False)]


class Command(BaseModel):
    """Any command. `summary` is what it does."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    summary: ClassVar[str]


class _WithPassword(Command):
    @field_validator("password", check_fields=False)
    @classmethod
    def _can_be_sent(cls, password: SecretStr | None) -> SecretStr | None:
        text = "x" if password is None else password.get_secret_value()
        if not 1 <= len(text) <= _PASSWORD_CHARACTERS or "\0" in text:
            raise ValueError(f"must be 1 to {_PASSWORD_CHARACTERS} characters, none of them NUL")
        return password


class _OfUser(Command):
    user: Text
    """Their email, in any case, or their ID."""


class CreateUser(_WithPassword):
    """Creates a user; without a password, nobody can log in by one."""

    summary = "create a user; without a password, nobody can log in by one"

    email: Text
    role: Role = UserRole.USER
    verified: bool = False
    password: SecretStr | None = None


class SetPassword(_WithPassword, _OfUser):
    """Sets a password and ends all the user's sessions."""

    summary = "set a password, and end all the user's sessions"

    password: SecretStr


class Verify(_OfUser):
    """Marks the email as verified."""

    summary = "mark the user's email as verified"


class Unverify(_OfUser):
    """Marks the email as not verified."""

    summary = "mark the user's email as not verified"


class SetRole(_OfUser):
    """Gives the user a role."""

    summary = "give the user a role"

    role: Role


class Disable(_OfUser):
    """Keeps the user out, and ends all their sessions."""

    summary = "keep the user out, and end all their sessions"


class Enable(_OfUser):
    """Lets the user log in again."""

    summary = "let the user log in again"


class DeleteUser(_OfUser):
    """Removes the user for good, with their sessions."""

    summary = "remove the user for good, with all their sessions"


class ListUsers(Command):
    """A page of users."""

    summary = "list users, in the order of their IDs, page by page"

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    after: Text | None = None
    """The `next` of the page before."""


class ListSessions(_OfUser):
    """The user's live sessions."""

    summary = "list the user's live sessions, the newest first"


class EndSessions(_OfUser):
    """Ends all the user's sessions, or the one of a handle."""

    summary = "end all the user's sessions, or the one of a handle"

    handle: Text | None = None


class LiftLimit(Command):
    """Forgets the failed tries of an account, whether anybody has it or not."""

    summary = "forget the failed logins of an account, which delay the next one"

    email: Text


class Explain(Command):
    """What has become of a session."""

    summary = "say what has become of a session, and what Redis holds of it"

    handle: Text


class Doctor(Command):
    """Looks everything over."""

    summary = "look over settings, stores, schema and clocks"


COMMANDS: Final[dict[str, type[Command]]] = {
    "create_user": CreateUser,
    "set_password": SetPassword,
    "verify": Verify,
    "unverify": Unverify,
    "set_role": SetRole,
    "disable": Disable,
    "enable": Enable,
    "delete_user": DeleteUser,
    "list_users": ListUsers,
    "list_sessions": ListSessions,
    "end_sessions": EndSessions,
    "lift_limit": LiftLimit,
    "explain": Explain,
    "doctor": Doctor,
}


def read_command(event: object) -> tuple[str, Command]:
    """Return the name of the command in *event*, and the command.

    Raises:
        InvalidCommandError: with every fault.
    """
    name = event.get("command") if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(name, str) or name not in COMMANDS:
        raise InvalidCommandError([f"command: must be one of {', '.join(COMMANDS)}"])
    fields: dict[str, Any] = {key: value for key, value in event.items() if key != "command"}
    try:
        return name, COMMANDS[name].model_validate(fields)
    except ValidationError as error:
        # None of it goes along: the error of pydantic's holds what was sent.
        raise InvalidCommandError(_faults(name, error)) from None


def _faults(name: str, error: ValidationError) -> list[str]:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    told = [
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in faults
        if fault["type"] != "extra_forbidden"
    ]
    if len(told) < len(faults):
        # The name of a field that should not be there is a value, too.
        fields = ", ".join(COMMANDS[name].model_fields) or "no field at all"
        told.append(f"there is a field that {name} does not take; it takes {fields}")
    return told
