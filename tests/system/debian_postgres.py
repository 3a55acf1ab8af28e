"""Debian's PostgreSQL, started and ended as the local stack starts and ends its own, which has no TLS."""

import os
import re
import subprocess
from pathlib import Path

from infra.local.servers import EmbeddedPostgres
from infra.local.servers.server_files import private_file, private_folder, server_user
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


def _newest_postgresql() -> Path:
    versions = [path.parents[1] for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not versions:
        raise RuntimeError("PostgreSQL is not installed: run make test-system, which installs it")
    return max(versions, key=lambda path: int(path.name)) / "bin"
