"""Every function while a store fails in every way: what it answers, how soon, what it tells, and how it recovers.

The rows are those of docs/failure-modes.md.
"""

from collections import Counter

import pytest

from tests.integration.failures.conftest import TIME_OUTS, WAIT_MS, Functions, Told
from tests.integration.failures.rows import (
    FAILED,
    FAILURES,
    FRESH_COPY,
    HEALED_SECONDS,
    NOT_ASKED,
    OPENED,
    REDIS,
    ROWS,
    SPARED,
    UNKNOWN,
    Row,
)
from tests.integration.lambda_life.requests import DONE, FUNCTIONS
from tests.support.faults import BORNE, BROKEN, SILENT, Fault

TRIES = 3
"""So often a store is asked before it is spared."""
MARGIN_SECONDS = 0.2
REFUSED = {"validate": 401, "authorizer": "Unauthorized", "list_sessions": 401}
# To a fresh environment, a store that is late with its first answer is a silent one.
CASES = [
    pytest.param(row, fault, is_warm, id=f"{row}, {fault.name}, {'warm' if is_warm else 'fresh'}")
    for row in ROWS
    for fault in (*SILENT, *BROKEN)
    for is_warm in (False, True)
    if is_warm or fault is not Fault.LATE
]


@pytest.mark.parametrize(("row", "fault", "is_warm"), CASES)
def test_a_failing_store_is_told_once_costs_one_wait_and_is_spared_and_taken_back(
    functions: Functions, row: Row, fault: Fault, is_warm: bool
) -> None:
    """P1, P2, P6, P9."""
    event = functions.prepare(row.function, row.finds, is_warm=is_warm)
    for store in row.failing:
        functions.relays[store].misbehave(fault)

    before = connections(functions, row)
    requests = [functions.ask(row.function, event)]
    if fault in SILENT:
        # One wait a question: over the connection there is, or for one that is opened, and no second try.
        asked = [row.told.count(store) - is_warm for store in row.told]
        assert connections(functions, row) == [opened + new for opened, new in zip(before, asked, strict=True)]
    requests += [functions.ask(row.function, event) for _ in range(TRIES - 1)]
    assert_told_once(row, requests, fault)
    assert_spared(functions, row, event)

    for store in row.failing:
        functions.relays[store].heal()
    functions.clock.advance(HEALED_SECONDS)
    healed = REFUSED[row.function] if row.finds == UNKNOWN else DONE[row.function]
    assert_as_usual(functions.ask(row.function, event), healed)


def connections(functions: Functions, row: Row) -> list[int]:
    """Return how many connections were opened to each store that the row's requests wait for."""
    return [functions.relays[store].connections for store in row.told]


def assert_told_once(row: Row, requests: list[Told], fault: Fault) -> None:
    """Each request is answered so, waits for each store once a question, and tells of it once; the third time, more."""
    assert [told.answer for told in requests] == [row.answer] * TRIES
    failures: Counter[str] = Counter()
    for told in requests:
        waits = []
        for store in row.told:
            if failures[store] < TRIES:
                failures[store] += 1
                waits.append((store, failures[store] == TRIES))
        lines = [line for store, is_last in waits for line in [(FAILED, store), (SPARED, store)][: 1 + is_last]]
        # What the answer is for want of is the last that was asked.
        is_spared = row.is_refused_by_http and len(waits) < len(row.told)
        assert told.lines == [*lines, *([(NOT_ASKED, row.told[-1])] if is_spared else [])]
        counts = [count for store, is_last in waits for count in [(FAILURES, store), (OPENED, store)][: 1 + is_last]]
        assert told.metrics == counts
    # A busy machine may delay a request or two; the quickest of them shows what is waited for.
    waited = len(row.told) * WAIT_MS / 1000 if fault in SILENT else 0.0
    assert min(told.seconds for told in requests) < waited + MARGIN_SECONDS


def assert_spared(functions: Functions, row: Row, event: object) -> None:
    """The next request is answered alike, without a word to the stores; only a refusal for it is logged.

    After a failure there is no connection left: whoever asks a store again connects again.
    """
    before = connections(functions, row)
    spared = functions.ask(row.function, event)

    assert spared.answer == row.answer
    assert connections(functions, row) == before
    assert [message for message, _ in spared.lines] == ([NOT_ASKED] if row.is_refused_by_http else [])
    assert spared.metrics == []


def assert_as_usual(told: Told, answer: object) -> None:
    assert (told.answer, told.lines, told.metrics) == (answer, [], [])


@pytest.mark.parametrize("function", [*FUNCTIONS, "list_sessions", "end_sessions"])
@pytest.mark.parametrize("fault", BORNE)
@pytest.mark.parametrize("is_warm", [False, True], ids=["fresh", "warm"])
def test_what_is_borne_is_not_told(functions: Functions, function: str, fault: Fault, is_warm: bool) -> None:
    event = functions.prepare(function, FRESH_COPY, is_warm=is_warm)
    for relay in functions.relays.values():
        relay.misbehave(fault)

    assert_as_usual(functions.ask(function, event), DONE[function])


@pytest.mark.parametrize("is_warm", [False, True], ids=["fresh", "warm"])
def test_with_the_default_time_outs_a_silent_redis_costs_a_validation_less_than_a_second(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, is_warm: bool
) -> None:
    """P9: and then nothing, since it is not asked."""
    for name in TIME_OUTS:
        monkeypatch.delenv(name)
    event = functions.prepare("validate", FRESH_COPY, is_warm=is_warm)
    functions.relays[REDIS].misbehave(Fault.BLACK_HOLE)

    requests = [functions.ask("validate", event) for _ in range(TRIES)]

    assert [told.answer for told in requests] == [200] * TRIES
    assert min(told.seconds for told in requests) < 1.0
    before = functions.relays[REDIS].connections
    assert functions.ask("validate", event).answer == 200
    assert functions.relays[REDIS].connections == before
