"""The built functions in production mode, on real servers."""

from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from infra.local.deployment import DemoUser, local_environment
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management import CreateUserData, UserManagerFactory
from tests.packaging.conftest import StartFunction
from tests.packaging.round_trip import walk_through


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    """Start empty servers."""
    with EmbeddedPostgres(durable=False) as postgres, EmbeddedValkey() as valkey:
        yield local_environment(postgres, valkey)


@pytest.fixture
def demo_user(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Create the user whom the login events name."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    user = DemoUser()
    UserManagerFactory.create().create(
        CreateUserData(email=user.email, password=user.password, role="USER", is_verified=True)
    )
    yield
    UserManagerFactory.clear_cache()


@pytest.fixture(scope="module")
def migrated(environment: Mapping[str, str], start: StartFunction) -> None:
    """Have the built Migrate apply every migration that its folder holds."""
    outcome = start("Migrate", environment).invoke({})

    assert outcome["applied"]
    assert outcome["pending"] == []


@pytest.mark.usefixtures("migrated", "demo_user")
def test_a_user_logs_in_and_out_through_what_was_built(environment: Mapping[str, str], start: StartFunction):
    function = cache(lambda name: start(name, environment))

    walk_through(lambda name, event: function(name).invoke(event))
