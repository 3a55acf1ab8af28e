"""Whom the functions log in to PostgreSQL as: roles that are made where they are missing, and granted what they need.

The files are psql's, whose variables stand in them as `:"name"`; a statement of somebody who is not named is left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from migrate import Database, MigrationError, reason_of, turn

from session_management.errors import InvalidInputError

_FOLDER: Final = Path(__file__).parent
_COMMENT: Final = re.compile(r"--.*")
_VARIABLE: Final = re.compile(r':"(\w+)"')
# PostgreSQL cuts what is longer, and would then not find it again.
_LONGEST_NAME: Final = 63
_IS_LET_IN: Final = """
    SELECT has_database_privilege(CAST(:role AS name), current_database(), 'CONNECT')
        AND has_schema_privilege(CAST(:role AS name), 'public', 'USAGE')
"""


@dataclass(frozen=True, slots=True)
class Roles:
    """The role of the functions that write, and that of those that validate; nobody is granted anything for None."""

    service: str | None
    validator: str | None

    @classmethod
    def of(cls, asked: Mapping[str, Any], *, service: str, validator: str) -> Self:
        """Return the roles that *asked* has under these two names. Raises InvalidInputError, which names the name."""
        return cls(_role_name(asked, service), _role_name(asked, validator))

    @property
    def named(self) -> Mapping[str, str]:
        """Those that there are, by their names in the files."""
        both = {"service": self.service, "validator": self.validator}
        return {name: role for name, role in both.items() if role}


def let_in(database: Database, roles: Roles) -> tuple[str, ...]:
    """Make the roles that are missing, and let all of them into the database by roles.sql; return those made.

    A role is made without a password, and with `rds_iam` where there is that role, as on RDS. The user of *database*
    makes the tables: what roles.sql gives the migrator, it has, or the first migration says that it has not.

    Raises:
        MigrationError: this user may not make a role, or let it in; the message says what somebody else has to run.
    """
    if not roles.named:
        return ()
    with turn(database):
        made = tuple(role for role in dict.fromkeys(roles.named.values()) if _make_missing(database, role))
        ((name,),) = database.fetch("SELECT current_database()")
        _run(database, "roles.sql", {"DBNAME": str(name), **roles.named})
        for role in roles.named.values():
            _see_that_it_is_let_in(database, role)
    return made


def grant(database: Database, roles: Roles) -> None:
    """Give the roles what they need of the tables, by grants.sql. Raises MigrationError."""
    if roles.named:
        with turn(database):
            _run(database, "grants.sql", roles.named)


def _role_name(asked: Mapping[str, Any], name: str) -> str | None:
    role = asked.get(name)
    if role is None or role == "":
        return None
    if not (isinstance(role, str) and role.isprintable() and len(role.encode()) <= _LONGEST_NAME):
        raise InvalidInputError(f"{name}: a role's name is a text of at most {_LONGEST_NAME} bytes")
    return role


def _make_missing(database: Database, role: str) -> bool:
    if _is_there(database, role):
        return False
    statement = f"CREATE ROLE {_quoted(role)} LOGIN;"
    if _is_there(database, "rds_iam"):
        statement += f" GRANT rds_iam TO {_quoted(role)};"
    try:
        database.run_script(statement)
    except Exception as error:
        why = f"the role {role} is missing, and could not be made ({reason_of(error)})"
        raise MigrationError(f"{why}; run as somebody who may, then try again: {statement}") from error
    return True


def _is_there(database: Database, role: str) -> bool:
    return bool(database.fetch("SELECT FROM pg_roles WHERE rolname = :role", role=role))


def _see_that_it_is_let_in(database: Database, role: str) -> None:
    """Refuse what GRANT only warns of where its user may not pass the privilege on."""
    if database.fetch(_IS_LET_IN, role=role) != [[True]]:
        raise MigrationError(f"the role {role} is not let into the database; run roles.sql as the database's owner")


def _run(database: Database, file: str, values: Mapping[str, str]) -> None:
    script = _COMMENT.sub("", (_FOLDER / file).read_text())
    statements = [one for one in script.split(";") if values.keys() >= set(_VARIABLE.findall(one))]
    try:
        database.run_script(_VARIABLE.sub(lambda found: _quoted(values[found[1]]), ";".join(statements)))
    except Exception as error:
        raise MigrationError(f"{file}: {reason_of(error)}") from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
