"""What the system tests share: certificates, managers over given settings, the migrate function."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from infra.local.deployment import PROJECT
from infra.local.lambdas.execution_environment import ExecutionEnvironment
from infra.local.lambdas.local_function import LocalFunction
from session_management import Settings, UserManager, UserManagerFactory
from tests.system.certificates import Certificates

type Managing = Callable[[Mapping[str, str]], UserManager]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make an authority and certificates."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def managing() -> Iterator[Managing]:
    """Give the manager for environment variables; its connections are closed at the end."""
    yield lambda variables: UserManagerFactory.create(Settings.from_environment(variables))
    UserManagerFactory.clear_cache()


def migrated(variables: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what the migrate function, in a process of its own, answers with these *variables*."""
    function = LocalFunction(
        name="migrate",
        folder=PROJECT / "infra/database",
        layer=PROJECT / "shared",
        environment=variables,
        timeout_seconds=60,
    )
    with ExecutionEnvironment(function) as environment:
        answer: dict[str, list[str]] = environment.invoke({})
    return answer
