"""docs/events.md, written from the events and the metrics as the code has them.

`python -m tests.standards.events_document --write` writes it; without the option it is printed.
"""

import argparse
import inspect
import sys
from pathlib import Path
from types import NoneType
from typing import Final, get_args

from session_management.access import Denial
from session_management.client_changes import ClientChange
from session_management.constants import METRICS_NAMESPACE
from session_management.events import EVENTS, Event, Refusal
from session_management.interfaces import ValidationPath
from session_management.metrics import METRICS, Metric
from session_management.validation_counts import BY_PATH, FLUSH_SECONDS, INVALID, UNDECIDED, VALID

PATH: Final = Path(__file__).parents[2] / "docs/events.md"
COMMAND: Final = "PYTHONPATH=shared:. .venv/bin/python -m tests.standards.events_document --write"
STORES: Final = ("postgresql", "redis")
REVOCATIONS: Final = ("ended", "revoke_all", "replaced", "limit", "password_change", "user_disabled")
DIMENSIONS: Final = {
    "LoginFailures": tuple(Refusal),
    "SessionsRevoked": REVOCATIONS,
    "ClientChanges": (*ClientChange, "+".join(ClientChange)),
    "AuthorizerDenials": tuple(Denial),
    **dict.fromkeys(("StoreFailures", "BreakerOpened", "BreakerClosed"), STORES),
}
"""The values of each metric's dimension; whatever is told has one of them, or a test fails."""
_WAYS: Final = {
    ValidationPath.COPY: "the copy in Redis answered, PostgreSQL was not asked",
    ValidationPath.RECORD: "the record in PostgreSQL answered",
    ValidationPath.RECORD_WITHOUT_REDIS: "the record answered, while Redis did not",
    ValidationPath.STALE_IF_ERROR: "an older copy was believed, since PostgreSQL did not answer",
    ValidationPath.FENCE: "a fence in Redis answered: the session had been revoked",
    ValidationPath.ORIGINAL: "the original application's own session was looked for",
    ValidationPath.UPGRADED: "a session in plain form was looked for, to be kept as a digest from then on",
    ValidationPath.MALFORMED: "what was presented is no session ID, and no store was asked",
}
_OUTCOMES: Final = {
    VALID: "a live session was found",
    INVALID: "none was",
    UNDECIDED: "a store failed that alone could tell: the answer was 503",
}


def document() -> str:
    """Return the whole document."""
    events = "".join(_event_line(kind) for kind in EVENTS)
    with_events = "".join(_metric_line(metric) for metric in METRICS)
    counts = {**_OUTCOMES, **{BY_PATH[path]: what for path, what in _WAYS.items()}}
    counted = "".join(f"| `{name}` | {what} |\n" for name, what in counts.items())
    prices = sum(len(DIMENSIONS.get(metric.name, [""])) for metric in METRICS) + len(counts)
    return _TEXT.format(
        command=COMMAND,
        events=events,
        metrics=with_events,
        counted=counted,
        namespace=METRICS_NAMESPACE,
        seconds=f"{FLUSH_SECONDS:g}",
        prices=prices,
    )


def optional(kind: type[Event]) -> set[str]:
    """Return the fields that an event may be without."""
    return {name for name, of in kind.fields.items() if NoneType in get_args(of)}


def _event_line(kind: type[Event]) -> str:
    told = ", ".join(f"(`{name}`)" if name in optional(kind) else f"`{name}`" for name in kind.fields)
    when = " ".join((inspect.getdoc(kind) or "").split())
    return f"| `{kind.name}` | {kind.level} | {kind.says} | {when} | {told} |\n"


def _metric_line(metric: Metric) -> str:
    values = DIMENSIONS.get(metric.name, ())
    by = f"`{metric.by}`: {', '.join(f'`{value}`' for value in values)}" if metric.by else ""
    of = f"each `{metric.of.name}`" + (f": its `{metric.value}`" if metric.value else "")
    return f"| `{metric.name}` | {metric.unit} | {of} | {by} | {max(len(values), 1)} |\n"


_TEXT: Final = """\
# Events and metrics

<!-- Written by `{command}` from the code, and held to it by tests. -->

## Events

Each is one JSON line in the function's log, as Powertools' logger writes lines: `event` has the name below, `message`
the sentence, `level` the level, and then come exactly the fields listed; one in parentheses is left out where there is
nothing to say. Each has `timestamp`, `service` and, within a request, `cold_start`, `function_name`, `function_arn`,
`function_memory_size` and `function_request_id`; with X-Ray, `xray_trace_id`. Lines without `event` are for developers
and stay out of production, or are Lambda's own. An operator's command in a shell writes no line at all: by the
function, it does.

An event is written after the thing is done: after the COMMIT, and after Redis was told or did not answer, which is
then said by `is_fenced`. It is written once, whatever the client's answer is: after a 503 whose change was made, too.
What was not done is no event. Where nobody can tell, because a COMMIT was not answered or the environment was ended
right after it, there is none either; a statement that was sent again because its answer was lost ends a session that
it had ended before, and tells nothing. So each event is true, and in such a failure one may be missing: what counts is
the record, which `explain` and `list_sessions` show ([operating.md](operating.md)).

No event and no metric holds an email, a session ID, a password, an address or a user agent. A user is `user_id`, a
session its handle, which is no secret. Whose address it was is in API Gateway's access log: let its format have
`$context.integration.requestId`, which is `function_request_id` here.

`POWERTOOLS_LOG_LEVEL` decides what is written, by level; metrics are written all the same.

| `event` | Level | `message` | When, and what the fields say | Fields |
|---|---|---|---|---|
{events}
`reason` of a refused password is for operators alone; clients are told the same for each. It is `unknown_user`,
`wrong_password`, `no_password` (there is a user, and none was ever set), `disabled`, `unverified` (where
`LOGIN_REQUIRES_VERIFIED`), or `changed_meanwhile` (the password was right when it was looked at, and the user was
changed before the session was recorded).

## Metrics

Lines in CloudWatch's embedded metric format on standard output, in the namespace `{namespace}`, which CloudWatch turns
into metrics by itself. Where `POWERTOOLS_SERVICE_NAME` is set, each has it as the dimension `service`.
Those of events are written at once:

| Metric | Unit | Value | Dimension and its values | Billed as |
|---|---|---|---|---|
{metrics}
Validations are counted in the execution environment, since a line for each would cost more than a validation does:
one line at most every {seconds} seconds has all counts since the one before. The first validation of an environment,
or the first after a pause, is written at once; what an environment counts after its last line, {seconds} seconds' worth
at most, is lost when it ends. Each count is a metric without a dimension; look at its Sum. The first three add up to
all validations, and the others to those that were answered.

| Metric | Counts validations where |
|---|---|
{counted}
CloudWatch bills each name with each value of its dimension as one custom metric, for the hours in which it was written:
{prices} in all, if everything happens. A dimension more, such as the function, would multiply that, and is in the log's
name already.

Which of all these to watch is in [operating.md](operating.md).
"""


def main() -> None:
    """Print the document, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/events.md")
    if parser.parse_args().write:
        PATH.write_text(document())
    else:
        sys.stdout.write(document())


if __name__ == "__main__":
    main()
