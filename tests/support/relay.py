"""A TCP relay before a server, that can cut connections and lose answers: what networks do to idle sockets."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from tests.support.faults import EVER, LATE_SECONDS, SLOW_SECONDS, Fault

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Relay:
    """Listens on `port` and passes everything on to a server's port, both ways, until told otherwise.

    It counts connections, and round trips: times that a client spoke after an answer. It is a context
    manager; leaving it closes all.
    """

    host = "127.0.0.1"

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server((self.host, 0))
        self._port = int(self._listener.getsockname()[1])
        self._fault: Fault | None = None
        self._words_to_come: tuple[bytes, Callable[[], None]] | None = None
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []
        self._forgotten: set[socket.socket] = set()
        self._unanswered: set[socket.socket] = set()
        self._answers_to_lose = 0
        self._withholds_next_answer = False
        self._is_answered = True
        self._closing = threading.Event()
        self.is_down = False
        """Whether new connections are closed at once, as where no server is."""
        self.delay_seconds = 0.0
        """How late every answer comes, as over a slow network."""
        self.connections = 0
        self.round_trips = 0

    @property
    def port(self) -> int:
        """The port that clients connect to."""
        return self._port

    def misbehave(self, fault: Fault) -> None:
        """Do that to all connections, those there are and those to come, until `heal`."""
        self._fault = fault
        match fault:
            case Fault.REFUSE:
                self._stop_listening()
                self.cut(with_reset=True)
            case Fault.RESET | Fault.CUT_ONCE:
                self.cut(with_reset=True)
            case Fault.CLOSE:
                self.cut(with_reset=False)
            case Fault.LOSE_ANSWERS:
                self.lose_next_answers(EVER)
            case Fault.BLACK_HOLE:
                self.forget()
            case Fault.LATE:
                self.delay_seconds = LATE_SECONDS
            case Fault.SLOW:
                self.delay_seconds = SLOW_SECONDS

    def heal(self) -> None:
        """Pass everything on again, over old connections too; what was lost stays lost."""
        fault, self._fault = self._fault, None
        self.delay_seconds, self._answers_to_lose = 0.0, 0
        self._forgotten = set()
        if fault is Fault.REFUSE:
            self._listener = socket.create_server((self.host, self._port))
            self._spawn(self._accept)

    def before(self, words: bytes, act: Callable[[], None]) -> None:
        """Call *act* once, when a client says *words*, before they are passed on."""
        self._words_to_come = words, act

    def cut(self, *, with_reset: bool) -> None:
        """End all connections, with RST or, as a server that shuts down, with FIN; new ones are passed on."""
        pairs, self._pairs = self._pairs, []
        for client, server in pairs:
            if with_reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            for end in (server, client):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RD if with_reset else socket.SHUT_RDWR)
                end.close()

    def forget(self) -> None:
        """Drop whatever comes over the connections there are, and tell nobody, as a firewall does after a while."""
        self._forgotten |= {end for pair in self._pairs for end in pair}

    def withhold_answers(self) -> None:
        """Pass on what clients say over the connections there are, and no answer to it."""
        self._unanswered |= {server for _, server in self._pairs}

    def lose_next_answers(self, count: int) -> None:
        """Cut the connection instead of passing on an answer, *count* times; the server has done what it was told."""
        self._answers_to_lose = count

    def withhold_next_answer(self) -> None:
        """Keep one answer back, and the connection open: whoever waits for it waits in vain."""
        self._withholds_next_answer = True

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._stop_listening()
        self.cut(with_reset=False)
        for thread in self._threads:
            thread.join()

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.is_down:
                    client.close()
                    continue
                server = socket.create_connection((self.host, self._server_port))
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                self._pairs.append((client, server))
                self._receive(client, server)

    def _receive(self, client: socket.socket, server: socket.socket) -> None:
        if self._fault in (Fault.RESET, Fault.CLOSE):
            self.cut(with_reset=self._fault is Fault.RESET)
            return
        if self._fault is Fault.BLACK_HOLE:
            self.forget()
        self._spawn(self._pump, client, server)
        self._spawn(self._pump_answers, server, client)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if source in self._forgotten:
                    continue
                self._look_for_words(data)
                self.round_trips += self._is_answered
                self._is_answered = False
                target.sendall(data)
            self._pass_on_the_end(source, target)

    def _look_for_words(self, data: bytes) -> None:
        if self._words_to_come and self._words_to_come[0] in data:
            (_, act), self._words_to_come = self._words_to_come, None
            act()

    def _pump_answers(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if source in self._forgotten | self._unanswered:
                    continue
                if self._answers_to_lose:
                    self._answers_to_lose -= 1
                    self.cut(with_reset=True)
                    return
                if self._withholds_next_answer:
                    self._withholds_next_answer = False
                    continue
                self._is_answered = True
                self._closing.wait(self.delay_seconds)
                target.sendall(data)
            self._pass_on_the_end(source, target)

    def _pass_on_the_end(self, source: socket.socket, target: socket.socket) -> None:
        if source not in self._forgotten:
            target.shutdown(socket.SHUT_WR)

    def _spawn(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()
