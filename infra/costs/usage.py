"""How much of everything a month's traffic takes: what the template says, and assumptions where only traffic can."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from infra.deployment.template import PROJECT, read_template

TABLE_ROOM: Final = 1.25
"""What tables and indexes take of their rows' size, with the room that vacuum leaves for the next rows; assumed."""
_DECISION_SECONDS: Final = 0.010
_LOGIN_SECONDS: Final = 0.250
_MONTH_SECONDS: Final = 730 * 3600
_STACKS: Final = ("template.yaml", "infra/stacks/observability.yaml")


@dataclass(frozen=True, slots=True)
class Traffic:
    """What happens in a month, by the number of requests that the authorizer decides.

    Assumed, and to be replaced by what one knows: one login for 200 of them, lasting a week; half of the sessions end
    by a logout; a tenth as many requests ask `validate` themselves. A decision takes 10 ms of an environment's time, a
    login 250 ms. A tenth of all need PostgreSQL, since their copy is a minute old or gone. Four environments more are
    at work for each hundred decisions a second. Of five that PostgreSQL is asked for, one records activity.
    """

    authorized: float

    @property
    def logins(self) -> float:
        """Logins, registrations and changes of passwords."""
        return self.authorized / 200

    @property
    def doors(self) -> float:
        """Requests of our own doors."""
        return self.authorized / 10 + self.logins * 1.5

    @property
    def invocations(self) -> float:
        """Invocations of all functions, the sweeper's among them."""
        return self.authorized + self.doors + 8_760

    @property
    def gb_seconds(self) -> float:
        """What Lambda bills time by."""
        quick, hashing = _memory_gb("Authorizer"), _memory_gb("Login")
        return (
            self.authorized + self.doors - self.logins
        ) * _DECISION_SECONDS * quick + self.logins * _LOGIN_SECONDS * hashing

    @property
    def statements(self) -> float:
        """Statements that PostgreSQL runs."""
        return self.asking + self.logins * 4

    @property
    def asking(self) -> float:
        """Validations that PostgreSQL is asked for."""
        return (self.authorized + self.doors) / 10

    @property
    def recorded_activity(self) -> float:
        """Those of them that record activity."""
        return self.asking / 5

    @property
    def commands(self) -> float:
        """Commands that Valkey runs, each of less than a KB."""
        return self.authorized * 1.1 + self.doors * 1.1 + self.logins * 3

    @property
    def live_sessions(self) -> float:
        """Sessions at one time: a week's logins, half of them still open."""
        return self.logins * 7 / 30 * 0.75

    @property
    def recorded_sessions(self) -> float:
        """Rows of sessions at one time: what was ended by a logout stays for a month."""
        return self.live_sessions + self.logins / 2

    @property
    def environments(self) -> float:
        """Environments at one time."""
        return 1 + self.authorized / _MONTH_SECONDS / 25 + self.hashing_environments

    @property
    def hashing_environments(self) -> float:
        """Those of them that compute hashes of passwords."""
        return self.logins / _MONTH_SECONDS * _LOGIN_SECONDS

    @property
    def log_gb(self) -> float:
        """Lines of half a KB: three for a login, one for a logout, one a minute for an environment's decisions."""
        return (self.logins * 3.5 + self.environments * 730 * 60) * 512 / 1e9

    @property
    def access_log_gb(self) -> float:
        """A line of 400 bytes for each request of our own doors at the HTTP API."""
        return self.doors * 400 / 1e9

    @property
    def units(self) -> float:
        """Capacity units of Aurora on average: the least, and one for 500 statements a second."""
        least = float(str(_default("DatabaseCapacity")).split("-")[0])
        return least + self.statements / _MONTH_SECONDS / 500


@cache
def template(path: str = "template.yaml") -> dict[str, Any]:
    """Return the template, or that of a stack below it."""
    return read_template(PROJECT / path)


def snapshot_gb() -> float:
    """Return the memory of all functions that start from snapshots, where that is asked for."""
    functions = (name for name, found in _functions() if "SnapStart" not in found)
    return sum(_memory_gb(name) for name in functions)


def alarm_metrics(created: Set[str]) -> int:
    """Return how many metrics the alarms look at that are there under the conditions *created*; each is billed."""
    alarms = _made("AWS::CloudWatch::Alarm", created)
    return sum(max(1, sum("MetricStat" in query for query in alarm.get("Metrics", []))) for alarm in alarms)


def filtered_metrics(created: Set[str]) -> int:
    """Return how many custom metrics CloudWatch makes of log lines, by filters."""
    return sum(len(found["MetricTransformations"]) for found in _made("AWS::Logs::MetricFilter", created))


def _made(kind: str, created: Set[str]) -> Iterator[dict[str, Any]]:
    for path in _STACKS:
        for resource in template(path)["Resources"].values():
            if resource["Type"] == kind and resource.get("Condition", "") in {"", *created}:
                yield resource["Properties"]


def _functions() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in template()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            yield name, resource["Properties"]


def _memory_gb(name: str) -> float:
    usual = template()["Globals"]["Function"]["MemorySize"]
    megabytes: int = dict(_functions())[name].get("MemorySize", usual)
    return megabytes / 1024


def _default(parameter: str) -> Any:
    return template()["Parameters"][parameter]["Default"]
