"""The servers of the local stack: `with EmbeddedPostgres() as postgres, EmbeddedValkey() as valkey: ...`."""

from infra.local.servers.embedded_postgres import EmbeddedPostgres
from infra.local.servers.embedded_server import EmbeddedServer
from infra.local.servers.embedded_valkey import EmbeddedValkey
from infra.local.servers.ports import free_port
from infra.local.servers.server_error import ServerError

__all__ = ["EmbeddedPostgres", "EmbeddedServer", "EmbeddedValkey", "ServerError", "free_port"]
