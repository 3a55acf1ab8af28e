"""A transaction on the record spans both tables: everything inside happens, or nothing."""

import pytest

from session_management.errors import EmailTakenError
from session_management.models import User
from tests.contract.sessions import a_session, checked, opened
from tests.contract.stores import Stores


class _ChangedMindError(Exception):
    pass


def test_what_was_done_inside_holds_afterwards(stores: Stores, user: User) -> None:
    session = a_session(stores, user)
    with stores.database.begin():
        stores.database.users.update(user.id, {"email": "ann@example.org"})
        stores.database.sessions.open(session, None, None)
    found = checked(stores, session.key)
    assert found
    assert found.user.email == "ann@example.org"


def test_an_exception_undoes_both_tables(stores: Stores, user: User) -> None:
    before = opened(stores, user)
    session = a_session(stores, user)

    def change_everything_and_then_the_mind() -> None:
        with stores.database.begin():
            stores.database.users.update(user.id, {"email": "ann@example.org", "hashed_password": "new"})
            stores.database.sessions.open(session, None, None)
            stores.database.sessions.revoke_all(user.id, "revoke_all", None)
            raise _ChangedMindError

    with pytest.raises(_ChangedMindError):
        change_everything_and_then_the_mind()
    assert stores.row(session.key) is None
    assert checked(stores, before.session.key) == before
    found = stores.database.users.find_by_email(user.email)
    assert found
    assert found.hashed_password == "hash"


def test_an_error_of_a_statement_undoes_what_came_before_it(stores: Stores, user: User) -> None:
    stores.a_user("bob@example.com")
    key = opened(stores, user).session.key

    def end_the_session_and_take_bobs_email() -> None:
        with stores.database.begin():
            stores.database.sessions.revoke(key, "logout")
            stores.database.users.update(user.id, {"email": "bob@example.com"})

    with pytest.raises(EmailTakenError):
        end_the_session_and_take_bobs_email()
    found = checked(stores, key)
    assert found
    assert not found.session.revoked


def test_the_record_can_be_used_after_an_undone_transaction(stores: Stores, user: User) -> None:
    with pytest.raises(_ChangedMindError), stores.database.begin():
        raise _ChangedMindError
    with stores.database.begin():
        stores.database.users.update(user.id, {"email": "ann@example.org"})
    found = stores.database.users.find_by_id(user.id)
    assert found
    assert found.email == "ann@example.org"
