"""Every test here runs over memory and over the real servers, with each setting that changes how they are used."""

from typing import Final, cast

import pytest

from session_management.models import User
from session_management.tokens import AtRest
from tests.contract.stores import MemoryStores, ServerStores, Stores
from tests.support.clock import ToldClock
from tests.support.policies import a_policy

_KINDS: Final = ("memory digest", "servers digest none", "servers plain transaction")


@pytest.fixture(params=_KINDS)
def stores(request: pytest.FixtureRequest) -> Stores:
    """The record and the copies, empty, under one told time."""
    return make_stores(request)


def make_stores(request: pytest.FixtureRequest) -> Stores:
    """Return the stores that the parameter names; servers are started only where they are asked for."""
    kind, at_rest, *pooler = cast("tuple[str, AtRest, str]", request.param.split())
    if kind == "memory":
        return MemoryStores(ToldClock(), at_rest)
    make_environment = request.getfixturevalue("make_environment")
    environment = make_environment(a_policy(at_rest=at_rest), DATABASE_POOLER=pooler[0])
    return ServerStores(environment, request.getfixturevalue("sql"), request.getfixturevalue("keys"), at_rest)


@pytest.fixture
def user(stores: Stores) -> User:
    """An enabled user whose hash is "hash"."""
    return stores.a_user()
