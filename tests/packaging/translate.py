"""Prints what a SAM template comes to in CloudFormation; it runs in SAM CLI's environment, which has the translator.

The template, in YAML or JSON, is read from standard input; its parameters have their defaults. Its code lies nowhere:
what a deployment would have uploaded is not looked at.
"""

import json
import sys
from types import SimpleNamespace

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# The names of AWS's own policies, of which the template has none.
NO_POLICIES = SimpleNamespace(load=dict)


def main() -> None:
    """Translate."""
    template = yaml_parse(sys.stdin.read())
    for resource in template["Resources"].values():
        for place in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][place] = f"s3://uploaded/{resource['Properties'][place]}"
    json.dump(transform(template, {}, NO_POLICIES), sys.stdout)


if __name__ == "__main__":
    main()
