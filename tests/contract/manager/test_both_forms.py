"""While both forms are at rest: a handle is no session ID anywhere, and names the same session everywhere."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from session_management.errors import UnauthenticatedError
from session_management.explanation import SessionState
from session_management.interfaces import ValidationPath
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, SessionMetadata, User
from session_management.session_data import to_ms
from session_management.tokens import SessionNames, handle_of, new_session_id
from tests.contract.manager.test_upgrade import THEIRS, a_manager, a_refusing_manager
from tests.contract.stores import Stores

HOUR: Final = 3600
PASSWORD: Final = "nine umbrellas under one moon"

type Manage = Callable[[Stores], UserManager]

MANAGERS: Final[dict[str, Manage]] = {
    "plain": lambda stores: stores.manager_with(SessionNames("plain")),
    "upgrading": a_manager,
    "refusing": a_refusing_manager,
    "digest": lambda stores: stores.manager_with(SessionNames("digest")),
}
managers = pytest.mark.parametrize("manage", MANAGERS.values(), ids=list(MANAGERS))

COPIES: Final[dict[str, Callable[[Stores, UserManager, User], Any]]] = {
    "a copy that is believed": lambda *_: None,
    "a copy that is not": lambda stores, *_: stores.pass_time(120),
    "a stale fence": lambda _, manager, user: manager.update(user.id, {"role": "ADMIN"}),
    "no copy": lambda stores, *_: stores.lose_copies(),
}


@pytest.fixture
def digests(stores: Stores) -> UserManager:
    return MANAGERS["digest"](stores)


@pytest.fixture
def bob(digests: UserManager, cheap_passwords: None) -> User:
    return digests.create(CreateUserData(email="bob@example.com", password=PASSWORD))


def opened(manager: UserManager, user: User) -> str:
    return manager.create_session(user.id, SessionMetadata(), HOUR)


@managers
@pytest.mark.parametrize("copy", COPIES.values(), ids=list(COPIES))
def test_a_handle_that_is_presented_opens_extends_and_ends_nothing(
    stores: Stores, digests: UserManager, bob: User, manage: Manage, copy: Callable[..., Any]
) -> None:
    """P2, P5: it is public, and in plain form it would be the key of what it names."""
    session_id = opened(digests, bob)
    handle, manager = handle_of(session_id), manage(stores)
    copy(stores, digests, bob)
    stood = stores.value(handle)

    assert manager.find_session(handle) is None
    assert manager.find_by_session_id(handle) is None
    assert manager.extend_session(handle, 2 * HOUR) is None
    manager.delete_session(handle)
    manager.log_in(bob.email, PASSWORD, SessionMetadata(), presented_session_id=handle)
    with pytest.raises(UnauthenticatedError):
        manager.change_own_password(handle, PASSWORD, "seven umbrellas under one sun", SessionMetadata())

    assert stores.value(handle) == stood, "not even its copy is touched"
    assert digests.find_session(session_id)


@managers
def test_a_handle_that_is_presented_as_the_one_to_keep_keeps_nothing(
    stores: Stores, digests: UserManager, bob: User, manage: Manage
) -> None:
    session_id = opened(digests, bob)
    manage(stores).revoke_all(bob.id, except_session_id=handle_of(session_id))
    assert digests.find_session(session_id) is None


@pytest.mark.parametrize("kept", ["plain", "digest"])
@pytest.mark.parametrize("asked", ["plain", "upgrading"])
def test_a_session_is_listed_explained_and_ended_by_one_handle_in_whichever_form_it_is_kept(
    stores: Stores, bob: User, kept: str, asked: str
) -> None:
    keeper, manager = MANAGERS[kept](stores), MANAGERS[asked](stores)
    session_id = opened(keeper, bob)
    handle = handle_of(session_id)

    assert [session.handle for session in manager.list_sessions(bob.id)] == [handle]
    assert manager.explain(handle).state is SessionState.LIVE
    assert manager.end_session(bob.id, handle)
    assert manager.explain(handle).state is SessionState.REVOKED
    assert keeper.find_session(session_id) is None
    stores.lose_copies()
    assert keeper.find_session(session_id) is None


@pytest.mark.parametrize("asked", ["digest", "upgrading", "refusing"])
def test_what_is_listed_can_be_ended_though_it_may_be_refused_in_its_form(
    stores: Stores, bob: User, asked: str
) -> None:
    keeper, manager = MANAGERS["plain"](stores), MANAGERS[asked](stores)
    opened(keeper, bob)
    (listed,) = manager.list_sessions(bob.id)
    assert manager.end_session(bob.id, listed.handle)
    assert manager.list_sessions(bob.id) == []


@pytest.mark.parametrize(
    ("kept", "asked", "expected"),
    [
        ("plain", "upgrading", (ValidationPath.UPGRADED, True)),
        ("plain", "refusing", (ValidationPath.RECORD, False)),
        ("digest", "plain", (ValidationPath.RECORD, False)),
        ("digest", "upgrading", (ValidationPath.COPY, True)),
    ],
)
def test_what_is_said_of_a_session_in_either_form_is_what_its_next_use_finds(
    stores: Stores, bob: User, kept: str, asked: str, expected: tuple[ValidationPath, bool]
) -> None:
    session_id, manager = opened(MANAGERS[kept](stores), bob), MANAGERS[asked](stores)
    found = manager.explain(handle_of(session_id))
    assert (found.path, found.is_accepted) == expected
    assert (manager.find_session(session_id) is not None) == found.is_accepted


def test_of_a_handle_without_a_record_nobody_can_tell_while_the_originals_sessions_are_taken_in(
    stores: Stores, bob: User
) -> None:
    stores.give_legacy_session(bob.id, THEIRS, stores.clock.now())
    manager = a_manager(stores)
    unknown, found = manager.explain(handle_of(new_session_id())), manager.explain(handle_of(THEIRS))
    for either in (unknown, found):
        assert (either.state, either.path, either.is_accepted) == (SessionState.UNKNOWN, ValidationPath.UPGRADED, None)
    assert manager.find_session(THEIRS)
    assert manager.explain(handle_of(THEIRS)).is_accepted


def test_what_is_fenced_in_plain_form_is_said_to_be_refused(stores: Stores, bob: User) -> None:
    """A logout that PostgreSQL did not answer leaves that."""
    plain, manager = MANAGERS["plain"](stores), a_manager(stores)
    session_id = opened(plain, bob)
    stores.copies.delete(session_id)
    assert manager.explain(handle_of(session_id)).is_accepted is False
    assert manager.find_session(session_id) is None


def test_an_id_of_the_originals_that_looks_like_a_handle_is_shown_by_its_own_handle(stores: Stores, bob: User) -> None:
    """P5: the ID is the secret."""
    session_id, now = handle_of(new_session_id()), to_ms(stores.clock.now())
    data = {"user_id": bob.id, "created_at": now, "expires_at": now + 60_000, "ip": "192.0.2.9"}
    for manage in (MANAGERS["plain"], a_manager):
        stores.put(session_id, json.dumps(data).encode())
        found = manage(stores).find_session(session_id)
        assert found
        assert found.session.handle == handle_of(session_id)


def test_a_logout_of_an_id_of_the_originals_that_looks_like_a_handle_ends_it(stores: Stores, bob: User) -> None:
    """P2: what the original wrote under it is no copy of ours."""
    session_id, now, plain = handle_of(new_session_id()), stores.clock.now(), MANAGERS["plain"](stores)
    data = {"user_id": bob.id, "created_at": to_ms(now), "expires_at": to_ms(now) + 60_000, "ip": "192.0.2.9"}
    stores.put(session_id, json.dumps(data).encode())
    stores.give_legacy_session(bob.id, session_id, now)
    assert plain.find_session(session_id)
    plain.delete_session(session_id)
    assert plain.find_session(session_id) is None
    assert stores.legacy_session(bob.id) is None
