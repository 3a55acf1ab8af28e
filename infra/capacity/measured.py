"""What was measured here, once and for every estimate: the tables of docs/capacity.md and the costs go by these.

Each stands beside the command that measures it again. Sizes hold anywhere; times are one core's of the machine that
they were measured on, and are good for orders of magnitude.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure, what it is of, and what measures it."""

    value: float
    unit: str
    of: str
    by: str = "make growth"


COPY: Final = Measured(585, "bytes", "a session in Valkey: key, copy with snapshot, expiry and table")
SESSION_ROW: Final = Measured(341, "bytes", "a session's row in PostgreSQL, of a million")
SESSION_INDEXES: Final = Measured(261, "bytes", "its entries in the indexes")
USER_ROW: Final = Measured(248, "bytes", "a user's row")
USER_INDEXES: Final = Measured(258, "bytes", "its entries in the indexes")
LOGIN_LOG: Final = Measured(1_164, "bytes", "a login in PostgreSQL's log, without images of whole pages")
ACTIVITY_LOG: Final = Measured(129, "bytes", "activity that is recorded, in the log")
LOGOUT_LOG: Final = Measured(729, "bytes", "a logout in the log")
LOGIN_TIME: Final = Measured(165, "µs", "a login, of one core of PostgreSQL's")
CHECK_TIME: Final = Measured(49, "µs", "a validation that PostgreSQL is asked for")
ACTIVITY_TIME: Final = Measured(85, "µs", "one that records activity as well")
LOGOUT_TIME: Final = Measured(76, "µs", "a logout")
GET_RATE: Final = Measured(80_000, "a second", "GETs of copies by one connection, one after the other")
ENVIRONMENT_MEMORY: Final = Measured(
    57, "MB", "an environment's memory that does all: validations and logins", "make crowd"
)


def constants() -> Iterator[Measured]:
    """Yield all of them, in the order in which they stand above."""
    return (value for value in globals().values() if isinstance(value, Measured))
