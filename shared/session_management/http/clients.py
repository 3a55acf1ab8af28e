"""Who sent a request: the address and the user agent, which sessions record and tries of passwords are counted by."""

import ipaddress
from collections.abc import Mapping
from typing import Protocol

from session_management.http.edge import came_through_edge
from session_management.models import SessionMetadata
from session_management.settings import Settings


class Sent(Protocol):
    """A request, of a door or of an authorizer, as far as it says where it came from."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers, with names in lower case."""
        ...

    @property
    def source_ip(self) -> str | None:
        """The address that connected, as the gateway tells it."""
        ...


def client_of(request: Sent, settings: Settings) -> SessionMetadata:
    """Return who sent *request*, as far as both stores can hold it."""
    return SessionMetadata(*said_of_client(request, settings))


def said_of_client(request: Sent, settings: Settings) -> tuple[str | None, str | None]:
    """Return the address that sent *request*, and the user agent, as they came.

    The address is the one that connected, or the one that the edge or our own `TRUSTED_PROXY_HOPS` proxies name.
    """
    if came_through_edge(request.headers, settings):
        named = _address(request.headers.get("x-viewer-address", ""))
    else:
        named = _named_by_proxies(request, settings.trusted_proxy_hops)
    return named or request.source_ip, request.headers.get("user-agent")


def _named_by_proxies(request: Sent, hops: int) -> str | None:
    """Return whom the outermost of *hops* proxies saw, by X-Forwarded-For; None where the header does not show it.

    Each proxy adds the address it was called from at the right, API Gateway among them: what it added is the address
    that connected. A header that does not end so was not written by API Gateway (a function URL passes on what stands
    leftmost, which is the client's to choose), and is not believed. What stands left of our proxies' is as little.
    """
    if not hops:
        return None
    said = [part.strip(" \t") for part in request.headers.get("x-forwarded-for", "").split(",")]
    connected = _address(request.source_ip or "")
    if connected is None or not 0 < hops < len(said) or _address(said[-1]) != connected:
        return None
    return _address(said[-1 - hops])


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
