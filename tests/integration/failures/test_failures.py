"""Every function while a store fails in every way: what it answers, how soon, what it tells, and how it recovers.

The rows are those of docs/failure-modes.md.
"""

from copy import replace

import pytest

from tests.integration.failures.conftest import WAIT_MS, Functions, Told, time_outs
from tests.integration.failures.rows import (
    CLOSED,
    FAILED,
    FAILURES,
    FRESH_COPY,
    HEALED_SECONDS,
    LIST,
    NO_COPY,
    NOT_ASKED,
    OPENED,
    OUTAGE,
    POSTGRES,
    REDIS,
    ROWS,
    SIMPLE,
    SPARED,
    UNKNOWN,
    Row,
)
from tests.integration.lambda_life.requests import DONE, FUNCTIONS, ONCE, OWN_SESSIONS, UNAVAILABLE, event_for
from tests.support.faults import BORNE, BROKEN, SILENT, Fault

TRIES = 3
"""So often a store is asked before it is spared."""
MARGIN_SECONDS = 0.2
FIRST_MARGIN_SECONDS = 1.0
"""What the first request may take besides: a busy machine, and all that is imported and built by it."""
VALIDATING = ("validate", "authorizer", SIMPLE)
REFUSED = {"validate": 401, "authorizer": "Unauthorized", SIMPLE: False, LIST: 401}
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
    if fault in SILENT:
        functions.wait(WAIT_MS, *row.failing)
    event = functions.prepare(row.function, row.finds, is_warm=is_warm)
    for store in row.failing:
        functions.relays[store].misbehave(fault)

    before = connections(functions, row)
    requests = [functions.ask(row.function, event)]
    if fault in SILENT:
        # One wait: over the connection there is, or for one that is opened, and no second try.
        assert connections(functions, row) == [opened + (not is_warm or not row.spares) for opened in before]
    requests += [functions.ask(row.function, event) for _ in range(TRIES - 1)]
    assert_told_once(row, requests, fault)
    if row.spares:
        assert_spared(functions, row, event)

    for store in row.failing:
        functions.relays[store].heal()
    assert_back(row, ask_healed(functions, row, fault, event))


def ask_healed(functions: Functions, row: Row, fault: Fault, event: object) -> Told:
    """Send the next request once a breaker would let it through."""
    functions.clock.advance(HEALED_SECONDS)
    told = functions.ask(row.function, event)
    if fault in SILENT and told.lines:
        # With the short time-out that a silent store has here, a busy machine may delay a request beyond it: maybe
        # after the store had answered its first statement, and was counted as back.
        back = [metric for metric in told.metrics if metric[0] == CLOSED]
        functions.clock.advance(HEALED_SECONDS)
        told = functions.ask(row.function, event)
        told = replace(told, metrics=[*back, *told.metrics])
    return told


def connections(functions: Functions, row: Row) -> list[int]:
    """Return how many connections were opened to each store that the row's requests wait for."""
    return [functions.relays[store].connections for store in row.told]


def assert_told_once(row: Row, requests: list[Told], fault: Fault) -> None:
    """Each request is answered so, waits for each store at most once, and tells of it once; the last tells more."""
    assert [told.answer for told in requests] == [row.answer] * TRIES
    failed = [(FAILED, store) for store in row.told]
    assert [told.lines for told in requests[:-1]] == [failed] * (TRIES - 1)
    assert requests[-1].lines == each_of(row, FAILED, SPARED)
    assert [told.metrics for told in requests[:-1]] == [[(FAILURES, store) for store in row.told]] * (TRIES - 1)
    assert requests[-1].metrics == each_of(row, FAILURES, OPENED)
    waited = len(row.told) * WAIT_MS / 1000 if fault in SILENT else 0.0
    assert requests[0].seconds < waited + FIRST_MARGIN_SECONDS
    # A busy machine may delay a request or two; the quickest of them shows what is waited for.
    assert min(told.seconds for told in requests) < waited + MARGIN_SECONDS


def each_of(row: Row, *what: str) -> list[tuple[str, str]]:
    """Return *what* the third failure brings, for each store in turn; the second of it where one is spared then."""
    return [(one, store) for store in row.told for one in (what if row.spares else what[:1])]


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


