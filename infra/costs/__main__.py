"""`python -m infra.costs`: what the service costs a month in us-east-1, for one level of traffic or for three."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Final

from infra.costs.parts import Choices, bill
from infra.costs.prices import AS_OF
from infra.costs.usage import Traffic

LEVELS: Final = (100_000.0, 10_000_000.0, 1_000_000_000.0)
"""Requests a month that the authorizer decides."""


def main() -> None:
    """Print the table that is asked for."""
    asked = _parse()
    choices = Choices(asked.database, asked.cache, asked.proxy, asked.edge, asked.snapstart)
    print(table([asked.requests] if asked.requests else LEVELS, choices))
    print(f"\nUS dollars a month in us-east-1, prices of {AS_OF}, without free tiers and taxes.")


def table(levels: Sequence[float], choices: Choices) -> str:
    """Return the bills of *levels* side by side, as a table in Markdown."""
    bills = [bill(Traffic(level), choices) for level in levels]
    rows = [(part, *(_dollars(one[part]) for one in bills)) for part in bills[0]]
    total = ("**Together**", *(f"**{_dollars(sum(one.values()))}**" for one in bills))
    heading = ("Authorized requests a month", *(f"{level:,.0f}" for level in levels))
    rule = ("---", *("--:" for _ in levels))
    return "\n".join(f"| {' | '.join(row)} |" for row in (heading, rule, *rows, total))


def _dollars(amount: float) -> str:
    return f"{amount:,.2f}" if amount < 100 else f"{amount:,.0f}"  # noqa: PLR2004 - cents no longer matter


def _parse() -> Namespace:
    parser = ArgumentParser("python -m infra.costs", description="What the service costs a month, as an estimate.")
    parser.add_argument("--requests", type=float, help="authorized requests a month; without it, three levels")
    parser.add_argument("--database", choices=["aurora-serverless", "instance"], default="aurora-serverless")
    parser.add_argument("--cache", choices=["serverless", "nodes"], default="serverless")
    parser.add_argument("--proxy", action="store_true", help="with RDS Proxy")
    parser.add_argument("--edge", action="store_true", help="with CloudFront, and the doors behind it")
    parser.add_argument("--snapstart", action="store_true", help="with SnapStart")
    return parser.parse_args()


if __name__ == "__main__":
    main()
