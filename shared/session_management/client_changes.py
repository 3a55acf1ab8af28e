"""Whether a session is presented by the client that opened it, as far as its address and its device tell."""

import ipaddress
from enum import StrEnum
from typing import Final

from session_management.devices import is_same_device
from session_management.models import Session, SessionMetadata

_HOST_BITS: Final = {4: 8, 6: 64}
"""Of an address, what may differ within one network: IPv4 by /24, IPv6 by /64."""

type Network = tuple[int, int]
"""The version of the protocol, and the bits of the network."""


class ClientChange(StrEnum):
    """What about a client is not as it was at the login."""

    IP = "ip"
    DEVICE = "device"


def changes_of(session: Session, client: SessionMetadata) -> tuple[ClientChange, ...]:
    """Return what of *client* is another than *session* recorded. What is missing on either side is no change."""
    changes = []
    if session.ip and client.ip and not _is_same_network(session.ip, client.ip):
        changes.append(ClientChange.IP)
    if session.user_agent and client.user_agent and not is_same_device(session.user_agent, client.user_agent):
        changes.append(ClientChange.DEVICE)
    return tuple(changes)


def _is_same_network(one: str, other: str) -> bool:
    if one == other:
        return True
    networks = _network(one), _network(other)
    return None in networks or networks[0] == networks[1]


def _network(text: str) -> Network | None:
    """Return the network of an address; None for what is none, as the original application may have recorded."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return address.version, int(address) >> _HOST_BITS[address.version]
