"""Every privilege that roles.sql and grants.sql give is needed: without any one of them something fails."""

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from copy import replace
from datetime import timedelta
from typing import Final

import pg8000.native

from infra.database.migrate import MigrationError, migrate, read_migrations
from infra.local.servers import EmbeddedPostgres
from session_management.adapters.postgres_inspection import PostgreSQLInspection
from session_management.errors import StoreUnavailableError
from session_management.models import CreateUserData, SessionMetadata
from session_management.schema import MIGRATIONS
from session_management.session_data import to_ms
from session_management.tokens import AtRest, SessionNames, handle_of
from tests.conftest import MakeEnvironment
from tests.integration.database.conftest import login_url
from tests.integration.database.looks import PRIVILEGES
from tests.support.managers import Environment
from tests.support.policies import a_policy
from tests.support.roles import grant_upgrades
from tests.support.servers import postgres_client

HOUR: Final = 3600
MODES: Final[tuple[AtRest, ...]] = ("digest", "plain")


def needed(inside: pg8000.native.Connection, role: str, work: Callable[[], None]) -> dict[str, bool]:
    """Take each privilege of *role* away by itself, and tell whether *work* fails then."""
    found: dict[str, bool] = {}
    for (privilege,) in inside.run(PRIVILEGES, role=role):
        inside.run(f"REVOKE {privilege} FROM {role}")
        found[privilege] = True
        with suppress(StoreUnavailableError, MigrationError):
            work()
            found[privilege] = False
        inside.run(f"GRANT {privilege} TO {role}")
    work()
    return found


def manage(environment: Environment) -> None:
    """Do what login, logout, the sweeper, the admin function and code that manages users do."""
    manager, clock = environment.manager, environment.clock
    user = manager.create(CreateUserData(email="ann@example.com", password="a password"))
    session_id = manager.log_in(user.email, "a password", SessionMetadata()).session_id
    manager.extend_session(session_id, HOUR)
    manager.update(user.id, {"role": "ADMIN"})
    assert manager.find_session(session_id)
    manager.delete_session(session_id)
    clock.advance(60)
    assert manager.sweep().finished
    assert PostgreSQLInspection(environment.postgres).migrations() == set(MIGRATIONS)
    assert manager.delete(user.id)


def test_every_privilege_of_the_service_is_needed(
    roles: dict[str, str],
    inside: pg8000.native.Connection,
    url: str,
    make_environment: MakeEnvironment,
    cheap_passwords: None,
) -> None:
    def work() -> None:
        for mode in MODES:
            inside.run("DELETE FROM users")
            manage(make_environment(a_policy(at_rest=mode), DATABASE_URL=login_url(url, roles["service"])))

    found = needed(inside, roles["service"].split(":")[0], work)
    assert len(found) == 1 + 1 + 2 * 4 + 1
    assert [privilege for privilege, is_needed in found.items() if not is_needed] == []


def test_every_privilege_of_the_validator_is_needed(
    roles: dict[str, str], inside: pg8000.native.Connection, url: str, make_environment: MakeEnvironment
) -> None:
    def work() -> None:
        for mode in MODES:
            inside.run("DELETE FROM users")
            policy = a_policy(at_rest=mode, slides=True)
            owner = make_environment(policy, DATABASE_URL=url)
            validator = make_environment(policy, DATABASE_URL=login_url(url, roles["validator"]))
            user = owner.manager.create(CreateUserData(email="ann@example.com"))
            session_id = owner.manager.create_session(user.id, SessionMetadata(), HOUR)
            validator.clock.advance(600)
            found = validator.manager.find_session(session_id)
            assert found
            # A validation goes on without it; what is looked at here is whether it was pushed.
            if found.session.expires_at != validator.clock.now() + policy.max_age:
                raise StoreUnavailableError("postgresql", "the end was not pushed")
            assert validator.manager.find_session("A" * 43) is None

    found = needed(inside, roles["validator"].split(":")[0], work)
    assert len(found) == 1 + 1 + 10 + 1 + 2
    assert [privilege for privilege, is_needed in found.items() if not is_needed] == []


def take_in_one_of_each(owner: Environment, validator: Environment) -> None:
    """Validate sessions in plain form of each kind, as the validator's role."""
    now = validator.clock.now()
    user = owner.manager.create(CreateUserData(email="ann@example.com"))
    ours = owner.manager.create_session(user.id, SessionMetadata(), HOUR)
    theirs, in_column = str(uuid.uuid4()), str(uuid.uuid4())
    data = {"user_id": user.id, "created_at": to_ms(now), "expires_at": to_ms(now) + 1000, "ip": "192.0.2.9"}
    owner.redis.command("SET", f"session:{theirs}", json.dumps(data))
    owner.postgres.execute("UPDATE users SET session_id = :key, last_login_at = :now", key=in_column, now=now)
    for session_id in (ours, theirs, in_column):
        assert validator.manager.find_session(session_id)
        assert owner.postgres.fetch("SELECT FROM sessions WHERE id = :key", key=handle_of(session_id))
    # As after a logout at the original in the meantime.
    assert validator.manager._database.sessions.revoke(handle_of(theirs), "original_logout")


def test_every_privilege_of_the_validator_for_upgrades_is_needed_and_can_be_taken_back(
    postgres: EmbeddedPostgres,
    roles: dict[str, str],
    inside: pg8000.native.Connection,
    url: str,
    make_environment: MakeEnvironment,
) -> None:
    policy = replace(a_policy(), names=SessionNames("digest", takes_plain=True))
    role, database = roles["validator"].split(":")[0], url.rpartition("/")[2]

    def work() -> None:
        inside.run("DELETE FROM users")
        owner = make_environment(a_policy(at_rest="plain"), DATABASE_URL=url)
        until = owner.clock.now() + timedelta(days=1)
        login = login_url(url, roles["validator"])
        take_in_one_of_each(owner, make_environment(replace(policy, upgrade_plain_until=until), DATABASE_URL=login))

    before = inside.run(PRIVILEGES, role=role)
    grant_upgrades(postgres, roles, database)
    found = needed(inside, role, work)
    more = found.keys() - {privilege for (privilege,) in before}
    assert len(more) == 1 + 4 + 1
    assert [privilege for privilege in more if not found[privilege]] == []
    grant_upgrades(postgres, roles, database, "-v", "over=1")
    assert sorted(inside.run(PRIVILEGES, role=role)) == sorted(before)


def test_every_privilege_of_the_migrator_is_needed(
    postgres: EmbeddedPostgres, roles: dict[str, str], inside: pg8000.native.Connection, url: str
) -> None:
    def work() -> None:
        inside.run('DROP TABLE IF EXISTS sessions, users, session_migrations; DROP TYPE IF EXISTS "UserRole"')
        with postgres_client(postgres, DATABASE_URL=login_url(url, roles["migrator"])) as client:
            migrate(client, read_migrations())

    found = needed(inside, roles["migrator"].split(":")[0], work)
    assert len(found) == 3
    assert [privilege for privilege, is_needed in found.items() if not is_needed] == []
