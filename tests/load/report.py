"""The figures of a run, as lines for a person."""

from collections import Counter
from collections.abc import Iterator

from tests.load.answers import UNAVAILABLE
from tests.load.fleet import budget_seconds
from tests.load.journal import Journal, Kill, State
from tests.load.load import Outcome


def progress(journal: Journal, requests: int) -> str:
    """Return one line on how far the run is."""
    down = next((f", {kill.what.partition(',')[0]} is down" for kill in journal.kills[-1:] if kill.is_down), "")
    unavailable = sum(tally.statuses[UNAVAILABLE] for tally in list(journal.tallies.values()))
    done = f"{min(journal.acknowledged, requests)} of {requests} requests acknowledged"
    return f"{done}, {unavailable} answered 503, {len(journal.kills)} kills, {len(journal.faults)} faults{down}"


def report(outcome: Outcome) -> str:
    """Return all figures, and every fault with how often it was seen."""
    return "\n".join([*_load(outcome), *_kills(outcome.journal), *_promises(outcome), *_leaks(outcome)])


def _load(outcome: Outcome) -> Iterator[str]:
    journal = outcome.journal
    total = sum(sum(tally.statuses.values()) for tally in journal.tallies.values())
    yield f"{outcome.environments} environments, {outcome.clients} clients, {outcome.seconds:.1f} s under kills"
    yield f"Requests: {total}, those at the end included"
    for function, tally in sorted(journal.tallies.items()):
        statuses = ", ".join(f"{count} x {status}" for status, count in sorted(tally.statuses.items()))
        yield f"  {function}: {statuses}; slowest {tally.slowest_seconds:.2f} s of {budget_seconds(function):g} s"


def _kills(journal: Journal) -> Iterator[str]:
    yield f"Kills: {len(journal.kills)}; 503 before the first: {journal.refusals_before_any_kill}"
    for kill in journal.kills:
        yield f"  {kill.what}, after {kill.acknowledged_before} acknowledged: {_told(kill)}"


def _told(kill: Kill) -> str:
    told = f"{kill.answers_down} answers while it was down, 503 of them: {_by_function(kill.refusals_down)}"
    if not kill.refusals_after:
        return told
    last = f"the last after {kill.recovery_seconds:.1f} s"
    return f"{told}; 503 once it was back: {_by_function(kill.refusals_after)}, {last}"


def _by_function(refusals: Counter[str]) -> str:
    return ", ".join(f"{function} {count}" for function, count in sorted(refusals.items())) or "none"


def _promises(outcome: Outcome) -> Iterator[str]:
    journal = outcome.journal
    states = Counter(session.state for session in journal.sessions)
    yield f"Logins acknowledged: {len(journal.sessions)}; uncertain: {journal.uncertain_logins}"
    yield f"Logouts acknowledged: {journal.logouts}; sessions ended in any way: {states[State.ENDED]}"
    yield f"Ends that nobody acknowledged: {journal.uncertain_ends}; live at the end: {states[State.LIVE]}"
    yield f"Lost: {len(journal.lost)}; revived: {len(journal.revived)}"


def _leaks(outcome: Outcome) -> Iterator[str]:
    for watch in outcome.watches:
        most = f"at most {watch.most_of_one} of one environment, {watch.most_of_all} in all"
        if watch.most_of_one > 1:
            most += f"; the same several for {watch.longest_of_several:.2f} s at most"
        yield f"Connections to {watch.store}, looked at {watch.samples} times: {most}"
    before, after = outcome.before.values(), outcome.after.values()
    yield "Descriptors, all environments: " + _change(
        [sum(one.descriptors for one in held) for held in (before, after)]
    )
    yield "Memory of the largest, in MB: " + _change(
        [max(round(one.memory_mb) for one in held) for held in (before, after)]
    )
    yield f"Faults: {sum(outcome.journal.faults.values())}"
    for fault, count in outcome.journal.faults.most_common():
        yield f"  {count} x {fault}"


def _change(values: list[int]) -> str:
    return " before, ".join(map(str, values)) + " after"
