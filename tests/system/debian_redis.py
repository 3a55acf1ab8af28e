"""Debian's Redis, started and ended as the local stack starts and ends its Valkey, which has no TLS."""

import socket
import ssl

from infra.local.servers import EmbeddedValkey
from infra.local.servers.server_files import private_file, private_folder
from tests.system.certificates import Certificate
from tests.system.programs import program


class DebianRedis(EmbeddedValkey):
    """Debian's Redis. With a certificate it listens for TLS alone; `cluster=True` is a cluster of one node."""

    def __init__(self, certificate: Certificate | None = None, *, cluster: bool = False) -> None:
        super().__init__(cluster=cluster)
        self._certificate = certificate

    def _prepare(self) -> None:
        self.folder.chmod(0o711)
        self._program = program("redis-server")
        private_folder(self.folder / "data")
        if self._certificate:
            chain = private_file(self.folder / "server.crt", self._certificate.chain)
            key = private_file(self.folder / "server.key", self._certificate.key)
            self._settings = (f"tls-cert-file {chain}", f"tls-key-file {key}", "tls-auth-clients no")
            if self._cluster:
                self._settings += ("tls-cluster yes", f"tls-ca-cert-file {chain}")

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
            slots = "CLUSTER ADDSLOTSRANGE 0 16383\r\nCLUSTER INFO\r\n" if self._cluster else ""
            connection.sendall(f"AUTH {self.password}\r\n{slots}QUIT\r\n".encode())
            answers = b"".join(iter(lambda: connection.recv(65536), b""))
            return answers.startswith(b"+OK\r\n") and (not self._cluster or b"cluster_state:ok" in answers)
