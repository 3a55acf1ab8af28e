"""The walk of the end-to-end tests, on the local stack: so that it is tested where there is no account."""

import socket
import threading

import httpx
import pytest

from infra.local.deployment import StackOptions
from infra.local.stack import LocalStack
from tests.e2e.walk import FORWARDED, Walk, below
from tests.e2e.web_socket import handshake


def test_somebody_walks_through_all_doors_of_the_local_stack() -> None:
    with LocalStack(StackOptions(durable=False)) as stack, httpx.Client(trust_env=False) as client:
        walk = Walk(client, below(stack.url))
        walk.through_all_doors()
        walk.log_in_with_an_app()

        answer = client.get(f"{stack.url}/me", headers={**FORWARDED, **walk.bearer})
        assert answer.json()["email"] == walk.email


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 101),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", 401),
    ],
)
def test_a_web_sockets_handshake_says_whether_it_is_open(answer: bytes, status: int) -> None:
    """A server that answers once, whatever it is asked."""
    asked: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(4096))
            connection.sendall(answer)
            connection.recv(1)  # until the client has left

    with socket.create_server(("127.0.0.1", 0)) as listener, httpx.Client(trust_env=False) as client:
        serving = threading.Thread(target=serve, args=(listener,))
        serving.start()
        assert handshake(client, f"ws://127.0.0.1:{listener.getsockname()[1]}", {"authorization": "Bearer x"}) == status
        client.close()
        serving.join()
    assert b"upgrade: websocket\r\n" in asked[0].lower()
    assert b"authorization: bearer x\r\n" in asked[0].lower()
