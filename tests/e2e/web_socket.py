"""The first step of a WebSocket, which is an HTTP request: all that an authorizer decides."""

import base64
import secrets
from collections.abc import Mapping

import httpx


def handshake(client: httpx.Client, url: str, headers: Mapping[str, str]) -> int:
    """Return what a request to open a WebSocket is answered: 101 where it is open, which is then left."""
    asking = {
        **headers,
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": base64.b64encode(secrets.token_bytes(16)).decode(),
    }
    address = url.replace("wss://", "https://", 1).replace("ws://", "http://", 1)
    with client.stream("GET", address, headers=asking) as answer:
        return answer.status_code
