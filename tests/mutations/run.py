"""Plants one mutation after another, runs tests until one fails, and tells which; fails if one goes unnoticed."""

import argparse
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from copy import replace
from typing import Final

from tests.mutations.mutation import PROJECT, Mutation, read_mutations
from tests.mutations.planting import Plantation
from tests.mutations.report import DOCUMENT, Finding, document_of, read_findings, table_of
from tests.support.fuzz import UNSHRUNK

MACHINE: Final = "tests/machine/test_machine.py::test_every_answer_is_one_that_the_model_allows"
# The fastest first. What failed the last time, and the tests that each mutation names, come before these.
SUITES: Final = (
    "tests/unit",
    "tests/contract",
    "tests/functions",
    "tests/integration/interleavings",
    "tests/integration/outages",
    "tests/integration",
    MACHINE,
)


def main() -> int:
    """Run what the command line asks for."""
    # Ended, it takes the tests that it runs, and the copy, with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    asked = _parse()
    mutations = [mutation for mutation in read_mutations() if not asked.only or mutation.id in asked.only]
    before = {one.id: Finding() for one in mutations} | read_findings()
    tests = {one.id: [MACHINE] if asked.machine else _in_order(one, before[one.id]) for one in mutations}
    killers = _plant_all(mutations, tests)
    findings = {one.id: _updated(before[one.id], killers.get(one.id), asked.machine) for one in mutations}
    _say(f"\n{table_of(mutations, findings)}\n")
    if asked.write:
        DOCUMENT.write_text(document_of(read_mutations(), before | findings))
    survivors = [mutation.id for mutation in mutations if mutation.id not in killers]
    _say("".join(f"nobody noticed {one}\n" for one in survivors) + f"{len(killers)} of {len(mutations)} noticed\n")
    return 1 if survivors and not asked.machine else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="ID", help="plant these alone")
    parser.add_argument("--machine", action="store_true", help="see which of them tests/machine finds by itself")
    parser.add_argument("--write", action="store_true", help=f"write the result to {DOCUMENT.relative_to(PROJECT)}")
    asked = parser.parse_args()
    if unknown := set(asked.only or ()) - {mutation.id for mutation in read_mutations()}:
        parser.error(f"there is no mutation {', '.join(sorted(unknown))}")
    return asked


def _in_order(mutation: Mutation, before: Finding) -> list[str]:
    return [test for test in (before.test, *mutation.tests, *SUITES) if test]


def _updated(before: Finding, killer: str | None, by_the_machine: bool) -> Finding:
    if by_the_machine:
        return replace(before, machine="yes" if killer else "no")
    return replace(before, test=killer or "")


def _plant_all(mutations: Sequence[Mutation], tests: Mapping[str, Sequence[str]]) -> dict[str, str]:
    killers: dict[str, str] = {}
    with Plantation.made() as plantation:
        _pass_without_mutation(plantation, sorted({first for one in mutations for first in tests[one.id][:1]}))
        for number, mutation in enumerate(mutations, start=1):
            begun = time.monotonic()
            _say(f"{number}/{len(mutations)} {mutation.id}: ")
            killer = _killer(plantation, mutation, tests[mutation.id])
            _say(f"{killer or 'NOBODY NOTICED'} ({time.monotonic() - begun:.0f} s)\n")
            if killer:
                killers[mutation.id] = killer
    return killers


def _pass_without_mutation(plantation: Plantation, tests: Sequence[str]) -> None:
    """Or a test that fails anyway would be taken for one that noticed something.

    Raises:
        TestRunError: one of them is not there any more; without its line in the document it is not asked for.
    """
    _say(f"{len(tests)} tests, with nothing left out: ")
    if failure := plantation.first_failure(tests):
        sys.exit(f"{failure} fails with nothing left out")
    _say("they pass\n")


def _killer(plantation: Plantation, mutation: Mutation, tests: Sequence[str]) -> str | None:
    with plantation.planted(mutation):
        for test in tests:
            # Whether there is a failure is all that is asked: the shortest way to it would take minutes.
            options = [f"--hypothesis-profile={UNSHRUNK}"] if test.startswith(MACHINE) else []
            if killer := plantation.first_failure([test], *options):
                return killer
    return None


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
