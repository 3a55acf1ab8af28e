"""What people do with their own account: register, and change their password."""

from datetime import timedelta
from typing import Any

import bcrypt
import pytest

from session_management.errors import (
    EmailTakenError,
    InvalidCredentialsError,
    InvalidInputError,
    UnauthenticatedError,
    WeakPasswordError,
)
from session_management.managers import password_change
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, LogIn, SessionMetadata, User, UserRole
from session_management.passwords import Verification, hash_password, verify_password
from tests.contract.manager.conftest import PASSWORD, log_in
from tests.contract.stores import Stores

NEW = "nine umbrellas under one moon"
HERE = SessionMetadata("192.0.2.8", "another test")


def change(manager: UserManager, session_id: str, current: str = PASSWORD, new: str = NEW) -> LogIn:
    return manager.change_own_password(session_id, current, new, HERE)


def register(manager: UserManager, email: str = "bob@example.com", password: str = NEW, **more: Any) -> LogIn:
    opened = manager.register(email, password, HERE, **more)
    assert opened
    return opened


# --- Registering ----------------------------------------------------------------------------------


def test_whoever_registers_has_the_least_role_and_a_session(stores: Stores, manager: UserManager) -> None:
    opened = register(manager, "Bob@example.com")

    assert (opened.user.email, opened.user.role, opened.user.is_verified) == ("Bob@example.com", UserRole.USER, False)
    assert opened.user.last_login_at == opened.session.created_at == stores.clock.now()
    for lose in (lambda: None, stores.lose_copies):
        lose()
        found = manager.find_session(opened.session_id)
        assert found
        assert (found.user, found.session) == (opened.user, opened.session)
    assert manager.log_in("bob@example.com", NEW, HERE).user.id == opened.user.id


@pytest.mark.parametrize("remember", [True, False])
def test_the_first_session_lives_as_long_as_any(stores: Stores, manager: UserManager, remember: bool) -> None:
    session = register(manager, remember=remember).session

    assert session.expires_at - session.created_at == (timedelta(days=7) if remember else timedelta(days=1))
    assert session.is_persistent == remember


def test_a_registration_ends_the_session_that_is_presented(manager: UserManager, logged_in: LogIn) -> None:
    register(manager, presented_session_id=logged_in.session_id)
    assert manager.find_session(logged_in.session_id) is None


def test_where_a_login_needs_a_verified_email_a_registration_opens_no_session_and_ends_none(
    stores: Stores, logged_in: LogIn
) -> None:
    strict = stores.manager(login_requires_verified=True)
    assert strict.register("bob@example.com", NEW, HERE, presented_session_id=logged_in.session_id) is None

    assert strict.find_session(logged_in.session_id)
    bob = strict.find_by_email("bob@example.com")
    assert bob
    assert (bob.role, bob.is_verified, bob.last_login_at) == (UserRole.USER, False, None)
    assert strict.list_sessions(bob.id) == []
    with pytest.raises(InvalidCredentialsError):
        strict.log_in("bob@example.com", NEW, HERE)
    strict.update(bob.id, {"is_verified": True})
    assert strict.log_in("bob@example.com", NEW, HERE).user.id == bob.id


def test_a_taken_email_is_told_there_too(stores: Stores, ann: User) -> None:
    with pytest.raises(EmailTakenError):
        stores.manager(login_requires_verified=True).register("ANN@example.com", NEW, HERE)


def test_a_verification_that_is_withdrawn_ends_no_session_and_keeps_nobody_from_a_new_password(
    stores: Stores, ann: User, logged_in: LogIn
) -> None:
    """The session stays what it is under another ID; the next login is what needs a verified email."""
    strict = stores.manager(login_requires_verified=True)
    strict.update(ann.id, {"is_verified": False})
    assert strict.find_session(logged_in.session_id)

    renewed = change(strict, logged_in.session_id)

    assert strict.find_session(renewed.session_id)
    with pytest.raises(InvalidCredentialsError):
        strict.log_in("ann@example.com", NEW, HERE)


def test_a_taken_email_leaves_all_as_it_was(manager: UserManager, ann: User, logged_in: LogIn) -> None:
    """The session that was presented too, and there is no session without a user."""
    for email in ("ann@example.com", "ANN@EXAMPLE.COM"):
        with pytest.raises(EmailTakenError):
            manager.register(email, NEW, HERE, presented_session_id=logged_in.session_id)
        manager.register_unseen(email, NEW, SessionMetadata())
    assert manager.count() == 1
    assert manager.find_session(logged_in.session_id)
    log_in(manager)


def test_an_unseen_registration_makes_a_user_who_can_log_in(manager: UserManager) -> None:
    manager.register_unseen("bob@example.com", NEW, SessionMetadata())
    assert manager.log_in("bob@example.com", NEW, HERE).user.role is UserRole.USER


@pytest.mark.parametrize("email", ["", "bob", "bob@", "@example.com", "a b@example.com", "b" * 250 + "@example.com"])
def test_what_is_no_email_cannot_register(manager: UserManager, email: str) -> None:
    with pytest.raises(InvalidInputError, match="email"):
        manager.register(email, NEW, HERE)
    with pytest.raises(InvalidInputError, match="email"):
        manager.register_unseen(email, NEW, SessionMetadata())
    assert manager.count() == 0


@pytest.mark.parametrize("password", ["fourteen chars", "bob@example.com", "123456789987654321"])
def test_a_weak_password_is_for_operators_to_set_if_for_anybody(
    manager: UserManager, logged_in: LogIn, password: str
) -> None:
    with pytest.raises(WeakPasswordError):
        manager.register("bob@example.com", password, HERE)
    with pytest.raises(WeakPasswordError):
        manager.register_unseen("bob@example.com", password, SessionMetadata())
    manager.create(CreateUserData("bob@example.com", password=password))
    session_id = manager.log_in("bob@example.com", password, HERE).session_id
    with pytest.raises(WeakPasswordError):
        change(manager, session_id, password, password)
    assert manager.find_session(session_id)


