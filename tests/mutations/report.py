"""The table for people: which rule was left out, and which test failed for it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutations.mutation import PROJECT, Mutation

DOCUMENT: Final = PROJECT / "docs" / "mutations.md"

_BEGIN: Final = """# What fails when a rule is left out

Each line below is a bug planted on purpose: one rule of the service taken out of its code, and the first test that
failed for it. A rule whose absence no test noticed would not be held by anything. `make mutants` plants them all again,
one after the other in a copy of the project, and fails if one goes unnoticed; `make mutants ONLY=<id>` plants one. The
code of each is in [tests/mutations](../tests/mutations); the promises P1 to P9 are in [SECURITY.md](../SECURITY.md).

"""
_MACHINE: Final = """The last column says whether the machine of random runs (tests/machine) finds the bug by itself.

"""
_ROW: Final = re.compile(r"\| .* \(`(?P<id>[a-z-]+)`\) \| P\d \| `(?P<test>.*?)` \|(?: (?P<machine>\w*) \|)?")


@dataclass(frozen=True)
class Finding:
    """The first test that failed for a mutation, and whether the machine finds it by itself, if both are known."""

    test: str = ""
    machine: str = ""


def table_of(mutations: Sequence[Mutation], findings: Mapping[str, Finding]) -> str:
    """Return the Markdown table of those of *mutations* that *findings* tell of."""
    with_machine = _tells_of_the_machine(findings)
    head = "| Rule left out | Promise | Test that failed |" + " Machine |" * with_machine
    lines = [head, "|---|---|---|" + "---|" * with_machine]
    for one in mutations:
        if one.id in findings:
            told = findings[one.id]
            line = f"| {one.rule} (`{one.id}`) | {one.promise} | `{told.test}` |"
            lines.append(line + f" {told.machine} |" * with_machine)
    return "\n".join(lines) + "\n"


def document_of(mutations: Sequence[Mutation], findings: Mapping[str, Finding]) -> str:
    """Return the whole document."""
    return _BEGIN + _MACHINE * _tells_of_the_machine(findings) + table_of(mutations, findings)


def read_findings(document: Path = DOCUMENT) -> dict[str, Finding]:
    """Return what the document says of each mutation, by ID."""
    lines = document.read_text().splitlines() if document.exists() else []
    found = (_ROW.fullmatch(line) for line in lines)
    return {row["id"]: Finding(row["test"], row["machine"] or "") for row in found if row}


def _tells_of_the_machine(findings: Mapping[str, Finding]) -> bool:
    return any(finding.machine for finding in findings.values())
