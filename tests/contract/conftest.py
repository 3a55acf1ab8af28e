"""Every test here runs over memory and over the real servers, in each shape and with each setting that matters.

With `-p tests.contract.debian` it runs over the shapes that only Debian's packages can make, instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.models import User
from session_management.tokens import AtRest
from tests.contract.shapes import Shape, limited_users, on_a_cluster, plain_servers
from tests.contract.stores import MemoryStores, Stores
from tests.support.clock import ToldClock
from tests.support.servers import prepare
from tests.support.valkey_cluster import ValkeyCluster

_KINDS: Final = (
    "memory digest",
    "servers digest none",
    "servers plain transaction",
    "limited digest transaction",
    "limited plain none",
    "cluster digest none",
)
# Where the rules are tested as a whole.
_KINDS_OF_MANAGERS: Final = (*_KINDS, "memory plain", "cluster plain transaction")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test over each kind of stores."""
    if "stores" not in metafunc.fixturenames:
        return
    kinds = _KINDS_OF_MANAGERS if metafunc.definition.path.parent.name == "manager" else _KINDS
    debian: Any = metafunc.config.pluginmanager.get_plugin("tests.contract.debian")
    metafunc.parametrize("stores", debian.KINDS if debian else kinds, indirect=True)


@pytest.fixture
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """The record and the copies, empty, under one told time."""
    with make_stores(request) as stores:
        yield stores


@contextmanager
def make_stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """Give the stores that the parameter names; servers are started only where they are asked for."""
    kind, at_rest, *pooler = cast("tuple[str, AtRest, str]", request.param.split())
    if kind == "memory":
        yield MemoryStores(ToldClock(), at_rest)
        return
    shape: Shape = request.getfixturevalue(kind)
    with shape.stores(at_rest, pooler[0]) as stores:
        yield stores


@pytest.fixture(scope="session")
def servers(postgres_server: EmbeddedPostgres, valkey_server: EmbeddedValkey) -> Shape:
    """One server each."""
    return plain_servers(postgres_server, valkey_server)


@pytest.fixture(scope="session")
def limited(valkey_server: EmbeddedValkey) -> Iterator[Shape]:
    """One server each, and users that may do no more than is needed."""
    with EmbeddedPostgres(durable=False) as postgres:
        prepare(postgres)
        yield limited_users(postgres, valkey_server)


@pytest.fixture(scope="session")
def cluster(postgres_server: EmbeddedPostgres) -> Iterator[Shape]:
    """Valkey as a cluster of three primaries, and a user that may do no more than is needed."""
    with ValkeyCluster() as nodes:
        yield on_a_cluster(postgres_server, nodes)


@pytest.fixture
def user(stores: Stores) -> User:
    """An enabled user whose hash is "hash"."""
    return stores.a_user()
