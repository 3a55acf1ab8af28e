"""`python -m infra.capacity`: the tables of docs/capacity.md, or of sizes of your own."""

import math
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import Final

from infra.capacity.measured import constants
from infra.capacity.sizing import Size

SIZES: Final = (1e5, 1e6, 1e7, 1e8, 1e9)
"""Live sessions."""

_ROWS: Final[dict[str, Callable[[Size], float]]] = {
    "Authorized requests a month": lambda size: size.traffic.authorized,
    "Requests a second, at peak": lambda size: size.requests_a_second,
    "Environments, at peak": lambda size: size.environments,
    "of which compute hashes": lambda size: size.hashing_environments,
    "Valkey, GB": lambda size: size.valkey_gb,
    "Valkey, commands a second at peak": lambda size: size.commands_a_second,
    "Valkey, shards": lambda size: size.shards,
    "PostgreSQL, rows of sessions": lambda size: size.rows,
    "PostgreSQL, GB of sessions": lambda size: size.sessions_gb,
    "PostgreSQL, GB of users": lambda size: size.users_gb,
    "PostgreSQL, statements a second at peak": lambda size: size.statements_a_second,
    "if every session were in use all the time": lambda size: size.most_statements_a_second,
    "PostgreSQL, cores busy at peak": lambda size: size.busy_cores,
    "PostgreSQL, GB of log a day": lambda size: size.log_gb_a_day,
    "US dollars a month": lambda size: size.dollars,
    "US dollars a month for a thousand sessions": lambda size: size.dollars / size.live_sessions * 1_000,
}


def main() -> None:
    """Print the tables."""
    parser = ArgumentParser("python -m infra.capacity", description="What do so many sessions take?")
    parser.add_argument("--sessions", type=float, nargs="*", default=SIZES, help="how many are live, one or several")
    print(f"{constants_table()}\n\n{sizes_table(parser.parse_args().sessions)}")


def constants_table() -> str:
    """Return what was measured, as a table in Markdown."""
    heading = "| Measured | | Of | By |\n| --: | --- | --- | --- |"
    rows = (f"| {one.value:,.0f} | {one.unit} | {one.of} | `{one.by}` |" for one in constants())
    return "\n".join([heading, *rows])


def sizes_table(live_sessions: Sequence[float]) -> str:
    """Return what each number of live sessions takes, side by side, as a table in Markdown."""
    sizes = [Size(count) for count in live_sessions]
    heading = ["Live sessions", *(f"{count:,.0f}" for count in live_sessions)]
    rule = ["---", *("--:" for _ in sizes)]
    rows = ([name, *(_told(figure(size)) for size in sizes)] for name, figure in _ROWS.items())
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, rule, *rows))


def _told(figure: float) -> str:
    """Return *figure* by its first two digits; fewer, where they are worth less than a cent."""
    if figure < 10 and not float(figure).is_integer():  # noqa: PLR2004 - one digit says too little
        return f"{figure:.2f}" if figure < 1 else f"{figure:.1f}"
    digits = max(0, math.floor(math.log10(figure)) - 1)
    return f"{round(figure, -digits):,.0f}"


if __name__ == "__main__":
    main()
