"""Redis over TLS: the right server is used, and to any other nothing is said; logins do without it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from infra.local.servers import EmbeddedPostgres
from session_management import (
    CreateUserData,
    SessionMetadata,
    StoreUnavailableError,
    UserManager,
)
from tests.system.certificates import Certificates
from tests.system.conftest import Managing, migrated
from tests.system.debian_redis import DebianRedis
from tests.system.recorder import HOST, plain_text, says_something_protected, sent_to
from tests.system.scenes import PATIENT, Variables

PASSWORD = "correct horse battery staple"
FROM = SessionMetadata(ip="192.0.2.7")
# A Redis without TLS does not refuse it: it waits for the end of a line that never comes.
IMPATIENT = {"REDIS_CONNECT_TIMEOUT_MS": "500", "REDIS_TIMEOUT_MS": "500"}
_numbers = count()


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(durable=False) as server:
        assert migrated({**PATIENT, "DATABASE_URL": server.url, "REDIS_URL": f"redis://{HOST}:1/0"})["applied"]
        yield server


@pytest.fixture(scope="module")
def redis(certificates: Certificates) -> Iterator[DebianRedis]:
    with DebianRedis(certificates.right) as server:
        yield server


@pytest.fixture(
    scope="module", params=["of_another_host", "expired", "of_an_unknown_authority", "without_a_certificate"]
)
def impostor(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[DebianRedis]:
    """Start a server that must not be trusted; the last one does not speak TLS at all."""
    with DebianRedis(getattr(certificates, request.param, None)) as server:
        yield server


def variables(
    postgres: EmbeddedPostgres, redis: DebianRedis, port: int, ca_file: Path | None, **others: str
) -> Variables:
    """Return what leads to the two servers, to Redis by way of *port*."""
    return {
        **PATIENT,
        "DATABASE_URL": postgres.url,
        "REDIS_URL": f"redis://:{redis.password}@{HOST}:{port}/0",
        "REDIS_TLS": "true",
        **({"REDIS_CA_FILE": str(ca_file)} if ca_file else {}),
        **others,
    }


def log_in(manager: UserManager) -> str:
    """Return the session ID of a new user who has just logged in."""
    email = f"ann.{next(_numbers)}@example.com"
    manager.create(CreateUserData(email=email, password=PASSWORD))
    return manager.log_in(email, PASSWORD, FROM).session_id


def use_without_redis(manager: UserManager) -> None:
    """Log in, validate and log out as P1 and P2 have it where Redis cannot be used."""
    session_id = log_in(manager)
    assert manager.find_by_session_id(session_id) is not None
    with pytest.raises(StoreUnavailableError, match="redis"):
        manager.delete_session(session_id)
    assert manager.find_by_session_id(session_id) is None


def test_the_right_server_is_used_and_all_is_hidden(
    postgres: EmbeddedPostgres, redis: DebianRedis, certificates: Certificates, managing: Managing
) -> None:
    def use(port: int) -> None:
        manager = managing(variables(postgres, redis, port, certificates.authority.file))
        session_id = log_in(manager)
        postgres.stop()
        try:
            assert manager.find_by_session_id(session_id) is not None
        finally:
            postgres.start()

    (connection,) = sent_to(redis.port, use)

    assert plain_text(connection) == b""
    assert says_something_protected(connection)


def test_a_cluster_is_used_and_all_is_hidden(
    postgres: EmbeddedPostgres, certificates: Certificates, managing: Managing
) -> None:
    """The node names itself by its address, which the certificate has to cover as well."""
    with DebianRedis(certificates.right, cluster=True) as redis:

        def use(port: int) -> None:
            manager = managing(variables(postgres, redis, port, certificates.authority.file, REDIS_CLUSTER="true"))
            session_id = log_in(manager)
            postgres.stop()
            try:
                assert manager.find_by_session_id(session_id) is not None
            finally:
                postgres.start()

        connections = sent_to(redis.port, use)

    assert {plain_text(connection) for connection in connections} == {b""}
    assert all(says_something_protected(connection) for connection in connections)


@pytest.mark.parametrize("cluster", ["false", "true"])
def test_nothing_is_said_to_another_server_and_logins_do_without_it(
    postgres: EmbeddedPostgres, impostor: DebianRedis, certificates: Certificates, managing: Managing, cluster: str
) -> None:
    def use(port: int) -> None:
        settings = variables(postgres, impostor, port, certificates.authority.file, REDIS_CLUSTER=cluster, **IMPATIENT)
        use_without_redis(managing(settings))

    connections = sent_to(impostor.port, use)

    assert {plain_text(connection) for connection in connections} == {b""}
    assert not any(says_something_protected(connection) for connection in connections)


def test_a_private_authority_is_trusted_only_if_it_is_named(
    postgres: EmbeddedPostgres, redis: DebianRedis, managing: Managing
) -> None:
    connections = sent_to(redis.port, lambda port: use_without_redis(managing(variables(postgres, redis, port, None))))

    assert {plain_text(connection) for connection in connections} == {b""}
    assert not any(says_something_protected(connection) for connection in connections)


def test_a_server_that_insists_on_tls_cannot_be_used_without(
    postgres: EmbeddedPostgres, redis: DebianRedis, managing: Managing
) -> None:
    """It also shows that what is said in clear is seen here."""

    def use(port: int) -> None:
        use_without_redis(managing(variables(postgres, redis, port, None, REDIS_TLS="false")))

    connections = sent_to(redis.port, use)

    assert redis.password.encode() in plain_text(connections[0])
