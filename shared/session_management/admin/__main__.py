"""`python -m session_management.admin`: the operators' commands in a shell."""

import sys
from importlib.util import find_spec

WITHOUT_TYPER = """\
The commands need the package typer, which is not installed here: python -m pip install "typer>=0.29,<1"
(it is the optional extra "admin"; the admin function does not need it)."""


def main() -> None:
    """Run the command that the arguments name."""
    if find_spec("typer") is None:
        sys.exit(WITHOUT_TYPER)
    from session_management.admin.shell import app

    app(prog_name="python -m session_management.admin")


if __name__ == "__main__":
    main()
