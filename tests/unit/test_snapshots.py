"""The hooks of SnapStart: where they are registered, and what they forget and draw anew."""

import random
import ssl

import pytest
import snapshot_restore_py

from session_management import snapshots
from session_management.errors import ConfigurationError
from session_management.factory import UserManagerFactory
from tests.support.log import Log
from tests.unit.programs import run_program

DEPLOYED = {"APP_ENV": "production", "AWS_LAMBDA_FUNCTION_NAME": "login"}
STORES = {"DATABASE_HOST": "db.example.com", "DATABASE_NAME": "x", "DATABASE_USER": "x", "REDIS_HOST": "r.example.com"}


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> tuple[list[object], list[object]]:
    """What is registered with the runtime: before a snapshot, and after a restore."""
    registries: tuple[list[object], list[object]] = [], []
    for name, registry in zip(("_before_snapshot_registry", "_after_restore_registry"), registries, strict=True):
        monkeypatch.setattr(snapshot_restore_py, name, registry)
    return registries


def test_both_hooks_are_registered_with_the_runtime(registered: tuple[list[object], list[object]]) -> None:
    snapshots.register_hooks()

    assert registered == ([(snapshots.before_snapshot, (), {})], [(snapshots.after_restore, (), {})])


def test_off_lambda_there_is_nothing_to_register_with() -> None:
    assert (
        run_program("""
        import sys
        sys.modules["snapshot_restore_py"] = None
        sys.path.insert(0, "functions/login")
        import app
        print("imported")
    """).strip()
        == "imported"
    )


def test_the_snapshot_holds_no_manager_and_no_settings(
    fresh_factory: type[UserManagerFactory], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_ENV", "test")
    before = fresh_factory.create()
    snapshots.before_snapshot()

    assert fresh_factory.get_cached_instance() is None
    assert fresh_factory.create() is not before


def test_faults_of_the_settings_are_told_and_end_the_publishing(
    fresh_factory: type[UserManagerFactory], monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    for name, value in DEPLOYED.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match="REDIS_URL"):
        snapshots.before_snapshot()

    (line,) = log.saying("the settings cannot work")
    assert "DATABASE_URL: PostgreSQL is not configured; set DATABASE_URL or DATABASE_HOST" in line["faults"]


@pytest.mark.parametrize(
    ("settings", "has_sdk"),
    [
        ({"DATABASE_PASSWORD": "x", "REDIS_PASSWORD": "x"}, False),
        ({"DATABASE_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:1:secret:x"}, True),
        ({"REDIS_IAM_AUTH": "true", "REDIS_USER": "x", "REDIS_CACHE_NAME": "x"}, True),
    ],
    ids=["passwords", "a secret", "IAM"],
)
def test_the_sdk_is_imported_before_the_snapshot_where_a_secret_or_token_is_needed(
    settings: dict[str, str], has_sdk: bool
) -> None:
    program = """
        import sys
        from session_management import snapshots
        snapshots.before_snapshot()
        print("botocore.client" in sys.modules)
    """

    assert run_program(program, **DEPLOYED, **STORES, **settings).strip() == str(has_sdk)


def test_the_first_device_after_a_restore_is_named_without_an_import() -> None:
    program = """
        import sys
        from session_management import snapshots
        from session_management.devices import device_name
        snapshots.before_snapshot()
        before = set(sys.modules)
        device_name("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0")
        print(set(sys.modules) - before)
    """

    assert run_program(program, APP_ENV="test").strip() == "set()"


def test_a_restored_environment_draws_its_own_random_numbers() -> None:
    drawn = set()
    for _ in range(2):
        random.seed(1)  # as the snapshot left it
        snapshots.after_restore()
        drawn.add(random.random())

    assert len(drawn) == 2


def test_openssl_is_given_randomness_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its generator lives in memory, and would deal the same numbers to TLS in every restored environment."""
    given: list[tuple[bytes, float]] = []
    monkeypatch.setattr(ssl, "RAND_add", lambda data, entropy: given.append((data, entropy)))
    snapshots.after_restore()
    snapshots.after_restore()

    assert len({data for data, _ in given}) == 2
    assert all(len(data) == entropy >= 32 for data, entropy in given)
