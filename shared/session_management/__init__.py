"""Server-side sessions: PostgreSQL is the record, Redis the fast copy.

    from session_management import SessionMetadata, UserManagerFactory

    manager = UserManagerFactory.create()
    logged_in = manager.log_in("ann@example.com", "a long password", SessionMetadata(ip="192.0.2.7"))
    user = manager.find_by_session_id(logged_in.session_id)
    manager.delete_session(logged_in.session_id)

Everything here is imported when it is first used, so that a function pays only for what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from session_management.adapters.postgres_sessions import PostgreSQLSessionAdapter
    from session_management.adapters.postgres_users import PostgreSQLUserAdapter
    from session_management.adapters.redis_sessions import RedisSessionAdapter
    from session_management.clients.connections import close_postgres, close_redis
    from session_management.constants import AUTH_CONSTANTS, SESSION_CONSTANTS
    from session_management.environment import ManagerEnvironment, get_environment
    from session_management.errors import (
        ConfigurationError,
        EmailTakenError,
        InvalidCredentialsError,
        InvalidInputError,
        SessionManagementError,
        StoreUnavailableError,
        UnauthenticatedError,
    )
    from session_management.factory import UserManagerFactory, get_postgres, get_redis
    from session_management.interfaces import DatabaseAdapter, SessionAdapter, UserManagerInterface
    from session_management.managers.mock import MockUserManager
    from session_management.managers.production import ProductionUserManager
    from session_management.managers.user_manager import UserManager
    from session_management.models import (
        CreateUserData,
        LogIn,
        Session,
        SessionMetadata,
        SessionWithUser,
        SweepReport,
        User,
        UserRole,
        UserStatus,
    )
    from session_management.session_data import SessionData
    from session_management.settings import Settings

_MODULES: Final = {
    "adapters.postgres_sessions": ("PostgreSQLSessionAdapter",),
    "adapters.postgres_users": ("PostgreSQLUserAdapter",),
    "adapters.redis_sessions": ("RedisSessionAdapter",),
    "clients.connections": ("close_postgres", "close_redis"),
    "constants": ("AUTH_CONSTANTS", "SESSION_CONSTANTS"),
    "environment": ("ManagerEnvironment", "get_environment"),
    "errors": (
        "ConfigurationError",
        "EmailTakenError",
        "InvalidCredentialsError",
        "InvalidInputError",
        "SessionManagementError",
        "StoreUnavailableError",
        "UnauthenticatedError",
    ),
    "factory": ("UserManagerFactory", "get_postgres", "get_redis"),
    "interfaces": ("DatabaseAdapter", "SessionAdapter", "UserManagerInterface"),
    "managers.mock": ("MockUserManager",),
    "managers.production": ("ProductionUserManager",),
    "managers.user_manager": ("UserManager",),
    "models": (
        "CreateUserData",
        "LogIn",
        "Session",
        "SessionMetadata",
        "SessionWithUser",
        "SweepReport",
        "User",
        "UserRole",
        "UserStatus",
    ),
    "session_data": ("SessionData",),
    "settings": ("Settings",),
}
_MODULE_OF: Final = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [  # noqa: PLE0604 - the one list is _MODULES
    *_MODULE_OF,
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value
