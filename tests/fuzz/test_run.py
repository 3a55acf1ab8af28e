"""`make fuzz`: what it prints, and how it ends."""

import re
from pathlib import Path

import pytest

from tests.fuzz import fuzzers, run
from tests.fuzz.guided_run import CAN_BE_GUIDED
from tests.fuzz.run import main

BRIEFLY = ("--minutes", "0.02")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what is found is kept."""
    monkeypatch.setattr(fuzzers, "_FOLDER", tmp_path)
    return tmp_path


def test_it_ends_with_what_each_fuzzer_tried(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(
        fuzzers._DRAWN, "draws", "tests/fuzz/test_events.py::test_whatever_comes_is_answered_as_documented[Me]"
    )

    assert main([*BRIEFLY, "draws"]) == 0

    head, row, total = capfd.readouterr().out.splitlines()[-3:]
    assert head.split() == ["fuzzer", "runs", "inputs", "seconds", "failures"]
    assert int(row.split()[2].replace(",", "")) >= 400 * int(row.split()[1])
    assert total.split()[1:] == row.split()[1:]


def test_it_says_that_it_is_at_work_before_a_round_is_over(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(fuzzers._DRAWN, "draws", "tests/fuzz/test_draws.py")
    monkeypatch.setattr(fuzzers, "_STEP_SECONDS", 0.05)
    monkeypatch.setattr(run, "_STEP_SECONDS", 0.1)

    main([*BRIEFLY, "draws"])

    assert re.match(r"draws: 0 inputs in \d+ s, 0 failures, at work on round 1\n", capfd.readouterr().out)


def test_tests_that_fail_or_try_nothing_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(fuzzers._DRAWN, "draws", "tests/fuzz/test_seeds.py::not_there")

    assert main([*BRIEFLY, "draws"]) == 1
    assert "--hypothesis-seed=" in capfd.readouterr().out


def test_an_unknown_fuzzer_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["cooookies"])
    assert "there is no fuzzer cooookies" in capfd.readouterr().err


def test_a_failure_is_told_with_the_way_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], folder: Path
) -> None:
    monkeypatch.setattr(fuzzers, "NAMES", ("planted",))
    if not CAN_BE_GUIDED:
        assert "planted" not in fuzzers.fuzzers()
        return

    assert main(["--minutes", "1", "planted"]) == 1

    output = capfd.readouterr().out
    assert re.search(r"^planted +1 .* 1$", output, re.MULTILINE)
    assert f"tests.fuzz.reproduce planted {folder}/planted/crashers/crash-" in output
