"""Every statement of the adapters, as PostgreSQL plans it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pg8000.native import to_statement

from session_management.clients.postgres import Postgres

FILL: Final = """
    INSERT INTO users (email, hashed_password, session_id, last_login_at)
    SELECT 'user-' || n || '@example.com', 'a hash', CASE WHEN n % 100 = 0 THEN 'legacy-' || n END, now()
    FROM generate_series(1, 20000) n;

    -- Of each user a session that goes on, one that has been revoked, one that was revoked just now or has expired.
    INSERT INTO sessions (id, user_id, created_at, last_activity, expires_at, revoked, revoked_at)
    SELECT encode(sha256((u.email || kind)::bytea), 'hex'), u.id, now() - INTERVAL '1 day', now() - INTERVAL '1 hour',
        now() + (CASE WHEN kind = 2 AND number % 3 > 0 THEN -number ELSE number END) * INTERVAL '1 second',
        kind IN (1, 3, 4) OR kind = 2 AND number % 3 = 0,
        CASE WHEN kind IN (1, 3, 4) THEN now() - (900 + number * 100) * INTERVAL '1 second'
            WHEN kind = 2 AND number % 3 = 0 AND number % 100 > 0 THEN now() - (number % 1000) * INTERVAL '1 second' END
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS number FROM users) u, generate_series(0, 4) kind
    ORDER BY random()
"""
"""100 000 sessions of 20 000 users; of some 6 500 it is not said when they were revoked, or it was just now."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a statement comes to its rows: by which indexes, and which tables it reads from end to end."""

    sql: str
    indexes: frozenset[str]
    read_whole: frozenset[str]


class PlanningPostgres:
    """Runs statements as the client does that it has, and has each planned before: with its values, and without."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self.plans: list[Plan] = []

    def fetch(self, sql: str, **parameters: Any) -> list[list[Any]]:
        """Plan, and return what the client does."""
        self._plan(sql, parameters)
        return self._postgres.fetch(sql, **parameters)

    def execute(self, sql: str, **parameters: Any) -> int:
        """Plan, and return what the client does."""
        self._plan(sql, parameters)
        return self._postgres.execute(sql, **parameters)

    def transaction(self) -> Any:
        """Return the client's."""
        return self._postgres.transaction()

    def _plan(self, sql: str, parameters: Mapping[str, Any]) -> None:
        ((by_values,),) = self._postgres.fetch(f"EXPLAIN (FORMAT JSON) {sql}", **parameters)
        # What a prepared statement has from its sixth run on, where that is no dearer.
        numbered = to_statement(sql)[0]
        ((for_all,),) = self._postgres.fetch(f"EXPLAIN (FORMAT JSON, GENERIC_PLAN) {numbered}")
        for found in (by_values, for_all):
            nodes = list(_nodes((found if isinstance(found, list) else json.loads(found))[0]["Plan"]))
            indexes = frozenset(node["Index Name"] for node in nodes if "Index Name" in node)
            read_whole = frozenset(node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan")
            self.plans.append(Plan(sql, indexes, read_whole))


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    children: Sequence[Mapping[str, Any]] = plan.get("Plans", ())
    for child in children:
        yield from _nodes(child)
