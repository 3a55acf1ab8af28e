"""The servers that Debian packages, started and ended as the local stack starts and ends its own.

They have what the servers from wheels lack: TLS, a pooler, and Redis instead of Valkey.
"""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path

from infra.local.server_files import private_file, private_folder, server_user
from infra.local.servers import EmbeddedPostgres, EmbeddedServer, EmbeddedValkey
from tests.system.certificates import Certificate


class DebianPostgres(EmbeddedPostgres):
    """Debian's PostgreSQL. With a certificate it offers TLS, and takes passwords over nothing else."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        super().__init__(durable=False, settings=("log_connections=on", *(["ssl=on"] if certificate else [])))
        self._certificate = certificate

    def query(self, statement: str) -> str:
        """Return what psql prints for *statement*."""
        answer = subprocess.run(
            [self.programs / "psql", "-XAtq", "-h", self.host, "-p", str(self.port), "-c", statement],
            env={"PGUSER": self.user, "PGDATABASE": self.database, "PGPASSWORD": self.password},
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        )
        return answer.stdout.strip()

    def log(self) -> str:
        """Return all that the server has logged."""
        return (self.folder / "server.log").read_text()

    def _prepare(self) -> None:
        self.folder.chmod(0o711)
        self._programs = _newest_postgresql()
        private_folder(self._data)
        password = private_file(self.folder / "password", self.password)
        user = server_user()
        encoding = ["--encoding=UTF8", "--locale=C.UTF-8"]
        access = ["--auth=scram-sha-256", f"--username={self.user}", f"--pwfile={password}"]
        subprocess.run(
            [self._programs / "initdb", f"--pgdata={self._data}", "--no-sync", *encoding, *access],
            user=user and user.pw_uid,
            group=user and user.pw_gid,
            extra_groups=[] if user else None,
            cwd=self.folder,
            env={"PATH": os.defpath},
            capture_output=True,
            check=True,
        )
        password.unlink()
        if self._certificate:
            self._take(self._certificate)

    def _take(self, certificate: Certificate) -> None:
        private_file(self._data / "server.crt", certificate.chain)
        private_file(self._data / "server.key", certificate.key)
        access = self._data / "pg_hba.conf"
        access.write_text(re.sub(r"^host ", "hostssl ", access.read_text(), flags=re.MULTILINE))


class DebianRedis(EmbeddedValkey):
    """Debian's Redis. With a certificate it listens for TLS alone."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        super().__init__()
        self._certificate = certificate

    def _prepare(self) -> None:
        self.folder.chmod(0o711)
        self._program = program("redis-server")
        private_folder(self.folder / "data")
        if self._certificate:
            chain = private_file(self.folder / "server.crt", self._certificate.chain)
            key = private_file(self.folder / "server.key", self._certificate.key)
            self._settings = (f"tls-cert-file {chain}", f"tls-key-file {key}", "tls-auth-clients no")

    def _command(self) -> list[str]:
        if self._certificate:
            ports = ("port 0", f"tls-port {self.port}")
            self._settings = (*(line for line in self._settings if line not in ports), *ports)
        return super()._command()

    def _is_ready(self, pid: int) -> bool:
        if not self._certificate:
            return super()._is_ready(pid)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection((self.host, self.port), timeout=5) as plain,
            context.wrap_socket(plain) as connection,
        ):
            connection.sendall(f"AUTH {self.password}\r\n".encode())
            return connection.recv(5) == b"+OK\r\n"


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


def program(name: str) -> Path:
    """Return the program *name*, which a Debian package has installed."""
    found = shutil.which(name, path=f"{os.defpath}:/usr/sbin:/usr/bin")
    if found is None:
        raise RuntimeError(f"{name} is not installed: run make test-system, which installs it")
    return Path(found)


def _newest_postgresql() -> Path:
    versions = [path.parents[1] for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not versions:
        raise RuntimeError("PostgreSQL is not installed: run make test-system, which installs it")
    return max(versions, key=lambda path: int(path.name)) / "bin"
