"""docs/failure-modes.md, written from the rows that the tests assert.

`python -m tests.integration.failures.document --write` writes it; without the option it is printed.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from session_management.clients.connection_age import _IDLE_SECONDS
from session_management.settings import Settings
from tests.integration.failures.commits import COMMITS
from tests.integration.failures.rows import (
    BACK,
    CLOSED,
    FAILED,
    FAILURES,
    HEALED_SECONDS,
    NOT_ASKED,
    OPENED,
    POSTGRES,
    REDIS,
    ROWS,
    SIMPLE,
    SPARED,
    Row,
)
from tests.support.faults import BORNE, BROKEN, SILENT, Fault

PATH: Final = Path(__file__).parents[3] / "docs/failure-modes.md"
COMMAND: Final = "PYTHONPATH=shared:. .venv/bin/python -m tests.integration.failures.document --write"
_NAMES: Final = {POSTGRES: "PostgreSQL", REDIS: "Redis"}
_TITLES: Final = {"authorizer": "Authorizer, with a policy", SIMPLE: "Authorizer, with simple answers of an HTTP API"}
_HEADINGS: Final = "| It finds | Failing | The client gets | Silent: waits at most | Log and metric of each request |\n"


def document() -> str:
    """Return the whole document."""
    functions = dict.fromkeys(row.function for row in ROWS)
    return (
        _BEFORE.format(**_facts()) + "\n".join(_table(function) for function in functions) + _AFTER.format(**_facts())
    )


def _table(function: str) -> str:
    rows = "".join(_line(row) for row in ROWS if row.function == function)
    return f"### {_TITLES.get(function, function.capitalize())}\n\n{_HEADINGS}|---|---|---|---|---|\n{rows}"


def _line(row: Row) -> str:
    failing = " and ".join(_NAMES[store] for store in row.failing)
    told = ", ".join(f"`{FAILED}`, `{FAILURES}` ({store})" for store in row.told)
    waits = f"{sum(_wait_seconds(store) for store in row.told):g} s" if row.told else "not at all"
    cells = (row.finds or "any", failing, row.client, waits, told or "none")
    return f"| {' | '.join(cells)} |\n"


def _wait_seconds(store: str) -> float:
    """Return the longest single wait for *store* by default: for a connection, or for an answer."""
    settings = Settings.from_environment({})
    options = settings.postgres if store == POSTGRES else settings.redis
    return max(options.connect_timeout_seconds, options.timeout_seconds)


def _facts() -> dict[str, object]:
    def listed(faults: tuple[Fault, ...]) -> str:
        return "; ".join(f"it {fault}" for fault in faults)

    return {
        "command": COMMAND,
        "commits": "\n".join(f"| {case.what} | {case.client} | {case.record} |" for case in COMMITS),
        "idle_minutes": f"{_IDLE_SECONDS / 60:g}",
        "silent": listed(SILENT),
        "broken": listed(BROKEN),
        "borne": listed(BORNE),
        "failed": FAILED,
        "spared": SPARED,
        "back": BACK,
        "not_asked": NOT_ASKED,
        "failures": FAILURES,
        "opened": OPENED,
        "closed": CLOSED,
        "healed": HEALED_SECONDS,
        "postgres": f"{_wait_seconds(POSTGRES):g}",
        "redis": f"{_wait_seconds(REDIS):g}",
    }


_BEFORE: Final = """\
# When a store fails

<!-- Written by `{command}`: the tables are the rows that tests/integration/failures asserts. -->

What each function does while PostgreSQL, Redis or both do not work: what its client gets, how long that takes, what
you see, and what happens afterwards. Every row was tried with each of these faults, over connections that were in use
and over none, in front of real servers. A store may be

- **Broken**: {broken}. Whoever asks is told at once: nothing is waited for.
- **Silent**: {silent}. Whoever asks waits until a time-out.
- **Borne**, by every function and without a trace: {borne}.

## What is the same everywhere

