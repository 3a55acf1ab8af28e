"""The command line of what is measured in rounds."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from tests.benchmarks.equivalence import FEWEST_ROUNDS


def parsed(parser: ArgumentParser, arguments: Sequence[str] | None, *, rounds: int) -> Namespace:
    """Return what is asked for, `rounds` unless told among it; too few are refused with an exit."""
    parser.add_argument("--rounds", type=int, default=rounds, help=f"at least {FEWEST_ROUNDS}")
    asked = parser.parse_args(arguments)
    if asked.rounds < FEWEST_ROUNDS:
        parser.error(f"--rounds: at least {FEWEST_ROUNDS}, or no interval can be told")
    return asked
