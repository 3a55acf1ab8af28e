"""docs/openapi.yaml as data."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]


@cache
def document() -> dict[str, Any]:
    """Return the whole document."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
    return loaded


@cache
def operations() -> dict[str, dict[str, Any]]:
    """Return each operation under its method and path, as in "POST /login", its references followed."""
    return {
        f"{method.upper()} {path}": followed(operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if not method.startswith("x-") and method != "parameters"
    }


def followed(part: Any) -> Any:
    """Return *part* with each reference replaced by what it refers to."""
    match part:
        case {"$ref": str(reference)}:
            target: Any = document()
            for name in reference.removeprefix("#/").split("/"):
                target = target[name]
            return followed(target)
        case dict():
            return {name: followed(value) for name, value in part.items()}
        case list():
            return [followed(value) for value in part]
        case _:
            return part


def schema(name: str) -> dict[str, Any]:
    """Return a schema of the components, its references followed."""
    found: dict[str, Any] = followed(document()["components"]["schemas"][name])
    return found
