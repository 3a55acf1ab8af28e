"""The two servers of a run. Every environment is a user of its own in both, so that its connections can be counted."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Final

from infra.database.migrate import migrate, read_migrations
from infra.local.deployment import PROJECT, local_environment
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.tokens import new_session_id
from tests.support.psql import psql
from tests.support.servers import postgres_client, sql_connection

_GRANTS: Final = PROJECT / "infra/database/grants.sql"
_OWNERS: Final = {"validate": "session_validator", "authorizer": "session_validator"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an environment is to both stores."""

    name: str
    password: str
    role: str

    @classmethod
    def of(cls, function: str, number: int) -> "Identity":
        """Return a new one for the environment *number* of *function*."""
        return cls(f"{function}-{number}", new_session_id(), _OWNERS.get(function, "session_service"))


@dataclass(frozen=True, slots=True)
class Stores:
    """PostgreSQL and Valkey, both of which keep on disk what they acknowledged before it is acknowledged."""

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey

    def environment_for(self, identity: Identity, *, is_pooled: bool) -> dict[str, str]:
        """Return the environment variables of a function in production mode that connects as *identity*."""
        login = f"{identity.name}:{identity.password}@"
        postgres, valkey = self.postgres, self.valkey
        return {
            **local_environment(postgres, valkey),
            "DATABASE_URL": f"postgresql://{login}{postgres.host}:{postgres.port}/{postgres.database}",
            "REDIS_URL": f"redis://{login}{valkey.host}:{valkey.port}/0",
            "DATABASE_POOLER": "transaction" if is_pooled else "none",
            # Whose password was changed under kills tries several, from one address with all the others.
            "LOGIN_ACCOUNT_FREE_ATTEMPTS": "1000",
            "LOGIN_IP_ATTEMPTS": "10000",
        }

    def empty_valkey(self) -> None:
        """Remove what a killed Valkey left on disk."""
        data: Path = self.valkey.folder / "data"
        for kept in data.iterdir():
            rmtree(kept) if kept.is_dir() else kept.unlink()


@contextmanager
def running_stores(identities: Iterable[Identity], *, postgres_settings: tuple[str, ...] = ()) -> Iterator[Stores]:
    """Start both servers, with the schema applied, and a user for each of *identities*."""
    identities = tuple(identities)
    may = "~session:* ~attempts:* resetchannels +@all -@admin"
    users = (f"user {one.name} on >{one.password} {may}" for one in identities)
    # "no" leaves the time of writing to disk to the system; what is written survives the server's death all the same.
    with (
        EmbeddedPostgres(durable=True, settings=postgres_settings) as postgres,
        EmbeddedValkey(persist=True, settings=("appendfsync no", *users)) as valkey,
    ):
        _prepare(postgres, identities)
        yield Stores(postgres, valkey)


def _prepare(postgres: EmbeddedPostgres, identities: tuple[Identity, ...]) -> None:
    with postgres_client(postgres) as client:
        migrate(client, read_migrations())
    with sql_connection(postgres) as connection:
        connection.run("CREATE ROLE session_service; CREATE ROLE session_validator")
        psql(postgres, "-v", "service=session_service", "-v", "validator=session_validator", "-f", _GRANTS)
        for one in identities:
            connection.run(f"CREATE ROLE \"{one.name}\" LOGIN PASSWORD '{one.password}' IN ROLE {one.role}")
