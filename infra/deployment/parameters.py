"""The parameters that an environment is deployed with: the template's defaults, and what samconfig.toml says instead.

Secrets stand in neither: they come from environment variables, once, and CloudFormation keeps them.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from session_management.errors import ConfigurationError
from session_management.settings import Settings

type Declared = Mapping[str, Mapping[str, Any]]
"""The template's `Parameters`."""

# The stores are for the template's Rules and the migrate function to check: a password that CloudFormation keeps is
# not known here.
_STORES: Final = {"DATABASE_URL": "postgresql://user@host/name", "REDIS_URL": "rediss://host"}
_EDGE, _EDGE_BEFORE = "OriginSecret", "OriginSecretPrevious"


class DeploymentError(Exception):
    """Nothing was deployed; the message says what is wrong, and where."""


def parameters(
    declared: Declared, environment: str, *, samconfig: Path, variables: Mapping[str, str]
) -> dict[str, str]:
    """Return every parameter's value, so that a line that samconfig.toml no longer has is the default again.

    A secret is there only where *variables* have it; with a new ORIGIN_SECRET, the one before is there or is over.

    Raises:
        DeploymentError: samconfig.toml has no such environment, or a parameter that template.yaml has not, or a secret.
    """
    chosen = _chosen(environment, samconfig)
    defaults = {name: str(facts["Default"]) for name, facts in declared.items() if not _is_secret(facts)}
    for name in chosen.keys() - defaults.keys():
        told = "comes from the environment, not from a file" if name in declared else "is no parameter of template.yaml"
        raise DeploymentError(f"{name}: {told}; samconfig.toml names it for {environment}")
    settings = {parameter_of(setting): setting for setting in map(str.upper, Settings.FIELDS)}
    secrets = {name: variables.get(settings[name]) for name, facts in declared.items() if _is_secret(facts)}
    given = {name: value for name, value in secrets.items() if value}
    # Else CloudFormation would keep the one before for good.
    before = {_EDGE_BEFORE: ""} if _EDGE in given else {}
    return {**defaults, **chosen, **before, **given}


def compared(declared: Declared, values: Mapping[str, str]) -> dict[str, str]:
    """Return *values* as the content hash takes them: whatever secret is given is a new one.

    Whether it is, is not known here, and a digest of the secret itself would be something to guess it by.
    """
    return {name: token_hex() if _is_secret(declared[name]) else value for name, value in values.items()}


def check_settings(values: Mapping[str, str]) -> None:
    """Refuse *values* with which no function could work, before anything is deployed.

    Raises:
        DeploymentError: with every fault, each naming its setting.
    """
    settings = {name: values.get(parameter_of(name), "") for name in map(str.upper, Settings.FIELDS)}
    others = {name: value for name, value in settings.items() if not name.startswith(("DATABASE_", "REDIS_"))}
    try:
        Settings.from_environment({**others, **_STORES, "APP_ENV": "production"})
    except ConfigurationError as error:
        raise DeploymentError("\n".join(error.faults)) from None


def parameter_of(setting: str) -> str:
    """Return the parameter of a setting's name: SESSION_MAX_AGE_SECONDS is SessionMaxAgeSeconds."""
    return "".join(word.capitalize() for word in setting.split("_"))


def _chosen(environment: str, samconfig: Path) -> dict[str, str]:
    config = tomllib.loads(samconfig.read_text())
    known = [
        name for name, commands in config.items() if isinstance(commands, dict) and _overrides(commands) is not None
    ]
    if environment not in known:
        place = f"[{environment}.deploy.parameters.parameter_overrides]"
        raise DeploymentError(f"ENV={environment}: samconfig.toml has no {place}; it has {', '.join(known)}")
    return {name: str(value) for name, value in _overrides(config[environment]).items()}


def _overrides(commands: Mapping[str, Any]) -> Any:
    return commands.get("deploy", {}).get("parameters", {}).get("parameter_overrides")


def _is_secret(facts: Mapping[str, Any]) -> bool:
    return bool(facts.get("NoEcho"))
