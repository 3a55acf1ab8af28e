"""PostgreSQL's own client, as an operator runs it."""

import subprocess
from pathlib import Path

from infra.local.servers import EmbeddedPostgres


def psql(server: EmbeddedPostgres, *arguments: str | Path, **connection: str) -> str:
    """Return what psql prints; *connection* is `user`, `password` or `database` where they differ from the server's.

    Raises:
        AssertionError: psql failed, with what it said.
    """
    environment = {
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": connection.get("user", server.user),
        "PGPASSWORD": connection.get("password", server.password),
        "PGDATABASE": connection.get("database", server.database),
    }
    answered = subprocess.run(
        [server.programs / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert answered.returncode == 0, answered.stderr
    return answered.stdout.strip()
