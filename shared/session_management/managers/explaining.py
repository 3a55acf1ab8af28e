"""What has become of a session, asked by its handle: both stores are looked at, and nothing is changed."""

from datetime import datetime
from typing import Final

from session_management.errors import StoreUnavailableError
from session_management.explanation import Explanation, Held, SessionState
from session_management.interfaces import Clock, SessionRepository, ValidationPath
from session_management.managers.copies import Copies, Look
from session_management.managers.validation import Validation
from session_management.models import RecordedSession, UserStatus
from session_management.policy import SessionPolicy
from session_management.session_data import Fence

_FENCES: Final = {Fence.REVOKED: Held.REVOKED_FENCE, Fence.STALE: Held.STALE_FENCE}

type Verdict = tuple[ValidationPath | None, bool | None]


class Explaining:
    """Explains sessions. A store that does not answer is part of the explanation, and no error."""

    def __init__(
        self,
        *,
        sessions: SessionRepository,
        copies: Copies,
        validation: Validation,
        policy: SessionPolicy,
        clock: Clock,
    ) -> None:
        """Use these."""
        self._sessions = sessions
        self._copies = copies
        self._validation = validation
        self._policy = policy
        self._clock = clock

    def explain(self, handle: str) -> Explanation:
        """Return what has become of the session that people call *handle*."""
        now, is_answered, recorded = self._clock.now(), True, None
        try:
            recorded = self._sessions.find_by_handle(handle)
        except StoreUnavailableError:
            is_answered = False
        key = recorded.session.key if recorded else self._policy.names.key_of_handle(handle)
        look = self._copies.look(key) if key else None
        state = self._state(recorded, now) if is_answered else SessionState.CANNOT_TELL
        path, is_accepted = self._verdict(look, state, recorded, now) if look else (None, None)
        is_expired = recorded is not None and state is SessionState.EXPIRED
        return Explanation(
            handle=handle,
            state=state,
            recorded=recorded,
            ended_at=self._ended_at(recorded, state),
            ended_by=self._policy.expiry.ending_clock(recorded.session) if recorded and is_expired else None,
            held=_held(look),
            checked_at=look.seen.checked if look and look.seen else None,
            path=path,
            is_accepted=is_accepted,
        )

    def _state(self, recorded: RecordedSession | None, now: datetime) -> SessionState:
        if recorded is None:
            return SessionState.UNKNOWN
        if recorded.session.revoked:
            return SessionState.REVOKED
        if self._policy.expiry.is_over(recorded.session, now):
            return SessionState.EXPIRED
        return SessionState.LIVE if recorded.user.status is UserStatus.ACTIVE else SessionState.USER_DISABLED

    def _ended_at(self, recorded: RecordedSession | None, state: SessionState) -> datetime | None:
        if recorded is None or state not in (SessionState.REVOKED, SessionState.EXPIRED):
            return None
        if state is SessionState.REVOKED:
            return recorded.revoked_at
        return self._policy.expiry.ends_at(recorded.session)

    def _verdict(self, look: Look, state: SessionState, recorded: RecordedSession | None, now: datetime) -> Verdict:
        """Return what `Validation.find` would do, and say."""
        if recorded and not self._policy.names.is_current(look.key):
            is_open = self._policy.is_upgrading(now)
            accepted = is_open and state is SessionState.LIVE and not look.is_revoked
            return ValidationPath.UPGRADED if is_open else ValidationPath.RECORD, accepted
        path = self._validation.way(look, now)
        if path in (ValidationPath.FENCE, ValidationPath.COPY):
            return path, path is ValidationPath.COPY
        if state is SessionState.CANNOT_TELL:
            return (path, True) if path is ValidationPath.STALE_IF_ERROR else (None, None)
        is_found = recorded is not None and recorded.user.status is UserStatus.ACTIVE
        if not is_found and self._policy.accepts_original:
            # Whether the original knows the session, only Redis may tell.
            return ValidationPath.ORIGINAL, None if look.failure else False
        if recorded is None and self._policy.is_upgrading(now):
            # It may be one of the original's, which only its ID finds.
            return ValidationPath.UPGRADED, None
        path = ValidationPath.RECORD_WITHOUT_REDIS if look.failure else ValidationPath.RECORD
        return path, state is SessionState.LIVE


def _held(look: Look | None) -> Held:
    if look is None or look.failure:
        return Held.CANNOT_TELL
    if look.seen is None:
        return Held.NOTHING
    if look.seen.fence:
        return _FENCES[look.seen.fence]
    return Held.COPY if look.seen.checked else Held.OTHER
