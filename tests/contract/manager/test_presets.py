"""docs/presets.md: each preset is taken as settings, and sessions live as it promises.

The clocks themselves are tested over every kind of stores elsewhere (test_validation, test_lifetime): here two will do.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from session_management.managers.user_manager import UserManager
from session_management.models import LogIn, SessionMetadata
from session_management.settings import Settings
from tests.contract.conftest import make_stores
from tests.contract.manager.conftest import PASSWORD
from tests.contract.stores import Stores

PAGE = (Path(__file__).parents[3] / "docs/presets.md").read_text()
PRESETS = {
    title: dict(line.split("=") for line in lines.split())
    for title, lines in re.findall(r"^## (.+)\n\n```sh\n((?:[A-Z_]+=\S+\n)+)```$", PAGE, re.MULTILINE)
}
MS = timedelta(milliseconds=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEVER = timedelta()
# What the page says of each: a login's life, what no extension can pass, how long it may be quiet.
PROMISED = {
    "NIST SP 800-63B-4, AAL1": (30 * DAY, 30 * DAY, NEVER),
    "NIST SP 800-63B-4, AAL2": (DAY, DAY, HOUR),
    "The original application": (7 * DAY, 30 * DAY, NEVER),
}


def settings_of(title: str) -> Settings:
    return Settings.from_environment(PRESETS[title])


@pytest.fixture(params=PROMISED)
def preset(request: pytest.FixtureRequest) -> str:
    """Each preset in turn."""
    return str(request.param)


@pytest.fixture(params=["memory digest", "servers digest none"])
def lasting(request: pytest.FixtureRequest, cheap_passwords: None) -> Iterator[Stores]:
    """The record and the copies, empty, under one told time."""
    with make_stores(request) as stores:
        yield stores


@pytest.fixture
def manager(lasting: Stores, preset: str) -> UserManager:
    """The rules under the preset."""
    policy = settings_of(preset).policy
    return lasting.manager(
        idle=policy.expiry.idle,
        absolute=policy.expiry.absolute,
        max_age=policy.max_age,
        short_max_age=policy.short_max_age,
        slides=policy.slides,
        touch=policy.touch,
        revalidate=policy.revalidate,
    )


def use_until(lasting: Stores, manager: UserManager, logged_in: LogIn, end: timedelta, every: timedelta) -> None:
    """Use a session at this pace until a millisecond before its *end*, to which it must be live."""
    last = logged_in.session.created_at + end - MS
    while lasting.clock.now() < last:
        lasting.pass_time(min(every, last - lasting.clock.now()).total_seconds())
        assert manager.find_session(logged_in.session_id)


def test_the_page_has_a_preset_for_each_that_is_tested_and_no_other() -> None:
    assert PRESETS.keys() == PROMISED.keys()


def test_a_preset_is_taken_and_comes_to_what_the_page_says(preset: str) -> None:
    policy = settings_of(preset).policy

    assert (policy.max_age, policy.expiry.absolute, policy.expiry.idle) == PROMISED[preset]


def test_a_session_in_use_ends_with_its_overall_time_out_to_the_millisecond(
    lasting: Stores, manager: UserManager, logged_in: LogIn, preset: str
) -> None:
    """ASVS 7.3.2; NIST SP 800-63B-4, 2.1.3 and 2.2.3."""
    life, _, _ = PROMISED[preset]
    use_until(lasting, manager, logged_in, life, every=life / 40)

    lasting.pass_time(0.001)

    assert manager.find_session(logged_in.session_id) is None


def test_no_extension_takes_a_session_past_its_bound(
    lasting: Stores, manager: UserManager, logged_in: LogIn, preset: str
) -> None:
    life, bound, idle = PROMISED[preset]
    lasting.pass_time(min(life, idle or life).total_seconds() / 2)

    assert manager.extend_session(logged_in.session_id, 315_360_000) == logged_in.session.created_at + bound


@pytest.mark.parametrize("loses_copies", [False, True])
def test_a_session_is_quiet_for_no_longer_than_its_inactivity_time_out(
    lasting: Stores, manager: UserManager, logged_in: LogIn, preset: str, loses_copies: bool
) -> None:
    """ASVS 7.3.1; NIST SP 800-63B-4, 2.2.3. It may end a moment before, as the page says."""
    life, _, idle = PROMISED[preset]
    policy = settings_of(preset).policy
    use_until(lasting, manager, logged_in, life / 2, every=life / 40)
    earliest = idle - policy.touch - policy.revalidate if idle else life / 4
    lasting.pass_time((earliest - MS).total_seconds())
    if loses_copies:
        lasting.lose_copies()
    assert manager.find_session(logged_in.session_id)

    lasting.pass_time((idle or life / 8).total_seconds())
    if loses_copies:
        lasting.lose_copies()

    assert (manager.find_session(logged_in.session_id) is None) is bool(idle)


def test_a_login_starts_both_clocks_anew(lasting: Stores, manager: UserManager, logged_in: LogIn, preset: str) -> None:
    """NIST SP 800-63B-4, 5.2."""
    life, _, _ = PROMISED[preset]
    use_until(lasting, manager, logged_in, life / 2, every=life / 40)

    again = manager.log_in("ann@example.com", PASSWORD, SessionMetadata(), presented_session_id=logged_in.session_id)

    assert again.session.expires_at == lasting.clock.now() + life
    assert again.session.authenticated_at == lasting.clock.now()
    assert manager.find_session(logged_in.session_id) is None
