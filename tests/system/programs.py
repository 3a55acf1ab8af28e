"""Where Debian's packages have put their programs."""

import os
import shutil
from pathlib import Path


def program(name: str) -> Path:
    """Return the program *name*, which a Debian package has installed."""
    found = shutil.which(name, path=f"{os.defpath}:/usr/sbin:/usr/bin")
    if found is None:
        raise RuntimeError(f"{name} is not installed: run make test-system, which installs it")
    return Path(found)
