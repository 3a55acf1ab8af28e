"""Functions of two releases beside each other: the previous one's, out of its archive, and those that are here."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import pg8000.native
import pytest
import redis

from infra.local.deployment import PROJECT
from infra.local.lambdas.execution_environment import ExecutionEnvironment
from infra.local.lambdas.local_function import LocalFunction
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.tokens import AtRest
from tests.integration.database.conftest import login_url
from tests.integration.database.previous_release.walk import Ask
from tests.support.servers import server_environment

ARCHIVE: Final = Path(__file__).with_name("release.zip")
"""The functions and the layer of the release before this one: `make previous-release`."""

type Service = Callable[..., Ask]

_VALIDATING: Final = ("validate", "authorizer")


@pytest.fixture(scope="session")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The previous release's files."""
    folder = tmp_path_factory.mktemp("previous_release")
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def at_rest() -> AtRest:
    """The form of session IDs in the stores."""
    return "digest"


@pytest.fixture
def variables(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, at_rest: AtRest) -> dict[str, str]:
    """What all functions have for settings, besides their database user."""
    settings = {"REGISTRATION": "open", "SESSION_SLIDING": "true", "SESSION_ID_AT_REST": at_rest}
    return server_environment(postgres, valkey, **settings)


@pytest.fixture
def service(
    previous: Path, variables: dict[str, str], roles: dict[str, str], url: str, keys: redis.Redis
) -> Iterator[Service]:
    """Start the functions of *releases*, each when it is first asked; they take turns, and Redis has forgotten all."""
    folders = {"previous": previous, "current": PROJECT}

    def started(release: str, name: str) -> ExecutionEnvironment:
        login = login_url(url, roles["validator" if name in _VALIDATING else "service"])
        function = LocalFunction(
            name=name,
            folder=folders[release] / "functions" / name,
            layer=folders[release] / "shared",
            environment=variables | {"DATABASE_URL": login},
            timeout_seconds=60,
        )
        return running.enter_context(ExecutionEnvironment(function))

    def service(*releases: str) -> Ask:
        environments: dict[tuple[str, str], ExecutionEnvironment] = {}
        turns = cycle(releases)

        def ask(name: str, event: Any) -> Any:
            one = next(turns), name
            if one not in environments:
                environments[one] = started(*one)
            keys.flushall()
            return environments[one].invoke(event)

        return ask

    with ExitStack() as running:
        yield service


@pytest.fixture
def age(inside: pg8000.native.Connection) -> Callable[[], None]:
    """Have everything that is recorded be an hour old, and what has ended so old that it is swept."""

    def age() -> None:
        inside.run("UPDATE sessions SET last_activity = last_activity - INTERVAL '1 hour'")
        inside.run("UPDATE sessions SET revoked_at = revoked_at - INTERVAL '60 days' WHERE revoked")

    return age
