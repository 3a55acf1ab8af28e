"""A cluster of Redis or Valkey: which node has a key, and one connection to each node.

redis-py's own client of clusters asks for the list of all commands whenever it is opened, waits for a second time-out
after the first, and fails where a key is on its way to a node that has none yet.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain
from typing import Any, Final

import hiredis
from redis.crc import key_slot

from session_management.clients.connection_age import ConnectionAge
from session_management.clients.redis_errors import NoOwnerError, redirection_of
from session_management.clients.redis_node import Address, Node, Timeouts, Word
from session_management.interfaces import Clock

_MOST_REDIRECTIONS: Final = 5


class Cluster:
    """The nodes of a cluster as one client. A node that fails is an error; whoever gets it closes this."""

    def __init__(self, entry: Address, open_node: Callable[[Address], Node], clock: Clock) -> None:
        """Ask the node at *entry* who has which keys, and again where that was long ago."""
        self._entry = entry
        self._open_node = open_node
        self._age = ConnectionAge(clock)
        self._nodes: dict[Address, Node] = {}
        self._look_around()

    @property
    def addresses(self) -> list[Address]:
        """Every node that has slots, and every replica of one."""
        return list(dict.fromkeys(chain.from_iterable(addresses for _, _, addresses in self._ranges)))

    def set_timeouts(self, timeouts: Timeouts) -> None:
        """Wait so long from now on."""
        for node in self._nodes.values():
            node.set_timeouts(timeouts)

    def execute_command(self, *words: Word) -> Any:
        """Return the reply of the node that has the key, wherever the key has moved meanwhile."""
        if not self._age.use():
            self._look_around()
        address, is_asking = self._owner_of(_slot(words)), False
        for _ in range(_MOST_REDIRECTIONS):
            node = self._node(address)
            try:
                if is_asking:
                    node.execute_command("ASKING")
                return node.execute_command(*words)
            except hiredis.ReplyError as error:
                redirection = redirection_of(error)
                if redirection is None:
                    raise
                host, port, is_for_good = redirection
                address, is_asking = (host or address[0], port), not is_for_good
                if is_for_good:
                    self._moved[_slot(words)] = address
        raise NoOwnerError("the nodes send us to each other")

    def close(self) -> None:
        """Close every connection."""
        with ExitStack() as closing:
            for node in self._nodes.values():
                closing.callback(node.close)
        self._nodes.clear()

    def _look_around(self) -> None:
        self.close()
        self._age.begin()
        self._moved: dict[int, Address] = {}
        self._ranges: list[tuple[int, int, list[Address]]] = []
        try:
            self._ranges = list(_ranges(self._node(self._entry).execute_command("CLUSTER", "SLOTS"), self._entry[0]))
        except BaseException:
            self.close()
            raise

    def _owner_of(self, slot: int) -> Address:
        owners = (addresses[0] for first, last, addresses in self._ranges if first <= slot <= last)
        owner = self._moved.get(slot) or next(owners, None)
        if owner is None:
            raise NoOwnerError("no node has the slot")
        return owner

    def _node(self, address: Address) -> Node:
        if address not in self._nodes:
            self._nodes[address] = self._open_node(address)
        return self._nodes[address]


def _slot(words: tuple[Word, ...]) -> int:
    key = str(words[3 if words[0] in ("EVAL", "EVALSHA") else 1])
    return key_slot(key.encode())


def _ranges(slots: Any, here: str) -> Iterator[tuple[int, int, list[Address]]]:
    """Yield the ranges of slots, each with its primary first. A node without a name has the one that was asked."""
    for first, last, *nodes in slots:
        yield int(first), int(last), [((node[0] or b"").decode() or here, int(node[1])) for node in nodes]
