"""Users in the record."""

import uuid
from datetime import timedelta

import pytest

from session_management.errors import EmailTakenError
from session_management.models import User, UserRole, UserStatus
from tests.contract.sessions import checked, opened
from tests.contract.stores import Stores

NOBODY = str(uuid.UUID(int=1))
NOT_UUIDS = ("", "1", "no-uuid", "../x", "{" + NOBODY + "}", "urn:uuid:" + NOBODY, NOBODY.replace("-", ""), "a\0b")


def test_a_created_user_is_found_by_id_without_the_hash(stores: Stores) -> None:
    made = stores.database.users.create("Ann@Example.com", "hash", "ADMIN", is_verified=False)

    assert made == stores.database.users.find_by_id(made.id)
    assert (made.email, made.role, made.is_verified) == ("Ann@Example.com", UserRole.ADMIN, False)
    assert (made.status, made.last_login_at, made.hashed_password) == (UserStatus.ACTIVE, None, None)
    assert abs(made.created_at - stores.clock.now()) < timedelta(minutes=1)
    assert made.created_at.utcoffset() == timedelta()


def test_a_user_is_found_by_email_in_any_case_with_the_hash(stores: Stores, user: User) -> None:
    found = stores.database.users.find_by_email("ANN@example.COM")

    assert found
    assert (found.id, found.email, found.hashed_password) == (user.id, "ann@example.com", "hash")


def test_the_hash_is_that_of_an_enabled_user(stores: Stores, user: User) -> None:
    users = stores.database.users
    assert users.find_hash(user.id) == "hash"
    assert users.find_hash(users.create("bob@example.com", None, "USER", is_verified=False).id) is None
    users.update(user.id, {"status": "DISABLED"})
    assert users.find_hash(user.id) is None


def test_another_email_is_nobodys(stores: Stores, user: User) -> None:
    never_stored = ("ann@example.com\0", "\ud800@example.com", "a" * 1_000_000)
    for email in ("", "ann", "ann@example.co", "ann@example.com ", "%", "ann_example.com", *never_stored):
        assert stores.database.users.find_by_email(email) is None


@pytest.mark.parametrize("email", ["ann@example.com", "ANN@EXAMPLE.COM"])
def test_an_email_is_one_users_in_whatever_case(stores: Stores, user: User, email: str) -> None:
    with pytest.raises(EmailTakenError):
        stores.database.users.create(email, None, "USER", is_verified=False)
    assert stores.database.users.count() == 1


def test_an_email_cannot_be_changed_to_another_users(stores: Stores, user: User) -> None:
    other = stores.a_user("bob@example.com")
    with pytest.raises(EmailTakenError):
        stores.database.users.update(other.id, {"email": "Ann@Example.com"})
    assert stores.database.users.find_by_id(other.id) == other


def test_an_email_may_change_its_own_case(stores: Stores, user: User) -> None:
    changed = stores.database.users.update(user.id, {"email": "ANN@example.com"})
    assert changed
    assert changed.email == "ANN@example.com"


def test_an_update_changes_what_it_names_and_nothing_else(stores: Stores, user: User) -> None:
    changed = stores.database.users.update(user.id, {"role": "ADMIN", "is_verified": False})

    assert changed == stores.database.users.find_by_id(user.id)
    assert changed
    assert (changed.role, changed.is_verified, changed.email) == (UserRole.ADMIN, False, user.email)
    found = stores.database.users.find_by_email(user.email)
    assert found
    assert found.hashed_password == "hash"


def test_who_is_not_there_is_not_found_updated_or_deleted(stores: Stores, user: User) -> None:
    users = stores.database.users
    for user_id in (NOBODY, *NOT_UUIDS):
        assert users.find_by_id(user_id) is None
        assert users.find_hash(user_id) is None
        assert users.update(user_id, {"role": "ADMIN"}) is None
        assert users.delete(user_id) is False
    assert users.count() == 1


def test_deleting_a_user_deletes_the_rows_of_their_sessions_only(stores: Stores, user: User) -> None:
    other = stores.a_user("bob@example.com")
    gone, kept = opened(stores, user).session.key, opened(stores, other).session.key

    assert stores.database.users.delete(user.id) is True
    assert stores.database.users.find_by_id(user.id) is None
    assert stores.row(gone) is None
    assert checked(stores, kept)
    assert stores.database.users.delete(user.id) is False


def test_pages_hold_everybody_once_in_the_order_of_ids(stores: Stores) -> None:
    made = sorted((stores.a_user(f"user{n}@example.com") for n in range(7)), key=lambda user: user.id)
    pages, after = [], None
    while page := stores.database.users.get_all(3, after):
        pages.append(page)
        after = page[-1].id

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [user for page in pages for user in page] == made
    assert stores.database.users.count() == 7


def test_pages_never_hold_a_hash(stores: Stores, user: User) -> None:
    assert [found.hashed_password for found in stores.database.users.get_all(10, None)] == [None]


def test_the_legacy_column_finds_an_enabled_user_who_logged_in_late_enough(stores: Stores, user: User) -> None:
    now = stores.clock.now()
    stores.give_legacy_session(user.id, "legacy-session-id", now)
    find = stores.database.users.find_by_session_id

    before = find("legacy-session-id", now - timedelta(milliseconds=1))
    assert before
    assert (before.id, before.hashed_password) == (user.id, None)
    assert find("legacy-session-id", now) is None
    assert find("another-session-id", now - timedelta(days=1)) is None
    stores.database.users.update(user.id, {"status": "DISABLED"})
    assert find("legacy-session-id", now - timedelta(days=1)) is None


def test_the_legacy_column_of_who_never_logged_in_finds_nobody(stores: Stores, user: User) -> None:
    stores.give_legacy_session(user.id, "legacy-session-id", None)
    long_ago = stores.clock.now() - timedelta(days=4000)
    assert stores.database.users.find_by_session_id("legacy-session-id", long_ago) is None
