"""What happens, as values: one list, which docs/events.md shows."""

from typing import Final

from session_management.events.event import Event, Fenced, Level
from session_management.events.logins import (
    LoginFailed,
    LoginSucceeded,
    PasswordChanged,
    PasswordChangeFailed,
    Refusal,
    Registered,
    RegistrationRefused,
)
from session_management.events.operation import (
    DirectAccessRefused,
    LimitReached,
    Migrated,
    MigrationFailed,
    OriginRefused,
    SettingsFaulty,
    StoreBack,
    StoreFailed,
    StoreNotAsked,
    StoreSpared,
    Swept,
)
from session_management.events.sessions import ClientChanged, LoggedOut, SessionCreated, SessionDenied, SessionsRevoked
from session_management.events.users import CommandDone, UserChanged, UserCreated, UserDeleted

EVENTS: Final[tuple[type[Event], ...]] = (
    LoginSucceeded,
    LoginFailed,
    Registered,
    RegistrationRefused,
    PasswordChanged,
    PasswordChangeFailed,
    SessionCreated,
    LoggedOut,
    SessionsRevoked,
    ClientChanged,
    SessionDenied,
    DirectAccessRefused,
    OriginRefused,
    LimitReached,
    UserCreated,
    UserChanged,
    UserDeleted,
    CommandDone,
    StoreFailed,
    StoreSpared,
    StoreBack,
    StoreNotAsked,
    SettingsFaulty,
    Swept,
    Migrated,
    MigrationFailed,
)
"""All of them."""

__all__ = [
    "EVENTS",
    "ClientChanged",
    "CommandDone",
    "DirectAccessRefused",
    "Event",
    "Fenced",
    "Level",
    "LimitReached",
    "LoggedOut",
    "LoginFailed",
    "LoginSucceeded",
    "Migrated",
    "MigrationFailed",
    "OriginRefused",
    "PasswordChangeFailed",
    "PasswordChanged",
    "Refusal",
    "Registered",
    "RegistrationRefused",
    "SessionCreated",
    "SessionDenied",
    "SessionsRevoked",
    "SettingsFaulty",
    "StoreBack",
    "StoreFailed",
    "StoreNotAsked",
    "StoreSpared",
    "Swept",
    "UserChanged",
    "UserCreated",
    "UserDeleted",
]
