"""Sweeps over tens of thousands of rows: nothing live goes, everything else does, and time is kept."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from typing import Final

import pg8000.native
import pytest
import redis

from session_management.adapters.postgres_sweep import PostgreSQLSweepAdapter
from session_management.deadline import deadline
from session_management.models import SweepReport
from session_management.session_data import Fence, decode
from tests.conftest import MakeEnvironment
from tests.support.managers import Environment

USER: Final = "00000000-0000-4000-8000-00000000000a"
UNDATED: Final = "SELECT count(*) FROM sessions WHERE revoked AND revoked_at IS NULL"
WIDE: Final = "a user agent, " * 30  # some 14 rows on a page, so that 20 000 rows are several ranges of pages


@pytest.fixture
def rows(sql: pg8000.native.Connection) -> pg8000.native.Connection:
    """The record with one user in it."""
    sql.run(f"INSERT INTO users (id, email) VALUES ('{USER}', 'ann@example.com')")
    return sql


def insert(rows: pg8000.native.Connection, name: str, count: int, expires_at: str, user_agent: str = "") -> None:
    """Insert sessions `name-1`, `name-2`, …, each ending at *expires_at*, SQL in which n is its number."""
    rows.run(
        "INSERT INTO sessions (id, user_id, created_at, last_activity, expires_at, user_agent) "
        f"SELECT '{name}-' || n, '{USER}', now() - INTERVAL '9 days', now() - INTERVAL '1 hour', {expires_at}, "
        f"'{user_agent}' FROM generate_series(1, {count}) n"
    )


def left(rows: pg8000.native.Connection) -> dict[str, int]:
    """Return how many rows there are of each name."""
    return dict(rows.run("SELECT split_part(id, '-', 1), count(*) FROM sessions GROUP BY 1"))


def insert_few(rows: pg8000.native.Connection) -> None:
    insert(rows, "expired", 2_500, "now() - n * INTERVAL '1 second'")
    insert(rows, "live", 17_500, "now() + n * INTERVAL '1 minute'")


def insert_many(rows: pg8000.native.Connection) -> None:
    insert(rows, "expired", 12_000, "now() - n * INTERVAL '1 second'", WIDE)
    insert(rows, "live", 8_000, "now() + n * INTERVAL '1 minute'", WIDE)


def test_a_few_expired_among_many_go_in_batches(environment: Environment, rows: pg8000.native.Connection) -> None:
    insert_few(rows)
    report = environment.manager.sweep()
    assert (report.expired_deleted, report.finished) == (2_500, True)
    assert report.batches == 1 + 3 + 1 + 1  # fences, 1000 + 1000 + 500, revoked, legacy
    assert left(rows) == {"live": 17_500}


def test_many_expired_go_by_ranges_of_the_table(
    environment: Environment, rows: pg8000.native.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_many(rows)
    execute, ranges = environment.postgres.execute, []

    def noting(sql: str, **parameters: object) -> int:
        if "beyond" in parameters:
            ranges.append(parameters)
        return execute(sql, **parameters)

    monkeypatch.setattr(environment.postgres, "execute", noting)
    report = environment.manager.sweep()
    assert (report.expired_deleted, report.finished) == (12_000, True)
    assert len(ranges) >= 4
    assert report.batches == 1 + len(ranges) + 1 + 1 + 1  # fences, ranges, what is left, revoked, legacy
    assert left(rows) == {"live": 8_000}


def test_a_range_is_as_long_as_a_short_statement_can_delete(
    environment: Environment, rows: pg8000.native.Connection
) -> None:
    """Where all of the table has expired, pages are fewer than where little of it has."""
    insert(rows, "expired", 30_000, "now() - n * INTERVAL '1 second'")
    insert(rows, "live", 30_000, "now() + n * INTERVAL '1 minute'")

    *ranges, left_over = environment.manager._database.sweep.delete_expired(1_000)

    assert (sum(ranges), left_over) == (30_000, 0)
    dense = [deleted for deleted in ranges if deleted]
    assert all(3_000 <= deleted <= 5_000 for deleted in dense[1:-1])
    assert len(ranges) - len(dense) <= 4
    assert left(rows) == {"live": 30_000}


@pytest.mark.parametrize("pooler", ["none", "transaction"])
def test_ranges_alone_do_not_wait_for_the_disk(
    make_environment: MakeEnvironment, rows: pg8000.native.Connection, pooler: str
) -> None:
    """P2: what else is acknowledged over the same connection is on the disk."""
    insert_many(rows)
    postgres = make_environment(DATABASE_POOLER=pooler).postgres
    waiting = "SELECT current_setting('synchronous_commit')"

    with postgres.transaction():
        (first, *_) = PostgreSQLSweepAdapter(postgres).delete_expired(1_000)
        inside = postgres.fetch(waiting)

    assert (first > 0, inside, postgres.fetch(waiting)) == (True, [["off"]], [["on"]])


def test_after_ranges_only_what_has_expired_meanwhile_is_looked_for(
    environment: Environment, rows: pg8000.native.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index still has all that is gone, which would be walked; what else came behind a range waits for the next."""
    insert_many(rows)
    execute = environment.postgres.execute

    def execute_late(sql: str, **parameters: object) -> int:
        if "since" in parameters:
            insert(rows, "late", 5, "now() - INTERVAL '1 hour'")
            insert(rows, "meanwhile", 7, "clock_timestamp()")
        return execute(sql, **parameters)

    with monkeypatch.context() as patched:
        patched.setattr(environment.postgres, "execute", execute_late)
        assert list(environment.manager._database.sweep.delete_expired(1_000))[-1] == 7
    assert left(rows) == {"live": 8_000, "late": 5}
    assert list(environment.manager._database.sweep.delete_expired(1_000)) == [5]


