"""What may be true, in plain Python: of users and sessions in the record, and of what stands in Redis.

An operation that was acknowledged happened. One that was not may have happened: that is a `Doubt`, which a later
answer may settle. What Redis holds is known by bounds only: which copies could stand there, and how old they are.
"""

from collections.abc import Iterable, Mapping
from copy import replace
from datetime import datetime, timedelta
from enum import Enum

from session_management.constants import FENCE_SECONDS
from session_management.policy import SessionPolicy
from tests.machine.known import Doubt, Look, Place, SessionModel, State, UserModel


class Reach(Enum):
    """Whether a store answers an environment."""

    SURE = "answers"
    SHAKY = "may answer"
    NONE = "cannot answer"


class Outcome(Enum):
    """What became of a change."""

    DONE = "acknowledged"
    RECORDED = "committed, not fenced everywhere"
    UNKNOWN = "committed or not"
    NOTHING = "never reached PostgreSQL"


class Model:
    """The time, the policy, and everybody."""

    def __init__(self, policy: SessionPolicy, now: datetime) -> None:
        self.policy = policy
        self.now = now
        self.users: list[UserModel] = []

    @property
    def sessions(self) -> list[SessionModel]:
        """Every session that was ever opened, or may have been."""
        return [session for user in self.users for session in user.sessions]

    def owner(self, email: str) -> UserModel:
        """Return the latest user with *email*."""
        return next(user for user in reversed(self.users) if user.email == email)

    def may_be_over(self, session: SessionModel) -> bool:
        """Tell whether a live session's holder may be told that it is not."""
        is_fenced = self.now < session.place.revoked_fence_until
        return session.is_ended is not False or is_fenced or self.now >= self.end(session, latest=False)

    def end(self, session: SessionModel, *, latest: bool = True) -> datetime:
        """Return when *session* is over by itself, at the latest or at the earliest."""
        expires, active = (
            (session.expires_at.high, session.last_activity.high)
            if latest
            else (session.expires_at.low, session.last_activity.low)
        )
        end, idle = min(expires, session.absolute_end), self.policy.expiry.idle
        return min(end, active + idle) if idle else end

    def pushed(self, session: SessionModel, end: datetime) -> datetime:
        """Return what activity makes of *end* now."""
        life = self.policy.life(is_persistent=session.is_persistent)
        return max(end, min(self.now + life, session.absolute_end)) if self.policy.slides else end

    def may_be_touched(self, session: SessionModel) -> None:
        """Activity may have been recorded, and pushed the end."""
        if self.now < self.end(session):
            session.last_activity.high = self.now
            session.expires_at.high = self.pushed(session, session.expires_at.high)

    def changed(
        self, user: UserModel, outcome: Outcome, ending: Iterable[SessionModel] = (), *, in_steps: bool = False
    ) -> Doubt:
        """A change of *user* that ended the sessions *ending*, as one: each copy of theirs got a fence, or may have.

        Nothing is fenced for a change that PostgreSQL did not answer, unless it is one *in_steps*.
        Of a user who is gone there are no rows, so that nothing is fenced (again): see `logged_out`.
        """
        doubt = Doubt({Outcome.UNKNOWN: None, Outcome.NOTHING: False}.get(outcome, True))
        for session in ending:
            session.ends.append(doubt)
        if outcome in (Outcome.DONE, Outcome.RECORDED) or in_steps:
            for session in user.sessions:
                self.fenced(session, surely=outcome is Outcome.DONE and State.GONE not in user.states)
        return doubt

    def fenced(self, session: SessionModel, *, surely: bool) -> None:
        """A fence was written, or may have been: "revoked" if the session ended, "stale" if not.

        A "stale" one leaves a "revoked" one alone: that of a logout which did not come to PostgreSQL, for one.
        """
        place = session.place if not surely else Place(revoked_fence_until=session.place.revoked_fence_until)
        if session.is_ended is not False:
            place = replace(place, revoked_fence_until=self._fence_end())
            session.was_fenced |= surely
        session.place = replace(place, sure=None)

    def swept(self, *, surely: bool) -> None:
        """Whatever the record says was revoked lately got its fence, or may have."""
        for session in self.sessions:
            if session.is_ended is not False:
                is_recorded = session.is_ended is True and State.GONE not in session.user.states
                self.fenced(session, surely=surely and is_recorded)

    def extended_or_not(self, session: SessionModel, outcome: Outcome, until: datetime) -> None:
        """An extension was not acknowledged."""
        if outcome is not Outcome.NOTHING and self.now < self.end(session):
            session.expires_at.high = max(session.expires_at.high, min(until, session.absolute_end))
            session.last_activity.high = self.now

    def logged_out(self, session: SessionModel, outcome: Outcome, redis: Reach) -> None:
        """A logout ends the row, then fences; where PostgreSQL fails, it fences all the same.

        Of a user who is gone there is no row, and nothing is fenced: a copy that a failover brought back goes on being
        believed for as long as it would have been.
        """
        if outcome is not Outcome.NOTHING:
            session.ends.append(Doubt(None if outcome is Outcome.UNKNOWN else True))
        is_fenced = outcome is Outcome.DONE or (outcome is not Outcome.RECORDED and redis is Reach.SURE)
        surely = is_fenced and State.GONE not in session.user.states
        if surely or redis is not Reach.NONE:
            place = Place() if surely else replace(session.place, sure=None)
            session.place = replace(place, revoked_fence_until=self._fence_end())
            session.was_fenced |= surely

    def ended_by_handle(self, session: SessionModel, outcome: Outcome) -> None:
        """The row was found and ended, then fenced; where PostgreSQL fails, nothing is fenced."""
        if outcome is Outcome.NOTHING:
            return
        session.ends.append(Doubt(None if outcome is Outcome.UNKNOWN else True))
        if outcome is not Outcome.UNKNOWN:
            self.fenced(session, surely=outcome is Outcome.DONE)

    def opened(self, session: SessionModel, login: Doubt, redis: Reach) -> None:
        """A login inserted *session*, and ended the oldest beyond the limit: copies of both follow if Redis answers."""
        newest_first = sorted(session.user.sessions, key=lambda other: other.created_at, reverse=True)
        session.user.sessions.append(session)
        surely_before = maybe_before = 1
        for other in newest_first:
            counts = self._counts_to_the_limit(other)
            if counts is False:
                continue
            if self.policy.max_per_user and maybe_before >= self.policy.max_per_user:
                other.ends.append(login if surely_before >= self.policy.max_per_user else Doubt())
                if redis is not Reach.NONE:
                    self.fenced(other, surely=redis is Reach.SURE and other.is_ended is True)
            surely_before += bool(counts)
            maybe_before += 1
        if redis is not Reach.NONE:
            self.copied(session, surely=redis is Reach.SURE)

    def copied(self, session: SessionModel, *, surely: bool) -> None:
        """What the record just said was written as the copy, or may have been."""
        new = dict.fromkeys(session.user.looks, self.now)
        sure = (self.now, self.end(session, latest=False)) if surely else None
        session.place = Place(new, sure=sure) if surely else self._besides(session.place, new)

    @staticmethod
    def _besides(place: Place, new: Mapping[Look, datetime]) -> Place:
        return replace(place, copies={**place.copies, **new}, sure=None)

    def _counts_to_the_limit(self, session: SessionModel) -> bool | None:
        if session.is_ended or self.now >= min(session.expires_at.high, session.absolute_end):
            return False
        surely = session.is_ended is False and self.now < session.expires_at.low
        return surely or None

    def _fence_end(self) -> datetime:
        return self.now + timedelta(seconds=FENCE_SECONDS)
