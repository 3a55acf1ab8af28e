"""From plain form to digests: a session keeps its ID and everything else, once, and no end of one is undone."""

import json
from collections.abc import Callable
from copy import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from session_management.interfaces import ValidationPath
from session_management.managers.user_manager import UserManager
from session_management.models import SessionMetadata, User
from session_management.session_data import Fence, decode, to_ms
from session_management.tokens import SessionNames, handle_of, new_session_id
from tests.contract.stores import Stores

HOUR: Final = 3600
WINDOW: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
THEIRS: Final = "3f1e5f0a-9f5c-4c8e-8f66-0d8d5a3e2b11"


@pytest.fixture
def before(stores: Stores) -> UserManager:
    """The rules as they were before the switch."""
    return stores.manager_with(SessionNames("plain"))


@pytest.fixture
def manager(stores: Stores) -> UserManager:
    """The rules since the switch."""
    return a_manager(stores)


def a_manager(stores: Stores, **changes: Any) -> UserManager:
    until = {"upgrade_plain_until": stores.clock.now() + WINDOW}
    return stores.manager_with(SessionNames("digest", takes_plain=True), **until | changes)


def a_refusing_manager(stores: Stores) -> UserManager:
    """Return the rules once the time of upgrades is over."""
    return a_manager(stores, upgrade_plain_until=stores.clock.now())


def in_row(stores: Stores, before: UserManager, user: User) -> str:
    """Have a session that was made here, in plain form."""
    return before.create_session(user.id, SessionMetadata("192.0.2.7", "a test"), HOUR)


def in_redis(stores: Stores, before: UserManager, user: User, **changes: Any) -> str:
    """Have the original's JSON of a session."""
    now = to_ms(stores.clock.now())
    data = {"user_id": user.id, "created_at": now, "expires_at": now + HOUR * 1000, "ip": "192.0.2.9"}
    stores.put(THEIRS, json.dumps(data | {"user_agent": "a browser"} | changes).encode())
    return THEIRS


def in_column(stores: Stores, before: UserManager, user: User) -> str:
    """Have a session that the legacy column alone knows."""
    stores.give_legacy_session(user.id, THEIRS, stores.clock.now())
    return THEIRS


type Make = Callable[[Stores, UserManager, User], str]

type Change = Callable[[UserManager, str], Any]

CHANGES: Final[dict[str, Change]] = {
    "revoke all": lambda manager, user_id: manager.revoke_all(user_id),
    "change password": lambda manager, user_id: manager.change_password(user_id, "another password"),
    "disable and enable": lambda manager, user_id: [
        manager.update(user_id, {"status": status}) for status in ("DISABLED", "ACTIVE")
    ],
}
plain_sessions = pytest.mark.parametrize("make", [in_row, in_redis, in_column], ids=lambda make: make.__name__)


def is_gone_from_plain(stores: Stores, user: User, session_id: str) -> bool:
    value = stores.value(session_id)
    is_fenced = value is None or decode(value).fence is Fence.REVOKED
    return is_fenced and stores.row(session_id) is None and stores.legacy_session(user.id) is None


@plain_sessions
def test_a_session_in_plain_form_is_kept_as_a_digest_from_its_first_use_on(
    stores: Stores, before: UserManager, manager: UserManager, user: User, make: Make
) -> None:
    """P5: its ID is no longer at rest, but for the name of a fence."""
    session_id = make(stores, before, user)
    assert manager.find_by_session_id(session_id)
    assert stores.observer.last_path() is ValidationPath.UPGRADED
    assert is_gone_from_plain(stores, user, session_id)
    assert stores.row(handle_of(session_id))
    assert manager.find_by_session_id(session_id)
    assert stores.observer.last_path() is ValidationPath.COPY
    stores.lose_copies()
    assert manager.find_by_session_id(session_id)
    assert stores.observer.last_path() is ValidationPath.RECORD


def test_a_session_of_ours_stays_as_it_was_and_its_use_is_recorded(
    stores: Stores, before: UserManager, manager: UserManager, user: User
) -> None:
    session_id = in_row(stores, before, user)
    stores.pass_time(60)
    was, now_is = before.find_session(session_id), manager.find_session(session_id)
    assert was
    assert now_is
    used = replace(was.session, key=handle_of(session_id), last_activity=stores.clock.now())
    assert now_is == was._replace(session=used)


def test_whoever_uses_a_session_goes_on_with_it_through_the_switch(
    stores: Stores, before: UserManager, user: User
) -> None:
    """P3: the idle timeout runs from the latest use, the one that takes the session in included."""
    manager = a_manager(stores, idle=timedelta(minutes=15))
    session_id = in_row(stores, before, user)
    for minutes in (12, 6, 12):
        stores.pass_time(60 * minutes)
        assert manager.find_session(session_id)
    stores.pass_time(60 * 16)
    assert manager.find_session(session_id) is None


@pytest.mark.parametrize("make", [in_row, in_column], ids=lambda make: make.__name__)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_event_has_an_id_in_plain_form(
    stores: Stores, before: UserManager, user: User, make: Make, change: Change
) -> None:
    """P5: what is told of a session that ends in plain form is its handle."""
    session_id = make(stores, before, user)
    stores.observer.events.clear()
    change(a_manager(stores), user.id)
    told = repr(stores.observer.events)
    assert handle_of(session_id) in told
    assert session_id not in told