- **An outage is never a refusal.** 401 and deny are said only by a store that answered.
- **One wait a store and request.** A store that failed a request is not asked by it again, but for the second look at a
  COMMIT (below). One that stays silent costs a request one time-out: of connecting
  (`DATABASE_CONNECT_TIMEOUT_MS`, `REDIS_CONNECT_TIMEOUT_MS`) or of one answer (`DATABASE_TIMEOUT_MS`,
  `REDIS_TIMEOUT_MS`), by default at most {postgres} s for PostgreSQL and {redis} s for Redis. A store that answers
  always just in time may cost one of each and more; the request's deadline, which is the function's time-out less
  0.25 s, bounds all of it. Looking up a host's name is bounded by neither: see the last section.
- **One line and one count a store and request**, not one a retry: the warning `{failed}` with `store` and `reason`, and
  the metric `{failures}` with the dimension `store`.
- **Then it is spared.** After three failures in a row, an environment logs the error `{spared}`, counts
  `{opened}`, and asks the store nothing for 3 seconds; then one request tries it. Meanwhile the answers are those
  below, without any wait and without the line above; a 503 over HTTP logs the warning `{not_asked}`.
- **Then all is well.** At most {healed} seconds after the store is back, requests are answered as usual; the line
  `{back}` says so, and `{closed}` counts it. Nothing needs a restart.
- **Errors of a statement's own** (a missing privilege or table) are answered, logged and counted alike, but PostgreSQL
  is not spared for them: it is up.

## By function

Without rows of their own: `me` asks no store. `admin` is invoked by operators, to whom a store that fails is an error
of the invocation.

"It finds" says what Redis holds of the session that is asked for.

While Redis fails, passwords are still limited: each environment counts failures and registrations for itself, under a
fifth of the limits. It does so in place of the counters in Redis, without a second wait, and forgets it when it ends;
what was counted in Redis holds again as soon as Redis is back.

"""

_AFTER: Final = """
A migration has a connection of its own each time, and is never spared: "at most" is the wait for that connection. A
file that is being applied is waited for until the function's time is up; it is applied whole or not at all.

Over HTTP, 503 means that the request may be repeated; a repeated logout is the same logout. A logout that was
refused because Redis failed is finished by a sweep, at the latest: until then a copy is believed for what is left of
its `SESSION_REVALIDATE_SECONDS`. So is an end of other sessions, and whoever asks for it again finishes it as well:
with `?all=true`, one's own session ends last. By its handle, one's own session ends as by a logout.

## A COMMIT without an answer

A login whose COMMIT was sent and not answered looks again, over a new connection, for the session by its handle:

| What became of the COMMIT | What the client gets | What the record holds |
|---|---|---|
{commits}

A row of which nobody has the ID lets nobody in. It is listed and revoked with the user's other sessions, and expires.
The same is left where PostgreSQL was still at the COMMIT when it was looked for. There is never a session without a
row. The failed COMMIT is one `{failed}` line, and the second look, if it fails too, another.

A registration and a password change do the same, each always in one transaction: after 200 it is done, all of it; after
503 all of it is done, or nothing. Whoever registered then may log in, and is told that the email is taken if they
register again; whoever changed their password logs in with the new one, or with the old one. The same 503 is the
answer where Redis fails after a password change was made, and before it is fenced; a sweep finishes that.

A logout's statement is idempotent. Without a pooler it is sent again over a new connection; behind one the client gets
503, the copy is fenced, and repeating it succeeds.

## A flow that was dropped in silence

Firewalls, NAT and load balancers forget flows that were silent for a while, and some of them tell neither side: no
RST, no FIN. A connection that was not used for {idle_minutes} minutes is therefore replaced before it is used, and one
that was closed is noticed at once; neither costs an answer. A flow that was dropped *sooner* than that looks like one
that is in use: the first request over it, as after a thaw, waits for one time-out. Where that was Redis, a validation
or a login goes on with PostgreSQL, and a logout is answered with 503; where it was PostgreSQL, the answer is 503,
unless a copy is believed. The next request connects anew.

## What no time-out bounds

Looking up the name of a host is the system's work, and no time-out of a connection covers it. The template sets
`RES_OPTIONS` for every function, so that the resolver asks each name server twice at most, a second each time.
"""


def main() -> None:
    """Print the document, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/failure-modes.md")
    if parser.parse_args().write:
        PATH.write_text(document())
    else:
        sys.stdout.write(document())


if __name__ == "__main__":
    main()
