"""Server-side sessions: PostgreSQL is the record, Redis the fast copy.

    from session_management import SessionMetadata, UserManagerFactory

    manager = UserManagerFactory.create()
    logged_in = manager.log_in("ann@example.com", "a long password", SessionMetadata(ip="192.0.2.7"))
    user = manager.find_by_session_id(logged_in.session_id)
    manager.delete_session(logged_in.session_id)

Everything here is imported when it is first used, so that a function pays only for what it needs; what
type checkers see is in `__init__.pyi`.
"""

from importlib import import_module
from typing import Any, Final

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
        "TooManyAttemptsError",
        "UnauthenticatedError",
        "WeakPasswordError",
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

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 (the names are listed once, above)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value