@pytest.mark.parametrize("insert_rows", [insert_few, insert_many], ids=["batches", "ranges"])
def test_two_sweeps_at_once_with_touches_beside_them_delete_each_row_once_and_nothing_live(
    make_environment: MakeEnvironment, rows: pg8000.native.Connection, insert_rows: object
) -> None:
    assert callable(insert_rows)
    insert_rows(rows)
    before = left(rows)
    sweepers, toucher = [make_environment(), make_environment()], make_environment()
    check, now = toucher.manager._database.sessions.check, toucher.clock.now()
    with ThreadPoolExecutor() as pool:
        sweeps = [pool.submit(sweeper.manager.sweep) for sweeper in sweepers]
        touched = 0
        while not all(sweep.done() for sweep in sweeps) or touched < 100:
            touched += 1
            assert check(f"live-{touched}", now, now, now.replace(year=2000))
    reports = [sweep.result() for sweep in sweeps]
    assert sum(report.expired_deleted for report in reports) == before["expired"]
    assert all(report.finished for report in reports)
    assert left(rows) == {"live": before["live"]}
    ((activity,),) = rows.run("SELECT count(*) FROM sessions WHERE last_activity = :now", now=now)
    assert activity == touched


def test_a_row_that_somebody_else_holds_is_left_for_the_next_sweep(
    environment: Environment, make_environment: MakeEnvironment, rows: pg8000.native.Connection
) -> None:
    """An extension by an environment whose clock runs behind may be under way: it wins."""
    insert(rows, "expired", 2, "now() - INTERVAL '1 second'")
    other = make_environment().postgres
    with other.transaction():
        other.execute("UPDATE sessions SET expires_at = now() + INTERVAL '1 hour' WHERE id = 'expired-1'")
        assert environment.manager.sweep().expired_deleted == 1
    assert environment.manager.sweep().expired_deleted == 0
    assert left(rows) == {"expired": 1}


def told_seconds(monkeypatch: pytest.MonkeyPatch, *seconds: float) -> None:
    """Have the request's time run by *seconds*, one for each look at it; the last one stays."""
    looks: Iterator[float] = chain(seconds, repeat(seconds[-1]))
    monkeypatch.setattr("session_management.sweep.seconds_left", lambda: next(looks))


