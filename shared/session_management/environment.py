"""Where the code runs, and in which mode: read from the environment, with the reason in words."""

from collections.abc import Mapping
from os import environ
from typing import Literal, NamedTuple

from session_management.constants import SESSION_CONSTANTS

type ManagerEnvironment = Literal["mock", "development", "production"]

_TRUE = ("true", "1", "yes", "on")


class Runtime(NamedTuple):
    """The mode that the environment asks for; `is_deployed` on AWS itself, where mock is refused."""

    environment: ManagerEnvironment
    is_deployed: bool
    is_forced: bool
    asked_for: str


def get_environment() -> ManagerEnvironment:
    """Return the mode that APP_ENV names: production, development, or mock for test, unset and unknown."""
    return read_runtime(environ).environment


def read_runtime(variables: Mapping[str, str]) -> Runtime:
    """Return what *variables* say about the mode and the place."""
    asked_for = variables.get("APP_ENV", "").strip().lower()
    modes: dict[str, ManagerEnvironment] = {"production": "production", "development": "development"}
    return Runtime(
        environment=modes.get(asked_for, SESSION_CONSTANTS.ENVIRONMENTS.MOCK),  # type: ignore[arg-type]
        is_deployed="AWS_LAMBDA_FUNCTION_NAME" in variables and not is_true(variables.get("AWS_SAM_LOCAL", "")),
        is_forced=is_true(variables.get("FORCE_MOCK_MODE", "")),
        asked_for=asked_for,
    )


def service_name() -> str:
    """Return what Powertools calls the service in metrics; empty where nothing names it."""
    return environ.get("POWERTOOLS_SERVICE_NAME", "")


def trace_id() -> str | None:
    """Return what X-Ray calls the invocation; None where it is not traced."""
    return environ.get("_X_AMZN_TRACE_ID", "").partition(";")[0].removeprefix("Root=") or None


def is_provisioned() -> bool:
    """Return whether Lambda keeps this environment warm from before its first invocation."""
    return environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency"


def is_true(text: str) -> bool:
    """Return whether *text* means yes, as a setting."""
    return text.strip().lower() in _TRUE
