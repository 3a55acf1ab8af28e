"""The built artefacts, made once a run, and the runtime that they are tried on."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.packaging.built import HOST, Built, run, sam_build
from tests.packaging.emulator import LambdaEmulator

type StartFunction = Callable[[str, Mapping[str, str]], LambdaEmulator]


@pytest.fixture(scope="session")
def environments() -> None:
    """Have SAM CLI, the scanners and the runtime's own packages, each in its environment."""
    run(["make", "--no-print-directory", ".venv-sam/made", ".venv-scan/made", ".venv-lambda/made"])


@pytest.fixture(scope="session")
def built(environments: None, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build everything for this machine."""
    return sam_build(tmp_path_factory.mktemp("build"), HOST)


@pytest.fixture(scope="session", params=["x86_64", "arm64"])
def architecture(request: pytest.FixtureRequest) -> str:
    """Ask for each platform in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def layer(architecture: str, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the layer for the architecture that is asked for."""
    if architecture == HOST:
        return built.layer
    return sam_build(tmp_path_factory.mktemp(architecture), architecture, "SessionLayer").layer


@pytest.fixture(scope="module")
def start(built: Built) -> Iterator[StartFunction]:
    """Start a built function with an environment, as Lambda would; at the module's end all are ended."""
    with ExitStack() as running:

        def start_function(name: str, environment: Mapping[str, str]) -> LambdaEmulator:
            return running.enter_context(LambdaEmulator(built.function(name), built.layer, environment))

        yield start_function
