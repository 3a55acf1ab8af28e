"""What is known of a user, of a session, and of what stands under its key in Redis: by bounds, where it is in doubt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from itertools import islice
from typing import Final, NamedTuple

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class State(Enum):
    """What may have become of a user."""

    ACTIVE = "active"
    DISABLED = "disabled"
    GONE = "deleted"


class Look(NamedTuple):
    """What a validation shows of a user that may change."""

    role: str
    is_verified: bool


@dataclass(eq=False)
class Doubt:
    """Whether something happened; None while nobody can tell."""

    happened: bool | None = None


@dataclass
class Between:
    """A time that is known by its bounds."""

    low: datetime
    high: datetime

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Both."""
        return self.low, self.high

    def holds(self, at: datetime) -> bool:
        """Tell whether it may be that time."""
        return self.low <= at <= self.high

    def settle(self, at: datetime) -> None:
        """It is known now."""
        self.low = self.high = at


@dataclass(frozen=True)
class Place:
    """What may stand under a session's key.

    `copies`: for each look that a live copy there could show, when PostgreSQL was asked for it at the latest.
    `sure`: a copy surely stands there, asked for then, believable until the session's end as it knows it.
    """

    copies: Mapping[Look, datetime] = field(default_factory=dict)
    revoked_fence_until: datetime = _LONG_AGO
    sure: tuple[datetime, datetime] | None = None


@dataclass(eq=False)
class UserModel:
    """A user: the values that each field may have now."""

    user_id: str
    email: str
    passwords: set[str]
    looks: set[Look]
    states: set[State] = field(default_factory=lambda: {State.ACTIVE})
    sessions: "list[SessionModel]" = field(default_factory=list)

    @property
    def open_sessions(self) -> "list[SessionModel]":
        """Those that may not have ended."""
        return [session for session in self.sessions if session.is_ended is not True]

    @property
    def newest_session(self) -> "SessionModel | None":
        """The latest that somebody can present."""
        return self.recent_session(0)

    def recent_session(self, age: int) -> "SessionModel | None":
        """Return the latest that somebody can present, but *age* of them; None if there are not so many."""
        return next(islice((one for one in reversed(self.sessions) if one.session_id), age, None), None)

    def was_refused(self, password: str) -> None:
        """It was wrong, or they may not log in."""
        if self.states == {State.ACTIVE}:
            self.passwords.discard(password)
        elif self.passwords == {password}:
            self.states.discard(State.ACTIVE)


@dataclass(eq=False)
class SessionModel:
    """A session. `session_id` is None if its login was not acknowledged: nobody can present it."""

    session_id: str | None
    user: UserModel
    created_at: datetime
    expires_at: Between
    absolute_end: datetime
    last_activity: Between
    is_persistent: bool
    ends: list[Doubt] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    was_fenced: bool = False
    """Whether its end was acknowledged by both stores at some time."""

    @property
    def is_ended(self) -> bool | None:
        """Whether the record says that it was revoked or is gone; None if nobody can tell."""
        if any(doubt.happened for doubt in self.ends):
            return True
        return None if any(doubt.happened is None for doubt in self.ends) else False

    def proves_live(self) -> None:
        """The record answered that it is live: whatever might have ended it did not happen."""
        for doubt in self.ends:
            doubt.happened = False

    def proves_ended(self) -> None:
        """The record denied it: if only one thing could have ended it, that happened."""
        open_doubts = [doubt for doubt in self.ends if doubt.happened is None]
        if not self.is_ended:
            (open_doubts[0] if len(open_doubts) == 1 else self._ended_somehow()).happened = True

    def _ended_somehow(self) -> Doubt:
        self.ends.append(Doubt())
        return self.ends[-1]
