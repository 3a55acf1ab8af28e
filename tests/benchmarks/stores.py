"""Both stores, started for a benchmark as they are in production: what is committed is on the disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from infra.database.migrate import migrate, read_migrations
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.factory import UserManagerFactory
from session_management.managers.user_manager import UserManager
from tests.benchmarks.unheard import unheard
from tests.functions.service import Service
from tests.support.servers import postgres_client, server_environment


@dataclass(frozen=True, slots=True)
class Stores:
    """The servers, and the manager that a function has over them, without a pooler between."""

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    manager: UserManager


@contextmanager
def opened(**variables: str) -> Iterator[Stores]:
    """Start both, with the newest schema, and the service in production mode over them; *variables* are settings."""
    with EmbeddedPostgres() as postgres, EmbeddedValkey() as valkey:
        with postgres_client(postgres) as client:
            migrate(client, read_migrations())
        with pytest.MonkeyPatch.context() as monkeypatch, Service.started(monkeypatch) as service, unheard():
            service.configure(**server_environment(postgres, valkey, DATABASE_POOLER="none", **variables))
            manager = UserManagerFactory.create()
            assert isinstance(manager, UserManager)
            yield Stores(postgres, valkey, manager)
