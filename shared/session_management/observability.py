"""Logs and metrics: what happened, in words an operator can act on. Session IDs and passwords never come here."""

import functools
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

import orjson

from session_management.environment import ManagerEnvironment, trace_id
from session_management.errors import ConfigurationError, StoreUnavailableError
from session_management.events import Event, Level, SettingsFaulty, StoreBack, StoreFailed, StoreSpared
from session_management.interfaces import Clock, ValidationPath
from session_management.invocation import InvocationFilter
from session_management.validation_counts import BY_PATH, INVALID, UNDECIDED, VALID, ValidationCounts

if TYPE_CHECKING:
    from logging import StreamHandler

    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.typing import LambdaContext

type Handler[Answer] = Callable[[dict[str, Any], LambdaContext], Answer]

_LEVELS: Final[Mapping[Level, int]] = {"INFO": 20, "WARNING": 30, "ERROR": 40}
"""The numbers of the levels: in `logging`, which is imported with the first line."""

_invocation: Final = InvocationFilter()


def _as_json(line: dict[str, Any]) -> str:
    """Return what Powertools' own would."""
    try:
        return orjson.dumps(line, default=str, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()
    except TypeError:  # half a character, or a number beyond 64 bits
        return json.dumps(line, default=str, separators=(",", ":"))


@functools.cache
def logger() -> "Logger":
    """Return the service's logger, which is imported with the first line: most first answers write none."""
    from aws_lambda_powertools import Logger

    # Whether the message is JSON, and the line as JSON: by the standard library they are a third of a line's time.
    made = Logger(
        service="session-management",
        json_serializer=_as_json,
        json_deserializer=orjson.loads,  # type: ignore[arg-type]  # it is given text
    )
    made.addFilter(_invocation)
    return made


def import_log() -> None:
    """Import what the first event that is told would."""
    import session_management.metrics  # noqa: F401

    logger()


def invoked[Answer](handler: Handler[Answer]) -> Handler[Answer]:
    """Have the lines that a Lambda handler writes say which invocation they belong to."""

    @functools.wraps(handler)
    def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> Answer:
        _invocation.begin(context)
        return handler(event, context)

    return lambda_handler


def tell(event: Event) -> None:
    """Write *event* as one JSON line, and its metrics as another. Whoever tells it has done it."""
    from session_management.metrics import write_metrics_of

    log, facts, now = logger(), event.facts, time.time()
    if _LEVELS[event.level] >= log.log_level:
        stream = cast("StreamHandler[TextIO]", log.registered_handler).stream
        stream.write(_as_json(_line_of(event, facts, now)) + "\n")
        stream.flush()
    write_metrics_of(event, facts, now)


def _line_of(event: Event, facts: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return what the logger would write of *event*, but for the place in the code: that is the same for each.

    Through the logger it takes four times as long. That, and metrics by Powertools, were half of what a logout took.
    """
    keys = {
        **logger().get_current_keys(),
        "level": event.level,
        "location": None,
        "message": event.says,
        "timestamp": _timestamp(now),
        "event": event.name,
        **facts,
        **_invocation.facts,
        "xray_trace_id": trace_id(),
    }
    return {name: value for name, value in keys.items() if value is not None}


def _timestamp(now: float) -> str:
    """Return *now* in local time, as Powertools writes it: 2026-01-31 09:30:00,123+0000."""
    minute, milliseconds = divmod(int(now * 1000), 60_000)
    begin, offset = _minute(minute)
    return f"{begin}:{milliseconds // 1000:02},{milliseconds % 1000:03}{offset}"


@functools.lru_cache(maxsize=1)
def _minute(minute: int) -> tuple[str, str]:
    """Return how the timestamps of a minute since 1970 begin and end: C's library looks for the time zone each time."""
    local = time.localtime(minute * 60)
    return time.strftime("%Y-%m-%d %H:%M", local), time.strftime("%z", local)


class LoggingObserver:
    """Tells the log and the metrics what the rules did; the way of each validation only outside production."""

    def __init__(self, mode: ManagerEnvironment, *, clock: Clock) -> None:
        """Know the mode. What is counted is written by *clock*."""
        self._tells_paths = mode != "production"
        self._counts = ValidationCounts(clock)

    def happened(self, event: Event) -> None:
        """Tell it."""
        tell(event)

    def validated(self, path: ValidationPath, *, is_valid: bool) -> None:
        """Count it, and tell, outside production, how it came to its answer."""
        self._counts.add(VALID if is_valid else INVALID, BY_PATH[path])
        if self._tells_paths:
            logger().debug("a session was validated", path=path, is_valid=is_valid)

    def could_not_validate(self) -> None:
        """Count it: which store failed is told already."""
        self._counts.add(UNDECIDED)

    def store_failed(self, error: StoreUnavailableError) -> None:
        """Tell that a store failed; the request may have gone on without it."""
        tell(StoreFailed(store=error.store, reason=error.reason))

    def breaker_changed(self, store: str, *, is_open: bool) -> None:
        """Tell that a store is spared from now on, or is back."""
        tell(StoreSpared(store=store) if is_open else StoreBack(store=store))


class SilentObserver:
    """Tells nobody: whoever asks the stores reports by itself what comes of it."""

    def happened(self, event: Event) -> None:
        """Say nothing."""

    def validated(self, path: ValidationPath, *, is_valid: bool) -> None:
        """Say nothing."""

    def could_not_validate(self) -> None:
        """Say nothing."""

    def store_failed(self, error: StoreUnavailableError) -> None:
        """Say nothing."""

    def breaker_changed(self, store: str, *, is_open: bool) -> None:
        """Say nothing."""


class _TellingFaults:
    """Every request of an authorizer passes one: it takes a fifth of a generator's time."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, ConfigurationError):
            tell(SettingsFaulty(faults=error.faults))


_telling_faults: Final = _TellingFaults()


def telling_faults() -> AbstractContextManager[None]:
    """Tell of faults of the settings that come up inside, and let them go on to Lambda."""
    return _telling_faults