def test_the_length_of_a_new_password_is_the_policys(stores: Stores) -> None:
    manager = stores.manager(password_length=8)
    session_id = register(manager, password="8 chars!").session_id
    with pytest.raises(WeakPasswordError, match="at least 8"):
        change(manager, session_id, "8 chars!", "7 chars")


# --- Changing the password ------------------------------------------------------------------------


def test_a_change_ends_all_sessions_and_opens_one(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    """P2, P4."""
    other = log_in(manager)
    stores.pass_time(3600)
    opened = change(manager, logged_in.session_id)

    now = stores.clock.now()
    assert (opened.session.authenticated_at, opened.session.created_at) == (now, now)
    assert opened.session.expires_at == now + timedelta(days=7)
    assert (opened.session.ip, opened.session.user_agent) == (HERE.ip, HERE.user_agent)
    for lose in (lambda: None, stores.lose_copies):
        lose()
        assert manager.find_session(opened.session_id)
        assert manager.find_session(logged_in.session_id) is None
        assert manager.find_session(other.session_id) is None
    with pytest.raises(InvalidCredentialsError):
        log_in(manager)
    log_in(manager, NEW)


def test_the_new_session_has_its_copy_at_once(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    opened = change(manager, logged_in.session_id)
    assert manager.find_session(opened.session_id)
    assert stores.observer.last_path() == "copy"


@pytest.mark.parametrize("remember", [True, False])
def test_the_new_session_is_as_persistent_as_the_old(manager: UserManager, ann: User, remember: bool) -> None:
    old = manager.log_in(ann.email, PASSWORD, HERE, remember=remember)
    new = change(manager, old.session_id).session

    assert new.is_persistent == remember
    assert new.expires_at - new.created_at == (timedelta(days=7) if remember else timedelta(days=1))


def test_a_wrong_current_password_changes_nothing(manager: UserManager, logged_in: LogIn) -> None:
    for current in ("wrong", "", PASSWORD + " "):
        with pytest.raises(InvalidCredentialsError):
            change(manager, logged_in.session_id, current)
    assert manager.find_session(logged_in.session_id)
    log_in(manager)


def test_who_has_no_password_cannot_give_themselves_one(manager: UserManager) -> None:
    user = manager.create(CreateUserData("bob@example.com"))
    session_id = manager.create_session(user.id, HERE, 3600)
    for current in ("", "x"):
        with pytest.raises(InvalidCredentialsError):
            change(manager, session_id, current)
    assert manager.find_session(session_id)


def test_only_a_live_session_changes_a_password(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    ended, disabled_one = log_in(manager), log_in(manager)
    manager.delete_session(ended.session_id)
    for session_id in (ended.session_id, "A" * 43, "x", ""):
        with pytest.raises(UnauthenticatedError):
            change(manager, session_id)
    manager.update(logged_in.user.id, {"status": "DISABLED"})
    with pytest.raises(UnauthenticatedError):
        change(manager, disabled_one.session_id)
    manager.update(logged_in.user.id, {"status": "ACTIVE"})
    late = log_in(manager)
    stores.pass_time(7 * 86_400)
    with pytest.raises(UnauthenticatedError):
        change(manager, late.session_id)
    log_in(manager)


def test_a_change_that_comes_too_late_leaves_all_as_it_was(
    stores: Stores, manager: UserManager, logged_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password is changed while the current one is verified: nothing that this one would do is done."""
    other = log_in(manager)

    def verify_meanwhile(password: str, hashed: str | None) -> Verification:
        verified = verify_password(password, hashed)
        manager._database.users.update(logged_in.user.id, {"hashed_password": hash_password("set by an operator")})
        return verified

    monkeypatch.setattr(password_change, "verify_password", verify_meanwhile)
    with pytest.raises(InvalidCredentialsError):
        change(manager, logged_in.session_id)

    stores.lose_copies()
    for session in (logged_in, other):
        assert manager.find_session(session.session_id)
    log_in(manager, "set by an operator")


def test_an_old_hash_gives_way_to_one_of_the_present_kind(manager: UserManager) -> None:
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    manager.create(CreateUserData(email="ann@example.com", hashed_password=hashed))
    change(manager, log_in(manager).session_id)

    found = manager.find_by_email("ann@example.com")
    assert found
    assert (found.hashed_password or "").startswith("$argon2id$")
    log_in(manager, NEW)


def test_the_limit_of_sessions_counts_the_new_one_alone(stores: Stores, ann: User) -> None:
    manager = stores.manager(max_per_user=2)
    sessions = [log_in(manager) for _ in range(2)]
    opened = change(manager, sessions[1].session_id)
    other = log_in(manager, NEW)

    assert manager.find_session(opened.session_id)
    assert manager.find_session(other.session_id)


def test_the_legacy_session_of_the_original_ends_with_all_others(
    stores: Stores, manager: UserManager, ann: User
) -> None:
    """Section 3, rule 5: or, where it is one, it changes the password and is followed by one of ours."""
    session_id = "a-session-of-the-original"
    logged_in = log_in(manager)
    stores.give_legacy_session(ann.id, session_id, stores.clock.now())
    change(manager, session_id if stores.names.at_rest == "plain" else logged_in.session_id)

    assert stores.legacy_session(ann.id) is None
    assert manager.find_session(session_id) is None
    assert manager.find_session(logged_in.session_id) is None
    log_in(manager, NEW)
