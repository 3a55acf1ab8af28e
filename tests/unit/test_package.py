"""What the package exports, and what a cold start pays for it."""

import importlib
import json
import textwrap

import pytest

import session_management
from session_management.managers.mock import MockUserManager
from session_management.managers.production import ProductionUserManager
from session_management.managers.user_manager import UserManager
from tests.unit.programs import ROOT, run_program

HEAVY = ("aws_lambda_powertools", "boto3", "botocore.session", "pg8000", "pwdlib", "pydantic", "redis")

PROMISED = (
    "AUTH_CONSTANTS",
    "ConfigurationError",
    "CreateUserData",
    "DatabaseAdapter",
    "EmailTakenError",
    "InvalidCredentialsError",
    "InvalidInputError",
    "ManagerEnvironment",
    "MockUserManager",
    "PostgreSQLSessionAdapter",
    "PostgreSQLUserAdapter",
    "ProductionUserManager",
    "RedisSessionAdapter",
    "SESSION_CONSTANTS",
    "SessionAdapter",
    "SessionData",
    "SessionManagementError",
    "SessionMetadata",
    "Settings",
    "StoreUnavailableError",
    "UnauthenticatedError",
    "User",
    "UserManager",
    "UserManagerFactory",
    "UserManagerInterface",
    "WeakPasswordError",
    "close_postgres",
    "close_redis",
    "get_environment",
    "get_postgres",
    "get_redis",
)

EXPORTED: list[str] = vars(session_management)["__all__"]

OPERATIONS = (
    "change_own_password",
    "change_password",
    "count",
    "create",
    "create_session",
    "delete_session",
    "extend_session",
    "find_by_email",
    "find_by_id",
    "find_by_session_id",
    "find_session",
    "get_all",
    "log_in",
    "register",
    "register_unseen",
    "revoke_all",
    "sweep",
    "update",
)


@pytest.mark.parametrize("name", PROMISED)
def test_every_promised_name_can_be_imported_from_the_package(name: str) -> None:
    assert getattr(session_management, name) is not None
    assert name in EXPORTED


@pytest.mark.parametrize("name", EXPORTED)
def test_every_exported_name_is_the_one_of_its_module(name: str) -> None:
    module = importlib.import_module(f"session_management.{session_management._MODULE_OF[name]}")  # type: ignore[attr-defined]

    assert getattr(session_management, name) is getattr(module, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'get_mongo'"):
        session_management.get_mongo  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("kind", [UserManager, ProductionUserManager, MockUserManager])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_manager_has_every_operation(kind: type[UserManager], operation: str) -> None:
    assert callable(getattr(kind, operation))


@pytest.mark.parametrize("operation", ["create", "create_for_context", "clear_cache", "get_cached_instance"])
def test_the_factory_has_the_originals_four(operation: str) -> None:
    assert callable(getattr(session_management.UserManagerFactory, operation))


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "shared/session_management/py.typed").is_file()


def test_the_originals_constants_have_the_values_that_hold_here() -> None:
    auth, session = session_management.AUTH_CONSTANTS, session_management.SESSION_CONSTANTS

    assert (auth.SESSION_MAX_AGE_SECONDS, auth.SET_COOKIE_HEADER) == (604_800, "Set-Cookie")
    assert session.ENVIRONMENTS.MOCK == "mock"
    assert session.ENVIRONMENTS.DEVELOPMENT == "development"
    assert session.ENVIRONMENTS.PRODUCTION == "production"
    assert session.DATABASE.MAX_CONNECTIONS == 1
    assert session.REDIS.MAX_RETRIES <= 1


def imported_after(program: str, **variables: str) -> set[str]:
    """Return which of the heavy packages are imported after *program*."""
    tail = f"\nimport json, sys\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    return set(json.loads(run_program(program + tail, **variables).splitlines()[-1]))


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("import session_management", set()),
        ("from session_management import CreateUserData, SessionMetadata, User, StoreUnavailableError", set()),
        ("from session_management import AUTH_CONSTANTS, SESSION_CONSTANTS, get_environment", set()),
        ("from session_management import SessionData, UserManagerInterface", set()),
        ("from session_management import UserManager, MockUserManager", set()),
        ("from session_management import Settings", set()),
        ("from session_management import UserManagerFactory", set()),
        ("import session_management.managers.production", set()),
        ("import session_management.passwords", set()),
    ],
)
def test_a_name_costs_only_what_it_needs(program: str, expected: set[str]) -> None:
    assert imported_after(program) == expected


def test_an_authorizer_that_is_served_from_redis_imports_neither_postgresqls_driver_nor_boto3() -> None:
    """Redis is answered for here: what counts is what the way through the code pulls in."""
    program = """
        import runpy, sys
        from datetime import UTC, datetime, timedelta

        from session_management.clients.redis import Redis
        from session_management.models import Session, SessionWithUser, User, UserRole
        from session_management.session_data import encode_copy
        from session_management.tokens import handle_of

        session_id, now = "a" * 43, datetime.now(UTC)
        user = User("0b7e6a52-5f0c-4f7e-9a53-3c1f2d4b5a69", "ann@example.com", UserRole.USER, True, now)
        end = now + timedelta(days=1)
        handle = handle_of(session_id)
        copy = encode_copy(SessionWithUser(Session(handle, handle, user.id, now, end, end, now, now), user), now)
        asked = []

        def answer(self, *words):
            import redis
            asked.append(words)
            return copy

        Redis.command = answer

        class Context:
            function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "x"

            def get_remaining_time_in_millis(self):
                return 3000

        handler = runpy.run_path("functions/authorizer/app.py")["lambda_handler"]
        event = {
            "version": "2.0", "type": "REQUEST", "routeArn": "arn:aws:execute-api:x:1:api/stage/GET/me",
            "headers": {"authorization": f"Bearer {session_id}"},
        }
        assert handler(event, Context())["isAuthorized"] is True
        assert asked == [("GET", f"session:{handle}")]
    """
    imported = imported_after(
        textwrap.dedent(program),
        APP_ENV="production",
        DATABASE_URL="postgresql://ann:secret@127.0.0.1:1/app",
        REDIS_URL="redis://127.0.0.1:1",
    )

    assert imported == {"redis"}
