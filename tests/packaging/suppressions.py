"""What scanners say and is not followed, each with its reason; the one place for it.

A line that suppresses nothing any more fails a test.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from tests.packaging.scanning import Finding

_ROOT: Final = "template.yaml"
_DATA: Final = "infra/stacks/data.yaml"
_EDGE: Final = "infra/stacks/edge.yaml"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A rule that is not followed by parts of a template; *parts* is a pattern of logical IDs."""

    rule: str
    file: str
    parts: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Whether *finding* is one of those."""
        return (self.rule, self.file) == (finding.rule, finding.file) and fnmatchcase(finding.part, self.parts)


SUPPRESSIONS: Final = (
    Suppression("W3002", _ROOT, "*", "`sam deploy` uploads the templates of the stacks below."),
    Suppression("WS1000", _ROOT, "*", "Traces cost by the request; the parameter Tracing asks for them."),
    Suppression(
        "WS1002",
        _ROOT,
        "*Aliaslive",
        "A door is a function URL and a route of the API: two principals, each with a source of its own.",
    ),
    Suppression(
        "WS1004",
        _ROOT,
        "*",
        "The functions share one group, which has a retention; the rule looks for a group of each function's name.",
    ),
    Suppression("ES6000", _ROOT, "DeadLetters", "It is the queue that others' messages end in."),
    Suppression(
        "ES7000",
        "infra/stacks/observability.yaml",
        "AlarmSubscription",
        "An alarm whose mail was not taken is still seen in CloudWatch; a queue of such mails would be read by nobody.",
    ),
    Suppression(
        "CKV_AWS_27", _ROOT, "DeadLetters", "It is encrypted by SqsManagedSseEnabled; the rule knows KMS keys alone."
    ),
    Suppression(
        "CKV_AWS_115",
        _ROOT,
        "*",
        "Reserved concurrency is taken from all other functions of the account: parameters give it, none is a default.",
    ),
    Suppression(
        "CKV_AWS_116",
        _ROOT,
        "*",
        "Callers wait for the answer; the sweeper, for whom nobody waits, has a destination on failure.",
    ),
    Suppression(
        "CKV_AWS_117",
        _ROOT,
        "*",
        "Stores of one's own may be reached without a VPC; with created ones every function is in it.",
    ),
    Suppression(
        "CKV_AWS_158",
        _ROOT,
        "*Logs",
        "CloudWatch encrypts every group by a key of its own, and no secret is ever in a log (P5).",
    ),
    Suppression(
        "CKV_AWS_173",
        _ROOT,
        "*",
        "Lambda encrypts the environment by a key of its own; with IAM, the default, no store's secret is in it.",
    ),
    Suppression(
        "CKV_AWS_258",
        _ROOT,
        "*Url",
        "Browsers sign no request: who calls is what the doors find out. Behind the edge they want its secret.",
    ),
    Suppression(
        "CKV_AWS_118",
        _DATA,
        "*",
        "Performance Insights shows what statements wait for; the system's own figures would cost besides.",
    ),
    Suppression("CKV_AWS_157", _DATA, "Instance", "A second zone doubles the price; DatabaseMultiAz asks for it."),
    Suppression("CKV_AWS_158", _DATA, "*Log*", "As for the functions' groups: CloudWatch's own key encrypts them."),
    Suppression("CKV_AWS_68", _EDGE, "Distribution", "A web ACL costs by the request; WebAclArn takes one."),
    Suppression(
        "CKV_AWS_86",
        _EDGE,
        "Distribution",
        "It would keep who visits which page of the whole application; the doors' requests are in the functions' log.",
    ),
)


def unsuppressed(found: Iterable[Finding]) -> list[Finding]:
    """Return what no suppression covers."""
    return [finding for finding in found if not any(each.covers(finding) for each in SUPPRESSIONS)]
