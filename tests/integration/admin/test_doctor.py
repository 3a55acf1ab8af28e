"""The doctor on real servers: well, down, limited, behind, full, and by another clock."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, Final

import pg8000.native
import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedServer, EmbeddedValkey
from session_management.admin import checks
from session_management.schema import MIGRATIONS
from session_management.tokens import handle_of
from tests.integration.admin.conftest import Doctor
from tests.integration.database.conftest import login_url
from tests.support.clock import ToldClock
from tests.support.redis_acl import RULES, limit, rules_of
from tests.support.roles import grant, let_in, make_roles
from tests.support.servers import sql_connection

ALWAYS: Final = {"settings", "mode", "revocation_bound", "postgresql_tls", "redis_tls"}
OF_POSTGRESQL: Final = {"postgresql", "migrations", "postgresql_connections", "postgresql_clock", "plain_form"}
OF_REDIS: Final = {"redis", "redis_version", "redis_cluster", "redis_eviction", "redis_clock"}


def test_everything_is_well(doctor: Doctor, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> None:
    report = doctor()
    assert report.statuses() == dict.fromkeys(ALWAYS | OF_POSTGRESQL | OF_REDIS, "ok")
    assert (report.status, report.answer["mode"]) == ("ok", "production")
    assert report.checks["postgresql"]["facts"]["version"].startswith("18")
    assert report.checks["redis_version"]["facts"]["server"] == "Valkey"
    assert report.checks["migrations"]["facts"] == {"applied": list(MIGRATIONS), "pending": []}
    for store in ("postgresql", "redis"):
        assert abs(report.checks[f"{store}_clock"]["facts"]["skew_ms"]) < 1000


def test_no_secret_is_in_the_report(doctor: Doctor, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> None:
    """P5."""
    report = doctor()
    assert report.answer["settings"]["DATABASE_URL"] == "(set)"
    assert report.answer["settings"]["REDIS_PASSWORD"] is None
    assert postgres.password not in str(report.answer)
    assert valkey.password not in str(report.answer)


STOPPED: Final = {
    "Redis": (["valkey"], {"redis"}, OF_REDIS - {"redis"}),
    "PostgreSQL": (["postgres"], {"postgresql"}, OF_POSTGRESQL - {"postgresql"}),
    "both": (["valkey", "postgres"], {"redis", "postgresql"}, (OF_REDIS | OF_POSTGRESQL) - {"redis", "postgresql"}),
}


@pytest.fixture
def stop(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Stop servers by their fixtures' names; they run again afterwards."""
    with ExitStack() as again:

        def stop(names: list[str]) -> None:
            for name in names:
                server: EmbeddedServer = request.getfixturevalue(name)
                again.callback(server.start)
                server.stop()

        yield stop


@pytest.mark.parametrize(("names", "faults", "untold"), STOPPED.values(), ids=STOPPED)
def test_a_store_that_is_down_is_a_fault_and_the_rest_goes_on(
    doctor: Doctor, stop: Any, names: list[str], faults: set[str], untold: set[str]
) -> None:
    stop(names)
    report = doctor()
    assert report.status == "fault"
    assert (report.of("fault"), report.of("warning")) == (faults, untold)
    assert {report.checks[name]["found"].partition(":")[0] for name in untold} == {"cannot be told"}
    assert all(report.checks[name]["advice"] for name in faults | untold)


def test_a_user_who_may_do_what_the_service_needs_cannot_tell_the_rest(doctor: Doctor, valkey: EmbeddedValkey) -> None:
    """As on ElastiCache, which refuses CONFIG: and that opens no breaker, so that every line is tried."""
    login = limit(rules_of(RULES["server"]), valkey)
    report = doctor(REDIS_URL=f"redis://{login}@{valkey.host}:{valkey.port}/0")
    assert (report.of("fault"), report.of("warning")) == (set(), OF_REDIS - {"redis"})
    for name in OF_REDIS - {"redis"}:
        assert report.checks[name]["found"] == "cannot be told: the user lacks a permission: see infra/redis"
        assert "+info" in report.checks[name]["advice"]


def test_with_info_alone_everything_of_redis_can_be_told(doctor: Doctor, valkey: EmbeddedValkey) -> None:
    login = limit([*rules_of(RULES["server"]), "+info"], valkey)
    assert doctor(REDIS_URL=f"redis://{login}@{valkey.host}:{valkey.port}/0").status == "ok"


def test_with_config_alone_eviction_can_be_told(doctor: Doctor, valkey: EmbeddedValkey) -> None:
    login = limit([*rules_of(RULES["server"]), "+config|get"], valkey)
    report = doctor(REDIS_URL=f"redis://{login}@{valkey.host}:{valkey.port}/0")
    assert report.of("warning") == OF_REDIS - {"redis", "redis_eviction"}


