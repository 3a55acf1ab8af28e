"""What must hold of two operations, in whatever order their store calls came: after every step, and at the end."""

from copy import replace
from datetime import datetime, timedelta
from typing import Any, Final

from session_management.errors import (
    InvalidCredentialsError,
    InvalidInputError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from session_management.managers.user_manager import UserManager
from session_management.models import LogIn, SessionWithUser
from tests.integration.interleavings.catalogue import entry_of
from tests.integration.interleavings.entry import Ends, Entry
from tests.integration.interleavings.operation import POSTGRES, Outcome
from tests.integration.interleavings.stage import Stage, Work

_AT_ONCE: Final = timedelta()

_REFUSALS: Final = (InvalidCredentialsError, InvalidInputError)

type Records = dict[str, SessionWithUser | None]


class Promises:
    """Holds whatever two operations have acknowledged against what a validation says."""

    def __init__(self, stage: Stage, works: dict[str, Work], *, limit: int = 0, losing: str = "") -> None:
        self.stage, self.limit, self.losing = stage, limit, losing
        self.entries = {name: entry_of(name) for name in works}
        self.was_over = False

    def begin(self) -> None:
        """Note whether the session has ended before."""
        self.was_over = not self.stage.live()

    def after_a_step(self, ended: dict[str, Outcome]) -> None:
        """Hold what is acknowledged so far."""
        for name, outcome in ended.items():
            self._may_end_so(name, outcome)
        for session_id in self._known(ended):
            self._is_as_acknowledged(session_id, self.stage.seen_now(session_id), ended)
            self._is_ended_everywhere(session_id, ended)
        self._is_not_purged_too_soon()
        if self.limit:
            self._no_more_than_allowed(ended)

    def at_the_end(self, ended: dict[str, Outcome]) -> None:
        """Validate what is there: by copy, once that is too old, and after Redis lost it all; as users would."""
        records = {session_id: self.stage.live(session_id) for session_id in self._known(ended)}
        if not self._may_be_unfenced(ended):
            self._agree(self._validating(), records, ended)
        self._agree(self._validating(revalidate=_AT_ONCE), records, ended)
        self.stage.keys.flushall()
        self._agree(self._validating(), records, ended)
        self._agree(self._validating(), records, ended)
        self._nothing_is_lost(records, ended)

    def _validating(self, **changes: Any) -> UserManager:
        return self.stage.a_manager(replace(self.stage.policy, **changes))

    def _agree(self, manager: UserManager, records: Records, ended: dict[str, Outcome]) -> None:
        for session_id, record in records.items():
            found = manager.find_session(session_id)
            self._is_as_acknowledged(session_id, found, ended)
            if not self._may_be_refused(session_id):
                assert (found is None) == (record is None), "the record says otherwise"
            assert not found or not record or _look(found) == _look(record), "shown with an old look"

    def _is_as_acknowledged(self, session_id: str, found: SessionWithUser | None, ended: dict[str, Outcome]) -> None:
        if found is None:
            assert not self.stage.live(session_id) or self._may_be_refused(session_id), "a live session is refused"
            return
        is_old = session_id == self.stage.session_id
        assert not (is_old and self.was_over), "accepted, though it had ended before"
        for name in self._acknowledged(ended):
            entry = self.entries[name]
            assert not (is_old and self._is_final(entry)), f"accepted after an acknowledged {name}"
            for field, value in entry.shows.items():
                assert getattr(found.user, field) == value, f"shown as before an acknowledged {name}"

    def _is_ended_everywhere(self, session_id: str, ended: dict[str, Outcome]) -> None:
        """What was acknowledged as ended is over for whoever asks Redis alone, too."""
        if session_id != self.stage.session_id:
            return
        for name in self._acknowledged(ended):
            if self._is_final(self.entries[name]):
                accepted = self.stage.seen_without_the_record(session_id)
                assert not accepted, f"accepted without PostgreSQL after an acknowledged {name}"
                if self.stage.policy.accepts_original:
                    accepts = self.stage.original_accepts(session_id)
                    assert not accepts, f"accepted by the original after an acknowledged {name}"

    def _is_final(self, entry: Entry) -> bool:
        """Tell whether the session is over once the operation is acknowledged."""
        is_later = bool(self.losing) and entry.ends_later
        return entry.ends in (Ends.ALL, Ends.THIS) and not is_later

    def _is_not_purged_too_soon(self) -> None:
        """Whoever reads Redis alone must not find the copy of a session of which there is no row to fence it by."""
        entries = self.entries.values()
        is_swept = any(entry.method == "sweep" for entry in entries) and not any(
            entry.removes_user for entry in entries
        )
        if is_swept and not self.stage.has_row():
            assert not self.stage.original_accepts(), "purged before its copy was fenced"

    def _may_be_unfenced(self, ended: dict[str, Outcome]) -> bool:
        """Tell whether a call was lost without which no end is acknowledged, or is all the same."""
        is_told = any(isinstance(outcome.error, StoreUnavailableError) for outcome in ended.values())
        return is_told or (bool(self.losing) and any(entry.ends_later for entry in self.entries.values()))

    def _may_be_refused(self, session_id: str) -> bool:
        """Tell whether a fence may stand over what lives: that of a logout whose call to PostgreSQL was lost."""
        is_to_end = any(entry.ends is Ends.THIS for entry in self.entries.values())
        return self.losing == POSTGRES and is_to_end and session_id == self.stage.session_id

    def _no_more_than_allowed(self, ended: dict[str, Outcome]) -> None:
        """What an opening evicts is over when that opening is acknowledged; until then only those count that are."""
        counted = self._known(ended)[len(ended) < len(self.entries) :]
        accepted = [session_id for session_id in counted if self.stage.seen_now(session_id)]
        assert len(accepted) <= self.limit, f"{len(accepted)} are accepted, {self.limit} allowed"

    def _nothing_is_lost(self, records: Records, ended: dict[str, Outcome]) -> None:
        """What was there, or was opened, is there, unless something ends it; and so is what was extended."""
        for session_id, record in records.items():
            opener = next((name for name in ended if opened_by(ended[name].value) == session_id), None)
            beside = [entry for name, entry in self.entries.items() if name != opener]
            acknowledged = [self.entries[name] for name in self._acknowledged(ended) if name != opener]
            if opener:
                bars = any(self.entries[opener].method in entry.bars for entry in acknowledged)
                assert not (record and bars), f"what {opener} opened outlives what was changed beside it"
            enders = (Ends.ALL, Ends.OTHERS) if opener else (Ends.ALL, Ends.THIS)
            was_over = self.was_over and not opener
            may_be_over = was_over or self.limit or any(entry.ends in enders for entry in beside)
            assert record or may_be_over, "a session is gone, and nobody ended it"
        for outcome in ended.values():
            record, told = records[self.stage.session_id], _told_end(outcome.value)
            if record and told:
                assert record.session.expires_at >= told, "the end that was told is not in the record"
        is_ended = self.was_over or any(entry.ends is not Ends.NONE for entry in self.entries.values())
        if self.limit and not is_ended:
            kept = sum(record is not None for record in records.values())
            assert kept == min(self.limit, len(records)), "more sessions ended than had to"

    def _may_end_so(self, name: str, outcome: Outcome) -> None:
        entry = self.entries[name]
        others = [self.entries[other] for other in self.entries if other != name]
        if entry.presents and isinstance(outcome.error, UnauthenticatedError):
            is_live = self.stage.live() and not self._may_be_refused(self.stage.session_id)
            assert not is_live, f"{name} refused a live session"
        elif outcome.error:
            is_refused = isinstance(outcome.error, _REFUSALS) and any(entry.method in other.bars for other in others)
            is_lost = bool(self.losing) and isinstance(outcome.error, StoreUnavailableError)
            assert is_refused or is_lost, f"{name} ended with {outcome.error!r}"
        elif entry.method in ("find_session", "extend_session") and outcome.value is None:
            is_live = self.stage.live() and not self._may_be_refused(self.stage.session_id)
            assert not is_live, f"{name} refused a live session"
        elif entry.method in ("update", "change_password", "delete", "end_session") and not outcome.value:
            assert any(other.removes_user for other in others), f"{name} found no user, or none of their sessions"

    def _acknowledged(self, ended: dict[str, Outcome]) -> list[str]:
        return [name for name, outcome in ended.items() if not outcome.error and outcome.value is not False]

    def _known(self, ended: dict[str, Outcome]) -> list[str]:
        opened = [opened_by(outcome.value) for outcome in ended.values()]
        return [self.stage.session_id, *(session_id for session_id in opened if session_id)]


def _look(found: SessionWithUser) -> tuple[object, ...]:
    """Return what of a user is shown at once when it changes: not the last login, which waits for the next look."""
    return found.user.id, found.user.email, found.user.role, found.user.is_verified


def _told_end(value: object) -> datetime | None:
    """Return when the session ends by an operation's answer, if that says so."""
    return (
        value.session.expires_at
        if isinstance(value, SessionWithUser)
        else value
        if isinstance(value, datetime)
        else None
    )


def opened_by(value: object) -> str | None:
    """Return the session ID that an operation's answer brought, if it is of an opening."""
    return value.session_id if isinstance(value, LogIn) else value if isinstance(value, str) else None
