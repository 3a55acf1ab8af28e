"""Programs that tests run in a Python of their own, where nothing is imported yet."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def run_program(text: str, **variables: str) -> str:
    """Return what a program prints that has the layer at hand; it must end well and warn of nothing."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(text)],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": "shared:.", "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