def test_a_sweep_stops_with_its_reserve_of_time_left_and_the_next_one_goes_on(
    environment: Environment, rows: pg8000.native.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_few(rows)
    told_seconds(monkeypatch, 300, 200, 20, 19.9)
    report = environment.manager.sweep()
    assert report.lag_seconds is not None
    assert report == SweepReport(2_000, batches=3, lag_seconds=report.lag_seconds, finished=False)
    assert left(rows) == {"expired": 500, "live": 17_500}

    told_seconds(monkeypatch, 300)
    assert environment.manager.sweep().finished
    assert left(rows) == {"live": 17_500}


def test_a_sweep_keeps_its_reserve_of_time_when_valkey_is_slow(
    environment: Environment, rows: pg8000.native.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand fences at a third of a second each would take longer than a sweep may."""
    insert(rows, "revoked", 100, "now() + INTERVAL '1 day'")
    rows.run("UPDATE sessions SET revoked = true, revoked_at = now()")
    told_seconds(monkeypatch, *range(49, 18, -1))
    assert environment.manager.sweep() == SweepReport(fences_written=29, batches=1, finished=False)


def test_without_time_beyond_the_reserve_nothing_is_begun(
    environment: Environment, rows: pg8000.native.Connection
) -> None:
    insert(rows, "expired", 10, "now() - INTERVAL '1 second'")
    with deadline(19.9):
        assert environment.manager.sweep() == SweepReport(finished=False)
    assert left(rows) == {"expired": 10}


def test_every_row_revoked_lately_gets_its_fence_again(
    environment: Environment, rows: pg8000.native.Connection, keys: redis.Redis
) -> None:
    """It finishes what a logout began that could not reach Redis."""
    insert(rows, "revoked", 2_100, "now() + INTERVAL '1 day'")
    rows.run("UPDATE sessions SET revoked = true, revoked_at = now()")
    rows.run("UPDATE sessions SET revoked_at = now() - INTERVAL '16 minutes' WHERE id = 'revoked-1'")
    keys.set("session:revoked-7", b'{"user_id":"x"}')

    report = environment.manager.sweep()
    assert (report.fences_written, report.revoked_deleted, report.finished) == (2_099, 0, True)
    assert len(list(keys.scan_iter(count=1000))) == 2_099
    assert decode(keys.get("session:revoked-7") or b"").fence is Fence.REVOKED  # type: ignore[arg-type]
    assert environment.manager.sweep().fences_written == 2_099


def test_revoked_rows_past_their_retention_go_when_their_fence_is_written(
    environment: Environment, rows: pg8000.native.Connection, keys: redis.Redis
) -> None:
    """Section 3, rule 3."""
    insert(rows, "live", 1_500, "now() + INTERVAL '1 day'")
    insert(rows, "over", 700, "now() - INTERVAL '1 second'")
    rows.run("UPDATE sessions SET revoked = true, revoked_at = now() - INTERVAL '31 days'")
    insert(rows, "kept", 10, "now() + INTERVAL '1 day'")
    rows.run("UPDATE sessions SET revoked = true, revoked_at = now() - INTERVAL '29 days' WHERE NOT revoked")

    report = environment.manager.sweep()
    assert (report.revoked_deleted, report.fences_written, report.finished) == (2_200, 1_500, True)
    assert left(rows) == {"kept": 10}
    assert len(list(keys.scan_iter(match="session:live-*", count=1000))) == 1_500


def test_legacy_sessions_past_their_age_are_cleared_in_batches(
    environment: Environment, sql: pg8000.native.Connection
) -> None:
    sql.run(
        "INSERT INTO users (email, session_id, last_login_at) SELECT 'u' || n || '@example.com', 'legacy' || n, "
        "CASE WHEN n <= 2000 THEN now() - INTERVAL '8 days' WHEN n <= 2300 THEN NULL ELSE now() END "
        "FROM generate_series(1, 2500) n"
    )
    report = environment.manager.sweep()
    assert (report.legacy_cleared, report.finished) == (2_300, True)
    assert sql.run("SELECT count(*) FROM users WHERE session_id IS NOT NULL") == [[200]]


def test_what_was_revoked_by_hand_without_a_date_is_fenced_and_dated(
    environment: Environment, rows: pg8000.native.Connection, keys: redis.Redis
) -> None:
    insert(rows, "undated", 1, "now() + INTERVAL '1 day'")
    rows.run("UPDATE sessions SET revoked = true")

    assert environment.manager.sweep().fences_written == 1

    value = keys.get("session:undated-1")
    assert isinstance(value, bytes)
    assert decode(value).fence is Fence.REVOKED
    assert rows.run(UNDATED) == [[0]]


def test_what_was_revoked_by_hand_is_dated_in_batches_that_wait_for_nobody(
    environment: Environment,
    make_environment: MakeEnvironment,
    rows: pg8000.native.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After an incident it may be all there are: one statement would run into its time-out, at every sweep."""
    insert(rows, "undated", 2_500, "now() + INTERVAL '1 day'")
    rows.run("UPDATE sessions SET revoked = true")
    execute, touched = environment.postgres.execute, []

    def counted(sql: str, **parameters: object) -> int:
        touched.append(execute(sql, **parameters))
        return touched[-1]

    monkeypatch.setattr(environment.postgres, "execute", counted)
    other = make_environment().postgres
    with other.transaction():
        other.fetch("SELECT 1 FROM sessions WHERE id = 'undated-1' FOR UPDATE")
        report = environment.manager.sweep()
    assert (report.fences_written, report.finished) == (2_499, True)
    assert touched[:3] == [1_000, 1_000, 499]
    assert environment.manager.sweep().fences_written == 2_500
    assert rows.run(UNDATED) == [[0]]
