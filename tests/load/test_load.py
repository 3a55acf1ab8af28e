"""P1, P2, P6 and P9 under load: what was acknowledged holds, whichever store is killed meanwhile.

Passwords are hashed at their real cost: few users log in many times, and most requests are none of theirs.
"""

import sys

import pytest

from tests.load.chaos import Plan
from tests.load.journal import Journal
from tests.load.load import run
from tests.load.report import report


def test_nothing_acknowledged_is_lost_or_revived_while_stores_are_killed(capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal()
    outcome = run(Plan(requests=8_000, rounds=1, seconds=180), 3, journal)
    with capsys.disabled():
        sys.stdout.write(f"\n{report(outcome)}\n")

    assert dict(journal.faults) == {}
    assert (len(journal.lost), len(journal.revived)) == (0, 0)
    assert [kill.what for kill in journal.kills] == ["Valkey, emptied", "PostgreSQL", "Valkey"]
    assert journal.logouts > 0
