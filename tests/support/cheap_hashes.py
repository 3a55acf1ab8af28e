"""Hashes at next to no cost, where the cost is not what a test is about."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from session_management import passwords
from session_management.managers import mock


@contextmanager
def cheap_hashes() -> Iterator[None]:
    """Have every hash that is computed be cheap: of new passwords, of nobody's, and of the demo users'."""
    with pytest.MonkeyPatch.context() as patch:
        passwords._hasher.cache_clear()
        patch.setattr(passwords, "_MEMORY_KIB", 8)
        patch.setattr(passwords, "_PASSES", 1)
        patch.setattr(passwords, "_NOBODY", passwords.hash_password("of nobody"))
        patch.setattr(mock, "_DEMO_HASH", passwords.hash_password(mock.DEMO_PASSWORD))
        yield
    passwords._hasher.cache_clear()
