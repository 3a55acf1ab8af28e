"""The figures of a run, as lines for a person."""

from collections.abc import Iterator, Sequence

from tests.load.crowd.crowd import Outcome, Stretch

_QUANTILES = (0.5, 0.99, 0.999)


def report(outcome: Outcome) -> str:
    """Return all figures, and every fault with how often it was seen."""
    return "\n".join([*_whole(outcome), *(line for one in outcome.stretches for line in _stretch(one))])


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that *share* of *values* do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _whole(outcome: Outcome) -> Iterator[str]:
    yield f"{len(outcome.holdings)} environments, {outcome.sessions} live sessions, 99 % validations, 1 % logins"
    yield "Passwords are hashed at 8 KiB and one pass, so that hashes do not drown everything else."
    for watch in outcome.watches:
        told = f"at most {watch.most_of_one} of one environment, {watch.most_of_all} in all"
        yield f"Connections to {watch.store}, looked at {watch.samples} times: {told}"
    asked, minutes = outcome.told.recorded, outcome.minutes
    yield (
        f"PostgreSQL was asked {asked.total() / outcome.sessions / minutes:.2f} times a live session and minute,"
        f" for one session {max(asked.values(), default=0)} times in {minutes:.1f} minutes at most"
    )
    resident = [one.memory_mb for one in outcome.holdings]
    own = f", {quantile(outcome.own_mb, 0.5):.1f} MB of them its own" if outcome.own_mb else ""
    usual, most = quantile(resident, 0.5), max(resident)
    yield f"Memory of an environment: {usual:.0f} MB in the median, {most:.0f} MB at most{own}"


def _stretch(stretch: Stretch) -> Iterator[str]:
    told = stretch.told
    yield f"{stretch.name}, {stretch.seconds:.0f} s: {told.requests / stretch.seconds:,.0f} requests a second"
    yield f"  validations: {_times(told.seconds)}; logins: {_times(told.login_seconds)}"
    ways = ", ".join(f"{path} {count}" for path, count in told.paths.most_common())
    yield f"  answered by the copy alone: {told.hit_rate:.1%} ({ways})"
    yield f"  PostgreSQL ran {stretch.statements} statements, those of logins included"
    yield f"  errors: {told.faults.total()}"
    for fault, count in told.faults.most_common():
        yield f"    {count} x {fault}"


def _times(seconds: Sequence[float]) -> str:
    return ", ".join(f"p{share * 100:g} {quantile(seconds, share) * 1000:.2f} ms" for share in _QUANTILES)
