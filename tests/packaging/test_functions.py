"""Each function's folder, as built: its own code and nothing else."""

from pathlib import Path

import pytest

from tests.packaging.built import ROOT, Built, source_files
from tests.packaging.template import functions


@pytest.mark.parametrize("name", functions())
def test_a_function_holds_only_its_own_code(name: str, built: Built):
    assert source_files(built.function(name)) == source_files(ROOT / functions()[name]["CodeUri"])


def test_every_function_folder_is_in_the_template():
    folders = {path.name for path in (ROOT / "functions").iterdir() if (path / "app.py").exists()}

    assert {Path(function["CodeUri"]).name for function in functions().values()} == folders | {"database"}
