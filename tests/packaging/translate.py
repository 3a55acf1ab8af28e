"""Prints what a SAM template comes to in CloudFormation; it runs in SAM CLI's environment, which has the translator.

Standard input is `{"template": ..., "parameters": [{...}, ...]}`, and the answer a list with one template for each set
of parameters, which are added to the defaults. Its code lies nowhere: what a deployment would have uploaded is not
looked at.
"""

import copy
import json
import sys
from types import SimpleNamespace
from typing import Any

from samtranslator.translator.transform import transform

# The names of AWS's own policies, of which the template has none.
NO_POLICIES = SimpleNamespace(load=dict)


def main() -> None:
    """Translate."""
    asked = json.load(sys.stdin)
    for resource in asked["template"]["Resources"].values():
        for place in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][place] = f"s3://uploaded/{resource['Properties'][place]}"
    json.dump([_translated(asked["template"], parameters) for parameters in asked["parameters"]], sys.stdout)


def _translated(template: dict[str, Any], parameters: dict[str, str]) -> Any:
    return transform(copy.deepcopy(template), parameters, NO_POLICIES)


if __name__ == "__main__":
    main()
