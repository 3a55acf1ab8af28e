"""Free ports for the servers of the local stack."""

import random
import socket

from infra.local.servers.server_error import ServerError

HOST = "127.0.0.1"
# Below the ports that systems hand out to outgoing connections: none of those takes ours during a restart.
_PORTS = range(15_000, 32_000)


def free_port() -> int:
    """Return a TCP port of loopback on which nothing listens at this moment."""
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ServerError(f"no free port on {HOST}")
