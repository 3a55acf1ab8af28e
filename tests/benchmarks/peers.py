"""What other packages take to look a session up, from published releases, for a sense of scale.

Each was measured on another run of the same method: Python 3.13.0, Node.js for the JavaScript ones, Valkey 9.1 and
PostgreSQL 18.6 on loopback, servers and caller on one core, one request after the other, medians over rounds of 2,000,
and the ratio to a raw GET of that run. They are no part of `make bench`, and their ratios do not move with this
machine's.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Peer:
    """A package, the ratio of a lookup to a raw GET, and the round trips that it takes to Valkey and PostgreSQL."""

    name: str
    ratio: float
    trips: str


PEERS: Final = (
    Peer("express-session, connect-redis, pg", 8.7, "1 + 1"),
    Peer("Flask-Session, psycopg", 16.6, "1 + 1"),
    Peer("Better Auth, Redis", 24.8, "2 + 0"),
    Peer("the original's way, written straight", 26.5, "1 + 3"),
    Peer("Django cached_db, django-redis", 61, "1 + 1"),
    Peer("Django cached_db, built-in Redis", 71, "1 + 1"),
    Peer("fastapi-users, Redis", 80, "1 + 3"),
)
