"""Each function's folder, as built: its own code and nothing else."""

from pathlib import Path

import pytest

from tests.packaging.built import ROOT, Built
from tests.packaging.template import functions


def _files(folder: Path) -> dict[Path, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder): path.read_bytes() for path in found}


@pytest.mark.parametrize("name", functions())
def test_a_function_holds_only_its_own_code(name: str, built: Built):
    assert _files(built.function(name)) == _files(ROOT / functions()[name]["CodeUri"])


def test_every_function_folder_is_in_the_template():
    folders = {path.name for path in (ROOT / "functions").iterdir() if (path / "app.py").exists()}

    assert {Path(function["CodeUri"]).name for function in functions().values()} == folders | {"database"}
