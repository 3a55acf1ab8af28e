"""Servers that may be stopped, paused and killed: afterwards they run again for the next test."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedServer, EmbeddedValkey
from session_management.models import CreateUserData, LogIn, SessionMetadata
from tests.conftest import MakeEnvironment
from tests.support.managers import Environment

PASSWORD = "correct horse"
# What a paused PostgreSQL costs a test; the setting's own default is 2 seconds.
QUICK = {"DATABASE_TIMEOUT_MS": "300", "DATABASE_CONNECT_TIMEOUT_MS": "300"}


@pytest.fixture(autouse=True)
def running(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[None]:
    """Have both servers running again afterwards."""
    yield
    for server in (postgres, valkey):
        run_again(server)


def run_again(server: EmbeddedServer) -> None:
    """Resume or start *server*, whatever befell it."""
    server.resume()
    if server._guarded().returncode() is not None:
        server.start()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Assert that what is inside takes less than *seconds*."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.fixture
def env(make_environment: MakeEnvironment, cheap_passwords: None, running: None) -> Environment:
    """One environment, and Ann."""
    environment = make_environment(**QUICK)
    environment.manager.create(CreateUserData(email="ann@example.com", password=PASSWORD))
    return environment


def log_in(env: Environment) -> LogIn:
    """Log Ann in."""
    return env.manager.log_in("ann@example.com", PASSWORD, SessionMetadata())
