"""The requirements files: pinned with hashes, in step with pyproject.toml and with each other."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.packaging.built import ROOT
from tests.packaging.pins import pins

LAYER = ROOT / "shared/requirements.txt"
FILES = [LAYER, *sorted((ROOT / "requirements").glob("*.txt"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def _names(dependencies: list[str | dict[str, str]]) -> set[str]:
    return {re.split(r"[\[<>=]", text)[0] for text in dependencies if isinstance(text, str)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_requirement_is_pinned_and_hashed(path: Path):
    text = path.read_text()
    entries = re.split(r"^(?=\S)", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)[1:]

    assert entries
    assert not [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_an_index(path: Path):
    assert not re.search(r"https?:|--(extra-)?index|--find-links", path.read_text())


def test_the_layer_pins_what_the_project_depends_on():
    assert _names(PROJECT["project"]["dependencies"]) <= pins(LAYER).keys()


@pytest.mark.parametrize("name", ["dev", "runtime", "system", "fuzz", "picture", "sam", "scan"])
def test_each_file_pins_its_group(name: str):
    assert _names(PROJECT["dependency-groups"][name]) <= pins(ROOT / f"requirements/{name}.txt").keys()


def test_the_tests_run_on_what_the_layer_carries():
    layer, dev = pins(LAYER), pins(ROOT / "requirements/dev.txt")

    assert {name: dev[name] for name in layer} == layer


@pytest.mark.parametrize("name", ["runtime", "system", "fuzz", "picture"])
def test_what_is_added_to_development_agrees_with_it(name: str):
    added, dev = pins(ROOT / f"requirements/{name}.txt"), pins(ROOT / "requirements/dev.txt")

    assert {package: dev[package] for package in added if package in dev} == {
        package: version for package, version in added.items() if package in dev
    }
