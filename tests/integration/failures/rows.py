"""What each function does while a store fails: the rows that the tests assert and docs/failure-modes.md shows."""

from dataclasses import dataclass
from typing import Final

POSTGRES, REDIS = "postgresql", "redis"
BOTH: Final = (POSTGRES, REDIS)
OUTAGE: Final = "StoreUnavailableError"
NO_COPY, FRESH_COPY, OLD_COPY, UNKNOWN = "no copy", "a copy not a minute old", "an older copy", "an unknown session ID"
PRESENTED: Final = "a session, presented with it"

CANNOT_TELL: Final = "503 `unavailable`, `Retry-After: 5`"
_RAISES: Final = "an error that API Gateway answers with 500 and does not cache"
_FAILS: Final = "the invocation fails: Lambda counts it and Scheduler tries again"
_NOT_MIGRATED: Final = "the error `StoreUnavailableError`, and nothing was applied; each try asks again"


@dataclass(frozen=True, slots=True)
class Row:
    """One function, what it finds, and which stores fail it.

    `answer` is the status, verdict or error's name. `told` are the stores that each request waits for and tells of,
    once, until they are spared. What `spares` no store asks it each time, over a connection of its own.
    """

    function: str
    finds: str
    failing: tuple[str, ...]
    answer: object
    client: str
    told: tuple[str, ...]
    spares: bool = True

    def __str__(self) -> str:
        """Return a name for test reports."""
        return f"{self.function}, {self.finds or 'as usual'}, {' and '.join(self.failing)}"

    @property
    def is_refused_by_http(self) -> bool:
        """Whether the answer is a 503, which is logged even where no store was asked."""
        return self.answer == 503


def _reading(function: str, yes: object, no: object, outage: object, outage_text: str) -> list[Row]:
    shows = {200: "200 and the user", 401: "401 `unauthenticated`", "Allow": "allow"}
    refusal = "the error `Unauthorized`, which API Gateway answers with 401"
    yes_text, no_text = shows[yes], shows.get(no, refusal)
    return [
        Row(function, FRESH_COPY, (REDIS,), yes, f"{yes_text}, from PostgreSQL", (REDIS,)),
        Row(function, UNKNOWN, (REDIS,), no, f"{no_text}, as PostgreSQL says", (REDIS,)),
        Row(function, FRESH_COPY, (POSTGRES,), yes, f"{yes_text}, from the copy", ()),
        Row(function, OLD_COPY, (POSTGRES,), yes, f"{yes_text}, from the copy, until it is 5 minutes old", (POSTGRES,)),
        Row(function, NO_COPY, (POSTGRES,), outage, outage_text, (POSTGRES,)),
        Row(function, UNKNOWN, (POSTGRES,), outage, outage_text, (POSTGRES,)),
        Row(function, FRESH_COPY, BOTH, outage, outage_text, (REDIS, POSTGRES)),
    ]


SIMPLE: Final = "authorizer, simple"
"""The authorizer, asked by an HTTP API that takes simple answers; "authorizer" is to answer with a policy."""

ANEW: Final = "login, anew"
"""A login that presents a session, to be replaced."""

LIST, END_OTHERS, END_ONE, EXTEND = "sessions, list", "sessions, end others", "sessions, end one", "sessions, extend"
"""What a user does with their own sessions; one that is ended by its handle is another than is presented."""

_NOTHING_DONE: Final = f"{CANNOT_TELL}; nothing is done"


def _own_sessions() -> list[Row]:
    revoked = f"{CANNOT_TELL}; revoked in PostgreSQL"
    return [
        Row(LIST, FRESH_COPY, (REDIS,), 200, "200 and the sessions, from PostgreSQL", (REDIS,)),
        Row(LIST, UNKNOWN, (REDIS,), 401, "401 `unauthenticated`, as PostgreSQL says", (REDIS,)),
        *(Row(LIST, finds, (POSTGRES,), 503, CANNOT_TELL, (POSTGRES,)) for finds in (FRESH_COPY, OLD_COPY)),
        Row(LIST, FRESH_COPY, BOTH, 503, CANNOT_TELL, BOTH[::-1]),
        *(Row(ends, FRESH_COPY, (REDIS,), 503, revoked, (REDIS,)) for ends in (END_OTHERS, END_ONE)),
        Row(EXTEND, FRESH_COPY, (REDIS,), 200, "200 and the later end, from PostgreSQL", (REDIS,)),
        *(
            Row(does, FRESH_COPY, failing, 503, _NOTHING_DONE, failing[::-1])
            for does in (END_OTHERS, END_ONE, EXTEND)
            for failing in ((POSTGRES,), BOTH)
        ),
    ]


