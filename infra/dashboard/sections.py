"""What the dashboard shows, in the order in which an operator asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from infra.dashboard.lines import logged, of_function, of_resource, own
from infra.dashboard.stores import AURORA, CACHE_NODES, INSTANCE, PROXY, SERVERLESS_CACHE
from infra.dashboard.widgets import Graph, Heading

DOORS: Final = ("Validate", "Authorizer", "Login", "Register", "Password", "Logout", "Sessions")
FUNCTIONS: Final = (*DOORS, "Sweeper", "Admin", "Migrate")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and rows of graphs that fill the width.

    Each of `variants` is there where the template's condition of that name holds; under "", always.
    """

    heading: str
    variants: dict[str, Sequence[Sequence[Graph]]]


def _always(heading: str, *rows: Sequence[Graph]) -> Section:
    return Section(heading, {"": rows})


UP: Final = (
    Graph("Validations", [own("ValidationsValid", "valid"), own("ValidationsInvalid", "invalid")], 6, is_stacked=True),
    Graph(
        "Validations without a store",
        [
            own("ValidationsUndecided", "undecided: 503"),
            own("ValidationsByStaleCopy", "by a stale copy, without PostgreSQL"),
            own("ValidationsByRecordWithoutRedis", "by the record, without Redis"),
        ],
        6,
    ),
    Graph(
        "How else they were answered",
        [
            own("ValidationsByCopy", "by the copy"),
            own("ValidationsByRecord", "by the record"),
            own("ValidationsByFence", "by a fence"),
            own("ValidationsMalformed", "malformed"),
            own("ValidationsByOriginal", "by the original's"),
            own("ValidationsByUpgrade", "by an upgrade"),
        ],
        6,
    ),
    Graph(
        "Errors",
        [
            logged("UnhandledErrors", "unhandled errors"),
            logged("Interruptions", "out of time or memory"),
            own("ConfigurationErrors", "settings at fault"),
        ],
        6,
    ),
)

LOGINS: Final = (
    (
        Graph(
            "Logins",
            [own("Logins", "logins"), own("Logouts", "logouts"), own("Registrations", "registrations")],
            6,
        ),
        Graph("Failed logins, by reason", [own("LoginFailures")], 6, is_stacked=True),
        Graph(
            "Refused unseen",
            [
                own("AttemptsRefused", "too many tries"),
                own("OriginsRefused", "foreign origins"),
                own("DirectAccessRefused", "past the edge"),
            ],
            6,
        ),
        Graph("Sessions revoked, by reason", [own("SessionsRevoked")], 6, is_stacked=True),
    ),
    (
        Graph("Sessions presented by another client, by what changed", [own("ClientChanges")], 12, height=4),
        Graph("Live sessions denied by the authorizer, by reason", [own("AuthorizerDenials")], 12, height=4),
    ),
)

SEEN_STORES: Final = (
    Graph("Requests that a store failed", [own("StoreFailures")], 12),
    Graph(
        "Environments that began to spare a store, or found it back",
        [own("BreakerOpened", "spared"), own("BreakerClosed", "back")],
        12,
    ),
)

SWEEPS: Final = (
    Graph("How long the oldest had waited", [own("SweepLag", "lag", "Maximum")], 5, axis="seconds"),
    Graph("Sweeps that did all", [own("SweepFinished", "finished")], 4),
    Graph(
        "What sweeps did",
        [
            own("SweepExpiredDeleted", "expired, deleted"),
            own("SweepRevokedDeleted", "revoked, deleted"),
            own("SweepFencesWritten", "fences written"),
            own("SweepLegacyCleared", "original's, cleared"),
        ],
        6,
    ),
    Graph("Left in plain form", [own("SweepPlainLeft", "sessions", "Maximum")], 4),
    Graph(
        "Failed sweeps in the queue",
        [
            of_resource(
                "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${DeadLetterQueueName}", label="events"
            )
        ],
        5,
        stat="Maximum",
    ),
)

LAMBDA: Final = (
    (
        Graph("Invocations", [of_function("Invocations", name) for name in FUNCTIONS], 8),
        Graph("Duration, median", [of_function("Duration", name) for name in DOORS], 8, "p50", "ms"),
        Graph("Duration, 99 of 100", [of_function("Duration", name) for name in DOORS], 8, "p99", "ms"),
    ),
    (
        Graph("Throttles", [of_function("Throttles", name) for name in FUNCTIONS], 8),
        Graph("Environments at work", [of_function("ConcurrentExecutions", name) for name in FUNCTIONS], 8, "Maximum"),
        Graph(
            "Of the account's environments, in use or reserved",
            [["AWS/Lambda", "ClaimedAccountConcurrency", {"label": "claimed"}]],
            8,
            "Maximum",
        ),
    ),
)

SECTIONS: Final = (
    _always("## Is it up?\nClients are answered 503 where a validation is undecided, and 5xx with every error.", UP),
    _always("## Logins and sessions\nA flood of failures is somebody who tries passwords.", *LOGINS),
    _always(
        "## The stores, as the functions see them\nWithout Redis all goes on; without PostgreSQL, what is copied.",
        SEEN_STORES,
    ),
    _always("## Sweeps\nOne every five minutes.", SWEEPS),
    _always("## Functions\nLambda's own figures.", *LAMBDA),
    Section("## PostgreSQL", {"HasAurora": [AURORA], "HasInstance": [INSTANCE]}),
    Section("## Valkey", {"HasServerlessCache": [SERVERLESS_CACHE], "HasCacheNodes": [CACHE_NODES]}),
    Section("## RDS Proxy", {"HasProxy": [PROXY]}),
)


def heading(section: Section) -> Heading:
    """Return the heading's widget: higher where a sentence stands below it."""
    return Heading(section.heading, height=2 if "\n" in section.heading else 1)
