"""`make crowd`: as many environments as a busy service has. Exits with 1 if anything was wrong.

Once all are started and sessions have copies, a closed loop, in which each environment asks again when it was answered:
that shows what the machine can do, and its latencies are those of a queue, since all environments, both servers and the
load itself share its cores. Then an offered rate well below that, at random moments: latencies count from when a
request was due, and mean something.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from copy import replace
from typing import Final

from tests.load.crowd.crowd import Outcome, Stretch, run
from tests.load.crowd.orders import Order
from tests.load.crowd.report import report

_SHARES: Final = {"starting": 0.1, "warming up": 0.15, "closed loop": 0.3, "offered": 0.45}
_STARTING_RATE: Final = 0.3
"""Requests a second of each environment while all of them open their connections: they would not all at once."""
_OFFERED: Final = 0.4
"""Of what the closed loop could do."""


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="make crowd", description="Many environments, and sessions by Zipf's law.")
    parser.add_argument("--workers", type=int, default=200, help="how many environments")
    parser.add_argument("--seconds", type=float, default=180, help="how long all stretches take together")
    parser.add_argument("--live", type=int, default=20_000, help="how many sessions are live")
    asked = parser.parse_args()
    outcome = run(asked.workers, asked.live, _orders(asked.seconds, asked.workers), _say)
    _say("")
    sys.stdout.write(f"\n{report(outcome)}\n")
    return 1 if _is_wrong(outcome) else 0


def _orders(seconds: float, workers: int) -> Callable[[Sequence[Stretch]], tuple[str, Order] | None]:
    def following(done: Sequence[Stretch]) -> tuple[str, Order] | None:
        if len(done) == len(_SHARES):
            return None
        name = list(_SHARES)[len(done)]
        stretch = Order(_SHARES[name] * seconds)
        if name == "starting":
            return name, replace(stretch, rate=_STARTING_RATE)
        if name != "offered":
            return name, stretch
        closed = done[-1]
        rate = _OFFERED * closed.told.requests / closed.seconds
        return f"offered {rate:,.0f} a second", replace(stretch, rate=rate / workers)

    return following


def _is_wrong(outcome: Outcome) -> bool:
    has_faults = any(stretch.told.faults for stretch in outcome.stretches)
    return has_faults or any(watch.held_too_many or not watch.samples for watch in outcome.watches)


def _say(text: str) -> None:
    sys.stderr.write(f"\r{text:<70}")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
