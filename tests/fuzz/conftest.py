"""Fixtures of the fuzzers, and word of what could not be fuzzed here."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.functions.service import Service, Stores
from tests.fuzz.fuzzers import FUZZER_OF, TRIED, inputs_in
from tests.fuzz.guided_run import CAN_BE_GUIDED, ROOT, WHY_NOT
from tests.support.fuzz import draw_steadily

draw_steadily()

collect_ignore = [] if CAN_BE_GUIDED else ["test_guided.py"]


_TRIED: Final[Counter[str]] = Counter()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Count what Hypothesis tried in a fuzzer's tests."""
    yield
    name = FUZZER_OF.get(item.path.relative_to(ROOT).as_posix())
    if name:
        item.user_properties.append((TRIED, (name, inputs_in(getattr(item, "hypothesis_statistics", "")))))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what each fuzzer tried, in whichever process that was."""
    properties: list[tuple[str, Any]] = report.user_properties if report.when == "call" else []
    for name, told in properties:
        if name == TRIED:
            fuzzer, inputs = told
            _TRIED[fuzzer] += inputs


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many inputs each fuzzer tried; and where atheris is missing, rather than leave its out in silence."""
    for name, inputs in sorted(_TRIED.items()):
        terminalreporter.write_line(f"fuzzer {name}: {inputs:,} inputs")
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
