"""What a requirements file pins."""

import re
from pathlib import Path


def pins(path: Path) -> dict[str, str]:
    """Return the version of each package that the file pins, markers aside."""
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([^ ;]+)", path.read_text(), re.MULTILINE))
