"""Logging in: whatever fails, it is the same error at the same price."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import replace

import argon2
import argon2._password_hasher
import bcrypt
import pytest

from session_management.adapters.memory import MemoryDatabase, MemoryUserAdapter, UserRow
from session_management.adapters.memory_attempts import MemoryAttemptAdapter
from session_management.adapters.memory_copies import MemoryCopyAdapter
from session_management.adapters.memory_sessions import MemorySessionAdapter, MemorySweepAdapter
from session_management.errors import EmailTakenError, InvalidCredentialsError, WeakPasswordError
from session_management.interfaces import DatabaseAdapter
from session_management.managers import authentication, password_change, registration
from session_management.managers.mock import DEMO_PASSWORD
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, SessionMetadata, UserStatus
from session_management.passwords import Verification, hash_password, verify_password
from tests.support.clock import ToldClock
from tests.support.observer import RecordingObserver
from tests.support.policies import a_policy

PASSWORD = DEMO_PASSWORD
OLD_HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
NEW_HASH = hash_password(PASSWORD)
STRONG = "nine umbrellas under one moon"
OTHER_HASH = hash_password(STRONG)


@pytest.fixture
def memory() -> MemoryDatabase:
    """The record."""
    return MemoryDatabase()


@pytest.fixture
def manager(memory: MemoryDatabase, clock: ToldClock, observer: RecordingObserver) -> UserManager:
    """A manager over memory, with users of every kind."""
    policy = a_policy()
    manager = UserManager(
        database=DatabaseAdapter(
            users=MemoryUserAdapter(memory, clock),
            sessions=MemorySessionAdapter(memory, clock, policy.names),
            sweep=MemorySweepAdapter(memory, clock),
            begin=memory.transaction,
        ),
        copies=MemoryCopyAdapter(clock),
        attempts=MemoryAttemptAdapter(clock),
        policy=policy,
        clock=clock,
        observer=observer,
    )
    for name, hashed in (("new", NEW_HASH), ("old", OLD_HASH), ("none", None), ("broken", "$argon2id$broken")):
        manager.create(CreateUserData(f"{name}@example.com", hashed_password=hashed, is_verified=True))
        manager.create(CreateUserData(f"unverified-{name}@example.com", hashed_password=hashed))
        disabled = manager.create(
            CreateUserData(f"disabled-{name}@example.com", hashed_password=hashed, is_verified=True)
        )
        manager.update(disabled.id, {"status": UserStatus.DISABLED})
    return manager


@pytest.fixture
def strict(manager: UserManager, clock: ToldClock, observer: RecordingObserver) -> UserManager:
    """The same, where a login needs a verified email."""
    return UserManager(
        database=manager._database,
        copies=manager._adapter,
        attempts=manager._limiter._shared,
        policy=a_policy(login_requires_verified=True),
        clock=clock,
        observer=observer,
    )


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


HASHES = ("new", "old", "none", "broken")


@pytest.mark.parametrize(
    "name",
    ["nobody", "none", "broken", *(f"disabled-{one}" for one in HASHES), *(f"unverified-{one}" for one in HASHES)],
)
def test_every_refusal_costs_one_computation_of_the_present_kind(
    strict: UserManager, computations: list[str], name: str
) -> None:
    """Nor does a right password of who may not log in cost more, by being hashed anew."""
    with pytest.raises(InvalidCredentialsError):
        strict.log_in(f"{name}@example.com", PASSWORD, SessionMetadata())

    assert computations == ["argon2"]


@pytest.mark.parametrize("email", ["somebody-new@example.com", "new@example.com", "NONE@example.com"])
def test_where_accounts_are_hidden_every_registration_costs_one_computation(
    manager: UserManager, computations: list[str], email: str
) -> None:
    """ASVS 6.3.8."""
    manager.register_unseen(email, STRONG, SessionMetadata())

    assert computations == ["argon2"]


def test_so_does_one_that_opens_no_session(strict: UserManager, computations: list[str]) -> None:
    assert strict.register("somebody-new@example.com", STRONG, SessionMetadata()) is None

    assert computations == ["argon2"]


def test_so_does_one_that_is_told_that_the_email_is_taken(manager: UserManager, computations: list[str]) -> None:
    with pytest.raises(EmailTakenError):
        manager.register("new@example.com", STRONG, SessionMetadata())

    assert computations == ["argon2"]


@pytest.mark.parametrize("name", ["new", "none", "broken"])
def test_whatever_is_wrong_with_the_current_password_costs_one_computation(
    manager: UserManager, memory: MemoryDatabase, computations: list[str], name: str
) -> None:
    user = manager.find_by_email(f"{name}@example.com")
    assert user
    session_id = manager.create_session(user.id, SessionMetadata(), 60)
    if name == "new":
        memory.users[user.id] = UserRow(replace(user, hashed_password=OTHER_HASH))

    with pytest.raises(InvalidCredentialsError):
        manager.change_own_password(session_id, "wrong", STRONG, SessionMetadata())

    assert computations == ["argon2"]


@pytest.mark.parametrize("current", [PASSWORD, "wrong"])
def test_a_weak_new_password_is_refused_before_the_current_one_is_looked_at(
    manager: UserManager, computations: list[str], current: str
) -> None:
    """Or whoever holds a session could try current passwords without ever changing anything."""
    session_id = manager.log_in("new@example.com", PASSWORD, SessionMetadata()).session_id
    computations.clear()

    with pytest.raises(WeakPasswordError):
        manager.change_own_password(session_id, current, "weak", SessionMetadata())

    assert computations == []


def test_no_password_is_hashed_inside_a_transaction(
    manager: UserManager, memory: MemoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The locks of a transaction would be held for as long as a hash takes."""
    hashed_inside: list[bool] = []
    depth = [0]

    @contextmanager
    def counted() -> Iterator[None]:
        depth[0] += 1
        with memory.transaction():
            yield
        depth[0] -= 1

    def watched(password: str) -> str:
        hashed_inside.append(depth[0] > 0)
        return hash_password(password)

    database = replace(manager._database, begin=counted)
    for part in (manager._opening, manager._registration, manager._password_change):
        monkeypatch.setattr(part, "_database", database)
    monkeypatch.setattr(registration, "hash_password", watched)
    monkeypatch.setattr(password_change, "hash_password", watched)

    opened = manager.register("ann@example.com", STRONG, SessionMetadata())
    assert opened
    manager.change_own_password(opened.session_id, STRONG, f"{STRONG}!", SessionMetadata())

    assert hashed_inside == [False, False]


def test_an_old_hash_is_replaced_at_login(manager: UserManager, memory: MemoryDatabase) -> None:
    manager.log_in("old@example.com", PASSWORD, SessionMetadata())

    (hashed,) = [row.user.hashed_password for row in memory.users.values() if row.user.email == "old@example.com"]
    assert (hashed or "").startswith("$argon2id$")


@pytest.mark.parametrize("change", [{"status": UserStatus.DISABLED}, {"is_verified": False}], ids=str)
def test_an_account_that_changes_during_the_login_is_refused_with_the_same_words(
    strict: UserManager, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    """Or the words would tell that the password was right."""
    user = strict.find_by_email("new@example.com")
    assert user

    def verify_while_somebody_changes_it(password: str, hashed: str | None) -> Verification:
        verified = verify_password(password, hashed)
        strict.update(user.id, change)
        return verified

    with pytest.raises(InvalidCredentialsError) as wrong:
        strict.log_in(user.email, "wrong", SessionMetadata())
    monkeypatch.setattr(authentication, "verify_password", verify_while_somebody_changes_it)
    with pytest.raises(InvalidCredentialsError) as changed:
        strict.log_in(user.email, PASSWORD, SessionMetadata())

    assert str(changed.value) == str(wrong.value)
