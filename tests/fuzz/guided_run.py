"""Runs a coverage-guided fuzzer in a process of its own, and reads what libFuzzer says of it."""

import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz.targets import target

ROOT: Final = Path(__file__).parents[2]
CAN_BE_GUIDED: Final = sys.platform == "linux" and platform.machine() == "x86_64"
"""Whether atheris has wheels for this machine."""

WHY_NOT: Final = (
    "atheris has wheels for Linux on x86_64 alone: here its seeds and former crashers were replayed, "
    "and nothing was fuzzed by coverage"
)
_LIMITS: Final = ("-max_len=4096", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=1")
_SEEN: Final = re.compile(r"^#(\d+)\s.*?cov: \d+ ft: (\d+)")
_SAVED: Final = re.compile(r"Test unit written to (.+)$")


@dataclass(slots=True)
class GuidedRun:
    """What came of a run: inputs tried, what was seen of the code, and the file of the input that broke a property.

    `features` are libFuzzer's: edges of the code, each with how often it was passed. `seeds_features` are those that
    the seeds alone show: what it tells before its first own input.
    """

    inputs: int = 0
    features: int = 0
    seeds_features: int = 0
    crasher: Path | None = None
    exit_code: int = 0
    output: str = ""

    def read(self, line: str) -> None:
        """Take in one line of libFuzzer's."""
        self.output += line
        if seen := _SEEN.match(line):
            self.inputs, self.features = int(seen[1]), int(seen[2])
            if "INITED" in line:
                self.seeds_features = self.features
        if saved := _SAVED.search(line):
            self.crasher = Path(saved[1])


def guided_run(name: str, folder: Path, *flags: str, told: Callable[[GuidedRun], None] | None = None) -> GuidedRun:
    """Fuzz target *name* with libFuzzer's *flags* and return what came of it.

    The corpus grows in *folder*/corpus, an input that breaks a property is saved in *folder*/crashers. *told* is
    called after each line.
    """
    corpus, crashers = folder / "corpus", folder / "crashers"
    for each in (corpus, crashers):
        each.mkdir(parents=True, exist_ok=True)
    run = GuidedRun()
    with tempfile.TemporaryDirectory() as made:
        seeds, dictionary = Path(made, "seeds"), Path(made, "words")
        _write_seeds(name, seeds)
        words = target(name).words
        dictionary.write_text("".join(_entry(word) for word in words))
        # libFuzzer takes no empty dictionary.
        files = [f"-artifact_prefix={crashers}/", *([f"-dict={dictionary}"] if words else []), str(corpus), str(seeds)]
        with subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.guided", name, *_LIMITS, *flags, *files],
            cwd=ROOT,
            env={"PATH": os.defpath, "PYTHONPATH": "shared:.", "PYTHONHASHSEED": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout
            for line in process.stdout:
                run.read(line)
                if told:
                    told(run)
    run.exit_code = process.returncode
    return run


def _write_seeds(name: str, folder: Path) -> None:
    folder.mkdir()
    for number, seed in enumerate(target(name).seeds):
        (folder / str(number)).write_bytes(seed)


def _entry(word: str) -> str:
    """Return *word* as libFuzzer's dictionaries have it."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode("utf-8", "surrogatepass")) + '"\n'
