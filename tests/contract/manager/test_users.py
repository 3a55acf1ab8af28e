"""The manager's users."""

import uuid

import pytest

from session_management.errors import EmailTakenError, InvalidCredentialsError, InvalidInputError
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, SessionMetadata, User, UserRole, UserStatus
from tests.contract.manager.conftest import PASSWORD, log_in
from tests.contract.stores import Stores

NOBODY = str(uuid.UUID(int=1))


def test_a_created_user_is_found_in_each_way_and_counted(manager: UserManager, ann: User) -> None:
    assert (ann.email, ann.role, ann.is_verified) == ("Ann@example.com", UserRole.USER, True)
    assert manager.find_by_id(ann.id) == ann
    by_email = manager.find_by_email("ANN@EXAMPLE.COM")
    assert by_email
    assert by_email.id == ann.id
    assert by_email.hashed_password
    assert PASSWORD not in by_email.hashed_password
    assert (manager.get_all(), manager.count()) == ([ann], 1)


def test_who_is_not_there_is_none(manager: UserManager, ann: User) -> None:
    assert manager.find_by_id(NOBODY) is None
    assert manager.find_by_email("bob@example.com") is None
    assert manager.update(NOBODY, {"role": "ADMIN"}) is None
    assert manager.change_password(NOBODY, "another") is False
    assert manager.delete(NOBODY) is False
    assert manager.revoke_all(NOBODY) == 0


def test_ids_of_no_form_are_nobodys(manager: UserManager, ann: User) -> None:
    for user_id in ("", "1", "no-uuid", "a\0b"):
        assert manager.find_by_id(user_id) is None
        assert manager.update(user_id, {"role": "ADMIN"}) is None
        assert manager.change_password(user_id, "another") is False
        assert manager.delete(user_id) is False
        assert manager.revoke_all(user_id) == 0


def test_an_email_is_taken_in_any_case(manager: UserManager, ann: User) -> None:
    with pytest.raises(EmailTakenError):
        manager.create(CreateUserData(email="ann@EXAMPLE.com"))
    bob = manager.create(CreateUserData(email="bob@example.com"))
    with pytest.raises(EmailTakenError):
        manager.update(bob.id, {"email": "ann@example.com"})


@pytest.mark.parametrize(
    "email", ["", "ann", "@example.com", "ann@", "a b@example.com", "ann@example.com\n", "a@" + "b" * 254]
)
def test_what_is_no_email_makes_no_user(manager: UserManager, email: str) -> None:
    with pytest.raises(InvalidInputError, match="email"):
        manager.create(CreateUserData(email=email, password=PASSWORD))
    assert manager.count() == 0


def test_an_unknown_role_makes_no_user(manager: UserManager) -> None:
    with pytest.raises(InvalidInputError, match="role"):
        manager.create(CreateUserData(email="ann@example.com", role="ROOT"))
    assert manager.count() == 0


def test_a_user_without_a_password_logs_in_with_none(manager: UserManager) -> None:
    manager.create(CreateUserData(email="ann@example.com"))
    for password in ("", "None", PASSWORD):
        with pytest.raises(InvalidCredentialsError):
            log_in(manager, password)


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"id": NOBODY}, "id"),
        ({"hashed_password": "x"}, "hashed_password"),
        ({"session_id": "x"}, "session_id"),
        ({"role": "USER", "created_at": None}, "created_at"),
        ({"role = 'ADMIN' --": 1}, "role = "),
        ({"role": "ROOT"}, "role"),
        ({"role": None}, "role"),
        ({"status": "GONE"}, "status"),
        ({"is_verified": 1}, "is_verified"),
        ({"email": "ann"}, "email"),
    ],
)
def test_what_may_not_be_changed_is_refused_whole(
    manager: UserManager, ann: User, fields: dict[str, object], at_fault: str
) -> None:
    with pytest.raises(InvalidInputError, match=at_fault):
        manager.update(ann.id, fields)
    assert manager.find_by_id(ann.id) == ann


def test_an_update_of_nothing_returns_the_user_as_it_is(manager: UserManager, ann: User) -> None:
    assert manager.update(ann.id, {}) == ann


