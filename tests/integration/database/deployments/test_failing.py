"""A migration that fails fails the deployment, and the version before works on; what undoes the deployment succeeds."""

from concurrent.futures import ThreadPoolExecutor

import pg8000.native
import pytest

from infra.local.servers import EmbeddedPostgres
from session_management.schema import MIGRATIONS
from tests.integration.database.deployments.conftest import FUNCTION, Deploy, Release
from tests.integration.database.looks import PRIVILEGES, schema, tables
from tests.support.servers import sql_connection

BROKEN = "CREATE TABLE half (id INT); SELECT 1 / 0"
GOOD = "ALTER TABLE users ADD COLUMN nickname TEXT"
RESERVE_SECONDS = 15


def look(inside: pg8000.native.Connection, *roles: str) -> list[object]:
    """Return all that a deployment may change."""
    applied = inside.run("SELECT name, sha256 FROM session_migrations ORDER BY name")
    return [tables(inside), schema(inside), applied, [sorted(inside.run(PRIVILEGES, role=role)) for role in roles]]


def test_a_migration_that_fails_is_answered_so_and_leaves_the_schema_as_it_was(
    deploy: Deploy, release: Release, inside: pg8000.native.Connection, pair: tuple[str, str]
) -> None:
    deploy()
    before = look(inside, *pair)
    answer = deploy("Update", release("broken", **{"9000_broken": BROKEN}))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "9000_broken: division by zero; nothing of this file was applied"
    assert look(inside, *pair) == before


def test_the_function_before_then_undoes_it_with_success_and_changes_nothing(
    deploy: Deploy, release: Release, inside: pg8000.native.Connection, pair: tuple[str, str]
) -> None:
    """CloudFormation asks it once more, with the properties of before."""
    deploy()
    before = look(inside, *pair)
    assert deploy("Update", release("broken", **{"9000_broken": BROKEN}))["Status"] == "FAILED"
    undone = deploy("Update")
    assert (undone["Status"], undone["Data"]) == ("SUCCESS", {"current": MIGRATIONS[-1]})
    assert look(inside, *pair) == before


@pytest.mark.parametrize("without", range(1, len(MIGRATIONS) + 1))
def test_the_function_before_leaves_a_newer_schema_alone(
    deploy: Deploy, release: Release, inside: pg8000.native.Connection, pair: tuple[str, str], without: int
) -> None:
    """The migrations went well, and something else of the deployment failed; the function before has fewer files."""
    deploy()
    before = look(inside, *pair)
    undone = deploy("Update", release("before", without=without))
    assert (undone["Status"], undone["Data"]) == ("SUCCESS", {"current": MIGRATIONS[-1]})
    assert look(inside, *pair) == before


def test_files_before_the_one_that_fails_stay_and_are_not_applied_again(
    deploy: Deploy, release: Release, inside: pg8000.native.Connection
) -> None:
    deploy()
    both = release("both", **{"9000_good": GOOD, "9001_broken": BROKEN})
    assert deploy("Update", both)["Reason"].startswith("9001_broken: ")
    (both / "migrations/9001_broken.sql").write_text("CREATE TABLE whole (id INT)")
    assert deploy("Update", both)["Data"] == {"current": "9001_broken"}
    assert "whole" in tables(inside)


def test_a_first_deployment_that_fails_is_deleted_with_success(deploy: Deploy, release: Release) -> None:
    broken = release("broken", **{"9000_broken": BROKEN})
    failed = deploy(folder=broken)
    deleted = deploy("Delete", broken)
    assert (failed["Status"], deleted["Status"]) == ("FAILED", "SUCCESS")
    assert failed["PhysicalResourceId"] == deleted["PhysicalResourceId"]


def test_a_migration_that_takes_too_long_is_answered_before_the_functions_time_is_up(
    deploy: Deploy, release: Release, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    """Whoever waits for its table does not wait for ever: PostgreSQL is told the time that was left."""
    deploy()
    before = look(inside)
    endless = release("endless", **{"9000_endless": "LOCK TABLE users; SELECT pg_sleep(3600)"})
    with ThreadPoolExecutor(1) as pool, sql_connection(postgres, database=name) as other:
        answered = pool.submit(deploy, "Update", endless, RESERVE_SECONDS + 2)
        assert answered.result(RESERVE_SECONDS)["Status"] == "FAILED"
        other.run("SELECT FROM users")
    assert look(inside) == before


def test_the_reserve_is_what_this_test_takes_it_for() -> None:
    assert f"RESERVE_SECONDS: Final = {RESERVE_SECONDS}.0" in (FUNCTION / "custom_resource.py").read_text()
