"""Fixtures of the functions' tests."""

from collections.abc import Iterator

import pytest

from session_management import factory
from tests.functions.service import Service, Stores
from tests.support.clock import ToldClock
from tests.support.fuzz import draw_steadily
from tests.support.log import Log

draw_steadily()


@pytest.fixture
def log() -> Iterator[Log]:
    """What the service logs."""
    with Log.captured() as captured:
        yield captured


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The functions in mock mode."""
    with Service.started(monkeypatch) as started:
        yield started


@pytest.fixture
def stores(service: Service) -> Stores:
    """The stores behind them."""
    return service.stores


@pytest.fixture
def told_clock(monkeypatch: pytest.MonkeyPatch, service: Service) -> ToldClock:
    """What they go by, instead of the machine's clock."""
    clock = ToldClock()
    monkeypatch.setattr(factory, "_CLOCK", clock)
    service.configure()
    return clock