def assert_back(row: Row, told: Told) -> None:
    """All is as usual, and each store that was spared and answers again is counted as back."""
    # A copy that Redis holds again is all that who only validates asks for.
    needs_redis_alone = row.finds == FRESH_COPY and REDIS in row.told and row.function in VALIDATING
    asked = (REDIS,) if needs_redis_alone else row.told
    answer = REFUSED[row.function] if row.finds == UNKNOWN else DONE[row.function]
    assert (told.answer, told.lines) == (answer, [])
    assert sorted(told.metrics) == sorted((CLOSED, store) for store in asked if row.spares)


def assert_as_usual(told: Told, answer: object) -> None:
    assert (told.answer, told.lines, told.metrics) == (answer, [], [])


@pytest.mark.parametrize("function", [*FUNCTIONS, *ONCE, *OWN_SESSIONS])
@pytest.mark.parametrize("fault", BORNE)
@pytest.mark.parametrize("is_warm", [False, True], ids=["fresh", "warm"])
def test_what_is_borne_is_not_told(functions: Functions, function: str, fault: Fault, is_warm: bool) -> None:
    event = functions.prepare(function, FRESH_COPY, is_warm=is_warm)
    for relay in functions.relays.values():
        relay.misbehave(fault)

    assert_as_usual(functions.ask(function, event), DONE[function])


@pytest.mark.parametrize("is_warm", [False, True], ids=["fresh", "warm"])
def test_with_the_default_time_outs_a_silent_redis_costs_the_first_validation_less_than_a_second(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, is_warm: bool
) -> None:
    """P9: and after three of them nothing, since it is not asked. A busy machine may delay a first one or two."""
    for name in time_outs(0, POSTGRES, REDIS):
        monkeypatch.delenv(name)
    firsts: list[float] = []
    while len(firsts) < TRIES and not (firsts and firsts[-1] < 1.0):
        functions.relays[REDIS].heal()
        functions.begin_anew()
        event = functions.prepare("validate", FRESH_COPY, is_warm=is_warm)
        functions.relays[REDIS].misbehave(Fault.BLACK_HOLE)

        requests = [functions.ask("validate", event) for _ in range(TRIES)]

        assert [told.answer for told in requests] == [200] * TRIES
        before = functions.relays[REDIS].connections
        assert functions.ask("validate", event).answer == 200
        assert functions.relays[REDIS].connections == before
        firsts.append(requests[0].seconds)
    assert firsts[-1] < 1.0, firsts


ANSWER_MS = 2_000
JUST_IN_TIME_SECONDS = 0.15
"""How late each answer comes: a statement takes up to three of them, and an opening more, within its time-out."""
LEFT_SECONDS = 1.0


@pytest.mark.parametrize("function", ["validate", "login", "logout"])
def test_stores_that_answer_just_in_time_again_and_again_are_waited_for_until_the_deadline(
    functions: Functions, function: str
) -> None:
    """P9: no time-out ends what takes many answers, each of which comes in time; what is left of the request does."""
    functions.wait(ANSWER_MS, POSTGRES, REDIS)
    event = functions.prepare(function, NO_COPY, is_warm=False)
    for relay in functions.relays.values():
        relay.delay_seconds = JUST_IN_TIME_SECONDS

    taken: list[float] = []
    while len(taken) < TRIES and not (taken and taken[-1] < LEFT_SECONDS):
        functions.begin_anew()
        hurried = functions.ask(function, event, seconds=LEFT_SECONDS)
        assert hurried.answer == UNAVAILABLE[function]
        taken.append(hurried.seconds)
    assert taken[-1] < LEFT_SECONDS, taken

    functions.begin_anew()
    patient = functions.ask(function, event, seconds=60)
    assert patient.answer == DONE[function]
    assert patient.seconds > LEFT_SECONDS


def test_a_migration_waits_for_postgresql_as_long_as_the_function_has_time(functions: Functions) -> None:
    """P9: beyond any time-out of the settings, since a file may take long; never beyond the function's own."""
    functions.wait(WAIT_MS, POSTGRES)
    relay = functions.relays[POSTGRES]
    relay.before(b"session_migrations", relay.withhold_answers)

    told = functions.ask("migrate", event_for("migrate", ""), seconds=LEFT_SECONDS)

    assert told.answer == OUTAGE
    assert WAIT_MS / 1000 + MARGIN_SECONDS < told.seconds < LEFT_SECONDS + FIRST_MARGIN_SECONDS
    relay.heal()
    assert functions.ask("migrate", event_for("migrate", "")).answer == DONE["migrate"]
