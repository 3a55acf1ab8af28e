"""The coverage-guided fuzzers, for a bounded while from the same start. Where atheris has no wheel, see conftest."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.fuzzers import TRIED
from tests.fuzz.guided_run import ROOT, guided_run
from tests.fuzz.targets import NAMES, target

RUNS = 10_000


@pytest.mark.parametrize("name", NAMES)
def test_no_input_breaks_a_property(name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """P7."""
    run = guided_run(name, tmp_path, f"-runs={RUNS}", "-seed=1")
    record_property(TRIED, (name, run.inputs))

    assert run.exit_code == 0, run.output
    assert run.crasher is None
    assert run.inputs >= RUNS
    # The code under test is instrumented, and more of it was seen than the seeds alone show.
    assert run.features > run.seeds_features > 0
    assert len(list((tmp_path / "corpus").iterdir())) > 1


def test_a_fault_is_found_saved_and_reproduced(tmp_path: Path) -> None:
    run = guided_run("planted", tmp_path, f"-runs={RUNS}", "-seed=1")

    assert run.exit_code == 77
    assert run.crasher
    assert run.crasher.parent == tmp_path / "crashers"
    with pytest.raises(AssertionError):
        target("planted").check(run.crasher.read_bytes())
    again = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.reproduce", "planted", str(run.crasher)],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": "shared:."},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert again.returncode == 1
    assert '{*presented} == {"d"}' in again.stderr
