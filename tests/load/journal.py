"""The run's memory: every session that was acknowledged, every answer, every kill, and what should not have been."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from session_management.tokens import handle_of
from tests.load.answers import UNAVAILABLE, Answer


class State(StrEnum):
    """What is known of a session: its login or its end was acknowledged, or its end is under way or unknown."""

    LIVE = "live"
    UNCERTAIN = "uncertain"
    ENDED = "ended"


@dataclass(slots=True)
class KnownSession:
    """A session whose login was acknowledged. Only the client that it belongs to changes its state."""

    session_id: str
    state: State = State.LIVE

    @property
    def handle(self) -> str:
        """What PostgreSQL, Valkey and this run's report call it."""
        return handle_of(self.session_id)


@dataclass(slots=True)
class Kill:
    """One kill of a server, and what was answered from then to the next one."""

    what: str
    acknowledged_before: int
    is_down: bool = True
    answers_down: int = 0
    refusals_down: Counter[str] = field(default_factory=Counter)
    refusals_after: Counter[str] = field(default_factory=Counter)
    back_at: float = 0.0
    last_refusal_at: float = 0.0

    @property
    def recovery_seconds(self) -> float:
        """How long after the server was back the last 503 came."""
        return max(0.0, self.last_refusal_at - self.back_at) if self.refusals_after else 0.0

    def note(self, function: str, answer: Answer) -> None:
        """Count an answer of *function*."""
        self.answers_down += self.is_down
        if answer.status == UNAVAILABLE:
            (self.refusals_down if self.is_down else self.refusals_after)[function] += 1
            self.last_refusal_at = time.monotonic()


@dataclass(slots=True)
class Tally:
    """The answers of one function."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest_seconds: float = 0.0


class Journal:
    """Written by all clients at once."""

    def __init__(self) -> None:
        self.sessions: list[KnownSession] = []
        self.logouts = 0
        self.uncertain_logins = 0
        self.uncertain_ends = 0
        self.acknowledged = 0
        self.refusals_before_any_kill = 0
        self.answers_since_refusal = 0
        self.tallies: dict[str, Tally] = {}
        self.kills: list[Kill] = []
        self.faults: Counter[str] = Counter()
        self.lost: set[str] = set()
        self.revived: set[str] = set()
        self._changed = threading.Condition()

    def note(self, function: str, answer: Answer) -> Answer:
        """Count *answer* and return it; one that is not an outage counts as acknowledged."""
        with self._changed:
            tally = self.tallies.setdefault(function, Tally())
            tally.statuses[answer.status] += 1
            tally.slowest_seconds = max(tally.slowest_seconds, answer.seconds)
            is_refusal = answer.status == UNAVAILABLE
            self.acknowledged += not is_refusal
            self.answers_since_refusal = 0 if is_refusal else self.answers_since_refusal + 1
            if self.kills:
                self.kills[-1].note(function, answer)
            else:
                self.refusals_before_any_kill += is_refusal
            self._changed.notify_all()
        return answer

    def logged_in(self, session_id: str) -> KnownSession:
        """Remember an acknowledged login."""
        session = KnownSession(session_id)
        with self._changed:
            self.sessions.append(session)
        return session

    def fault(self, text: str) -> None:
        """Remember what should not have been; the run goes on, so that its report shows all of it."""
        with self._changed:
            self.faults[text] += 1

    def add(self, *, logouts: int = 0, uncertain_logins: int = 0) -> None:
        """Count acknowledged logouts, and logins of which nobody knows whether they left a session."""
        with self._changed:
            self.logouts += logouts
            self.uncertain_logins += uncertain_logins

    def wait_for(self, is_so: Callable[[], bool], until: float) -> bool:
        """Wait for a change that makes *is_so* true, until the monotonic time *until*; whether it came."""
        with self._changed:
            return self._changed.wait_for(is_so, max(0.0, until - time.monotonic()))
