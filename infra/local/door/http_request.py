"""One HTTP request as the server received it, in the terms in which Lambda describes requests."""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import parse_qsl

from starlette.types import Scope

_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}


@dataclass(frozen=True)
class HttpRequest:
    """A request, its body read."""

    scope: Scope
    body: bytes
    received_at: datetime

    @classmethod
    def of(cls, scope: Scope, body: bytes) -> "HttpRequest":
        """Return the request that arrived just now."""
        return cls(scope, body, datetime.now(UTC))

    @property
    def method(self) -> str:
        """The method, as sent."""
        return str(self.scope["method"])

    @property
    def raw_path(self) -> str:
        """The path with its percent-encoding."""
        return str(self.scope["raw_path"].decode("latin-1"))

    @property
    def raw_query(self) -> str:
        """What follows the question mark, as sent."""
        return str(self.scope["query_string"].decode("latin-1"))

    @property
    def source_ip(self) -> str:
        """The address of the TCP peer."""
        return str(self.scope["client"][0]) if self.scope["client"] else ""

    @property
    def domain(self) -> str:
        """The host that the client asked for, without a port."""
        return re.sub(r":\d*$", "", self.headers.get("host", ""))

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters, decoded; values of one name are joined by commas."""
        return _joined(parse_qsl(self.raw_query, keep_blank_values=True))

    @cached_property
    def cookies(self) -> list[str]:
        """The cookies as `name=value`, in their order."""
        sent = (value for name, value in self._sent_headers() if name == "cookie")
        return [pair for value in sent for part in value.split(";") if (pair := part.strip())]

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers in lower case, duplicates joined by commas, without cookies, with what AWS adds."""
        own = (item for item in self._sent_headers() if item[0] != "cookie" and item[0] not in _HOP_BY_HOP)
        headers = _joined(own)
        forwarded_for = (headers.get("x-forwarded-for"), self.source_ip)
        return headers | {
            "x-amzn-trace-id": f"Root=1-{int(self.received_at.timestamp()):08x}-{secrets.token_hex(12)}",
            "x-forwarded-for": ", ".join(address for address in forwarded_for if address),
            "x-forwarded-port": str(self.scope["server"][1]),
            "x-forwarded-proto": str(self.scope["scheme"]),
        }

    def _sent_headers(self) -> Iterator[tuple[str, str]]:
        for name, value in self.scope["headers"]:
            yield name.decode("latin-1").lower(), value.decode("latin-1")


def _joined(items: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in items:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined
