"""Logging in: whatever fails, it is the same error at the same price."""

from dataclasses import replace

import argon2
import argon2._password_hasher
import bcrypt
import pytest

from session_management.adapters.memory import MemoryDatabase, MemoryUserAdapter
from session_management.adapters.memory_attempts import MemoryAttemptAdapter
from session_management.adapters.memory_copies import MemoryCopyAdapter
from session_management.adapters.memory_sessions import MemorySessionAdapter, MemorySweepAdapter
from session_management.errors import InvalidCredentialsError
from session_management.interfaces import DatabaseAdapter
from session_management.managers import opening
from session_management.managers.mock import DEMO_PASSWORD
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, SessionMetadata, UserStatus
from session_management.passwords import Verification, hash_password, verify_password
from tests.support.clock import ToldClock
from tests.support.observer import RecordingObserver
from tests.support.policies import LENIENT, a_policy

PASSWORD = DEMO_PASSWORD
OLD_HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
NEW_HASH = hash_password(PASSWORD)


@pytest.fixture
def memory() -> MemoryDatabase:
    """The record."""
    return MemoryDatabase()


@pytest.fixture
def manager(memory: MemoryDatabase, clock: ToldClock, observer: RecordingObserver) -> UserManager:
    """A manager over memory, with users of every kind."""
    manager = UserManager(
        database=DatabaseAdapter(
            users=MemoryUserAdapter(memory, clock),
            sessions=MemorySessionAdapter(memory, clock, a_policy().names),
            sweep=MemorySweepAdapter(memory, clock),
            begin=memory.transaction,
        ),
        copies=MemoryCopyAdapter(clock),
        attempts=MemoryAttemptAdapter(clock),
        policy=a_policy(login=replace(LENIENT, requires_verified=True)),
        clock=clock,
        observer=observer,
    )
    for name, hashed in (("new", NEW_HASH), ("old", OLD_HASH), ("none", None), ("broken", "$argon2id$broken")):
        manager.create(CreateUserData(f"{name}@example.com", hashed_password=hashed, is_verified=True))
        manager.create(CreateUserData(f"unverified-{name}@example.com", hashed_password=hashed))
        disabled = manager.create(CreateUserData(f"disabled-{name}@example.com", hashed_password=hashed))
        manager.update(disabled.id, {"status": UserStatus.DISABLED})
    return manager


@pytest.fixture
def computations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that were computed, by the name of the primitive; each one says that the password is right."""
    made: list[str] = []

    def verify_secret(hashed: bytes, _secret: bytes, _type: argon2.Type) -> bool:
        made.append("argon2")
        if hashed.decode() == NEW_HASH:
            return True
        raise argon2.exceptions.VerifyMismatchError

    def hash_secret(**_: object) -> bytes:
        made.append("argon2")
        return NEW_HASH.encode()

    def checkpw(_password: bytes, _hashed: bytes) -> bool:
        made.append("bcrypt")
        return True

    monkeypatch.setattr(argon2._password_hasher, "verify_secret", verify_secret)
    monkeypatch.setattr(argon2._password_hasher, "hash_secret", hash_secret)
    monkeypatch.setattr(bcrypt, "checkpw", checkpw)
    return made


KINDS = ("new", "old", "none", "broken")
REFUSED = ("nobody", "none", "broken", *(f"{why}-{kind}" for why in ("disabled", "unverified") for kind in KINDS))


@pytest.mark.parametrize("name", REFUSED)
def test_every_refusal_costs_one_computation_of_the_present_kind(
    manager: UserManager, computations: list[str], name: str
) -> None:
    """Nor does a right password for a disabled user cost more, by being hashed anew."""
    with pytest.raises(InvalidCredentialsError):
        manager.log_in(f"{name}@example.com", PASSWORD, SessionMetadata())

    assert computations == ["argon2"]


def test_an_old_hash_is_replaced_at_login(manager: UserManager, memory: MemoryDatabase) -> None:
    manager.log_in("old@example.com", PASSWORD, SessionMetadata())

    (hashed,) = [row.user.hashed_password for row in memory.users.values() if row.user.email == "old@example.com"]
    assert (hashed or "").startswith("$argon2id$")


def test_an_account_that_changes_during_the_login_is_refused_with_the_same_words(
    manager: UserManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the words would tell that the password was right."""
    user = manager.find_by_email("new@example.com")
    assert user

    def verify_while_somebody_disables(password: str, hashed: str | None) -> Verification:
        verified = verify_password(password, hashed)
        manager.update(user.id, {"status": UserStatus.DISABLED})
        return verified

    with pytest.raises(InvalidCredentialsError) as wrong:
        manager.log_in(user.email, "wrong", SessionMetadata())
    monkeypatch.setattr(opening, "verify_password", verify_while_somebody_disables)
    with pytest.raises(InvalidCredentialsError) as changed:
        manager.log_in(user.email, PASSWORD, SessionMetadata())

    assert str(changed.value) == str(wrong.value)
