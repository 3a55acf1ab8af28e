"""Prints what cfn-lint and checkov find in templates; it runs in the scanners' environment, and reaches no network.

Standard input is `{"lint": [file, ...], "scan": [file, ...]}`; the answer has for each file a list of findings, each of
them `[rule, logical ID, message]`. The serverless rules are among cfn-lint's.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from cfnlint.api import ManualArgs, lint_file
from checkov.cloudformation.runner import Runner
from checkov.runner_filter import RunnerFilter

type Finding = tuple[str, str, str]

# One of the default partition's; the edge's certificate alone has a region of its own.
REGION = "eu-central-1"


def main() -> None:
    """Scan."""
    asked = json.load(sys.stdin)
    work = [(_lint, file) for file in asked["lint"]] + [(_scan, file) for file in asked["scan"]]
    found: dict[str, list[Finding]] = {file: [] for _, file in work}
    with ProcessPoolExecutor(os.process_cpu_count()) as workers:
        tasks = [(file, workers.submit(tool, file)) for tool, file in work]
        for file, task in tasks:
            found[file] += task.result()
    json.dump(found, sys.stdout)


def _lint(file: str) -> list[Finding]:
    asked = ManualArgs(regions=[REGION], append_rules=["cfn_lint_serverless.rules"])
    matches = lint_file(Path(file), config=asked)
    return [(match.rule.id, ".".join(map(str, (match.path or [])[1:2])), match.message) for match in matches]


def _scan(file: str) -> list[Finding]:
    report = Runner().run(root_folder=None, files=[file], runner_filter=RunnerFilter(framework=["cloudformation"]))
    if report.parsing_errors:
        raise ValueError(f"checkov cannot read {file}")
    return [(record.check_id, record.resource.partition(".")[2], record.check_name) for record in report.failed_checks]


if __name__ == "__main__":
    main()
