"""How the layer is built: the same every time, never for an unnamed platform, and to run where it will run."""

from pathlib import Path

import pytest

from tests.packaging.built import HOST, ROOT, Built, run


def test_two_builds_are_the_same_byte_for_byte(built: Built, tmp_path: Path):
    run(
        ["make", "-C", ROOT / "shared", "-f", f"platforms/{HOST}/Makefile", "build-SessionLayer"],
        ARTIFACTS_DIR=str(tmp_path),
    )

    assert run(["diff", "-r", built.layer, tmp_path / "python"]) == ""


def test_a_build_that_is_told_no_platform_stops():
    with pytest.raises(AssertionError, match="MACHINE is not set"):
        run(["make", "-C", ROOT / "shared", "build-SessionLayer"])


def test_all_of_the_package_imports_on_the_bare_runtime(built: Built):
    program = (
        "import importlib, pkgutil, session_management as package\n"
        "names = [found.name for found in pkgutil.walk_packages(package.__path__, 'session_management.')]\n"
        "names.remove('session_management.admin.shell')  # needs typer, an extra that the layer does not carry\n"
        "for name in names: importlib.import_module(name)\n"
        "print(len(names))"
    )

    printed = run([ROOT / ".venv-lambda/bin/python", "-W", "error", "-c", program], PYTHONPATH=str(built.layer))

    assert int(printed) > 10
