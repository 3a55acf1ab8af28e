"""Scanners find nothing in any combination but what is suppressed, each for a reason."""

import sys

import pytest

from tests.packaging.scan import table
from tests.packaging.scanning import Finding, findings
from tests.packaging.suppressions import SUPPRESSIONS, Suppression, unsuppressed


@pytest.fixture(scope="module")
def found(environments: None) -> dict[str, list[Finding]]:
    """All of it, by combination."""
    return findings()


def test_nothing_is_left(found: dict[str, list[Finding]], capsys: pytest.CaptureFixture[str]):
    with capsys.disabled():
        sys.stdout.write(f"\n{table(found)}")

    assert {finding for each in found.values() for finding in unsuppressed(each)} == set()


@pytest.mark.parametrize("suppression", SUPPRESSIONS, ids=lambda each: f"{each.rule}-{each.file}-{each.parts}")
def test_a_suppression_suppresses_something(suppression: Suppression, found: dict[str, list[Finding]]):
    assert any(suppression.covers(finding) for each in found.values() for finding in each)


def test_every_suppression_says_why():
    assert not [each for each in SUPPRESSIONS if not each.reason.endswith(".")]
