"""Does what operators ask for: the one place that both the admin function and the shell call."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from session_management.admin.answers import explanation_answer, session_answer, user_answer
from session_management.admin.doctor import examine
from session_management.admin.errors import SessionNotFoundError, UserNotFoundError
from session_management.admin.requests import (
    Command,
    CreateUser,
    DeleteUser,
    Disable,
    Doctor,
    Enable,
    EndSessions,
    Explain,
    LiftLimit,
    ListSessions,
    ListUsers,
    SetPassword,
    SetRole,
    Unverify,
    Verify,
    read_command,
)
from session_management.events import CommandDone
from session_management.factory import UserManagerFactory
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, User, UserStatus, is_user_id
from session_management.observability import tell

type Answer = dict[str, Any]

_SHOWN: Final = 500
"""More sessions of one user than anybody reads through; `end_sessions` ends those that are not shown, too."""


def perform(event: object) -> Answer:
    """Do the command that *event* names, and return its answer.

    Every command may be given again after a failure: it then does what is left to do.

    Raises:
        InvalidCommandError: there is no such command, or its fields are not what it takes.
        UserNotFoundError, SessionNotFoundError: there is none of this name.
        EmailTakenError, InvalidInputError: the user cannot be made, or changed, so.
        StoreUnavailableError: a store does not answer. The record may have been changed already, and the copies not.
        ConfigurationError: the settings cannot work; `doctor` answers all the same.
    """
    name, command = read_command(event)
    answer = _DOING[type(command)](command)
    tell(CommandDone(command=name, user_id=_id_in(answer)))
    return answer


def _manager() -> UserManager:
    return UserManagerFactory.create()


def _named(user: str) -> User:
    """Return the user who is named by their email or their ID."""
    found = _manager().find_by_id(user) if is_user_id(user) else _manager().find_by_email(user)
    return _there(found)


def _there(user: User | None) -> User:
    if user is None:
        raise UserNotFoundError("there is no user of this email or ID")
    return user


def _changed(user: str, fields: Mapping[str, Any]) -> Answer:
    return {"user": user_answer(_there(_manager().update(_named(user).id, fields)))}


def _create_user(command: CreateUser) -> Answer:
    password = command.password.get_secret_value() if command.password else None
    data = CreateUserData(command.email, password, role=command.role, is_verified=command.verified)
    return {"user": user_answer(_manager().create(data))}


def _set_password(command: SetPassword) -> Answer:
    user = _named(command.user)
    if not _manager().change_password(user.id, command.password.get_secret_value()):
        _there(None)
    return {"user": user_answer(user)}


def _verify(command: Verify) -> Answer:
    return _changed(command.user, {"is_verified": True})


def _unverify(command: Unverify) -> Answer:
    return _changed(command.user, {"is_verified": False})


def _set_role(command: SetRole) -> Answer:
    return _changed(command.user, {"role": command.role})


def _disable(command: Disable) -> Answer:
    return _changed(command.user, {"status": UserStatus.DISABLED})


def _enable(command: Enable) -> Answer:
    return _changed(command.user, {"status": UserStatus.ACTIVE})


def _delete_user(command: DeleteUser) -> Answer:
    user = _named(command.user)
    if not _manager().delete(user.id):
        _there(None)
    return {"user_id": user.id, "deleted": True}


def _list_users(command: ListUsers) -> Answer:
    users = _manager().get_all(command.limit, command.after)
    is_full = len(users) == command.limit
    return {"users": [user_answer(user) for user in users], "next": users[-1].id if is_full else None}


def _list_sessions(command: ListSessions) -> Answer:
    user = _named(command.user)
    sessions = _manager().list_sessions(user.id, _SHOWN + 1)
    shown = [session_answer(session) for session in sessions[:_SHOWN]]
    return {"user_id": user.id, "sessions": shown, "has_more": len(sessions) > _SHOWN}


def _end_sessions(command: EndSessions) -> Answer:
    user = _named(command.user)
    if command.handle is None:
        return {"user_id": user.id, "ended": _manager().revoke_all(user.id)}
    if not _manager().end_session(user.id, command.handle):
        raise SessionNotFoundError("the user has no live session of this handle")
    return {"user_id": user.id, "ended": 1}


def _lift_limit(command: LiftLimit) -> Answer:
    return {"forgotten": _manager().lift_limit(command.email)}


def _explain(command: Explain) -> Answer:
    return explanation_answer(_manager().explain(command.handle), UserManagerFactory.settings().policy)


def _doctor(_command: Doctor) -> Answer:
    return examine()


def _id_in(answer: Answer) -> str | None:
    user = answer.get("user") or {}
    return answer.get("user_id") or user.get("id")


_DOING: Final[dict[type[Command], Callable[[Any], Answer]]] = {
    CreateUser: _create_user,
    SetPassword: _set_password,
    Verify: _verify,
    Unverify: _unverify,
    SetRole: _set_role,
    Disable: _disable,
    Enable: _enable,
    DeleteUser: _delete_user,
    ListUsers: _list_users,
    ListSessions: _list_sessions,
    EndSessions: _end_sessions,
    LiftLimit: _lift_limit,
    Explain: _explain,
    Doctor: _doctor,
}
