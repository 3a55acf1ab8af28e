"""A deployment makes the roles that it names, as a user who is no superuser, and gives them what the functions need."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pg8000.native
import pytest

from infra.local.servers import EmbeddedPostgres
from session_management.models import CreateUserData, SessionMetadata
from session_management.schema import MIGRATIONS
from tests.conftest import MakeEnvironment
from tests.integration.database.conftest import login_url
from tests.integration.database.deployments.conftest import FUNCTION, LAYER, Deploy
from tests.integration.database.looks import PRIVILEGES, tables
from tests.support.servers import sql_connection

SUCCESS = ("SUCCESS", {"current": MIGRATIONS[-1]})
NO_PASSWORD = "SELECT rolcanlogin, rolpassword IS NULL, rolsuper FROM pg_authid WHERE rolname = :role"
MEMBERS = "SELECT pg_get_userbyid(member) FROM pg_auth_members WHERE roleid = 'rds_iam'::regrole"


def outcome(answer: dict[str, Any]) -> tuple[str, Any]:
    """Return whether it was done, and what is current then, or why not."""
    return answer["Status"], answer["Data"] if "Data" in answer else answer["Reason"]


def is_there(inside: pg8000.native.Connection, role: str) -> bool:
    return bool(inside.run("SELECT FROM pg_roles WHERE rolname = :role", role=role))


@pytest.mark.usefixtures("cheap_passwords")
def test_in_an_empty_database_all_is_there_that_the_functions_need(
    deploy: Deploy,
    inside: pg8000.native.Connection,
    url: str,
    pair: tuple[str, str],
    make_environment: MakeEnvironment,
) -> None:
    assert outcome(deploy()) == SUCCESS
    for role in pair:
        assert inside.run(NO_PASSWORD, role=role) == [[True, True, False]]
        inside.run(f"ALTER ROLE {role} PASSWORD 'a password'")  # In place of IAM, which is not here.
    writes, validates = (make_environment(DATABASE_URL=login_url(url, f"{role}:a password")) for role in pair)
    user = writes.manager.create(CreateUserData(email="ann@example.com", password="a password"))
    session_id = writes.manager.log_in(user.email, "a password", SessionMetadata()).session_id
    validates.clock.advance(600)
    assert validates.manager.find_session(session_id)


@pytest.mark.usefixtures("rds_iam")
def test_where_iam_is_the_way_in_the_roles_are_let_in_by_it(
    deploy: Deploy, inside: pg8000.native.Connection, name: str, pair: tuple[str, str]
) -> None:
    inside.run(f"CREATE ROLE {pair[0]} LOGIN PASSWORD 'a password'")
    assert outcome(deploy()) == SUCCESS
    # Who was there already logs in as before: with rds_iam, a password would be refused.
    assert sorted(inside.run(MEMBERS)) == [[f"{name}_master"], [pair[1]]]


def test_every_deployment_grants_again_and_changes_nothing_by_that(
    deploy: Deploy, inside: pg8000.native.Connection, pair: tuple[str, str]
) -> None:
    def privileges() -> list[object]:
        return [sorted(inside.run(PRIVILEGES, role=role)) for role in pair]

    assert outcome(deploy()) == SUCCESS
    before = privileges()
    assert all(before)
    inside.run(f"REVOKE ALL ON users FROM {pair[0]}; REVOKE ALL ON SCHEMA public FROM {pair[1]}")
    assert outcome(deploy("Update")) == SUCCESS
    assert privileges() == before


def test_deleting_it_leaves_all_as_it_is(
    deploy: Deploy, inside: pg8000.native.Connection, pair: tuple[str, str]
) -> None:
    deploy()
    inside.run("INSERT INTO users (email) VALUES ('ann@example.com')")
    assert outcome(deploy("Delete")) == ("SUCCESS", {})
    assert inside.run("SELECT count(*) FROM users") == [[1]]
    assert all(inside.run(PRIVILEGES, role=role) for role in pair)


@pytest.mark.parametrize("given", ["ServiceRole", "ValidatorRole"])
def test_a_role_that_is_not_named_is_granted_nothing(
    deploy: Deploy, inside: pg8000.native.Connection, given: str, pair: tuple[str, str]
) -> None:
    other = "ValidatorRole" if given == "ServiceRole" else "ServiceRole"
    assert outcome(deploy(**{other: ""})) == SUCCESS
    expected = (given == "ServiceRole", given == "ValidatorRole")
    assert (is_there(inside, pair[0]), is_there(inside, pair[1])) == expected


def test_one_user_may_be_all_of_them(deploy: Deploy, login: str) -> None:
    own, _password = login.split(":")
    assert outcome(deploy(ServiceRole=own, ValidatorRole=own)) == SUCCESS


@pytest.mark.parametrize("odd", ['Mixed "Case"', 'x"; DROP DATABASE postgres; --', ':"service"', "ö" * 20])
def test_a_name_is_a_name_whatever_stands_in_it(
    deploy: Deploy, inside: pg8000.native.Connection, name: str, odd: str
) -> None:
    role = name + odd
    for request_type in ("Create", "Update"):
        assert outcome(deploy(request_type, ServiceRole=role)) == SUCCESS
    assert is_there(inside, role)
    assert inside.run("SELECT has_table_privilege(CAST(:role AS name), 'users', 'DELETE')", role=role) == [[True]]


def test_who_may_not_make_roles_is_told_what_to_run(
    deploy: Deploy, inside: pg8000.native.Connection, name: str, pair: tuple[str, str]
) -> None:
    """What is to be run is enough."""
    inside.run(f"ALTER ROLE {name}_master NOCREATEROLE")
    for role in pair:
        status, reason = outcome(deploy())
        statement = f'CREATE ROLE "{role}" LOGIN;'
        why = "could not be made (permission denied to create role); run as somebody who may, then try again"
        assert (status, reason) == ("FAILED", f"the role {role} is missing, and {why}: {statement}")
        assert tables(inside) == []
        inside.run(statement)
    assert outcome(deploy()) == SUCCESS


@pytest.mark.usefixtures("rds_iam")
def test_who_may_not_pass_iam_on_is_told_what_to_run_and_leaves_no_half_made_role(
    deploy: Deploy, inside: pg8000.native.Connection, name: str, pair: tuple[str, str]
) -> None:
    """From PostgreSQL 16 on, that takes ADMIN OPTION, whoever may create roles."""
    inside.run(f"REVOKE rds_iam FROM {name}_master")
    status, reason = outcome(deploy())
    assert status == "FAILED"
    assert f'the role {pair[0]} is missing, and could not be made (permission denied to grant role "rds_iam")' in reason
    assert reason.endswith(f'CREATE ROLE "{pair[0]}" LOGIN; GRANT rds_iam TO "{pair[0]}";')
    assert not is_there(inside, pair[0])


def test_who_does_not_own_the_database_is_told_of_roles_that_it_cannot_let_in(
    deploy: Deploy, inside: pg8000.native.Connection, name: str, pair: tuple[str, str]
) -> None:
    """PostgreSQL itself only warns."""
    inside.run(f"ALTER DATABASE {name} OWNER TO postgres; GRANT CONNECT ON DATABASE {name} TO {name}_master")
    inside.run(f"GRANT USAGE, CREATE ON SCHEMA public TO {name}_master")
    status, reason = outcome(deploy())
    expected = f"the role {pair[0]} is not let into the database; run roles.sql as the database's owner"
    assert (status, reason) == ("FAILED", expected)


LOCKED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def test_two_at_once_take_turns(
    deploy: Deploy, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str, pair: tuple[str, str]
) -> None:
    """Both wait before they look for the roles; neither then finds them missing that the other has made."""
    key = next(line for line in (FUNCTION / "migrate.py").read_text().splitlines() if line.startswith("_LOCK:"))
    with ThreadPoolExecutor(2) as pool:
        with sql_connection(postgres, database=name) as before:
            before.run(f"SELECT pg_advisory_lock({int(key.split('=')[1])})")
            both = [pool.submit(deploy) for _ in range(2)]
            while inside.run(LOCKED) != [[2]]:
                assert not any(one.done() for one in both)
            assert not is_there(inside, pair[0])
        assert [outcome(one.result()) for one in both] == [SUCCESS] * 2


def test_a_shell_makes_and_grants_the_roles_that_it_is_given(
    inside: pg8000.native.Connection, url: str, login: str, pair: tuple[str, str]
) -> None:
    environment = {"APP_ENV": "production", "DATABASE_URL": login_url(url, login), "REDIS_URL": "redis://127.0.0.1:1"}
    command = [sys.executable, str(FUNCTION), "--service-role", pair[0], "--validator-role", pair[1]]
    done = subprocess.run(
        command,
        env=environment | {"PYTHONPATH": str(LAYER)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f'"roles_made": ["{pair[0]}", "{pair[1]}"]' in done.stdout
    assert all(inside.run(PRIVILEGES, role=role) for role in pair)
