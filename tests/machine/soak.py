"""`make soak`: the machine for as long as one likes, with a progress line; a failure is told with its seed."""

import argparse
import secrets
import sys
import time
import traceback
from typing import Final

from tests.machine.census import Census
from tests.machine.machine import drive
from tests.machine.world import Servers
from tests.support.fuzz import draw_anew

_RUNS_OF_A_SEED: Final = 25


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    asked = _parse()
    draw_anew()
    census, ends_at = Census(), time.monotonic() + asked.minutes * 60
    with Servers.started() as servers:
        while time.monotonic() < ends_at:
            seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
            if not _holds(servers, census, seed):
                return 1
            _say(f"{max(0.0, ends_at - time.monotonic()):5.0f} s left: {census.head}")
            if asked.seed is not None:
                break
    _say(f"\n{census}")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="how long; the last seed may take longer")
    parser.add_argument("--seed", type=int, help="only the runs of this seed")
    return parser.parse_args()


def _holds(servers: Servers, census: Census, seed: int) -> bool:
    try:
        drive(servers, census, _RUNS_OF_A_SEED, seed=seed)
    except Exception:  # noqa: BLE001 (whatever it is: the seed is what shows it again)
        traceback.print_exc()
        _say(f"\nA run failed after {census.head}. See it again:\n  make soak SEED={seed}")
        return False
    return True


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
