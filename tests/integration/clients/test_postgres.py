"""The client of PostgreSQL: no reply is read twice, no time-out is paid more than once, nothing is left waiting."""

from contextlib import suppress

import pg8000.native
import pytest

from session_management.clients.postgres import Postgres
from session_management.errors import InvalidInputError, StoreUnavailableError
from session_management.models import CreateUserData, SessionMetadata
from tests.conftest import MakeEnvironment
from tests.integration.conftest import ThroughRelays

OUR_STATE = "SELECT state FROM pg_stat_activity WHERE application_name = 'session-management'"
POOLERS = pytest.mark.parametrize("pooler", ["none", "transaction"])


def rows(postgres: Postgres, number: int) -> object:
    return postgres.fetch("SELECT :number::int", number=number)


@POOLERS
def test_values_come_back_as_they_went(make_environment: MakeEnvironment, pooler: str) -> None:
    postgres = make_environment(DATABASE_POOLER=pooler).postgres
    long, empty, foreign = "x" * 100_000, "", "löwe \U0001f981"
    sql = "SELECT n, :long::text, :empty::text, :foreign::text, :none::text, :yes::boolean FROM generate_series(1, 3) n"
    for _ in range(2):
        found = postgres.fetch(sql, long=long, empty=empty, foreign=foreign, none=None, yes=True)

        assert found == [[number, long, empty, foreign, None, True] for number in (1, 2, 3)]


@POOLERS
def test_a_statement_that_fails_amid_its_rows_gives_none_and_leaves_no_reply_behind(
    make_environment: MakeEnvironment, pooler: str
) -> None:
    postgres = make_environment(DATABASE_POOLER=pooler).postgres
    for number in range(3):
        with pytest.raises(InvalidInputError, match="22012"):
            postgres.fetch("SELECT 6 / (:last::int - n) FROM generate_series(1, 5000) n", last=4000)

        assert rows(postgres, number) == [[number]]


@POOLERS
def test_a_statement_that_fails_before_its_reply_is_read_leaves_no_reply_behind(
    make_environment: MakeEnvironment, pooler: str
) -> None:
    postgres = make_environment(DATABASE_POOLER=pooler).postgres
    for number in range(3):
        with pytest.raises(UnicodeEncodeError):
            postgres.fetch("SELECT :text::text", text="\ud800")

        assert rows(postgres, number) == [[number]]


@POOLERS
def test_neither_does_one_inside_a_transaction(make_environment: MakeEnvironment, pooler: str) -> None:
    postgres = make_environment(DATABASE_POOLER=pooler).postgres

    def fail_in_a_transaction() -> None:
        with postgres.transaction():
            assert rows(postgres, 1) == [[1]]
            postgres.fetch("SELECT :text::text", text="\ud800")

    with pytest.raises(UnicodeEncodeError):
        fail_in_a_transaction()

    assert rows(postgres, 2) == [[2]]


@pytest.mark.parametrize(("pooler", "state"), [("none", "idle"), ("transaction", "idle in transaction")])
def test_behind_a_pooler_each_statement_comes_inside_an_explicit_transaction(
    through_relays: ThroughRelays, sql: pg8000.native.Connection, pooler: str, state: str
) -> None:
    """Outside of one, a pooler may let another client in between its round trips, and mix up the answers."""
    env, to_postgres, _ = through_relays(DATABASE_POOLER=pooler)
    assert rows(env.postgres, 1) == [[1]]
    states: list[object] = []
    for number, ask in enumerate((env.postgres.fetch, env.postgres.execute)):
        statement = f"SELECT 'statement {number}'"
        to_postgres.before(statement.encode(), lambda: states.extend(sql.run(OUR_STATE)))
        ask(statement)

    assert states == [[state], [state]]
    assert sql.run(OUR_STATE) == [["idle"]]


@POOLERS
def test_a_transaction_inside_another_is_part_of_it(make_environment: MakeEnvironment, pooler: str) -> None:
    env = make_environment(DATABASE_POOLER=pooler)

    def fail_after_a_transaction_inside() -> None:
        with env.postgres.transaction():
            env.manager.create(CreateUserData(email="ann@example.com"))
            raise KeyError

    with pytest.raises(KeyError):
        fail_after_a_transaction_inside()

    assert env.manager.count() == 0


