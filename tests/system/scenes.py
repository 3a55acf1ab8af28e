"""Pairs of stores that only Debian's packages can make, and the environment variables that lead to them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.system.certificates import Certificates
from tests.system.debian_postgres import DebianPostgres
from tests.system.debian_redis import DebianRedis
from tests.system.pgbouncer import PgBouncer

type Variables = Mapping[str, str]

# Two cores may be busy with a browser or a build meanwhile: what is tested here is not speed.
PATIENT = {
    "APP_ENV": "production",
    "DATABASE_CONNECT_TIMEOUT_MS": "10000",
    "DATABASE_TIMEOUT_MS": "10000",
    "REDIS_CONNECT_TIMEOUT_MS": "10000",
    "REDIS_TIMEOUT_MS": "10000",
}


@contextmanager
def tls_to_both(certificates: Certificates) -> Iterator[Variables]:
    """PostgreSQL and Redis that both speak nothing but TLS; the URLs alone ask for it."""
    with DebianPostgres(certificates.right) as postgres, DebianRedis(certificates.right) as redis:
        authority = str(certificates.authority.file)
        yield {
            **PATIENT,
            "DATABASE_URL": f"{postgres.url}?sslmode=verify-full",
            "DATABASE_CA_FILE": authority,
            "DATABASE_POOLER": "none",
            "REDIS_URL": f"rediss://:{redis.password}@localhost:{redis.port}/0",
            "REDIS_CA_FILE": authority,
        }


@contextmanager
def behind_pgbouncer(_certificates: Certificates) -> Iterator[Variables]:
    """PostgreSQL behind a pooler that gives each transaction whichever connection is free."""
    with DebianPostgres() as postgres, PgBouncer(postgres) as pooler, EmbeddedValkey() as valkey:
        yield {
            **PATIENT,
            "DATABASE_URL": pooler.url,
            "DATABASE_POOLER": "transaction",
            "REDIS_URL": valkey.url,
        }


@contextmanager
def on_redis_7(_certificates: Certificates) -> Iterator[Variables]:
    """Redis in the place of Valkey."""
    with EmbeddedPostgres(durable=False) as postgres, DebianRedis() as redis:
        yield {**PATIENT, "DATABASE_URL": postgres.url, "DATABASE_POOLER": "none", "REDIS_URL": redis.url}
