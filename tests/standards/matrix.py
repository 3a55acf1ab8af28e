"""`make asvs`: which requirement of a standard is held by which tests, or why by none, as a table in docs/asvs.md.

A test claims a requirement by naming it in its docstring: "ASVS 7.2.4" or "NIST SP 800-63B-4, 2.2.3".
"""

import ast
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
DOCUMENT: Final = PROJECT / "docs" / "asvs.md"
_TABLE: Final = Path(__file__).parent / "requirements.toml"
_CLAIMS: Final = {
    "ASVS": re.compile(r"ASVS ((?:\d+\.\d+\.\d+(?:, (?:and )?| and )?)+)"),
    "NIST SP 800-63B-4": re.compile(r"NIST SP 800-63B-4, ((?:\d+(?:\.\d+)+(?:, (?:and )?| and )?)+)"),
}
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)+")
_BEGIN: Final = """# Which standards' requirements are held, and by what

<!-- Written by `make asvs` from tests/standards/requirements.toml and the docstrings of the tests. -->

OWASP ASVS 5.0: authentication (V6) and sessions (V7) whole, and the parts of V3, V4, V14, V15 and V16 that concern
this service; NIST SP 800-63B-4 by section. The words are ours; the standards' own are what counts. A requirement is
held by the tests that name it, each of which fails where it does not hold; otherwise the last column says why no test
could be named.

"""


@dataclass(frozen=True)
class Requirement:
    """One requirement of a standard: `number` in it, its ASVS `level`, what it asks, and why no test holds it."""

    standard: str
    number: str
    asks: str
    level: int | None = None
    why: str = ""


type Claims = Mapping[tuple[str, str], list[str]]
"""By standard and number: the tests, as `file::function`."""


def read_requirements() -> list[Requirement]:
    """Return all requirements, in the table's order."""
    table = tomllib.loads(_TABLE.read_text())
    return [Requirement(name, number, **row) for name, rows in table.items() for number, row in rows.items()]


def read_claims() -> Claims:
    """Return which tests name which requirement."""
    claims: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for path in sorted((PROJECT / "tests").rglob("test_*.py")):
        for function, docstring in _documented(path):
            for claim in _claimed_in(docstring):
                claims[claim].append(f"{path.relative_to(PROJECT / 'tests')}::{function}")
    return claims


def document_of(requirements: list[Requirement], claims: Claims) -> str:
    """Return the whole document."""
    lines = [
        _counts(requirements, claims),
        "",
        "| Requirement | Level | Asks | Held by, or why not |",
        "|---|---|---|---|",
    ]
    for one in requirements:
        tests = claims.get((one.standard, one.number), [])
        held = "<br>".join(f"`{test}`" for test in tests) or one.why
        lines.append(f"| {one.standard} {one.number} | {one.level or ''} | {one.asks} | {held} |")
    return _BEGIN + "\n".join(lines) + "\n"


def main() -> int:
    """Write the document, and print its counts."""
    requirements, claims = read_requirements(), read_claims()
    DOCUMENT.write_text(document_of(requirements, claims))
    sys.stdout.write(f"{_counts(requirements, claims)}\n{DOCUMENT.relative_to(PROJECT)} is written.\n")
    return 0


def _documented(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def _claimed_in(docstring: str) -> Iterator[tuple[str, str]]:
    text = " ".join(docstring.split())
    for standard, claim in _CLAIMS.items():
        for found in claim.findall(text):
            yield from ((standard, number) for number in _NUMBER.findall(found))


def _counts(requirements: list[Requirement], claims: Claims) -> str:
    of_asvs = [one for one in requirements if one.standard == "ASVS"]
    kinds = Counter(one.why.partition(":")[0] if one.why else "held by tests" for one in of_asvs)
    told = ", ".join(f"{count} {kind[0].lower() + kind[1:]}" for kind, count in kinds.most_common())
    tests = {test for found in claims.values() for test in found}
    return f"Of {len(of_asvs)} requirements of ASVS: {told}. {len(tests)} tests name requirements."


if __name__ == "__main__":
    sys.exit(main())