def test_a_statement_is_bounded_over_all_its_round_trips(through_relays: ThroughRelays) -> None:
    """P9: three round trips of 0.2 s are too long for 0.5 s."""
    env, to_postgres, _ = through_relays(DATABASE_POOLER="transaction", DATABASE_TIMEOUT_MS="500")
    assert rows(env.postgres, 1) == [[1]]
    to_postgres.delay_seconds = 0.2

    with pytest.raises(StoreUnavailableError, match="in time"):
        rows(env.postgres, 2)


def test_so_is_connecting(through_relays: ThroughRelays) -> None:
    env, to_postgres, _ = through_relays(DATABASE_CONNECT_TIMEOUT_MS="300", DATABASE_TIMEOUT_MS="5000")
    to_postgres.delay_seconds = 0.2

    with pytest.raises(StoreUnavailableError, match="in time"):
        rows(env.postgres, 1)


@POOLERS
def test_a_statement_that_nobody_waits_for_any_more_does_not_wait_on_in_postgresql(
    make_environment: MakeEnvironment, sql: pg8000.native.Connection, pooler: str
) -> None:
    env = make_environment(DATABASE_POOLER=pooler, DATABASE_TIMEOUT_MS="500")
    user = env.manager.create(CreateUserData(email="ann@example.com"))
    sql.run("BEGIN")
    sql.run("SELECT FROM users FOR UPDATE")
    with pytest.raises(StoreUnavailableError):
        env.manager.create_session(user.id, SessionMetadata(), 60)

    waiting = sql.run("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    sql.run("ROLLBACK")
    assert waiting == [[0]]
    assert sql.run("SELECT count(*) FROM sessions") == [[0]]
    assert env.manager.count() == 1


def test_a_prepared_statement_survives_a_change_of_the_schema(
    make_environment: MakeEnvironment, sql: pg8000.native.Connection
) -> None:
    postgres = make_environment(DATABASE_POOLER="none").postgres
    sql.run("CREATE TABLE changing (number INTEGER)")
    try:
        assert postgres.fetch("SELECT number FROM changing") == []
        sql.run("ALTER TABLE changing ALTER number TYPE BIGINT")
        assert postgres.fetch("SELECT number FROM changing") == []
    finally:
        sql.run("DROP TABLE changing")


@POOLERS
def test_after_a_time_out_nothing_is_sent_again(through_relays: ThroughRelays, pooler: str) -> None:
    env, to_postgres, _ = through_relays(DATABASE_POOLER=pooler, DATABASE_TIMEOUT_MS="300")
    assert rows(env.postgres, 1) == [[1]]
    connections = to_postgres.connections
    to_postgres.delay_seconds = 30.0

    with pytest.raises(StoreUnavailableError, match="in time"):
        rows(env.postgres, 2)
    assert to_postgres.connections == connections


@POOLERS
def test_a_transaction_that_lost_its_connection_is_not_continued_over_another(
    through_relays: ThroughRelays, pooler: str
) -> None:
    """What came before is lost with the connection; what comes after must not be committed without it."""
    env, to_postgres, _ = through_relays(DATABASE_POOLER=pooler)

    def go_on_regardless() -> None:
        with env.postgres.transaction():
            assert rows(env.postgres, 1) == [[1]]
            to_postgres.cut(with_reset=False)
            for number in (2, 3):
                with suppress(StoreUnavailableError):
                    rows(env.postgres, number)

    with pytest.raises(StoreUnavailableError):
        go_on_regardless()
    assert rows(env.postgres, 4) == [[4]]


@POOLERS
def test_postgresql_is_not_spared_for_an_error_that_is_a_statements_own(
    make_environment: MakeEnvironment, pooler: str
) -> None:
    """It is up; other statements go on."""
    env = make_environment(DATABASE_POOLER=pooler)
    for _ in range(4):
        with pytest.raises(StoreUnavailableError, match="42P01, a table is missing"):
            env.postgres.fetch("SELECT * FROM nowhere")

    assert rows(env.postgres, 1) == [[1]]
    assert (len(env.observer.failures), env.observer.breakers) == (4, [])


@POOLERS
@pytest.mark.parametrize("state", ["53300", "57014", "58030", "XX000"])
def test_postgresql_is_spared_when_it_says_that_it_cannot(
    make_environment: MakeEnvironment, pooler: str, state: str
) -> None:
    """No resources, a time limit, a broken disk, a broken server."""
    env = make_environment(DATABASE_POOLER=pooler)
    for _ in range(3):
        with pytest.raises(StoreUnavailableError):
            env.postgres.execute(f"DO $$ BEGIN RAISE 'no' USING ERRCODE = '{state}'; END $$")

    assert env.observer.breakers == [("postgresql", True)]
