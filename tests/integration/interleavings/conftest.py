"""The stage on which operations meet in every order."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.passwords import hash_password
from session_management.policy import SessionPolicy
from session_management.tokens import AtRest
from tests.integration.interleavings.stage import PASSWORD, Stage
from tests.support.cheap_hashes import cheap_hashes
from tests.support.clock import ToldClock
from tests.support.managers import an_environment
from tests.support.policies import a_policy
from tests.support.servers import empty, sql_connection, valkey_connection


@contextmanager
def a_stage(
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    at_rest: AtRest = "digest",
    policy: SessionPolicy | None = None,
) -> Iterator[Stage]:
    """Three environments to act, and one to look with, over emptied stores."""
    with ExitStack() as opened:
        sql = opened.enter_context(sql_connection(postgres))
        keys = opened.enter_context(valkey_connection(valkey))
        empty(sql)
        policy, clock = policy or a_policy(at_rest=at_rest), ToldClock()
        environments = [
            opened.enter_context(an_environment(postgres, valkey, clock, policy, DATABASE_POOLER="none"))
            for _ in range(4)
        ]
        yield Stage(sql, keys, environments, hash_password(PASSWORD))


@pytest.fixture
def stage(postgres_server: EmbeddedPostgres, valkey_server: EmbeddedValkey, cheap_passwords: None) -> Iterator[Stage]:
    """A stage of one test's own."""
    with a_stage(postgres_server, valkey_server) as made:
        yield made


@pytest.fixture(scope="module")
def cheap_hasher() -> Iterator[None]:
    """Hash at next to no cost."""
    with cheap_hashes():
        yield


@pytest.fixture(scope="module")
def stages(postgres_server: EmbeddedPostgres, valkey_server: EmbeddedValkey, cheap_hasher: None) -> Iterator[Stage]:
    """The stage of a whole module, whose every scene begins from nothing."""
    with a_stage(postgres_server, valkey_server) as made:
        yield made


@pytest.fixture(scope="module")
def plain_stages(
    postgres_server: EmbeddedPostgres, valkey_server: EmbeddedValkey, cheap_hasher: None
) -> Iterator[Stage]:
    """The same, where session IDs are kept in plain form."""
    with a_stage(postgres_server, valkey_server, "plain") as made:
        yield made
