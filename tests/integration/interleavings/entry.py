"""What the pairs know of one operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from session_management.managers.user_manager import UserManager
from tests.integration.interleavings.stage import Stage


class Ends(Enum):
    """Which sessions of the user are over once an operation is acknowledged."""

    NONE = "none"
    THIS = "the session that all are about"
    OTHERS = "all that were there but that one"
    ALL = "all that were there"


@dataclass(frozen=True)
class Entry:
    """An operation. `shows` are fields of the user that every validation shows after it.

    `bars` are the kinds of opening that it refuses or ends, whichever came first. It `looks` at the copy before it
    writes; it `locks` the user's row. One that `ends_later` is acknowledged even where a store missed the end. One
    that is `like` another takes the same steps, inside transactions too.
    """

    method: str
    work: Callable[[Stage, UserManager], Any]
    ends: Ends = Ends.NONE
    ends_later: bool = False
    shows: Mapping[str, object] = field(default_factory=dict)
    bars: frozenset[str] = frozenset()
    opens: bool = False
    removes_user: bool = False
    looks: bool = False
    locks: bool = True
    like: str = ""
