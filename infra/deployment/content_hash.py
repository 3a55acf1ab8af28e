"""The digest of all that a deployment consists of: a change of any part has every function published anew.

SAM by itself publishes a function's version when the function's own code changes, and not when its layer or a
setting does: its alias would go on with what was.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

# What is built or deployed: the layer with its requirements, the functions, the migrations, the templates.
PARTS: Final = ("template.yaml", "shared", "functions", "infra/database", "infra/stacks")
_MADE: Final = ("__pycache__",)


def content_hash(project: Path, parameters: Mapping[str, str]) -> str:
    """Return the digest of *project*'s files, each with its path, and of *parameters*; 64 hex digits.

    SAM takes the first ten.
    """
    digest = hashlib.sha256()
    for path in sorted(_files(project)):
        _add(digest, path.relative_to(project).as_posix().encode(), path.read_bytes())
    for name, value in sorted(parameters.items()):
        _add(digest, name.encode(), value.encode())
    return digest.hexdigest()


def _files(project: Path) -> Iterable[Path]:
    for part in PARTS:
        root = project / part
        found = root.rglob("*") if root.is_dir() else [root]
        yield from (path for path in found if path.is_file() and not set(_MADE) & set(path.parts))


def _add(digest: "hashlib._Hash", *parts: bytes) -> None:
    """Add *parts* with their lengths, so that no two lists of parts look alike."""
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
