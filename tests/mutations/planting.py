"""A copy of the project in which one mutation at a time is planted, and the tests that are run there."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.mutations.mutation import PROJECT, Mutation

_LEFT_OUT: Final = (".git", ".venv*", ".local", ".aws-sam", "__pycache__", ".*_cache", ".hypothesis")
_PYTEST: Final = ("-m", "pytest", "-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider")
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
_ENOUGH_SECONDS: Final = 900
_PASSED, _SOME_FAILED = 0, 1


class TestRunError(Exception):
    """The tests could not be run, which says nothing of the mutation."""

    __test__ = False


class Plantation:
    """The copy. Its tests run under this process's Python."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @classmethod
    @contextmanager
    def made(cls) -> Iterator["Plantation"]:
        """Copy the project, and remove the copy afterwards."""
        with TemporaryDirectory(prefix="mutations-") as folder:
            root = Path(folder) / "project"
            shutil.copytree(PROJECT, root, ignore=shutil.ignore_patterns(*_LEFT_OUT))
            yield cls(root)

    @contextmanager
    def planted(self, mutation: Mutation) -> Iterator[None]:
        """Have the rule left out."""
        texts = {self._root / edit.file: (self._root / edit.file).read_text() for edit in mutation.edits}
        try:
            for edit in mutation.edits:
                file = self._root / edit.file
                file.write_text(edit.applied_to(file.read_text()))
            yield
        finally:
            for file, text in texts.items():
                file.write_text(text)

    def first_failure(self, tests: Sequence[str], *options: str) -> str | None:
        """Return the first of *tests* that fails, or None; *options* are pytest's.

        Raises:
            TestRunError: pytest itself did not come to run them, or to their end, or there are none.
        """
        ended_with, output = self._run([sys.executable, *_PYTEST, *options, *tests])
        failed = _FAILED.search(output)
        if ended_with == _SOME_FAILED and failed:
            return failed[1]
        if ended_with != _PASSED:
            raise TestRunError(f"pytest ended with {ended_with}:\n{output}")
        return None

    def _run(self, command: Sequence[str]) -> tuple[int, str]:
        with subprocess.Popen(
            command,
            cwd=self._root,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as run:
            try:
                output, _ = run.communicate(timeout=_ENOUGH_SECONDS)
            except subprocess.TimeoutExpired as error:
                # No test noticed anything: it may be the machine that is slow.
                raise TestRunError(f"it did not end within {_ENOUGH_SECONDS} s: {' '.join(command)}") from error
            finally:
                if run.poll() is None:
                    os.killpg(run.pid, signal.SIGKILL)
        return run.returncode, output
