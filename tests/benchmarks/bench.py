"""`make bench`: how much longer each layer of a validation takes than the least that Redis can be asked."""

from collections.abc import Sequence
from typing import Final

from tests.benchmarks.benchmark import Benchmark, run
from tests.benchmarks.measuring import Share
from tests.benchmarks.operations import AUTHORIZER, EMPTY_HANDLER, RAW_GET, started

BENCH: Final = Benchmark(
    name="bench",
    about="How much longer than a bare GET does each layer of a validation take?",
    started=started,
    reference=RAW_GET,
    calls=400,
    rounds=60,
    shares=[Share("runtime client: authorizer's share", whole=AUTHORIZER, part=EMPTY_HANDLER)],
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure it as the command line asks."""
    run(BENCH, arguments)


if __name__ == "__main__":
    main()
