"""A mutation: one rule left out of the code, as plain data from the tables beside this module."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PROJECT: Final = Path(__file__).resolve().parents[2]
TABLES: Final = Path(__file__).parent


@dataclass(frozen=True)
class Edit:
    """In `file`, `old` becomes `new`."""

    file: str
    old: str
    new: str

    def applied_to(self, text: str) -> str:
        """Return *text*, the file's, with the edit.

        Raises:
            ValueError: what is to be replaced is not there, or not just once.
        """
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"what is to be replaced is {count} times in {self.file}:\n{self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Mutation:
    """`edits` take `rule`, which keeps `promise`, out of the code.

    `tests` are looked at first: those that fit, so that most runs are short.
    """

    id: str
    promise: str
    rule: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


def read_mutations() -> list[Mutation]:
    """Return all mutations, table by table."""
    tables = [tomllib.loads(path.read_text()) for path in sorted(TABLES.glob("*.toml"))]
    return [_mutation(row) for table in tables for row in table["mutation"]]


def _mutation(row: dict[str, Any]) -> Mutation:
    edits = [Edit(part["file"], part["old"], part["new"]) for part in (row, *row.get("also", ()))]
    return Mutation(row["id"], row["promise"], row["rule"], tuple(edits), tuple(row["tests"]))