def test_fields_are_changed_together(manager: UserManager, ann: User) -> None:
    changed = manager.update(ann.id, {"role": UserRole.ADMIN, "is_verified": False, "email": "ann@example.org"})
    assert changed
    assert changed == manager.find_by_id(ann.id)
    assert (changed.role, changed.is_verified, changed.email) == ("ADMIN", False, "ann@example.org")


def test_an_enabled_again_user_has_no_sessions_left_but_may_log_in(manager: UserManager, ann: User) -> None:
    """ASVS 7.4.2."""
    before = log_in(manager)
    disabled = manager.update(ann.id, {"status": "DISABLED"})
    assert disabled
    assert disabled.status is UserStatus.DISABLED
    with pytest.raises(InvalidCredentialsError):
        log_in(manager)
    manager.update(ann.id, {"status": "ACTIVE"})
    assert manager.find_by_session_id(before.session_id) is None
    assert manager.find_by_session_id(log_in(manager).session_id)


def test_a_changed_password_ends_all_sessions_but_the_one_kept(manager: UserManager, ann: User) -> None:
    """ASVS 7.4.3."""
    kept, other = log_in(manager), log_in(manager)
    assert manager.change_password(ann.id, "another password", keep_session_id=kept.session_id) is True

    assert manager.find_by_session_id(other.session_id) is None
    assert manager.find_by_session_id(kept.session_id)
    with pytest.raises(InvalidCredentialsError):
        log_in(manager, PASSWORD)
    assert manager.find_by_session_id(log_in(manager, "another password").session_id)


def test_a_changed_password_keeps_no_session_unless_told(manager: UserManager, ann: User) -> None:
    before = log_in(manager)
    manager.change_password(ann.id, "another password")
    assert manager.find_by_session_id(before.session_id) is None


def test_a_deleted_user_is_gone_with_their_sessions_and_nobody_elses(
    manager: UserManager, ann: User, stores: Stores
) -> None:
    """ASVS 7.4.2."""
    bob = manager.create(CreateUserData(email="bob@example.com", password=PASSWORD))
    anns, bobs = log_in(manager), manager.create_session(bob.id, SessionMetadata(), 60)
    assert manager.delete(ann.id) is True

    assert manager.find_by_id(ann.id) is None
    assert manager.find_by_session_id(anns.session_id) is None
    assert stores.row(anns.session.key) is None
    assert manager.find_by_session_id(bobs) == manager.find_by_id(bob.id)
    with pytest.raises(InvalidCredentialsError):
        log_in(manager)


def test_a_page_is_asked_for_with_a_size_and_an_id(manager: UserManager, ann: User) -> None:
    assert manager.get_all(1, ann.id) == []
    for limit in (0, -1, 1_001, "10", None, True):
        with pytest.raises(InvalidInputError, match="limit"):
            manager.get_all(limit)  # type: ignore[arg-type]
    for after in ("", "no-uuid", 7):
        with pytest.raises(InvalidInputError, match="after"):
            manager.get_all(10, after)  # type: ignore[arg-type]


def test_no_email_or_password_is_an_outage(manager: UserManager, ann: User) -> None:
    """P6: what no store could hold is nobody's, on every store."""
    for email, password in (("a\0b@example.com", "x"), ("\ud800@example.com", "x"), (ann.email, "\0\ud800")):
        with pytest.raises(InvalidCredentialsError):
            manager.log_in(email, password, SessionMetadata())


def test_what_cannot_end_the_sessions_changes_nothing_else(
    manager: UserManager, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disabled user, or a new password, beside sessions that go on would be neither the one state nor the other."""

    def fail(*_: object) -> None:
        raise InvalidInputError("whatever comes up")

    monkeypatch.setattr(manager._database.sessions, "revoke_all", fail)
    with pytest.raises(InvalidInputError):
        manager.update(ann.id, {"status": "DISABLED"})
    with pytest.raises(InvalidInputError):
        manager.change_password(ann.id, "another password")

    assert manager.find_by_id(ann.id) == ann
    assert log_in(manager, PASSWORD).user.id == ann.id
