"""Every two operations on one session or user, in every order of their store calls, from every state of the copy."""

import inspect
from dataclasses import replace

import pytest

from session_management.managers.user_manager import UserManager
from tests.integration.interleavings.catalogue import ALONE, CATALOGUE, PAIRS, entry_of, works_of
from tests.integration.interleavings.promises import Promises
from tests.integration.interleavings.stage import Stage
from tests.integration.interleavings.starts import STARTS

type Pair = tuple[str, str]

LOCKING = [pair for pair in PAIRS if all(entry_of(name).locks and not entry_of(name).like for name in pair)]
LIMITED = [pair for pair in LOCKING if "log in" in pair and "create session" not in pair]
LOSING = [pair for pair in PAIRS if "validate" in pair]
BESIDE = {"validate", "log out", "end by handle", "end all", "promote", "delete user", "extend"}
PLAIN = [pair for pair in LOSING if set(pair) <= BESIDE]


def starts_of(pair: Pair) -> list[str]:
    """Return all starts where somebody looks at the copy; else whether the session lives or not, once for its like."""
    entries = [entry_of(name) for name in pair]
    if any(entry.looks for entry in entries):
        return list(STARTS)
    return ["fresh copy"] if any(entry.like for entry in entries) else ["fresh copy", "revoked fence"]


def explore(stage: Stage, pair: Pair, start: str, *, faults: int = 0, limit: int = 0, inside: bool = False) -> int:
    works = works_of(stage, pair)
    promises = Promises(stage, works, faults=faults, limit=limit)

    def set_up() -> None:
        STARTS[start](stage)
        promises.begin()

    return stage.explore(
        works,
        set_up=set_up,
        holds=promises.after_a_step,
        holds_at_end=promises.at_the_end,
        policy=replace(stage.policy, max_per_user=limit),
        stops_inside_transactions=inside,
        faults=faults,
    )


def test_no_operation_of_the_manager_is_forgotten() -> None:
    """A new public method must be given its place: in the pairs, or among those that touch nothing of others."""
    methods = {name for name, _ in inspect.getmembers(UserManager, inspect.isfunction) if not name.startswith("_")}
    paired = {entry.method for entry in CATALOGUE.values()}
    assert paired | ALONE.keys() == methods
    assert not paired & ALONE.keys()
    assert len(PAIRS) == len(CATALOGUE) * (len(CATALOGUE) + 1) // 2


@pytest.mark.parametrize("pair", PAIRS, ids=" + ".join)
def test_two_operations_keep_every_promise_in_every_order(stages: Stage, pair: Pair) -> None:
    for start in starts_of(pair):
        explore(stages, pair, start)


@pytest.mark.parametrize("pair", LOCKING, ids=" + ".join)
def test_what_happens_inside_transactions_keeps_every_promise_too(stages: Stage, pair: Pair) -> None:
    explore(stages, pair, "fresh copy", inside=True)


@pytest.mark.parametrize("pair", LIMITED, ids=" + ".join)
def test_a_user_has_no_more_sessions_than_allowed_and_no_fewer(stages: Stage, pair: Pair) -> None:
    explore(stages, pair, "fresh copy", inside=True, limit=1)


@pytest.mark.parametrize("pair", LOSING, ids=" + ".join)
def test_a_lost_command_to_redis_breaks_no_promise(stages: Stage, pair: Pair) -> None:
    """The command, or the answer to it: the operation is then not acknowledged, or goes on without Redis."""
    explore(stages, pair, "old copy", faults=1)


@pytest.mark.parametrize("pair", [*PLAIN, ("log in", "end all"), ("extend", "log out")], ids=" + ".join)
def test_the_promises_hold_beside_the_original_as_well(plain_stages: Stage, pair: Pair) -> None:
    for start in starts_of(pair):
        explore(plain_stages, pair, start)
