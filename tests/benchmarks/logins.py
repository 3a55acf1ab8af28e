"""`make bench-logins`: how much longer a login and a logout take than their statements over bare sockets."""

from collections.abc import Sequence
from typing import Final

from tests.benchmarks.benchmark import Benchmark, run
from tests.benchmarks.login_operations import started

LOGINS: Final = Benchmark(
    name="bench-logins",
    about="How much longer do a login and a logout take than what they ask of both stores?",
    started=started,
    reference="bare statements",
    calls=50,
    rounds=60,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure it as the command line asks."""
    run(LOGINS, arguments)


if __name__ == "__main__":
    main()
