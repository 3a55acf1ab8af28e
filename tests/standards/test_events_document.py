"""docs/events.md lists every event and every metric as the code has them, and docs/operating.md no others."""

import re
from collections import Counter
from pathlib import Path

import session_management.events
from session_management.events import EVENTS, Event, Fenced
from session_management.interfaces import ValidationPath
from session_management.metrics import METRICS
from session_management.validation_counts import BY_PATH, INVALID, UNDECIDED, VALID
from tests.standards.events_document import DIMENSIONS, PATH, document

ROOT = Path(__file__).parents[2]
NAMES = {kind.name for kind in EVENTS}
METRIC_NAMES = [metric.name for metric in METRICS] + [VALID, INVALID, UNDECIDED, *BY_PATH.values()]


def kinds_of(base: type[Event]) -> set[type[Event]]:
    return {kind for child in base.__subclasses__() for kind in {child, *kinds_of(child)}}


def test_the_document_is_what_the_code_has() -> None:
    """Where this fails: the command in the document's second line. ASVS 16.1.1."""
    assert PATH.read_text() == document()


def test_every_event_that_can_be_made_is_listed() -> None:
    """A dataclass with slots is made twice; the first of both stays among its base's subclasses."""
    made = {kind.__name__ for kind in kinds_of(Event)} - {Fenced.__name__}
    assert made == {kind.__name__ for kind in EVENTS}
    assert all(getattr(session_management.events, kind.__name__) is kind for kind in EVENTS)


def test_no_name_is_used_twice() -> None:
    assert [name for name, count in Counter([*NAMES, *METRIC_NAMES]).items() if count > 1] == []
    assert len(NAMES) == len(EVENTS)


def test_every_way_of_a_validation_is_counted() -> None:
    assert BY_PATH.keys() == set(ValidationPath)


def test_every_metric_takes_its_value_and_its_dimension_from_fields_of_its_event() -> None:
    for metric in METRICS:
        assert {metric.by, metric.value} - {None} <= metric.of.fields.keys(), metric.name
    assert DIMENSIONS.keys() == {metric.name for metric in METRICS if metric.by}


def test_what_operators_are_told_to_watch_is_there() -> None:
    table = (ROOT / "docs/operating.md").read_text().partition("## What to watch")[2]
    watched = set(re.findall(r"`((?:[A-Z][a-z]+){2,}|[a-z]+_[a-z_]+)`", table))
    known = {*NAMES, *METRIC_NAMES, "is_fenced", "user_id", "fences_written", "wrong_password", "unknown_user"}
    assert len(watched) > 15
    assert watched - known == set()