@pytest.mark.parametrize(
    ("policy", "status"),
    [("noeviction", "ok"), ("volatile-lru", "ok"), ("volatile-ttl", "ok"), ("allkeys-lru", "warning")],
)
def test_what_goes_when_memory_is_full_is_told(doctor: Doctor, keys: redis.Redis, policy: str, status: str) -> None:
    keys.config_set("maxmemory-policy", policy)
    try:
        check = doctor().checks["redis_eviction"]
    finally:
        keys.config_set("maxmemory-policy", "noeviction")
    assert (check["status"], check["facts"]) == (status, {"maxmemory_policy": policy})
    assert policy in check["found"]


def test_a_cluster_that_the_settings_do_not_know_of_is_a_fault(doctor: Doctor) -> None:
    with EmbeddedValkey(cluster=True) as node:
        assert doctor(REDIS_URL=node.url).checks["redis_cluster"]["advice"] == "Set REDIS_CLUSTER=true."
        report = doctor(REDIS_URL=node.url, REDIS_CLUSTER="true")
        assert report.checks["redis_cluster"]["facts"] == {"is_cluster": True, "is_expected": True}
        assert report.status == "ok"


def test_one_server_that_the_settings_take_for_a_cluster_is_a_fault(doctor: Doctor) -> None:
    check = doctor(REDIS_CLUSTER="true").checks["redis"]
    assert (check["status"], "set REDIS_CLUSTER=false" in check["found"]) == ("fault", True)


def test_a_wrong_password_is_a_fault_that_says_so(doctor: Doctor, postgres: EmbeddedPostgres) -> None:
    url = f"postgresql://postgres:wrong@{postgres.host}:{postgres.port}/postgres"
    check = doctor(DATABASE_URL=url).checks["postgresql"]
    assert (check["status"], "the password is wrong" in check["found"]) == ("fault", True)


@pytest.fixture
def database(sql: pg8000.native.Connection) -> Iterator[str]:
    """The name of an empty database."""
    sql.run("CREATE DATABASE doctored")
    yield "doctored"
    sql.run("DROP DATABASE doctored WITH (FORCE)")


@pytest.fixture
def url(postgres: EmbeddedPostgres, database: str) -> str:
    """Its URL."""
    return postgres.url.removesuffix(postgres.database) + database


def record(postgres: EmbeddedPostgres, database: str, *names: str) -> None:
    """Note migrations as applied, as the migrate function does."""
    with sql_connection(postgres, database=database) as inside:
        inside.run("CREATE TABLE session_migrations (name TEXT PRIMARY KEY)")
        for name in names:
            inside.run("INSERT INTO session_migrations VALUES (:name)", name=name)


def test_in_an_empty_database_every_migration_is_pending(doctor: Doctor, url: str) -> None:
    check = doctor(DATABASE_URL=url).checks["migrations"]
    assert (check["status"], check["facts"]["pending"]) == ("fault", list(MIGRATIONS))
    assert check["advice"] == "Invoke the migrate function."


def test_a_pending_migration_is_named(doctor: Doctor, postgres: EmbeddedPostgres, database: str, url: str) -> None:
    record(postgres, database, *MIGRATIONS[:-1])
    report = doctor(DATABASE_URL=url)
    assert report.of("fault") == {"migrations"}
    assert MIGRATIONS[-1] in report.checks["migrations"]["found"]


def test_a_schema_of_newer_code_is_a_warning(
    doctor: Doctor, postgres: EmbeddedPostgres, database: str, url: str
) -> None:
    record(postgres, database, *MIGRATIONS, "9999_later")
    check = doctor(DATABASE_URL=url).checks["migrations"]
    assert (check["status"], "9999_later" in check["found"]) == ("warning", True)


