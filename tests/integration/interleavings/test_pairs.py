"""Every two operations on one session or user, in every order of their store calls, from every state of the copy."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from copy import replace

import pytest

from session_management.managers.user_manager import UserManager
from tests.integration.interleavings.catalogue import ALONE, CATALOGUE, PAIRS, entry_of, works_of
from tests.integration.interleavings.operation import POSTGRES, REDIS
from tests.integration.interleavings.promises import Promises
from tests.integration.interleavings.stage import Stage
from tests.integration.interleavings.starts import STARTS, STATES_OF_THE_COPY

type Pair = tuple[str, str]

LOCKING = [
    pair
    for pair in PAIRS
    # After its login, which is as any, one that replaces a session ends that by a single statement.
    if "log in anew" not in pair and all(entry_of(name).locks and not entry_of(name).like for name in pair)
]
SESSION_ALONE = {"validate", "validate and slide", "extend", "log out", "sweep"}
"""What touches the session and not its user: to these it makes a difference how a session came to its end."""
LIMITED = [pair for pair in LOCKING if "log in" in pair and "create session" not in pair]
LOSING = [pair for pair in PAIRS if "validate" in pair]
LOSING_POSTGRES = [pair for pair in LOSING if not any(entry_of(name).like for name in pair)]
ORDERS: Counter[Pair] = Counter()
"""How many orders each pair was taken through in one test."""
BESIDE = {"validate", "log out", "end one", "end all", "promote", "delete user", "extend"}
PLAIN = [pair for pair in LOSING if set(pair) <= BESIDE]

MORE_PLAIN = [("log in", "end all"), ("extend", "log out"), ("log out", "promote"), ("validate", "sweep")]


@pytest.fixture(autouse=True)
def tell_orders(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Let the run's summary say how many orders were taken."""
    ORDERS.clear()
    yield
    record_property("orders", [[*pair, orders] for pair, orders in ORDERS.items()])


def starts_of(pair: Pair) -> list[str]:
    """Return the starts from which two operations can meet in another way, once for their like."""
    entries = [entry_of(name) for name in pair]
    is_like = any(entry.like for entry in entries)
    if set(pair) <= SESSION_ALONE:
        return list(STARTS) if any(entry.looks for entry in entries) else ["fresh copy", "expired", "purgeable"]
    if "log in anew" in pair:
        return ["no copy", "old copy"] if any(entry.looks for entry in entries) else ["fresh copy"]
    if "validate and slide" in pair:
        return ["old copy"] if is_like else ["no copy", "old copy", "stale fence"]
    if any(entry.looks for entry in entries):
        return list(STATES_OF_THE_COPY)
    return ["fresh copy"] if is_like else ["fresh copy", "revoked fence"]


def explore(stage: Stage, pair: Pair, start: str, *, losing: str = "", limit: int = 0, inside: bool = False) -> None:
    works = works_of(stage, pair)
    promises = Promises(stage, works, losing=losing, limit=limit)

    def set_up() -> None:
        STARTS[start].set_up(stage)
        promises.begin()

    with stage.under(**STARTS[start].policy):
        orders = stage.explore(
            works,
            set_up=set_up,
            holds=promises.after_a_step,
            holds_at_end=promises.at_the_end,
            policy=replace(stage.policy, max_per_user=limit),
            stops_inside_transactions=inside,
            faults=1 if losing else 0,
            losing=losing,
        )
    if all(steps > 1 for steps in stage.explorer.fewest_steps.values()):
        assert orders > 1
    ORDERS[pair] += orders


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
    explore(stages, pair, "old copy", losing=REDIS)


@pytest.mark.parametrize("pair", LOSING_POSTGRES, ids=" + ".join)
def test_a_lost_call_to_postgresql_breaks_no_promise(stages: Stage, pair: Pair) -> None:
    """The statement or transaction, or the answer to it: the copy answers, or nobody is told that it was done."""
    explore(stages, pair, "old copy", losing=POSTGRES)


@pytest.mark.parametrize("pair", [*PLAIN, *MORE_PLAIN], ids=" + ".join)
def test_the_promises_hold_beside_the_original_as_well(plain_stages: Stage, pair: Pair) -> None:
    for start in starts_of(pair):
        explore(plain_stages, pair, start)
