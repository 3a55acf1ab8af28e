"""`python -m tests.packaging.scan`: prints how much scanners find in each combination, before and after suppressions.

What is left is listed below the table, and ends it with 1.
"""

import sys
from collections.abc import Mapping, Sequence

from tests.packaging.choices import FACTORS
from tests.packaging.scanning import Finding, findings
from tests.packaging.suppressions import SUPPRESSIONS, unsuppressed


def main() -> None:
    """Scan and print."""
    found = findings()
    sys.stdout.write(table(found))
    left = {finding for each in found.values() for finding in unsuppressed(each)}
    for finding in sorted(left, key=str):
        sys.stdout.write(f"{finding.file}: {finding.part}: {finding.rule} {finding.message}\n")
    sys.exit(bool(left))


def table(found: Mapping[str, Sequence[Finding]]) -> str:
    """Return a line for each combination: what was found in all of its stacks, and what no suppression covers."""
    lines = [f"{len(each):6} {len(unsuppressed(each)):5}  {name}" for name, each in found.items()]
    return "\n".join(
        [
            f"{len(found) - 1} combinations of {len(FACTORS)} factors, {len(SUPPRESSIONS)} suppressions",
            "before after  combination",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    main()
