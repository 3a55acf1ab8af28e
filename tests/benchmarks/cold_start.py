"""`make bench-cold`: how much longer than Python itself a fresh environment takes until its first answer.

What is run is what `sam build` puts into the layer and the functions, in an interpreter that has the packages of
Lambda's runtime and no others. What is measured is the processor's time of that process, from its start to its first
answer: the import of the handler's module, and the answer with the connections that it opens, handshakes included.
Waiting takes no processor's time: so neither the stores' work is in it, nor what else the machine does. The session, or
the user, is there already. What Python does at its end is in the bare `-c pass` alone.

With `--beside REVISION` another commit is built as well, and its functions are measured in the same rounds.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from infra.database.migrate import migrate, read_migrations
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.benchmarks.benchmark import Benchmark, run, say
from tests.benchmarks.built_functions import BARE, BOUNDS, UNDER_CLIENT, BuiltFunctions
from tests.benchmarks.first_events import first_events
from tests.benchmarks.measuring import Operation, Pair
from tests.benchmarks.operations import LONG_BELIEVED
from tests.packaging.built import HOST, LAYER, ROOT, Built
from tests.packaging.built import run as run_command
from tests.support.servers import postgres_client, server_environment

_FUNCTIONS: Final = ("Authorizer", "Validate", "Login")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure it as the command line asks."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--beside", metavar="REVISION")
    asked, others = parser.parse_known_args(arguments)
    run(benchmark(asked.beside), others)


def benchmark(beside: str | None = None) -> Benchmark:
    """Return what is measured, with the same of another commit if one is named."""
    names = (*BOUNDS, UNDER_CLIENT) if beside else ()
    return Benchmark(
        name="bench-cold",
        about="How much longer than Python itself does a fresh environment take until its first answer?"
        " (--beside REVISION measures another commit, too)",
        started=partial(started, beside),
        reference=BARE,
        calls=1,
        rounds=40,
        pairs=[Pair(f"{name}, to that of {beside}", name, f"{name}, {beside}") for name in names],
        may_count=False,
    )


@contextmanager
def started(beside: str | None = None) -> Iterator[list[Operation]]:
    """Build the functions, and start both stores with a user and a session whose copy is hot."""
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres() as postgres,
        EmbeddedValkey() as valkey,
    ):
        with postgres_client(postgres) as client:
            migrate(client, read_migrations())
        environment = server_environment(postgres, valkey, DATABASE_POOLER="none", **LONG_BELIEVED)
        events = first_events(environment)
        say("Building what is measured...\n")
        functions = [BuiltFunctions(_build(ROOT, Path(folder) / "now"), environment)]
        if beside:
            with _checked_out(beside, Path(folder) / "source") as source:
                functions.append(BuiltFunctions(_build(source, Path(folder) / "then"), environment, f", {beside}"))
        yield [*functions[0].anchors(), *(operation for one in functions for operation in one.operations(events))]


@contextmanager
def _checked_out(revision: str, folder: Path) -> Iterator[Path]:
    """Give the files of a commit, in a work tree of their own."""
    git = partial(subprocess.run, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    git(["git", "worktree", "add", "--quiet", "--detach", folder, revision])
    try:
        yield folder
    finally:
        git(["git", "worktree", "remove", "--force", folder])


def _build(source: Path, folder: Path) -> Built:
    """Build the layer by its makefile, and take the functions' folders as they are: SAM does no more."""
    layer = folder / LAYER
    layer.mkdir(parents=True)
    run_command(
        ["make", "-C", source / "shared", "-f", f"platforms/{HOST}/Makefile", "build-SessionLayer"],
        ARTIFACTS_DIR=str(layer),
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    )
    for name in _FUNCTIONS:
        shutil.copytree(source / "functions" / name.lower(), folder / name)
    return Built(folder)


if __name__ == "__main__":
    main()
