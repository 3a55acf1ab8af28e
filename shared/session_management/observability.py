"""Logs and metrics: what happened, in words an operator can act on. Session IDs and passwords never come here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from session_management.access import Denial
from session_management.client_changes import ClientChange
from session_management.environment import ManagerEnvironment
from session_management.errors import (
    ConfigurationError,
    SessionManagementError,
    StoreUnavailableError,
    TooManyAttemptsError,
)
from session_management.interfaces import ValidationPath
from session_management.models import Session

METRICS_NAMESPACE: Final = "SessionManagement"

logger = Logger(service="session-management")


class LoggingObserver:
    """Tells the log and the metrics what the rules did; the way of each validation only outside production."""

    def __init__(self, mode: ManagerEnvironment) -> None:
        """Know the mode."""
        self._tells_paths = mode != "production"

    def validated(self, path: ValidationPath, *, is_valid: bool) -> None:
        """Tell, outside production, how a validation came to its answer."""
        if self._tells_paths:
            logger.debug("a session was validated", path=path, is_valid=is_valid)

    def store_failed(self, error: StoreUnavailableError) -> None:
        """Tell that a store failed; the request may have gone on without it."""
        logger.warning("a store failed", store=error.store, reason=error.reason)
        _count("StoreFailures", error.store)

    def breaker_changed(self, store: str, *, is_open: bool) -> None:
        """Tell that a store is spared from now on, or is back."""
        if is_open:
            logger.error("a store failed repeatedly and is spared for a while", store=store)
            _count("BreakerOpened", store)
        else:
            logger.info("a store answers again", store=store)


class SilentObserver:
    """Tells nobody: whoever asks the stores reports by itself what comes of it."""

    def validated(self, path: ValidationPath, *, is_valid: bool) -> None:
        """Say nothing."""

    def store_failed(self, error: StoreUnavailableError) -> None:
        """Say nothing."""

    def breaker_changed(self, store: str, *, is_open: bool) -> None:
        """Say nothing."""


def tell_faults(error: ConfigurationError) -> None:
    """Log every fault of the settings in one line."""
    logger.error("the settings cannot work", faults=error.faults)
    with single_metric("ConfigurationErrors", MetricUnit.Count, 1, namespace=METRICS_NAMESPACE):
        pass


def tell_spared(error: SessionManagementError) -> None:
    """Log, of a request that is answered 503, that no store was asked: nobody else has told that."""
    if isinstance(error, StoreUnavailableError) and not error.was_tried:
        logger.warning("a request was answered without asking a store", store=error.store, reason=error.reason)


def tell_limited(error: SessionManagementError) -> None:
    """Log that a try was refused since too many had failed; for whom is not known yet, and from where is not told."""
    if isinstance(error, TooManyAttemptsError):
        logger.warning("too many attempts: a try was refused", retry_after_seconds=error.retry_after_seconds)
        with single_metric("AttemptsRefused", MetricUnit.Count, 1, namespace=METRICS_NAMESPACE):
            pass


def tell_client_changed(session: Session, changes: Sequence[ClientChange], *, is_refused: bool) -> None:
    """Log that another client presented *session* than opened it: what changed, and neither address nor device."""
    logger.info(
        "a session was presented by another client",
        session_handle=session.handle,
        user_id=session.user_id,
        changed=changes,
        is_refused=is_refused,
    )
    _count("ClientChanges", "+".join(changes), dimension="changed")


def tell_denied(session: Session, denial: Denial) -> None:
    """Log that an authorizer's policy denied a live *session*, and why."""
    logger.info("a live session was denied", session_handle=session.handle, user_id=session.user_id, denied=denial)
    _count("AuthorizerDenials", denial, dimension="denied")


@contextmanager
def telling_faults() -> Iterator[None]:
    """Log faults of the settings that come up inside, and let them go on to Lambda."""
    try:
        yield
    except ConfigurationError as error:
        tell_faults(error)
        raise


def _count(name: str, value: str, *, dimension: str = "store") -> None:
    with single_metric(name, MetricUnit.Count, 1, namespace=METRICS_NAMESPACE) as metric:
        metric.add_dimension(dimension, value)
