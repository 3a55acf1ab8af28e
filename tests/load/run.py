"""`make load`: the load run, larger than in the tests, with a progress line; exits with 1 if anything was wrong."""

import argparse
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.load.chaos import Plan
from tests.load.journal import Journal
from tests.load.load import run
from tests.load.report import progress, report

_STEP_SECONDS: Final = 2.0


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(
        description="Load while killing: many environments, both stores killed again and again."
    )
    parser.add_argument("--requests", type=int, default=30_000, help="how many are to be acknowledged")
    parser.add_argument("--workers", type=int, default=4, help="environments of each function")
    parser.add_argument("--rounds", type=int, default=4, help="how often: Valkey, PostgreSQL, Valkey")
    parser.add_argument("--seconds", type=float, default=1_800, help="how long it may take at most")
    asked = parser.parse_args()
    journal, plan = Journal(), Plan(asked.requests, asked.rounds, asked.seconds)
    with _progress(journal, plan):
        outcome = run(plan, asked.workers, journal)
    sys.stdout.write(report(outcome) + "\n")
    return 1 if journal.faults else 0


@contextmanager
def _progress(journal: Journal, plan: Plan) -> Iterator[None]:
    is_over = threading.Event()

    def tell() -> None:
        before = ""
        while not is_over.wait(_STEP_SECONDS):
            now = progress(journal, plan.requests)
            if now != before:
                sys.stdout.write(f"{now}\n")
                sys.stdout.flush()
            before = now

    teller = threading.Thread(target=tell)
    teller.start()
    try:
        yield
    finally:
        is_over.set()
        teller.join()


if __name__ == "__main__":
    sys.exit(main())
