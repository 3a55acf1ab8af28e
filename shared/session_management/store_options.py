"""Where the stores are and how they are reached, as the clients take it; and reading it out of URLs."""

import ipaddress
import re
from typing import ClassVar, Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from session_management.value import Value

_POSTGRES_SCHEMES: Final = ("postgresql", "postgres")
_DATABASE: Final = re.compile(r"[0-9]{0,9}")
_REDIS_SCHEMES: Final = {"redis": False, "rediss": True, "valkey": False, "valkeys": True}


class PostgresOptions(Value):
    """How to reach PostgreSQL. `is_pooled`: a transaction-mode pooler may stand between."""

    hidden: ClassVar = ("password",)

    host: str
    port: int
    name: str
    user: str | None
    password: str | None
    uses_tls: bool
    ca_file: str | None
    secret_arn: str | None
    uses_iam: bool
    is_pooled: bool
    connect_timeout_seconds: float
    timeout_seconds: float

    @property
    def server_limits(self) -> dict[str, str]:
        """How long PostgreSQL itself lets a statement run, and a transaction stand still, by its settings' names.

        A statement less than we wait for it, so that none waits on there for nobody. A transaction that stands still
        may belong to an environment that vanished with its network: its locks would be held until TCP gives up, which
        by default is after two hours.
        """
        limits = {"statement_timeout": 0.9, "idle_in_transaction_session_timeout": 5.0}
        return {name: str(int(self.timeout_seconds * share * 1000)) for name, share in limits.items()}


class RedisOptions(Value):
    """How to reach Redis or Valkey."""

    hidden: ClassVar = ("password",)

    host: str
    port: int
    database: int
    user: str | None
    password: str | None
    uses_tls: bool
    ca_file: str | None
    secret_arn: str | None
    uses_iam: bool
    cache_name: str | None
    is_cluster: bool
    connect_timeout_seconds: float
    timeout_seconds: float


class StoreUrl(Value):
    """What a store's URL says; None where it says nothing."""

    hidden: ClassVar = ("password",)

    host: str
    port: int | None
    path: str
    user: str | None
    password: str | None
    uses_tls: bool | None


def read_postgres_url(url: str) -> StoreUrl:
    """Return the parts of postgresql://user:password@host:port/name?sslmode=….

    Raises:
        ValueError: it is no such URL; the message does not repeat it.
    """
    parts = _split(url, _POSTGRES_SCHEMES, "postgresql://user:password@host:5432/name")
    query = parse_qs(parts.query)
    if query.get("schema", ["public"]) != ["public"]:
        raise ValueError("the query names a schema; only the schema public is supported")
    sslmode = query.get("sslmode", [""])[-1]
    return _store_url(parts, {"": None, "disable": False}.get(sslmode, True))


def read_redis_url(url: str) -> StoreUrl:
    """Return the parts of redis[s]://user:password@host:port/0.

    Raises:
        ValueError: it is no such URL; the message does not repeat it.
    """
    parts = _split(url, tuple(_REDIS_SCHEMES), "rediss://user:password@host:6379/0")
    if not _DATABASE.fullmatch(parts.path.strip("/")):
        raise ValueError("the path must be the number of a database, as in /0")
    return _store_url(parts, _REDIS_SCHEMES[parts.scheme])


def is_loopback(host: str) -> bool:
    """Return whether *host* is this machine itself, where TLS protects nothing."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str, schemes: tuple[str, ...], form: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(f"is no URL of the form {form}") from None
    if parts.scheme not in schemes or not has_host:
        raise ValueError(f"is no URL of the form {form}")
    return parts


def _store_url(parts: SplitResult, uses_tls: bool | None) -> StoreUrl:
    return StoreUrl(
        host=parts.hostname or "",
        port=parts.port,
        path=unquote(parts.path.strip("/")),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        uses_tls=uses_tls,
    )
