"""The machine draws the same each time; `--hypothesis-profile=unshrunk` ends at the first failure it finds."""

import pytest

from tests.machine.census import CENSUS
from tests.support.fuzz import draw_steadily

draw_steadily()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the runs came to, in whichever process they were."""
    for report in terminalreporter.getreports("passed"):
        for name, census in report.user_properties if report.when == "call" else ():
            if name == CENSUS:
                terminalreporter.write_line(str(census))
