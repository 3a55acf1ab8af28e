"""A secret that rotates: fetched once, and again when PostgreSQL refuses what it held."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pg8000.native
import pytest

from infra.local.servers import EmbeddedPostgres
from session_management.clients import connections
from session_management.clients.postgres import Postgres
from session_management.errors import StoreUnavailableError
from session_management.settings import Settings
from tests.integration.clients.conftest import Secret
from tests.support.clock import ToldClock
from tests.support.observer import RecordingObserver

ROLE: Final = "rotating"
OTHER: Final = "rotating_clone"
WHO: Final = "SELECT current_user::text"

type Server = pg8000.native.Connection


@pytest.fixture
def role(sql: Server) -> Iterator[Server]:
    """Two users, as of a rotation that alternates between them."""
    for name in (ROLE, OTHER):
        sql.run(f"CREATE ROLE {name} LOGIN PASSWORD 'first'")
    yield sql
    sql.run(f"DROP ROLE {ROLE}")
    sql.run(f"DROP ROLE {OTHER}")


@pytest.fixture
def connect(postgres: EmbeddedPostgres, clock: ToldClock, secret: Secret) -> Iterator[Callable[..., Postgres]]:
    def made(**variables: str) -> Postgres:
        settings = Settings.from_environment(
            {
                "DATABASE_HOST": postgres.host,
                "DATABASE_PORT": str(postgres.port),
                "DATABASE_NAME": postgres.database,
                "DATABASE_SSLMODE": "disable",
                "DATABASE_SECRET_ARN": secret.arn,
                **variables,
            }
        )
        return connections.postgres_for(settings.postgres, clock=clock, observer=RecordingObserver())

    yield made
    connections.close_postgres()


@pytest.fixture
def client(connect: Callable[..., Postgres], secret: Secret, role: Server, clock: ToldClock) -> Postgres:
    """A client that connected with the first password, some time ago."""
    secret.hold(username=ROLE, password="first")
    made = connect()
    assert made.fetch(WHO) == [[ROLE]]
    clock.advance(60)
    return made


def end_connections(role: Server) -> None:
    """End those of both users, as an operator who rotates for a reason does."""
    role.run(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename IN ('{ROLE}', '{OTHER}')")


def test_a_rotated_password_costs_one_fetch_and_no_error(client: Postgres, role: Server, secret: Secret) -> None:
    secret.hold(username=ROLE, password="second")
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    assert client.fetch(WHO) == [[ROLE]], "the open connection stays good"
    assert secret.fetches == 1
    client.close()
    for _ in range(2):
        assert client.fetch(WHO) == [[ROLE]]
        client.close()
    assert secret.fetches == 2


@pytest.mark.parametrize("pooler", ["none", "transaction"])
def test_a_rotation_that_ends_the_connections_costs_one_fetch_and_no_error(
    connect: Callable[..., Postgres], role: Server, secret: Secret, clock: ToldClock, pooler: str
) -> None:
    secret.hold(username=ROLE, password="first")
    client = connect(DATABASE_POOLER=pooler)
    assert client.fetch(WHO) == [[ROLE]]
    clock.advance(60)
    secret.hold(username=ROLE, password="second")
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    end_connections(role)
    assert client.fetch(WHO) == [[ROLE]]
    assert secret.fetches == 2


def test_a_rotation_that_alternates_between_users_takes_the_other_ones_name(
    client: Postgres, role: Server, secret: Secret
) -> None:
    """As RDS does: the one in use keeps its password until the rotation after next."""
    secret.hold(username=OTHER, password="first")
    client.close()
    assert (client.fetch(WHO), secret.fetches) == ([[ROLE]], 1)
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    end_connections(role)
    assert (client.fetch(WHO), secret.fetches) == ([[OTHER]], 2)


def test_many_threads_at_a_rotation_cost_one_fetch_and_no_error(client: Postgres, role: Server, secret: Secret) -> None:
    secret.hold(username=ROLE, password="second")
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    end_connections(role)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: client.fetch(WHO), range(40))) == [[[ROLE]]] * 40
    assert secret.fetches == 2


def refuse(client: Postgres, why: str) -> None:
    with pytest.raises(StoreUnavailableError, match=why) as failure:
        client.fetch(WHO)
    assert "canary" not in repr(failure.value) + str(failure.value)


def test_a_password_that_stays_wrong_is_fetched_at_most_once_in_ten_seconds(
    client: Postgres, role: Server, secret: Secret, clock: ToldClock
) -> None:
    secret.hold(username=ROLE, password="canary-wrong")
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    client.close()
    for seconds, fetches in ((0.0, 2), (9.99, 2), (0.02, 3), (4.0, 3), (5.98, 3), (3.1, 4)):
        clock.advance(seconds)
        refuse(client, "the password is wrong|being spared")
        assert secret.fetches == fetches, seconds


def test_a_password_that_is_wrong_from_the_start_is_fetched_at_most_once_more_in_ten_seconds(
    connect: Callable[..., Postgres], role: Server, secret: Secret, clock: ToldClock
) -> None:
    secret.hold(username=ROLE, password="canary-wrong")
    client = connect()
    for _ in range(3):
        refuse(client, "the password is wrong")
    assert secret.fetches == 2
    secret.hold(username=ROLE, password="first")
    clock.advance(10)
    assert (client.fetch(WHO), secret.fetches) == ([[ROLE]], 3)


def test_a_rotation_right_after_the_first_connection_costs_one_fetch_and_no_error(
    connect: Callable[..., Postgres], role: Server, secret: Secret
) -> None:
    """An environment may be started while a rotation is under way."""
    secret.hold(username=ROLE, password="first")
    client = connect()
    assert client.fetch(WHO) == [[ROLE]]
    secret.hold(username=ROLE, password="second")
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    end_connections(role)
    assert (client.fetch(WHO), secret.fetches) == ([[ROLE]], 2)


@pytest.mark.parametrize("at", [0.0, 500.0, 999.999, 90_000.0])
def test_a_clock_that_restarts_does_not_hold_up_a_refresh(
    client: Postgres, role: Server, secret: Secret, clock: ToldClock, at: float
) -> None:
    """As after a snapshot is restored, with whatever that machine's clock says."""
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    client.close()
    refuse(client, "the password is wrong")
    secret.hold(username=ROLE, password="second")
    clock.restart_monotonic(at)
    assert (client.fetch(WHO), secret.fetches) == ([[ROLE]], 3)


