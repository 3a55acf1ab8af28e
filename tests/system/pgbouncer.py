"""Debian's PgBouncer in front of a PostgreSQL."""

import signal
import socket
from collections.abc import Mapping

from infra.local.servers import EmbeddedPostgres, EmbeddedServer
from infra.local.servers.server_files import private_file
from tests.system.programs import program


class PgBouncer(EmbeddedServer):
    """Debian's PgBouncer in transaction mode: however many clients there are, they share two connections."""

    end_signal = signal.SIGTERM
    stop_signal = signal.SIGINT

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        super().__init__()
        self.password = postgres.password
        self._postgres = postgres

    @property
    def url(self) -> str:
        """The URL of PostgreSQL, through the pooler."""
        postgres = self._postgres
        return f"postgresql://{postgres.user}:{self.password}@{self.host}:{self.port}/{postgres.database}"

    def _prepare(self) -> None:
        self.folder.chmod(0o711)
        private_file(self.folder / "users", f'"{self._postgres.user}" "{self.password}"\n')

    def _command(self) -> list[str]:
        settings: Mapping[str, str | int] = {
            "listen_addr": self.host,
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": str(self.folder / "users"),
            "pool_mode": "transaction",
            "default_pool_size": 2,
        }
        lines = ["[databases]", f"* = host={self._postgres.host} port={self._postgres.port}", "[pgbouncer]"]
        lines += [f"{name} = {value}" for name, value in settings.items()]
        configuration = self.folder / "pgbouncer.ini"
        configuration.unlink(missing_ok=True)
        private_file(configuration, "\n".join(lines) + "\n")
        return [str(program("pgbouncer")), str(configuration)]

    def _is_ready(self, pid: int) -> bool:  # noqa: ARG002 (where it does not listen, that is an OSError)
        with socket.create_connection((self.host, self.port), timeout=5):
            return True
