"""The examples in docs/use-from-another-stack.md, by the headings that they stand under."""

import re
from typing import Any

from infra.deployment.template import loaded
from tests.packaging.built import ROOT

DOCUMENT = ROOT / "docs/use-from-another-stack.md"


def example(heading: str, language: str) -> str:
    """Return the text of a section's one example in that language."""
    section = re.search(rf"^## {re.escape(heading)}\n(.+?)(?=^## |\Z)", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert section, heading
    (found,) = re.findall(rf"^```{language}\n(.+?)^```$", section[1], re.MULTILINE | re.DOTALL)
    return str(found)


def templates() -> dict[str, dict[str, Any]]:
    """Return the whole templates in the document, as data, by their headings."""
    headings = re.findall(r"^## (.+)\n(?:(?!^## ).*\n)*?```yaml\nAWSTemplate", DOCUMENT.read_text(), re.MULTILINE)
    return {heading: loaded(example(heading, "yaml")) for heading in headings}
