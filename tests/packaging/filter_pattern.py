"""CloudWatch Logs' patterns for JSON lines, as far as the stacks use them.

docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax-metricfilters-JSON.html
"""

import json
import re
from fnmatch import fnmatchcase
from typing import Any, Final

_TOKEN: Final = re.compile(r'\s*(\(|\)|&&|\|\||!=|=|\$[\w.]+|"[^"]*")')


class FilterPattern:
    """One pattern. A condition on a field that a line does not have, `!=` too, does not hold."""

    def __init__(self, text: str) -> None:
        """Take the pattern's text, `{ ... }`."""
        inner = text.strip().removeprefix("{").removesuffix("}").strip()
        self._tokens = _TOKEN.findall(inner)
        assert re.sub(r"\s", "", inner) == re.sub(r"\s", "", "".join(self._tokens)), f"cannot be read: {text}"

    def matches(self, line: str) -> bool:
        """Whether a line of the log is counted; one that is no JSON object is not."""
        try:
            said = json.loads(line)
        except ValueError:
            return False
        rest = list(self._tokens)
        holds = isinstance(said, dict) and _any(rest, said)
        assert not rest or not isinstance(said, dict), f"left over: {rest}"
        return holds


def _any(rest: list[str], said: dict[str, Any]) -> bool:
    holds = _all(rest, said)
    while rest and rest[0] == "||":
        rest.pop(0)
        holds = _all(rest, said) or holds
    return holds


def _all(rest: list[str], said: dict[str, Any]) -> bool:
    holds = _one(rest, said)
    while rest and rest[0] == "&&":
        rest.pop(0)
        holds = _one(rest, said) and holds
    return holds


def _one(rest: list[str], said: dict[str, Any]) -> bool:
    field = rest.pop(0)
    if field == "(":
        holds = _any(rest, said)
        assert rest.pop(0) == ")"
        return holds
    operator, wanted = rest.pop(0), rest.pop(0).strip('"')
    found = _find(said, field)
    if not isinstance(found, str):
        return False
    return fnmatchcase(found, wanted.replace("[", "[[]")) == (operator == "=")


def _find(said: Any, field: str) -> Any:
    for name in field.removeprefix("$.").split("."):
        said = said.get(name) if isinstance(said, dict) else None
    return said
