"""The digest that has functions published anew."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.deployment.content_hash import content_hash

SETTINGS = {"SessionMaxAgeSeconds": "604800"}


def write(project: Path, name: str, text: str) -> None:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, "template.yaml", "Resources: {}")
    write(tmp_path, "shared/requirements.txt", "redis==8.1.0")
    write(tmp_path, "shared/session_management/expiry.py", "HOURS = 1")
    write(tmp_path, "functions/login/app.py", "def lambda_handler(): ...")
    write(tmp_path, "infra/database/migrations/0001.sql", "SELECT 1")
    write(tmp_path, "infra/stacks/data.yaml", "Resources: {}")
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        lambda project: write(project, "shared/session_management/expiry.py", "HOURS = 2"),
        lambda project: write(project, "shared/requirements.txt", "redis==8.1.1"),
        lambda project: write(project, "functions/login/app.py", "def lambda_handler(): pass"),
        lambda project: write(project, "template.yaml", "Resources: {A: {}}"),
        lambda project: write(project, "infra/database/migrations/0002.sql", "SELECT 2"),
        lambda project: write(project, "infra/stacks/data.yaml", "Resources: {A: {}}"),
        lambda project: (project / "functions/login/app.py").rename(project / "functions/login/handler.py"),
    ],
    ids=["layer", "requirements", "function", "template", "migration", "stack", "name"],
)
def test_any_part_of_a_deployment_changes_it(project: Path, change: Callable[[Path], object]):
    before = content_hash(project, SETTINGS)
    change(project)

    assert content_hash(project, SETTINGS) != before


def test_a_setting_changes_it(project: Path):
    assert content_hash(project, SETTINGS) != content_hash(project, {"SessionMaxAgeSeconds": "604801"})


def test_what_is_not_deployed_does_not(project: Path):
    before = content_hash(project, SETTINGS)
    write(project, "README.md", "Read me.")
    write(project, "shared/session_management/__pycache__/expiry.cpython-313.pyc", "made")

    assert content_hash(project, SETTINGS) == before


def test_parts_do_not_run_into_each_other(project: Path):
    assert content_hash(project, {"A": "B", "C": ""}) != content_hash(project, {"A": "", "BC": ""})
