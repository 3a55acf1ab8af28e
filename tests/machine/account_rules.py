"""Rules about what users do on a page of their own: register, change the password, end one of their sessions."""

from hypothesis.stateful import rule

from session_management.errors import (
    EmailTakenError,
    InvalidCredentialsError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from session_management.models import SessionMetadata
from session_management.tokens import handle_of
from tests.machine.draws import PASSWORDS, Pick, Scene, emails, environments, passwords, picks, scenes
from tests.machine.driver import Asked
from tests.machine.known import Doubt, SessionModel, State
from tests.machine.model import Outcome, Reach
from tests.machine.session_rules import SessionRules

_METADATA = SessionMetadata("192.0.2.8", "a page of the account")


class AccountRules(SessionRules):
    """What users do to themselves; then somebody asks for the session."""

    @rule(scene=scenes, pick=picks)
    def end_by_handle(self, scene: Scene, pick: Pick) -> None:
        """As from a list of sessions, of which another than the session's own holder asks."""
        session = self.picked(pick)
        if session is None or (session_id := session.session_id) is None:
            return
        user_id, handle = session.user.user_id, handle_of(session_id)
        asked = self.change(scene, lambda manager: manager.end_session(user_id, handle))
        self.saw("end by handle", asked)
        if asked.error or asked.value:
            self.model.ended_by_handle(session, asked.outcome)
        else:
            self.hold(self.model.may_be_over(session), "a live session has no such handle")
        self.validate(scene.witness, session)

    @rule(scene=scenes, pick=picks, password=passwords)
    def renew_password(self, scene: Scene, pick: Pick, password: str) -> None:
        """With a session that may have ended, and a current password that may have been another's."""
        self.validate(scene.environment, self.picked(pick))
        session = self.picked(pick)
        if session is None or (session_id := session.session_id) is None:
            return
        current = min(session.user.passwords)
        asked = self.ask_to_open(
            scene, lambda manager: manager.change_own_password(session_id, current, password, _METADATA)
        )
        self.saw("renew password", asked)
        # It looked whose session it is, as a validation does.
        self.model.may_be_touched(session)
        self.model.copied(session, surely=False)
        if isinstance(asked.error, UnauthenticatedError):
            self.hold(self.model.may_be_over(session), "a live session was refused")
        elif isinstance(asked.error, InvalidCredentialsError):
            self.refused(session.user, current)
        elif asked.error:
            self.renewed_or_not(session, asked, password)
        else:
            self.renewed(session, asked, password)
        self.validate(scene.witness, session)

    def renewed(self, session: SessionModel, asked: Asked, password: str) -> None:
        """What was open has ended, and a new session is."""
        user = session.user
        self.hold(session.is_ended is not True, "a session that had ended changed the password")
        self.model.changed(user, Outcome.DONE, user.open_sessions)
        user.passwords = {password}
        self.logged_in(user, asked, asked.value, session.is_persistent)

    def renewed_or_not(self, session: SessionModel, asked: Asked, password: str) -> None:
        """All of it may be done, with a session that nobody has the ID of; Redis may have failed before and after."""
        self.hold(isinstance(asked.error, StoreUnavailableError), f"{asked.error!r}")
        user = session.user
        if asked.outcome is Outcome.NOTHING or State.ACTIVE not in user.states:
            return
        self.model.changed(user, Outcome.UNKNOWN, user.open_sessions, in_steps=True)
        user.passwords = user.passwords | {password}
        life = self.model.policy.life(is_persistent=session.is_persistent)
        made = self.new_session(user, None, life, session.is_persistent)
        made.ends.append(Doubt())
        self.model.opened(made, Doubt(), Reach.NONE)

    @rule(environment=environments, email=emails)
    def register(self, environment: int, email: str) -> None:
        """Again, where the user may have been deleted."""
        self.pass_time(0.001)
        owner = self.model.owner(email)
        asked = self.ask(environment, lambda manager: manager.register(email.upper(), PASSWORDS[0], _METADATA))
        self.saw("register", asked)
        if isinstance(asked.error, EmailTakenError):
            self.hold(owner.states != {State.GONE}, "a deleted user's email is taken")
            owner.states.discard(State.GONE)
        elif asked.error is None:
            self.hold(State.GONE in owner.states, "two users have one email")
            owner.states = {State.GONE}
            self.know_user(email, asked.value.user)
            self.logged_in(self.model.owner(email), asked, asked.value, remember=True)
