"""Fixtures of the fuzzers, and word of what could not be fuzzed here."""

from collections.abc import Iterator

import pytest

from tests.functions.service import Service, Stores
from tests.fuzz.guided_run import CAN_BE_GUIDED, WHY_NOT
from tests.support.fuzz import draw_steadily

draw_steadily()

collect_ignore = [] if CAN_BE_GUIDED else ["test_guided.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say so where atheris is missing, rather than leave its fuzzers out in silence."""
    if not CAN_BE_GUIDED:
        terminalreporter.write_line(f"tests/fuzz/test_guided.py was left out: {WHY_NOT}.", yellow=True)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The functions in mock mode, where anybody may register."""
    with Service.started(monkeypatch) as started:
        started.configure(REGISTRATION="open")
        yield started


@pytest.fixture
def stores(service: Service) -> Stores:
    """The stores behind them."""
    return service.stores