ROWS: Final = [
    Row(
        "login",
        "",
        (REDIS,),
        200,
        "200 and a session; the first validation writes its copy. Each environment limits tries by itself meanwhile",
        (REDIS,),
    ),
    Row(
        "login",
        PRESENTED,
        (REDIS,),
        200,
        "200 and a session; the one presented is revoked in PostgreSQL, and a sweep fences its copy",
        (REDIS,),
    ),
    Row("login", "", (POSTGRES,), 503, CANNOT_TELL, (POSTGRES,)),
    Row("login", "", BOTH, 503, CANNOT_TELL, (REDIS, POSTGRES)),
    Row(ANEW, "", (REDIS,), 200, "200 and a session; the one before is revoked in PostgreSQL", (REDIS,)),
    Row("register", "", (REDIS,), 200, "200 and a session; the first validation writes its copy", (REDIS,)),
    Row("register", "", (POSTGRES,), 503, CANNOT_TELL, (POSTGRES,)),
    Row("register", "", BOTH, 503, CANNOT_TELL, (REDIS, POSTGRES)),
    Row("password", "", (REDIS,), 503, f"{CANNOT_TELL}; nothing is changed", (REDIS,)),
    Row("password", "", (POSTGRES,), 503, f"{CANNOT_TELL}; nothing is changed", (POSTGRES,)),
    Row("password", "", BOTH, 503, f"{CANNOT_TELL}; nothing is changed", BOTH[::-1]),
    *_reading("validate", 200, 401, 503, CANNOT_TELL),
    *_reading("authorizer", "Allow", "Unauthorized", OUTAGE, _RAISES),
    Row(SIMPLE, FRESH_COPY, (REDIS,), True, "allow, from PostgreSQL", (REDIS,)),
    Row(SIMPLE, UNKNOWN, (REDIS,), False, "deny, which an HTTP API answers with 403, as PostgreSQL says", (REDIS,)),
    Row(SIMPLE, NO_COPY, (POSTGRES,), OUTAGE, _RAISES, (POSTGRES,)),
    Row(
        "logout",
        "",
        (REDIS,),
        503,
        f"{CANNOT_TELL}, the cookie cleared; the session is revoked in PostgreSQL",
        (REDIS,),
    ),
    Row("logout", "", (POSTGRES,), 503, f"{CANNOT_TELL}, the cookie cleared; the copy is fenced", (POSTGRES,)),
    Row("logout", "", BOTH, 503, f"{CANNOT_TELL}, the cookie cleared; nothing else is done", BOTH),
    *_own_sessions(),
    Row("sweeper", "", (REDIS,), False, '`"finished": false`; rows whose copy may live are kept', (REDIS,)),
    Row("sweeper", "", (POSTGRES,), OUTAGE, _FAILS, (POSTGRES,)),
    Row("sweeper", "", BOTH, OUTAGE, _FAILS, (POSTGRES,)),
    Row("migrate", "", (REDIS,), True, "what was applied: Redis is not asked", ()),
    Row("migrate", "", (POSTGRES,), OUTAGE, _NOT_MIGRATED, (POSTGRES,), spares=False),
    Row("migrate", "", BOTH, OUTAGE, _NOT_MIGRATED, (POSTGRES,), spares=False),
]

FAILED: Final = "a store failed"
SPARED: Final = "a store failed repeatedly and is spared for a while"
BACK: Final = "a store answers again"
NOT_ASKED: Final = "a request was answered without asking a store"
FAILURES, OPENED, CLOSED = "StoreFailures", "BreakerOpened", "BreakerClosed"
HEALED_SECONDS: Final = 5
"""How long after a store is back all is as usual, at most."""
