"""P5: a secret that comes through any door, in any part of a request, is told to nobody and kept nowhere."""

from typing import Final

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedServer, EmbeddedValkey
from session_management.tokens import SessionNames, handle_of
from tests.integration.canaries.conftest import EMAIL, PASSWORD, Told
from tests.integration.canaries.dumps import files, keys_and_commands, rows
from tests.integration.canaries.events import WRONG, with_secret
from tests.support.log import Log
from tests.support.servers import sql_connection, valkey_connection

UNKNOWN: Final = "an-unknown-session-ID-that-nobody-may-see-0"
MALFORMED: Final = "a-malformed-session-ID-that-nobody-may-see-either"
OUTAGES: Final = {"none": (), "Valkey": ("valkey",), "PostgreSQL": ("postgres",), "both": ("postgres", "valkey")}

type Servers = tuple[EmbeddedPostgres, EmbeddedValkey]


def test_the_canaries_are_what_they_say() -> None:
    assert SessionNames().key_of(UNKNOWN)
    assert SessionNames().key_of(MALFORMED) is None


@pytest.mark.usefixtures("every_command")
@pytest.mark.parametrize("stopped", OUTAGES.values(), ids=OUTAGES, indirect=True)
def test_no_secret_is_told_or_kept(
    told: Told, log: Log, capfd: pytest.CaptureFixture[str], servers: Servers, stopped: list[EmbeddedServer]
) -> None:
    """ASVS 16.2.5."""
    session_ids, named = send_everything(told, stopped)
    secrets = (*session_ids, PASSWORD, WRONG)

    output = "\n".join([*told.texts, log.text, *capfd.readouterr()])
    assert 401 in told.statuses
    assert (503 in told.statuses) == bool(stopped)
    assert not [secret for secret in secrets if secret in output]
    # An answer may hold the email of whom it is for; what is logged holds nobody's.
    assert EMAIL not in log.text
    for server in stopped:
        server.start()
    check_stores(*servers, secrets, handle_of(named))


def check_stores(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, secrets: tuple[str, ...], handle: str) -> None:
    """Dump both stores whole, with the files of both servers: logs, and what is left of what was there before.

    The session with this *handle* is found in the dumps, which shows that they hold what is kept.
    """
    with sql_connection(postgres) as sql, valkey_connection(valkey) as keys:
        kept = [*rows(sql), *keys_and_commands(keys)]
        sql.run("CHECKPOINT")

    assert any(handle in text and "curl/8 [hidden] [hidden]" in text for text in kept)
    assert not [text for text in kept if any(secret in text for secret in secrets)]
    is_found = False
    for path, data in files(postgres, valkey):
        is_found |= handle.encode() in data
        assert not [secret for secret in secrets if secret.encode() in data], path
    assert is_found


def send_everything(told: Told, stopped: list[EmbeddedServer]) -> tuple[tuple[str, ...], str]:
    """Log in, stop what is to be stopped, and send every secret; return the session IDs, and one that lives on.

    Its login came from a client that calls itself by the other ID.
    """
    live = told.log_in("a browser")
    named = told.log_in(f"curl/8 {live} {UNKNOWN}")
    for server in stopped:
        server.stop()
    session_ids = (live, UNKNOWN, MALFORMED)
    for session_id in session_ids:
        for function, event in with_secret(session_id, is_session_id=True):
            told.send(function, event)
    for password in (PASSWORD, WRONG):
        for function, event in with_secret(password, is_session_id=False):
            told.send(function, event)
    return (*session_ids, named), named