@pytest.mark.parametrize("calendar", [10.0, -3_600.0], ids=["frozen", "set back"])
def test_a_refresh_right_before_a_freeze_does_not_hold_up_one_after_the_thaw(
    client: Postgres, role: Server, secret: Secret, clock: ToldClock, calendar: float
) -> None:
    """The monotonic clock may have stood still, while the rotation came to its end."""
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    client.close()
    refuse(client, "the password is wrong")
    secret.hold(username=ROLE, password="second")
    clock.freeze(calendar)
    assert (client.fetch(WHO), secret.fetches) == ([[ROLE]], 3)


def test_a_secret_that_cannot_be_fetched_again_leaves_what_it_held(
    client: Postgres, role: Server, secret: Secret, clock: ToldClock
) -> None:
    """A store that refused for a moment is not lost to a Secrets Manager that is out of reach."""
    secret.refusal = "InternalServiceError"
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'meanwhile'")
    client.close()
    refuse(client, r"its secret cannot be read \(InternalServiceError\)")
    refuse(client, "the password is wrong")
    assert secret.fetches == 2
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'first'")
    assert (client.fetch(WHO), secret.fetches) == ([[ROLE]], 2)


def test_closing_the_client_forgets_its_secret(
    client: Postgres, connect: Callable[..., Postgres], secret: Secret
) -> None:
    """What a snapshot must not carry into other environments."""
    connections.close_postgres()
    assert connect().fetch(WHO) == [[ROLE]]
    assert secret.fetches == 2
