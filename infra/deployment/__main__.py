"""`python -m infra.deployment <environment> <file>`: writes the parameters that `sam deploy` is to be given.

Where what is asked for cannot work, it ends with 1 and the reasons, and writes nothing.
"""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path

from infra.deployment.content_hash import content_hash
from infra.deployment.parameters import DeploymentError, check_settings, compared, parameters
from infra.deployment.template import PROJECT, read_template


def main() -> None:
    """Write the parameters of the environment that is asked for."""
    parser = ArgumentParser("python -m infra.deployment", description="Write what `sam deploy` is to be given.")
    parser.add_argument("environment", help="a part of samconfig.toml: dev, staging, prod")
    parser.add_argument("file", type=Path, help="where to, as --parameter-overrides file://<file> reads it")
    asked = parser.parse_args()
    try:
        _write(asked.file, _values(asked.environment))
    except DeploymentError as error:
        sys.exit(str(error))


def _values(environment: str) -> dict[str, str]:
    declared = read_template(PROJECT / "template.yaml")["Parameters"]
    values = parameters(declared, environment, samconfig=PROJECT / "samconfig.toml", variables=os.environ)
    check_settings(values)
    return {**values, "ContentHash": content_hash(PROJECT, compared(declared, values))}


def _write(file: Path, values: dict[str, str]) -> None:
    """Write them as JSON, which is YAML as well, for nobody else to read: secrets may be among them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(json.dumps(values, indent=2))


if __name__ == "__main__":
    main()
