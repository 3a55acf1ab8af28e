"""The servers of the local stack: `with EmbeddedPostgres() as postgres, EmbeddedValkey() as valkey: ...`."""

from infra.local.embedded_postgres import EmbeddedPostgres
from infra.local.embedded_server import EmbeddedServer
from infra.local.embedded_valkey import EmbeddedValkey
from infra.local.ports import free_port
from infra.local.server_error import ServerError

__all__ = ["EmbeddedPostgres", "EmbeddedServer", "EmbeddedValkey", "ServerError", "free_port"]
