"""Deployments into a database of a test's own: the migrate function in a process, as CloudFormation asks it."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pg8000.native
import pytest

from infra.database.migrate import MIGRATIONS
from infra.local.lambdas.execution_environment import ExecutionEnvironment
from infra.local.lambdas.local_function import LocalFunction
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.integration.database.conftest import login_url
from tests.support.cloudformation import AnswerUrl
from tests.support.servers import server_environment

FUNCTION: Final = MIGRATIONS.parent
LAYER: Final = FUNCTION.parents[1] / "shared"

type Deploy = Callable[..., dict[str, Any]]
type Release = Callable[..., Path]

_ALL_OF_THIS_TEST: Final = (
    "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE starts_with(rolname, :name)"
)


@pytest.fixture
def login(inside: pg8000.native.Connection, name: str) -> Iterator[str]:
    """Log in as a master user of RDS does: no superuser, but it may create roles and owns the database, alone."""
    password = secrets.token_urlsafe(24)
    inside.run(f"CREATE ROLE {name}_master LOGIN CREATEROLE PASSWORD '{password}'")
    inside.run(f"ALTER DATABASE {name} OWNER TO {name}_master")
    inside.run(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC")
    yield f"{name}_master:{password}"
    ((mine,),) = inside.run(_ALL_OF_THIS_TEST, name=name)
    inside.run(f"REASSIGN OWNED BY {mine} TO postgres; DROP OWNED BY {mine}; DROP ROLE {mine}")


@pytest.fixture
def rds_iam(inside: pg8000.native.Connection, login: str, name: str) -> Iterator[None]:
    """The role whose members log in by IAM, which the master user may pass on; here it is a role like any other."""
    inside.run(f"CREATE ROLE rds_iam; GRANT rds_iam TO {name}_master WITH ADMIN OPTION")
    yield
    inside.run("DROP ROLE rds_iam")


@pytest.fixture
def pair(name: str) -> tuple[str, str]:
    """The roles that the functions shall have: that of those that write, and that of those that validate."""
    return f"{name}_service", f"{name}_validator"


@pytest.fixture
def deploy(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, url: str, login: str, pair: tuple[str, str]) -> Deploy:
    """Have the migrate function of *folder* asked, and return what CloudFormation was told."""

    def deploy(
        request_type: str = "Create", folder: Path = FUNCTION, seconds: float = 900, **properties: str
    ) -> dict[str, Any]:
        environment = server_environment(postgres, valkey, DATABASE_URL=login_url(url, login))
        function = LocalFunction(
            name="migrate", folder=folder, layer=LAYER, environment=environment, timeout_seconds=seconds
        )
        asked = {"ServiceRole": pair[0], "ValidatorRole": pair[1], **properties}
        with ExecutionEnvironment(function) as migrate, AnswerUrl.opened() as cloudformation:
            migrate.invoke(cloudformation.asks(request_type, **asked))
            return cloudformation.answer

    return deploy


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """Make the migrate function of another release: without the newest so many migrations, or with more of them."""

    def release(name: str, *, without: int = 0, **more: str) -> Path:
        folder = shutil.copytree(FUNCTION, tmp_path / name)
        for path in sorted((folder / "migrations").iterdir(), reverse=True)[:without]:
            path.unlink()
        for file, sql in more.items():
            (folder / f"migrations/{file}.sql").write_text(sql)
        return folder

    return release
