"""The shapes that only Debian's packages can make: TLS to both stores, PgBouncer, Redis 7.

A plugin of pytest's, since it needs packages that the rest of the contract does not: `-p tests.contract.debian`.
"""

import ssl
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.contract.shapes import Shape
from tests.support.servers import prepare, valkey_connection
from tests.system.certificates import Certificates
from tests.system.debian_postgres import DebianPostgres
from tests.system.debian_redis import DebianRedis
from tests.system.pgbouncer import PgBouncer

KINDS: Final = ("tls digest none", "pooled digest transaction", "redis_7 digest none")


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shape]:
    """PostgreSQL and Redis that speak nothing but TLS, with certificates of a private authority."""
    certificates = Certificates(tmp_path_factory.mktemp("certificates"))
    ca_file = str(certificates.authority.file)
    to_postgres = {"DATABASE_SSLMODE": "verify-full", "DATABASE_CA_FILE": ca_file}
    look = {"ssl_context": ssl.create_default_context(cafile=ca_file)}
    with DebianPostgres(certificates.right) as postgres, DebianRedis(certificates.right) as server:
        prepare(postgres, look, **to_postgres)
        url = server.url.replace("redis://", "rediss://")
        yield Shape(
            postgres,
            server,
            lambda: closing(redis.Redis.from_url(url, ssl_ca_certs=ca_file)),
            {**to_postgres, "REDIS_TLS": "true", "REDIS_CA_FILE": ca_file},
            look,
        )


@pytest.fixture(scope="session")
def pooled(valkey_server: EmbeddedValkey) -> Iterator[Shape]:
    """PostgreSQL behind a pooler that gives each transaction whichever connection is free."""
    with DebianPostgres() as postgres, PgBouncer(postgres) as pooler:
        prepare(postgres)
        yield Shape(postgres, valkey_server, lambda: valkey_connection(valkey_server), {"DATABASE_URL": pooler.url})


@pytest.fixture(scope="session")
def redis_7(postgres_server: EmbeddedPostgres) -> Iterator[Shape]:
    """Redis in the place of Valkey."""
    with DebianRedis() as server:
        yield Shape(postgres_server, server, lambda: valkey_connection(server))