@plain_sessions
def test_an_end_in_plain_form_ends_what_was_taken_in(
    stores: Stores, before: UserManager, manager: UserManager, user: User, make: Make
) -> None:
    """P2: not all functions are switched over at the same instant."""
    session_id = make(stores, before, user)
    assert manager.find_session(session_id)
    before.delete_session(session_id)
    assert manager.find_session(session_id) is None
    assert before.find_session(session_id) is None


@pytest.mark.parametrize("make", [in_redis, in_column], ids=lambda make: make.__name__)
def test_a_session_of_the_original_ends_when_it_would_have(
    stores: Stores, before: UserManager, manager: UserManager, user: User, make: Make
) -> None:
    now, life = stores.clock.now(), WEEK if make is in_column else timedelta(hours=1)
    session_id = make(stores, before, user)
    stores.pass_time(60)
    found = manager.find_session(session_id)
    assert found
    assert (found.session.created_at, found.session.authenticated_at, found.session.expires_at) == (
        now,
        now,
        now + life,
    )
    assert found.session.absolute_expires_at == now + timedelta(days=30)
    stores.pass_time(life.total_seconds() - 60)
    assert manager.find_session(session_id) is None


def test_whatever_the_original_wrote_of_its_client_a_record_can_be_made_of_it(
    stores: Stores, before: UserManager, manager: UserManager, user: User
) -> None:
    session_id = in_redis(stores, before, user, ip="unknown", user_agent="a\0b")
    found = manager.find_session(session_id)
    assert found
    assert (found.session.ip, found.session.user_agent) == (None, "a b")


@plain_sessions
def test_when_the_time_is_over_a_session_in_plain_form_is_refused_and_not_looked_for(
    stores: Stores, before: UserManager, user: User, make: Make
) -> None:
    session_id = make(stores, before, user)
    assert a_refusing_manager(stores).find_session(session_id) is None
    assert stores.observer.last_path() is ValidationPath.RECORD
    assert before.find_session(session_id), "it is still there"


@plain_sessions
def test_what_was_upgraded_in_time_lives_on_after_it(
    stores: Stores, before: UserManager, manager: UserManager, user: User, make: Make
) -> None:
    session_id = make(stores, before, user)
    manager.find_session(session_id)
    assert a_refusing_manager(stores).find_session(session_id)


@plain_sessions
def test_without_the_setting_a_session_in_plain_form_is_nobodys(
    stores: Stores, before: UserManager, user: User, make: Make
) -> None:
    session_id = make(stores, before, user)
    assert stores.manager_with(SessionNames("digest")).find_session(session_id) is None


@plain_sessions
def test_a_logout_ends_a_session_that_is_still_in_plain_form_for_good(
    stores: Stores, before: UserManager, manager: UserManager, user: User, make: Make
) -> None:
    """P2: also for who read the original's JSON before."""
    session_id = make(stores, before, user)
    stood = stores.value(session_id)
    manager.delete_session(session_id)
    assert manager.find_session(session_id) is None
    assert is_gone_from_plain(stores, user, session_id)
    if stood and make is in_redis:
        stores.put(session_id, stood)
    assert manager.find_session(session_id) is None


@plain_sessions
def test_a_logout_ends_it_even_when_the_time_is_over(
    stores: Stores, before: UserManager, manager: UserManager, user: User, make: Make
) -> None:
    """Another environment's clock may be behind."""
    session_id = make(stores, before, user)
    a_refusing_manager(stores).delete_session(session_id)
    assert manager.find_session(session_id) is None


@plain_sessions
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
@pytest.mark.usefixtures("cheap_passwords")
def test_whatever_ends_all_sessions_ends_those_that_are_still_in_plain_form(
    stores: Stores, before: UserManager, user: User, make: Make, change: Change
) -> None:
    """P2: the original's JSON, too, which nobody finds: by the date."""
    session_id = make(stores, before, user)
    manager = a_manager(stores)
    change(manager, user.id)
    assert manager.find_session(session_id) is None
    assert before.find_session(session_id) is None
    stores.pass_time(1)
    again = in_redis(stores, before, user)
    assert manager.find_session(again), "what the original makes after that is accepted"


@plain_sessions
def test_what_had_ended_before_the_switch_is_not_taken_in(
    stores: Stores, before: UserManager, manager: UserManager, user: User, make: Make
) -> None:
    session_id = make(stores, before, user)
    before.delete_session(session_id)
    assert manager.find_session(session_id) is None
    stores.lose_copies()
    assert manager.find_session(session_id) is None


def test_what_was_ended_between_the_switch_and_its_setting_is_not_taken_in(
    stores: Stores, before: UserManager, manager: UserManager, user: User
) -> None:
    """P2: where the switch came first, alone, nobody knew that sessions of the original would be taken in later."""
    session_id = in_redis(stores, before, user)
    stores.pass_time(60)
    stores.manager_with(SessionNames("digest")).revoke_all(user.id)
    assert manager.find_session(session_id) is None


