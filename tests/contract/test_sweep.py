"""What the sweeper does in the record: only what has ended goes, by the record's own clock."""

from datetime import timedelta

from session_management.constants import FENCE_SECONDS
from session_management.models import User
from tests.contract.sessions import opened
from tests.contract.stores import ServerStores, Stores

HOUR = timedelta(hours=1)
RETENTION = timedelta(days=30)


def ending_in(stores: Stores, user: User, span: timedelta) -> str:
    return opened(stores, user, expires_at=stores.clock.now() + span).session.key


def revoked(stores: Stores, user: User, *, ends_in: timedelta = timedelta(days=90)) -> str:
    key = ending_in(stores, user, ends_in)
    stores.database.sessions.revoke(key, "logout")
    return key


def test_an_expired_row_goes_as_soon_as_its_expiry_is_past(stores: Stores, user: User) -> None:
    key = ending_in(stores, user, HOUR)
    stores.pass_time(3600)
    assert sum(stores.database.sweep.delete_expired(10)) == 0
    assert stores.row(key)
    stores.pass_time(0.001)
    assert sum(stores.database.sweep.delete_expired(10)) == 1
    assert stores.row(key) is None


def test_a_services_clock_that_runs_ahead_deletes_nothing_live(stores: Stores, user: User) -> None:
    """Only where the record has a clock of its own can the service's differ from it."""
    key = ending_in(stores, user, HOUR)
    stores.pass_time(1800)
    if isinstance(stores, ServerStores):
        stores.clock.advance(7200)
    assert sum(stores.database.sweep.delete_expired(10)) == 0
    assert stores.row(key)


def test_expired_rows_go_in_steps_until_none_is_left(stores: Stores, user: User) -> None:
    gone = [ending_in(stores, user, HOUR) for _ in range(7)]
    kept = ending_in(stores, user, 3 * HOUR)
    stores.pass_time(7200)
    steps = list(stores.database.sweep.delete_expired(3))
    assert sum(steps) == 7
    assert max(steps) <= 3
    assert [key for key in (*gone, kept) if stores.row(key)] == [kept]


def test_the_lag_is_for_how_long_the_row_has_been_over_that_is_over_for_longest(stores: Stores, user: User) -> None:
    for span in (1.5 * HOUR, HOUR, 30 * HOUR):
        ending_in(stores, user, span)
    revoked(stores, user, ends_in=timedelta(seconds=1))
    assert stores.database.sweep.lag() == timedelta(0)
    stores.pass_time(7200)

    # A real server's clock has gone on a little, meanwhile.
    lag = stores.database.sweep.lag()
    assert HOUR <= lag < HOUR + timedelta(seconds=5)
    assert sum(stores.database.sweep.delete_expired(10)) == 2
    assert stores.database.sweep.lag() == timedelta(0)


def test_a_revoked_row_is_not_taken_for_an_expired_one(stores: Stores, user: User) -> None:
    """It is kept for its retention, whatever its expiry."""
    key = revoked(stores, user, ends_in=HOUR)
    stores.pass_time(7200)
    assert sum(stores.database.sweep.delete_expired(10)) == 0
    assert stores.row(key)


def test_recently_revoked_are_those_within_a_fences_life_in_order(stores: Stores, user: User) -> None:
    old = revoked(stores, user)
    stores.pass_time(1)
    recent = sorted(revoked(stores, user) for _ in range(5))
    ending_in(stores, user, HOUR)
    stores.pass_time(FENCE_SECONDS - 1)

    sweep = stores.database.sweep
    assert sweep.recently_revoked("", 10) == recent
    assert sweep.recently_revoked("", 2) == recent[:2]
    assert sweep.recently_revoked(recent[1], 10) == recent[2:]
    assert old not in recent


def test_revoked_rows_past_their_retention_are_purgeable_oldest_first(stores: Stores, user: User) -> None:
    """ASVS 14.2.7."""
    first = revoked(stores, user, ends_in=timedelta(days=1))
    stores.pass_time(1)
    second = revoked(stores, user)
    stores.pass_time(1)
    revoked(stores, user)
    stores.pass_time(RETENTION.total_seconds() - 0.999)

    sweep = stores.database.sweep
    assert list(sweep.purgeable(RETENTION, 10, only_expired=False)) == [(first, False), (second, True)]
    assert list(sweep.purgeable(RETENTION, 1, only_expired=False)) == [(first, False)]
    assert list(sweep.purgeable(RETENTION, 10, only_expired=True)) == [(first, False)]


def test_a_row_is_purgeable_only_when_its_retention_is_past(stores: Stores, user: User) -> None:
    revoked(stores, user)
    stores.pass_time(RETENTION.total_seconds())
    assert not stores.database.sweep.purgeable(RETENTION, 10, only_expired=False)


def test_purging_removes_what_it_is_given(stores: Stores, user: User) -> None:
    gone, kept = revoked(stores, user), revoked(stores, user)
    assert stores.database.sweep.purge([gone, "f" * 64]) == 1
    assert stores.row(gone) is None
    assert stores.row(kept)
    assert stores.database.sweep.purge([gone]) == 0


def test_purging_never_removes_a_live_session(stores: Stores, user: User) -> None:
    live = ending_in(stores, user, HOUR)
    assert stores.database.sweep.purge([live]) == 0
    assert stores.row(live)


def test_legacy_sessions_past_their_age_are_cleared(stores: Stores, user: User) -> None:
    now = stores.clock.now()
    bob, eve = stores.a_user("bob@example.com"), stores.a_user("eve@example.com")
    stores.give_legacy_session(user.id, "past", now - HOUR - timedelta(milliseconds=1))
    stores.give_legacy_session(bob.id, "exactly", now - HOUR)
    stores.give_legacy_session(eve.id, "never", None)

    assert stores.database.sweep.clear_legacy_session_ids(HOUR, 10) == 2
    assert [stores.legacy_session(who.id) for who in (user, bob, eve)] == [None, "exactly", None]


def test_legacy_sessions_are_cleared_up_to_a_limit(stores: Stores) -> None:
    for n in range(5):
        stores.give_legacy_session(stores.a_user(f"user{n}@example.com").id, f"legacy{n}", None)
    clear = stores.database.sweep.clear_legacy_session_ids
    assert [clear(HOUR, 2), clear(HOUR, 2), clear(HOUR, 2), clear(HOUR, 2)] == [2, 2, 1, 0]
