"""roles.sql and grants.sql give each role what its functions need, and no more."""

from contextlib import nullcontext
from typing import Final

import pytest

from infra.local.servers import EmbeddedPostgres
from session_management.errors import StoreUnavailableError
from session_management.interfaces import ValidationPath
from session_management.models import CreateUserData, SessionMetadata
from tests.conftest import MakeEnvironment
from tests.integration.database.conftest import login_url
from tests.support.managers import Environment
from tests.support.policies import a_policy
from tests.support.psql import psql

PASSWORD: Final = "a password"


@pytest.fixture(params=["digest", "plain"])
def environments(
    request: pytest.FixtureRequest, make_environment: MakeEnvironment, roles: dict[str, str], url: str
) -> dict[str, Environment]:
    """An environment that connects as each role."""
    policy = a_policy(at_rest=request.param)
    return {
        kind: make_environment(policy, DATABASE_URL=login_url(url, roles[kind])) for kind in ("service", "validator")
    }


def test_the_service_can_do_all_that_the_manager_does(
    environments: dict[str, Environment], cheap_passwords: None
) -> None:
    manager = environments["service"].manager
    user = manager.create(CreateUserData(email="ann@example.com", password=PASSWORD))
    first, second = (manager.log_in(user.email, PASSWORD, SessionMetadata()) for _ in range(2))
    assert manager.extend_session(first.session_id, 864_000)
    manager.delete_session(first.session_id)
    assert manager.find_session(second.session_id)
    assert manager.update(user.id, {"role": "ADMIN", "email": "ann@example.org"})
    assert manager.change_password(user.id, "another password")
    assert manager.sweep().finished
    assert (manager.revoke_all(user.id), manager.count(), len(manager.get_all())) == (0, 1, 1)
    assert manager.delete(user.id)


def test_the_validator_can_validate_and_record_activity(environments: dict[str, Environment]) -> None:
    service, validator = environments["service"], environments["validator"]
    user = service.manager.create(CreateUserData(email="ann@example.com"))
    session_id = service.manager.create_session(user.id, SessionMetadata(), 3600)
    validator.clock.advance(600)
    found = validator.manager.find_session(session_id)
    assert found
    assert validator.observer.last_path() is ValidationPath.RECORD
    assert found.session.last_activity == validator.clock.now()
    assert validator.manager.find_session("A" * 43) is None


def test_the_validator_can_change_nothing_else_and_read_no_hash(
    environments: dict[str, Environment], cheap_passwords: None
) -> None:
    service, validator = environments["service"].manager, environments["validator"].manager
    user = service.create(CreateUserData(email="ann@example.com", password=PASSWORD))
    for attempt in (
        lambda: validator.create(CreateUserData(email="eve@example.com")),
        lambda: validator.update(user.id, {"role": "ADMIN"}),
        lambda: validator.delete(user.id),
        lambda: validator.find_by_email(user.email),
        lambda: validator.create_session(user.id, SessionMetadata(), 60),
        lambda: validator.delete_session("A" * 43),
        lambda: validator.revoke_all(user.id),
    ):
        with pytest.raises(StoreUnavailableError, match=r"42501, the user lacks a privilege: see .*grants\.sql"):
            attempt()
        environments["validator"].clock.advance(5)  # past the breaker, which counts every error as a failure


STATEMENTS: Final = (
    "CREATE TABLE more (id INT)",
    "ALTER TABLE users ADD COLUMN more INT",
    "DROP TABLE sessions",
    "TRUNCATE sessions",
    "DELETE FROM session_migrations",
    "UPDATE session_migrations SET name = 'x'",
    "CREATE INDEX more ON sessions (user_agent)",
)


def test_nobody_but_the_migrator_changes_the_schema(
    postgres: EmbeddedPostgres, name: str, roles: dict[str, str]
) -> None:
    for kind in ("service", "validator"):
        role, password = roles[kind].split(":")
        for statement in STATEMENTS:
            with pytest.raises(AssertionError, match=r"permission denied|must be owner"):
                psql(postgres, "-c", statement, database=name, user=role, password=password)


def test_only_the_service_may_see_which_migrations_are_applied(
    postgres: EmbeddedPostgres, name: str, roles: dict[str, str]
) -> None:
    for kind, may in (("service", True), ("validator", False)):
        role, password = roles[kind].split(":")
        with nullcontext() if may else pytest.raises(AssertionError, match="permission denied"):
            psql(postgres, "-c", "SELECT * FROM session_migrations", database=name, user=role, password=password)
