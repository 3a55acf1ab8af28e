"""The stage on which operations meet in every order."""

import pg8000.native
import pytest
import redis

from session_management.passwords import hash_password
from tests.conftest import MakeEnvironment
from tests.integration.interleavings.stage import Stage

PASSWORD = "the password of old"


@pytest.fixture
def stage(
    sql: pg8000.native.Connection, keys: redis.Redis, make_environment: MakeEnvironment, cheap_passwords: None
) -> Stage:
    """Three environments to act, and one to look with."""
    environments = [make_environment(DATABASE_POOLER="none") for _ in range(4)]
    return Stage(sql, keys, environments, hash_password(PASSWORD))
