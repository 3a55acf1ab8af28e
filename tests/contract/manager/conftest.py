"""The rules as a whole, over memory and over the real servers in every combination of the modes."""

from collections.abc import Iterator
from typing import Final

import pytest

from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, LogIn, SessionMetadata, User
from tests.contract.conftest import make_stores
from tests.contract.stores import Stores

PASSWORD: Final = "correct horse"


@pytest.fixture
def stores(request: pytest.FixtureRequest, cheap_passwords: None) -> Iterator[Stores]:
    """The record and the copies, empty, under one told time."""
    with make_stores(request) as stores:
        yield stores


@pytest.fixture
def manager(stores: Stores) -> UserManager:
    """The rules under the default policy."""
    return stores.manager()


@pytest.fixture
def ann(manager: UserManager) -> User:
    """A verified user with a password."""
    return manager.create(CreateUserData(email="Ann@example.com", password=PASSWORD, is_verified=True))


@pytest.fixture
def logged_in(manager: UserManager, ann: User) -> LogIn:
    """A login of Ann's."""
    return log_in(manager)


def log_in(manager: UserManager, password: str = PASSWORD) -> LogIn:
    """Log Ann in."""
    return manager.log_in("ann@example.com", password, SessionMetadata("192.0.2.7", "a test"))
