"""Every password hash that is computed, told by its price."""

from collections.abc import Callable
from typing import Any, Final

import argon2
import argon2._password_hasher
import bcrypt
import pytest

CURRENT: Final = "argon2id, 19456 KiB, 2 passes, 1 lane"
"""What a password is hashed at: OWASP's figures."""

OLD: Final = "bcrypt"


def watch_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by the price of each hash that is computed from now on, for whichever purpose."""
    computed: list[str] = []

    def watched(primitive: Callable[..., Any], price: Callable[..., str]) -> Callable[..., Any]:
        def compute(*args: Any, **kwargs: Any) -> Any:
            try:
                result = primitive(*args, **kwargs)
            except argon2.exceptions.VerifyMismatchError:
                computed.append(price(*args, **kwargs))
                raise
            # A hash that cannot be read is no computation: that raised something else.
            computed.append(price(*args, **kwargs))
            return result

        return compute

    for module, name, price in (
        (argon2._password_hasher, "hash_secret", _of_new),
        (argon2._password_hasher, "verify_secret", _of_old),
        (bcrypt, "hashpw", lambda *_: OLD),
        (bcrypt, "checkpw", lambda *_: OLD),
    ):
        monkeypatch.setattr(module, name, watched(getattr(module, name), price))
    return computed


def _of_new(*, time_cost: int, memory_cost: int, parallelism: int, **_: object) -> str:
    return f"argon2id, {memory_cost} KiB, {time_cost} passes, {parallelism} lane"


def _of_old(hashed: bytes, *_: object) -> str:
    found = argon2.extract_parameters(hashed.decode())
    return _of_new(time_cost=found.time_cost, memory_cost=found.memory_cost, parallelism=found.parallelism)
