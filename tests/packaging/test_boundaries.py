"""Only environment.py and settings.py read the environment; import rules cannot say so."""

import ast
from pathlib import Path

import pytest

from tests.packaging.built import ROOT

READERS = {"environment.py", "settings.py"}
SERVICE = [
    path
    for folder in ("shared/session_management", "functions", "infra/database")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name not in READERS
]


def _reads_environment(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv" | "putenv"):
            return True
        case ast.ImportFrom(module="os", names=names):
            return any(name.name in {"environ", "environb", "getenv"} for name in names)
        case _:
            return False


@pytest.mark.parametrize("path", SERVICE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_leaves_the_environment_to_its_readers(path: Path):
    assert not [ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if _reads_environment(node)]
