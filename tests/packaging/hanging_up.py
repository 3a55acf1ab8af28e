"""A server that says nothing: it ends each connection when TLS stands and it was told something."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme


@contextmanager
def hanging_up(authority: Path) -> Iterator[int]:
    """Yield its port on this machine; *authority* becomes the file of who vouches for it."""
    signer = trustme.CA()
    signer.cert_pem.write_to_path(str(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    signer.issue_cert("localhost", "127.0.0.1").configure_cert(context)

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as connection:
                connection.recv(1)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()
