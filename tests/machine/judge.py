"""What a validation may answer about a session, and what its answer tells."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from session_management.errors import SessionManagementError, StoreUnavailableError
from session_management.interfaces import ValidationPath
from session_management.models import SessionWithUser
from session_management.tokens import handle_of
from tests.machine.known import Between, Look, Place, SessionModel, State
from tests.machine.model import Model, Reach

_FROM_A_COPY: Final = (ValidationPath.COPY, ValidationPath.STALE_IF_ERROR)
_FROM_THE_RECORD: Final = (ValidationPath.RECORD, ValidationPath.RECORD_WITHOUT_REDIS, ValidationPath.ORIGINAL)
# Valkey forgets by the real time, which goes on while the told one stands.
_REAL_TIME: Final = timedelta(seconds=60)


@dataclass(frozen=True)
class Validated:
    """What one environment answered: a session, None, or that it cannot tell; and which stores it could ask."""

    postgres: Reach
    redis: Reach
    path: ValidationPath | None = None
    found: SessionWithUser | None = None
    error: SessionManagementError | None = None

    @property
    def kind(self) -> str:
        """The kind of answer, for counting."""
        if self.error:
            return "cannot tell"
        return f"{'valid' if self.found else 'none'} by {self.path}"


def fault_of(model: Model, session: SessionModel, answer: Validated) -> str | None:
    """Return what is wrong with *answer*; None if it may be given."""
    if answer.error:
        return _fault_of_not_telling(model, session, answer)
    if answer.found is None:
        return _fault_of_none(model, session, answer)
    return (
        _fault_of_identity(session, answer.found)
        or ("it is over by itself" if model.now >= model.end(session) else None)
        or (_fault_of_copy if answer.path in _FROM_A_COPY else _fault_of_record)(model, session, answer)
    )


def learn(model: Model, session: SessionModel, answer: Validated) -> None:
    """Know what *answer*, which may be given, tells of the record and of what stands in Redis."""
    if answer.postgres is Reach.SHAKY and (answer.error or answer.path is ValidationPath.STALE_IF_ERROR):
        model.may_be_touched(session)
    if answer.error:
        return
    if answer.found is None:
        _learn_none(model, session, answer)
    elif answer.path in _FROM_A_COPY:
        _learn_copy(model, session, answer, answer.found)
    else:
        _learn_record(model, session, answer, answer.found)


def look_of(found: SessionWithUser) -> Look:
    """Return what *found* shows of its user."""
    return Look(str(found.user.role), found.user.is_verified)


def _fault_of_identity(session: SessionModel, found: SessionWithUser) -> str | None:
    same_user = found.user.id == found.session.user_id == session.user.user_id
    same_session = session.session_id and found.session.handle == handle_of(session.session_id)
    return None if same_user and same_session else "it is another session's, or user's"


def _fault_of_copy(model: Model, session: SessionModel, answer: Validated) -> str | None:
    """A copy is believed for a minute, or, while PostgreSQL does not answer, for five."""
    assert answer.found
    is_stand_in = answer.path is ValidationPath.STALE_IF_ERROR
    if is_stand_in and answer.postgres is Reach.SURE:
        return "PostgreSQL answers, and was not believed"
    asked_at = session.place.copies.get(look_of(answer.found))
    if asked_at is None:
        return "no live copy that shows this can stand there"
    bound = model.policy.stale_if_error if is_stand_in else model.policy.revalidate
    return f"no copy that shows this can be younger than {bound}" if model.now - asked_at >= bound else None


def _fault_of_record(model: Model, session: SessionModel, answer: Validated) -> str | None:
    assert answer.found
    faults = {
        "the path is none that accepts": answer.path not in _FROM_THE_RECORD[:2],
        "PostgreSQL does not answer": answer.postgres is Reach.NONE,
        "Redis answers, and was not asked": answer.path is _FROM_THE_RECORD[1] and answer.redis is Reach.SURE,
        "it was ended": session.is_ended is True,
        "its user is disabled or gone": State.ACTIVE not in session.user.states,
        "the user does not look like this": look_of(answer.found) not in session.user.looks,
        "its expiry was never that": not _is_expiry(model, session, answer),
        "its activity was not recorded so": not _is_activity(model, session, answer.found.session.last_activity),
    }
    return next((fault for fault, is_found in faults.items() if is_found), None)


def _is_expiry(model: Model, session: SessionModel, answer: Validated) -> bool:
    """Where sessions slide, activity that is recorded pushes it."""
    assert answer.found
    told = answer.found.session
    may_stay = not model.policy.slides or told.last_activity != model.now or answer.postgres is not Reach.SURE
    pushed = Between(*(model.pushed(session, end) for end in session.expires_at.bounds))
    is_pushed = told.last_activity == model.now and pushed.holds(told.expires_at)
    return is_pushed or (may_stay and session.expires_at.holds(told.expires_at))


def _is_activity(model: Model, session: SessionModel, recorded: datetime) -> bool:
    """It is recorded when the touch interval has passed."""
    is_due = session.last_activity.high < model.now - model.policy.touch
    return recorded == model.now or (session.last_activity.holds(recorded) and not is_due)


def _fault_of_none(model: Model, session: SessionModel, answer: Validated) -> str | None:
    if answer.path is ValidationPath.FENCE:
        return None if model.now < session.place.revoked_fence_until else "no fence can stand there"
    if session.is_ended is not False:
        return None
    if answer.path in _FROM_THE_RECORD and model.now >= model.end(session, latest=False):
        return None
    return "it is live"


def _fault_of_not_telling(model: Model, session: SessionModel, answer: Validated) -> str | None:
    if not isinstance(answer.error, StoreUnavailableError):
        return f"it is no answer: {answer.error!r}"
    if answer.error.store == "redis":
        # The original's sessions have no record: there, Redis must be asked before the answer is no.
        is_in_the_record = session.is_ended is False and model.now < model.end(session, latest=False)
        return "the record can tell" if is_in_the_record or not model.policy.accepts_original else None
    if session.place.sure and answer.redis is Reach.SURE and session.is_ended is False:
        asked_at, end = session.place.sure
        if model.now - asked_at < model.policy.stale_if_error and model.now < end - _REAL_TIME:
            return "a copy stands there that may be believed"
    return None


def _learn_none(model: Model, session: SessionModel, answer: Validated) -> None:
    if answer.path is ValidationPath.FENCE:
        session.place = Place(revoked_fence_until=session.place.revoked_fence_until)
        return
    if model.now < model.end(session, latest=False):
        session.proves_ended()
    if answer.path is not ValidationPath.RECORD_WITHOUT_REDIS:
        model.fenced(session, surely=answer.redis is Reach.SURE)


def _learn_copy(model: Model, session: SessionModel, answer: Validated, found: SessionWithUser) -> None:
    look, sure = look_of(found), session.place.sure
    if sure is None and answer.path is ValidationPath.COPY:
        sure = (model.now - model.policy.revalidate, model.policy.expiry.ends_at(found.session))
    session.place = Place({look: session.place.copies[look]}, sure=sure)


def _learn_record(model: Model, session: SessionModel, answer: Validated, found: SessionWithUser) -> None:
    session.proves_live()
    session.user.states = {State.ACTIVE}
    session.user.looks = {look_of(found)}
    session.expires_at.settle(found.session.expires_at)
    session.last_activity.settle(found.session.last_activity)
    if answer.postgres is Reach.SHAKY:
        model.may_be_touched(session)
    if answer.path is ValidationPath.RECORD:
        session.place = Place(session.place.copies)
        model.copied(session, surely=answer.redis is Reach.SURE)
