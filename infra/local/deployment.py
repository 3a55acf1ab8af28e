"""What the local stack consists of: functions, their environment variables, a demo user, options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from infra.local.servers.ports import HOST

CONTAINERS_HOST = "host.docker.internal"
PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Deployed:
    """What template.yaml says of a function, as far as it matters here."""

    name: str
    folder: str
    timeout_seconds: float = 10.0


DEPLOYED = (
    *(Deployed(name, f"functions/{name}") for name in ("login", "logout", "validate", "sessions", "authorizer", "me")),
    *(Deployed(name, f"functions/{name}") for name in ("register", "password")),
    Deployed("sweeper", "functions/sweeper", timeout_seconds=300),
    Deployed("admin", "functions/admin", timeout_seconds=60),
    Deployed("migrate", "infra/database", timeout_seconds=900),
)


@dataclass(frozen=True, slots=True)
class DemoUser:
    """The user that the local stack starts with."""

    email: str = "demo@example.com"
    password: str = "correct horse battery staple"  # noqa: S105 (meant to be known)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """How to start the stack.

    Attributes:
        port: The front door's; 0 takes any free one.
        environments: How many execution environments each function has.
        durable: Whether PostgreSQL's data would survive a crash of the machine.
        log: The file descriptor for what functions log; this process's stderr if absent.
        project: Where the functions and the layer lie.
        variables: Settings of the functions besides those that lead to the servers.
    """

    port: int = 0
    environments: int = 1
    durable: bool = True
    log: int | None = None
    project: Path = PROJECT
    variables: Mapping[str, str] = field(default_factory=dict)


def seen_from_containers(environment: Mapping[str, str]) -> dict[str, str]:
    """Return *environment* with the host, where a URL names it, under the name that containers know it by."""
    return {name: value.replace(f"@{HOST}:", f"@{CONTAINERS_HOST}:") for name, value in environment.items()}


def local_environment(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Mapping[str, str]:
    """Return the environment variables of functions that use these servers, in production mode."""
    return {
        "APP_ENV": "production",
        "COOKIE_SECURE": "false",
        "DATABASE_POOLER": "none",
        "DATABASE_SSLMODE": "disable",
        "DATABASE_URL": postgres.url,
        "REDIS_TLS": "false",
        "REDIS_URL": valkey.url,
        "REGISTRATION": "open",
    }
