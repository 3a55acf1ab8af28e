"""What the tests need of Docker: the runtime's image, and this machine's loopback seen from a container."""

import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from typing import Final
from urllib.parse import urlsplit

HOST: Final = "host.docker.internal"
_IMAGE: Final = "lambda/python:3.13"


def has_image() -> bool:
    """Tell whether the runtime's image is on this machine already, so that it need not be pulled."""
    images = _docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    return any(image.partition("/")[2].startswith(_IMAGE) for image in images)


@contextmanager
def reachable(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield *environment* with the servers that its URLs name on loopback reachable from containers.

    Docker on Linux gives the host an address on its bridge, where the servers do not listen: what comes there
    is passed on to them. Elsewhere Docker itself leads to loopback, and there is no such address.
    """
    urls = {name: urlsplit(value) for name, value in environment.items() if name.endswith("_URL")}
    subnet = _docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}").strip()
    address = str(next(ip_network(subnet).hosts()))
    with ExitStack() as forwarders:
        for url in urls.values():
            assert url.port
            forwarders.enter_context(_forwarder(address, url.port))
        seen_from_there = {
            name: url._replace(netloc=url.netloc.replace(f"@{url.hostname}:", f"@{HOST}:")).geturl()
            for name, url in urls.items()
        }
        yield {**environment, **seen_from_there}


@contextmanager
def _forwarder(address: str, port: int) -> Iterator[None]:
    try:
        server = _Forwarder((address, port), _Connection)
    except OSError:  # no address of this machine's
        yield
        return
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


class _Forwarder(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        port = self.request.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=_pass_on, args=(server, self.request), daemon=True)
            back.start()
            _pass_on(self.request, server)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:  # the other side is gone
        return


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout
