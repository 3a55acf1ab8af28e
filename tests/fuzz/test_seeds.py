"""What the coverage-guided fuzzers start from, and what once broke a property, holds: on every platform."""

from pathlib import Path

import pytest

from tests.fuzz.targets import NAMES, target

CRASHERS = Path(__file__).parent / "crashers"


@pytest.mark.parametrize("name", NAMES)
def test_each_seed_holds(name: str) -> None:
    found = target(name)
    assert found.seeds
    for data in (b"", *found.seeds, *(word.encode("utf-8", "surrogatepass") for word in found.words)):
        found.check(data)


@pytest.mark.parametrize("path", sorted(CRASHERS.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_once_broke_a_property_holds(path: Path) -> None:
    target(path.parent.name).check(path.read_bytes())


def test_every_crasher_is_kept_under_the_name_of_a_fuzzer() -> None:
    assert {path.name for path in CRASHERS.iterdir()} <= {*NAMES}
