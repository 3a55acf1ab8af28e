"""`make timing` in small, at next to no cost of hashes: that it measures what it says, not what it finds."""

import random
from collections.abc import Iterator

import pytest

from tests.benchmarks.failing_logins import PATHS, FailingLogins, email_of
from tests.benchmarks.login_timing import main, measure


@pytest.fixture
def logins(cheap_passwords: None) -> Iterator[FailingLogins]:
    """The login function over servers of its own."""
    with FailingLogins.started() as started:
        yield started


def test_every_path_is_measured_in_every_round(logins: FailingLogins) -> None:
    told: list[int] = []
    seconds = measure(logins, 3, random.Random(1), told.append)

    assert {path: len(figures) for path, figures in seconds.items()} == dict.fromkeys(PATHS, 3)
    assert all(figure > 0 for figures in seconds.values() for figure in figures)
    assert told[-3:] == [1, 2, 3]


def test_a_login_that_is_not_refused_as_a_wrong_password_is_an_error(logins: FailingLogins) -> None:
    logins.prepare(0)
    user = logins.manager.find_by_email(email_of("unverified", 0))
    assert user
    logins.manager.update(user.id, {"is_verified": True})

    with pytest.raises(RuntimeError, match=r"unverified.*200"):
        logins.seconds("unverified", 0)


@pytest.mark.parametrize(("margin", "exit_code"), [("1000", 0), ("0", 1)])
def test_the_command_prints_all_paths_and_exits_by_the_verdict(
    cheap_passwords: None, capsys: pytest.CaptureFixture[str], margin: str, exit_code: int
) -> None:
    """Within a margin of a thousand is any time, within one of nothing is none."""
    assert main(["--rounds", "20", "--margin", margin]) == exit_code

    printed = capsys.readouterr().out
    assert "\r20 of 20 rounds\n" in printed
    table = printed[printed.index("path ") :].splitlines()
    assert [line[:16].rstrip() for line in table[1:]] == list(PATHS)


def test_too_few_rounds_are_refused_before_anything_is_started(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--rounds", "19"])

    assert "at least 20" in capsys.readouterr().err