@plain_sessions
def test_a_session_is_not_taken_in_past_its_end(
    stores: Stores, before: UserManager, manager: UserManager, user: User, make: Make
) -> None:
    session_id = make(stores, before, user)
    stores.pass_time(WEEK.total_seconds())
    late = a_manager(stores)
    assert late.find_session(session_id) is None
    assert stores.row(handle_of(session_id)) is None


def test_a_revoked_record_outlives_the_originals_json(
    stores: Stores, before: UserManager, manager: UserManager, user: User
) -> None:
    """P2: without it, the JSON that a lost fence left could be taken in again."""
    session_id = in_redis(stores, before, user, expires_at=to_ms(stores.clock.now() + timedelta(days=60)))
    manager.delete_session(session_id)
    stores.pass_time(timedelta(days=31).total_seconds())
    late = a_manager(stores)
    late.sweep()
    assert stores.row(handle_of(session_id))


@plain_sessions
def test_a_session_is_extended_though_it_was_in_plain_form(
    stores: Stores, before: UserManager, manager: UserManager, user: User, make: Make
) -> None:
    session_id = make(stores, before, user)
    assert manager.extend_session(session_id, 8 * 86_400) == stores.clock.now() + timedelta(days=8)
    assert manager.find_session(session_id)


def test_a_handle_opens_and_ends_nothing(stores: Stores, before: UserManager, manager: UserManager, user: User) -> None:
    """It is public; in plain form it would be the key of what it names."""
    session_id = manager.create_session(user.id, SessionMetadata(), HOUR)
    handle = handle_of(session_id)
    for either in (manager, before):
        assert either.find_session(handle) is None
        assert either.extend_session(handle, HOUR) is None
        either.delete_session(handle)
        stores.lose_copies()
        either.delete_session(handle)
        assert manager.find_session(session_id)


def test_an_id_of_the_originals_may_look_like_a_handle(
    stores: Stores, before: UserManager, manager: UserManager, user: User
) -> None:
    session_id, now = handle_of(new_session_id()), to_ms(stores.clock.now())
    json_of_it = {"user_id": user.id, "created_at": now, "expires_at": now + 60_000, "ip": "192.0.2.9"}
    stores.put(session_id, json.dumps(json_of_it).encode())
    assert before.find_session(session_id)
    assert manager.find_session(session_id)
    before.delete_session(session_id)
    assert manager.find_session(session_id), "it is a digest now"
    manager.delete_session(session_id)
    assert manager.find_session(session_id) is None


def test_the_sweep_counts_what_is_left_in_plain_form_and_ends_it_when_the_time_is_over(
    stores: Stores, before: UserManager, manager: UserManager, user: User
) -> None:
    used, unused = in_row(stores, before, user), in_row(stores, before, user)
    bob = stores.a_user("bob@example.com")
    in_column(stores, before, bob)
    manager.find_session(used)
    report = manager.sweep()
    assert (report.plain_left, report.plain_deleted) == (2, 0)

    report = a_refusing_manager(stores).sweep()
    assert (report.plain_left, report.plain_deleted, report.finished) == (0, 2, True)
    assert is_gone_from_plain(stores, user, unused)
    assert is_gone_from_plain(stores, bob, THEIRS)
    assert manager.find_session(used)


def test_a_json_that_is_back_is_not_taken_in_twice(
    stores: Stores, before: UserManager, manager: UserManager, user: User
) -> None:
    """As for one who read it before another took it in: what is recorded stays as it is."""
    session_id = in_redis(stores, before, user)
    first = manager.find_session(session_id)
    stores.lose_copies()
    in_redis(stores, before, user, expires_at=to_ms(stores.clock.now() + WEEK))
    again = manager.find_session(session_id)
    assert first
    assert again
    assert again.session.expires_at == first.session.expires_at


def test_what_the_original_ended_while_it_was_taken_in_is_over(
    stores: Stores, before: UserManager, manager: UserManager, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P2: its logout deletes the JSON, which a second look misses."""
    session_id = in_redis(stores, before, user)
    sessions = manager._database.sessions
    adopt = sessions.adopt

    def adopt_after_its_logout(*args: Any, **kwargs: Any) -> Any:
        stores.lose_copies()
        return adopt(*args, **kwargs)

    monkeypatch.setattr(sessions, "adopt", adopt_after_its_logout)
    assert manager.find_session(session_id) is None
    row = stores.row(handle_of(session_id))
    assert row
    assert row.reason == "original_logout"
    assert manager.find_session(session_id) is None


def test_who_looked_for_it_in_between_does_not_keep_it(
    stores: Stores, before: UserManager, manager: UserManager, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P2: another environment has a copy of the digest by the time that the end at the original is seen."""
    session_id, upgrading = in_redis(stores, before, user), manager._validation._upgrading

    def look_after_others(_: str) -> bool:
        assert a_manager(stores).find_session(session_id)
        return True

    monkeypatch.setattr(upgrading, "_is_gone", look_after_others)
    assert manager.find_session(session_id) is None
    assert a_manager(stores).find_session(session_id) is None