def test_the_services_role_can_tell_everything_of_postgresql_and_without_its_grant_says_what_to_do(
    doctor: Doctor, postgres: EmbeddedPostgres, database: str, url: str
) -> None:
    with sql_connection(postgres, database=database) as inside, ExitStack() as undone:
        logins = make_roles(inside, "doctored")
        for role in (login.split(":")[0] for login in logins.values()):
            undone.callback(inside.run, f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")
        let_in(postgres, logins, database)
        as_service = login_url(url, logins["service"])
        inside.run("CREATE TABLE users (id INT, email INT, role INT, is_verified INT, status INT)")
        inside.run("ALTER TABLE users ADD created_at INT, ADD last_login_at INT, ADD session_id INT")
        inside.run("ALTER TABLE users ADD all_ended_at INT, ADD all_ended_but INT")
        inside.run("CREATE TABLE sessions (id TEXT, revoked BOOL, last_activity INT, expires_at TIMESTAMPTZ)")
        record(postgres, database, *MIGRATIONS)

        before = doctor(DATABASE_URL=as_service)
        assert before.of("warning") == {"migrations", "plain_form"}
        assert "lacks a privilege" in before.checks["migrations"]["found"]
        assert "grants.sql" in before.checks["migrations"]["advice"]
        assert "upgrade_index.sql" in before.checks["plain_form"]["advice"]
        grant(postgres, logins, database)
        assert doctor(DATABASE_URL=as_service).status == "ok"


def left_in_plain_form(sql: pg8000.native.Connection) -> None:
    """Have one row of ours and one column of the original's."""
    sql.run("INSERT INTO users (email, session_id) VALUES ('ann@example.com', '3f1e5f0a-9f5c-4c8e-8f66-0d8d5a3e2b11')")
    for key in ("A" * 43, handle_of("A" * 43)):
        sql.run(
            "INSERT INTO sessions (id, user_id, expires_at) SELECT :key, id, now() + INTERVAL '1 day' FROM users",
            key=key,
        )


AHEAD, PAST = "2999-01-31T00:00:00.000Z", "1999-01-31T00:00:00.000Z"


@pytest.mark.parametrize(
    ("settings", "status", "said"),
    [
        ({"SESSION_UPGRADE_PLAIN_UNTIL": AHEAD}, "ok", f"used before {AHEAD} becomes a digest"),
        ({"SESSION_UPGRADE_PLAIN_UNTIL": PAST}, "warning", f"refused since {PAST}"),
        ({}, "warning", "and refused"),
        ({"SESSION_ID_AT_REST": "plain"}, "warning", "as SESSION_ID_AT_REST=plain asks"),
    ],
    ids=["while they are upgraded", "once the time is over", "without upgrades", "beside the original"],
)
def test_what_is_left_in_plain_form_is_counted_and_what_becomes_of_it_told(
    doctor: Doctor, sql: pg8000.native.Connection, settings: dict[str, str], status: str, said: str
) -> None:
    left_in_plain_form(sql)
    report = doctor(**settings)
    check = report.checks["plain_form"]
    until = settings.get("SESSION_UPGRADE_PLAIN_UNTIL")
    assert (check["status"], check["facts"]) == (status, {"left": 2, "upgraded_until": until})
    assert check["found"].startswith("2 sessions are at rest in plain form")
    assert said in check["found"]
    assert (check["advice"] is None) == (status == "ok")
    assert report.answer["settings"]["SESSION_UPGRADE_PLAIN_UNTIL"] == until


def test_when_nothing_is_left_the_doctor_says_from_when_on_the_setting_is_needed_no_more(doctor: Doctor) -> None:
    """Until then sessions may live whose IDs the original made, which are taken with it alone."""
    check = doctor(SESSION_UPGRADE_PLAIN_UNTIL=PAST).checks["plain_form"]
    assert (check["status"], check["facts"]["left"]) == ("ok", 0)
    assert check["advice"] == "Unset SESSION_UPGRADE_PLAIN_UNTIL from 1999-03-02T00:00:00.000Z on."


def test_connections_near_their_limit_are_a_warning_and_then_a_fault(doctor: Doctor) -> None:
    limits = ("max_connections=13", "superuser_reserved_connections=3")
    found = []
    with EmbeddedPostgres(durable=False, settings=limits) as small, ExitStack() as opened:
        for more in (6, 2, 1, 0):
            found.append(doctor(DATABASE_URL=small.url).checks["postgresql_connections"])
            for _ in range(more):
                opened.enter_context(sql_connection(small))
    facts = [(check["status"], check["facts"]["in_use"], check["facts"]["usable"]) for check in found]
    assert facts == [("ok", 1, 10), ("ok", 7, 10), ("warning", 9, 10), ("fault", 10, 10)]


class _Ahead(ToldClock):
    """A clock that is far from everybody's."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(super().now().tzinfo) + self._ahead


@pytest.mark.parametrize(("seconds", "status"), [(-70, "fault"), (-10, "warning"), (10, "warning"), (70, "fault")])
def test_a_clock_that_is_off_is_a_warning_and_from_the_bound_on_a_fault(seconds: float, status: str) -> None:
    clock, servers_time = _Ahead(seconds), ToldClock()
    check = checks.clock_check("clock", "PostgreSQL", servers_time.now, timedelta(seconds=60), clock)
    assert check.status == status
    assert abs(check.facts["skew_ms"] + seconds * 1000) < 5000
    assert "NTP" in (check.advice or "")


def test_a_slow_answer_is_no_skew() -> None:
    """Half of what the answer took may be the way to the server."""
    clock = ToldClock()

    def slow() -> datetime:
        clock.advance(8)
        return clock.now() - timedelta(seconds=1)

    assert checks.clock_check("clock", "Redis", slow, timedelta(seconds=60), clock).status == "ok"
