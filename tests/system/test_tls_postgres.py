"""PostgreSQL over TLS: the right server is used, and to any other nothing is said but the wish for TLS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.servers import EmbeddedPostgres
from session_management import StoreUnavailableError, UserManager
from tests.system.certificates import Certificates
from tests.system.conftest import Managing, migrated
from tests.system.debian_postgres import DebianPostgres
from tests.system.recorder import HOST, SSL_REQUEST, plain_text, says_something_protected, sent_to
from tests.system.scenes import PATIENT, Variables


@pytest.fixture(scope="module")
def postgres(certificates: Certificates) -> Iterator[DebianPostgres]:
    with DebianPostgres(certificates.right) as server:
        assert migrated(variables(server, certificates.authority.file))["applied"]
        yield server


@pytest.fixture(
    scope="module", params=["of_another_host", "expired", "of_an_unknown_authority", "without_a_certificate"]
)
def impostor(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[DebianPostgres]:
    """Start a server that must not be trusted; the last one does not speak TLS at all."""
    with DebianPostgres(getattr(certificates, request.param, None)) as server:
        yield server


def variables(server: EmbeddedPostgres, ca_file: Path | None, port: int | None = None, **others: str) -> Variables:
    """Return what leads to *server*, by way of another *port* if one is given."""
    return {
        **PATIENT,
        "DATABASE_URL": f"postgresql://{server.user}:{server.password}@{HOST}:{port or server.port}/{server.database}",
        "DATABASE_SSLMODE": "verify-full",
        "REDIS_URL": f"redis://{HOST}:1/0",
        **({"DATABASE_CA_FILE": str(ca_file)} if ca_file else {}),
        **others,
    }


def refuses(manager: UserManager) -> bool:
    """Tell whether the manager says that it cannot tell."""
    try:
        manager.find_by_email("ann@example.com")
    except StoreUnavailableError as error:
        return error.store == "postgresql"
    return False


@pytest.mark.parametrize("pooler", ["none", "transaction"])
def test_the_right_server_is_used_and_all_but_the_wish_for_tls_is_hidden(
    postgres: DebianPostgres, certificates: Certificates, managing: Managing, pooler: str
) -> None:
    def use(port: int) -> None:
        manager = managing(variables(postgres, certificates.authority.file, port, DATABASE_POOLER=pooler))
        assert manager.find_by_email("nobody@example.com") is None

    (connection,) = sent_to(postgres.port, use)

    assert plain_text(connection) == SSL_REQUEST
    assert says_something_protected(connection)


def test_the_connection_is_protected_in_the_servers_eyes_too(
    postgres: DebianPostgres, certificates: Certificates, managing: Managing
) -> None:
    manager = managing(variables(postgres, certificates.authority.file))
    assert manager.find_by_email("nobody@example.com") is None

    found = postgres.query("""
        SELECT s.ssl, s.version >= 'TLSv1.2' FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
        WHERE a.application_name = 'session-management'
    """)
    assert found == "t|t"


@pytest.mark.parametrize("pooler", ["none", "transaction"])
def test_nothing_but_the_wish_for_tls_is_said_to_another_server(
    impostor: DebianPostgres, certificates: Certificates, managing: Managing, pooler: str
) -> None:
    def use(port: int) -> None:
        settings = variables(impostor, certificates.authority.file, port, DATABASE_POOLER=pooler)
        assert refuses(managing(settings))

    connections = sent_to(impostor.port, use)

    assert {plain_text(connection) for connection in connections} == {SSL_REQUEST}
    assert not any(says_something_protected(connection) for connection in connections)
    assert "connection authorized" not in impostor.log()


def test_a_private_authority_is_trusted_only_if_it_is_named(postgres: DebianPostgres, managing: Managing) -> None:
    def use(port: int) -> None:
        assert refuses(managing(variables(postgres, None, port)))

    (connection,) = sent_to(postgres.port, use)

    assert plain_text(connection) == SSL_REQUEST
    assert not says_something_protected(connection)


def test_a_server_that_insists_on_tls_refuses_a_client_without(postgres: DebianPostgres, managing: Managing) -> None:
    """It also shows that what is said in clear is seen here."""

    def use(port: int) -> None:
        assert refuses(managing(variables(postgres, None, port, DATABASE_SSLMODE="disable")))

    (connection,) = sent_to(postgres.port, use)

    assert b"session-management" in plain_text(connection)
