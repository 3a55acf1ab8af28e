"""How PostgreSQL comes to the rows of a statement: by the statement's values, and by any."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from pg8000.native import to_statement

from session_management.clients.postgres import Postgres

FILL: Final = """
    INSERT INTO users (email, hashed_password, session_id, last_login_at)
    SELECT 'user-' || n || '@example.com', 'a hash', CASE WHEN n % 100 = 0 THEN 'plain-' || n END, now()
    FROM generate_series(1, 20000) n;

    -- Of each user one that goes on, and three that were revoked in the last month. Of two in three users another has
    -- expired; of the third it was revoked, lately or three days ago, and of some it is not said when.
    INSERT INTO sessions (id, user_id, created_at, last_activity, expires_at, revoked, revoked_at)
    SELECT encode(sha256((email || kind)::bytea), 'hex'), id, now() - INTERVAL '1 day', now() - INTERVAL '1 hour',
        now() + CASE WHEN kind = 2 AND n % 3 > 0 THEN -n ELSE n END * INTERVAL '1 second',
        kind IN (1, 3, 4) OR kind = 2 AND n % 3 = 0,
        CASE WHEN kind IN (1, 3, 4) THEN now() - (900 + n * 100) * INTERVAL '1 second'
            WHEN kind = 2 AND n % 3 = 0 AND n % 100 > 0 THEN now() - (n % 2 * 86400 * 3 + n) * INTERVAL '1 second' END
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM users) u, generate_series(0, 4) kind
    ORDER BY random();

    INSERT INTO sessions (id, user_id, expires_at)
    SELECT session_id, id, now() + INTERVAL '1 day' FROM users WHERE session_id IS NOT NULL;
"""
"""Some 100,000 sessions of 20,000 users, and 200 in plain form."""


@dataclass(frozen=True, slots=True)
class Plan:
    """By which indexes a statement comes to its rows, and which tables it reads from end to end."""

    indexes: frozenset[str]
    read_whole: frozenset[str]


@dataclass(frozen=True, slots=True)
class Planned:
    """A statement and its plans: by the values that it was run with, and for all, as it may be kept prepared."""

    sql: str
    by_values: Plan
    for_all: Plan


class PlanningPostgres:
    """Does what the client does that it has, and keeps the plans of each statement."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self.planned: list[Planned] = []

    def fetch(self, sql: str, **parameters: Any) -> list[list[Any]]:
        """Return what the client does."""
        self._plan(sql, parameters)
        return self._postgres.fetch(sql, **parameters)

    def execute(self, sql: str, **parameters: Any) -> int:
        """Return what the client does."""
        self._plan(sql, parameters)
        return self._postgres.execute(sql, **parameters)

    def transaction(self) -> AbstractContextManager[None]:
        """Return the client's."""
        return self._postgres.transaction()

    def _plan(self, sql: str, parameters: Mapping[str, Any]) -> None:
        by_values = self._postgres.fetch(f"EXPLAIN (FORMAT JSON) {sql}", **parameters)
        for_all = self._postgres.fetch(f"EXPLAIN (FORMAT JSON, GENERIC_PLAN) {to_statement(sql)[0]}")
        self.planned.append(Planned(sql, _plan_of(by_values), _plan_of(for_all)))


def _plan_of(explained: list[list[Any]]) -> Plan:
    ((told,),) = explained
    nodes = list(_nodes((json.loads(told) if isinstance(told, str) else told)[0]["Plan"]))
    return Plan(
        indexes=frozenset(node["Index Name"] for node in nodes if "Index Name" in node)
        | frozenset(index for node in nodes for index in node.get("Conflict Arbiter Indexes", ())),
        read_whole=frozenset(node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"),
    )


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)
