"""What people are told is what the code does."""

import re
from pathlib import Path

from session_management.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ROW = re.compile(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\| (.+) \|$", re.MULTILINE)


def documented() -> dict[str, str]:
    """Return the default of each variable in the README's table of settings."""
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    return {name: default for name, default, _meaning in ROW.findall(table)}


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    fresh = Settings.from_environment({})
    defaults = {name.upper(): getattr(fresh, name) for name in Settings.FIELDS}
    shown = {name: _shown(value) for name, value in defaults.items()}

    assert documented() == shown | {"APP_ENV": "", "FORCE_MOCK_MODE": "false"}


def test_the_limits_that_are_documented_are_those_of_the_settings() -> None:
    """ASVS 6.1.1."""
    limits = (ROOT / "SECURITY.md").read_text().partition("## Limits on guesses")[2].partition("\n## ")[0]
    fresh = Settings.from_environment({})
    told = {name.lower(): int(default) for name, default in re.findall(r"`(LOGIN_[A-Z_]+)` \((\d+)\)", limits)}

    names = [name for name in Settings.FIELDS if name.startswith(("login_account", "login_ip"))]
    assert told == {name: getattr(fresh, name) for name in names}
    assert f"{fresh.login.account.stricter().free} free failures an environment" in limits


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None or value == () else str(value)


def test_each_promise_is_named_by_tests_that_hold_it() -> None:
    promises = re.findall(r"^- \*\*(P\d)\*\*", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    told = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__))

    assert promises == [f"P{number}" for number in range(1, 10)]
    assert [promise for promise in promises if not re.search(rf"\b{promise}\b", told)] == []
