"""The users of Valkey that operators make with the rules in infra/redis."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.local.deployment import PROJECT
from infra.local.servers import EmbeddedValkey

RULES: Final = {name: PROJECT / f"infra/redis/{name}.acl" for name in ("server", "cluster")}


def rules_of(path: Path) -> list[str]:
    """Return the rules in a file."""
    return path.read_text().split()


def limit(rules: Sequence[str], *servers: EmbeddedValkey, user: str = "session_service") -> str:
    """Make *user* anew on each of *servers* with these *rules*; return `user:password` for a URL."""
    password = secrets.token_urlsafe(24)
    for server in servers:
        answer = server.ask(f"ACL SETUSER {user} reset on >{password} {' '.join(rules)}")
        assert answer == b"+OK\r\n", answer
    return f"{user}:{password}"
