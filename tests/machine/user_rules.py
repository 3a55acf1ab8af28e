"""Rules about users: everything that changes one, and ends their sessions."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from session_management.errors import EmailTakenError, StoreUnavailableError
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, UserStatus
from tests.machine.draws import PASSWORDS, Scene, emails, environments, passwords, scenes
from tests.machine.driver import Asked, Driver
from tests.machine.known import SessionModel, State, UserModel
from tests.machine.model import Outcome

_FIELDS = ({"role": "ADMIN"}, {"role": "USER"}, {"is_verified": True}, {"is_verified": False})


class UserRules(Driver):
    """What administrators do, and users to themselves; then somebody asks for the user's newest session."""

    @rule(scene=scenes, email=emails, fields=st.sampled_from(_FIELDS))
    def change_user(self, scene: Scene, email: str, fields: dict[str, Any]) -> None:
        user = self.model.owner(email)
        if asked := self.altered("change user", scene, user, lambda manager: manager.update(user.user_id, fields)):
            new = {look._replace(**fields) for look in user.looks}
            user.looks = self.known(asked, user.looks, new)
            self.model.changed(user, asked.outcome)
        self.validate(scene.witness, user.newest_session)

    @rule(scene=scenes, email=emails)
    def disable(self, scene: Scene, email: str) -> None:
        user, fields = self.model.owner(email), {"status": UserStatus.DISABLED}
        if asked := self.altered("disable", scene, user, lambda manager: manager.update(user.user_id, fields)):
            user.states = self.known(asked, user.states, {State.DISABLED})
            self.model.changed(user, asked.outcome, user.open_sessions)
        self.validate(scene.witness, user.newest_session)

    @rule(scene=scenes, email=emails)
    def enable(self, scene: Scene, email: str) -> None:
        user, fields = self.model.owner(email), {"status": UserStatus.ACTIVE}
        if asked := self.altered("enable", scene, user, lambda manager: manager.update(user.user_id, fields)):
            user.states = self.known(asked, user.states, {State.ACTIVE})
            self.model.changed(user, asked.outcome)
        self.validate(scene.witness, user.newest_session)

    @rule(scene=scenes, email=emails)
    def delete(self, scene: Scene, email: str) -> None:
        user = self.model.owner(email)
        if asked := self.altered("delete", scene, user, lambda manager: manager.delete(user.user_id)):
            after = {State.GONE} if asked.outcome is Outcome.DONE else {State.DISABLED}
            if asked.outcome is Outcome.UNKNOWN:
                after |= {State.GONE}
            self.model.changed(user, asked.outcome, user.open_sessions, in_steps=True)
            user.states = self.known(asked, user.states, after)
        self.validate(scene.witness, user.newest_session)

    @rule(scene=scenes, email=emails, password=passwords, keep=st.booleans())
    def change_password(self, scene: Scene, email: str, password: str, keep: bool) -> None:
        user = self.model.owner(email)
        spared = user.newest_session if keep else None
        kept = spared.session_id if spared else None
        if asked := self.altered(
            "change password",
            scene,
            user,
            lambda manager: manager.change_password(user.user_id, password, keep_session_id=kept),
        ):
            user.passwords = self.known(asked, user.passwords, {password})
            self.model.changed(user, asked.outcome, self.others(user, spared))
        self.validate(scene.witness, user.newest_session)

    @rule(scene=scenes, email=emails, keep=st.booleans())
    def revoke_all(self, scene: Scene, email: str, keep: bool) -> None:
        user = self.model.owner(email)
        spared = user.newest_session if keep else None
        kept = spared.session_id if spared else None
        asked = self.change(scene, lambda manager: manager.revoke_all(user.user_id, except_session_id=kept))
        self.saw("revoke all", asked)
        self.model.changed(user, asked.outcome, self.others(user, spared))
        self.validate(scene.witness, user.newest_session)

    @rule(environment=environments, email=emails)
    def create_again(self, environment: int, email: str) -> None:
        owner, data = self.model.owner(email), CreateUserData(email=email.upper(), password=PASSWORDS[0])
        asked = self.ask(environment, lambda manager: manager.create(data))
        self.saw("create again", asked)
        if isinstance(asked.error, EmailTakenError):
            self.hold(owner.states != {State.GONE}, "a deleted user's email is taken")
            owner.states.discard(State.GONE)
        elif asked.error is None:
            self.hold(State.GONE in owner.states, "two users have one email")
            owner.states = {State.GONE}
            self.know_user(email, asked.value)

    def altered(
        self, operation: str, scene: Scene, user: UserModel, work: Callable[[UserManager], Any]
    ) -> Asked | None:
        """Have *work* change *user*; return what came of it, unless there is no such user."""
        asked = self.change(scene, work)
        self.saw(operation, asked)
        if asked.error:
            self.hold(isinstance(asked.error, StoreUnavailableError), f"{asked.error!r}")
            if asked.outcome is Outcome.RECORDED:
                user.states.discard(State.GONE)
            return asked
        if asked.value:
            self.hold(user.states != {State.GONE}, "a deleted user was changed")
            user.states.discard(State.GONE)
            return asked
        self.hold(State.GONE in user.states, "there is such a user")
        user.states = {State.GONE}
        return None

    def others(self, user: UserModel, spared: SessionModel | None) -> list[SessionModel]:
        return [session for session in user.open_sessions if session is not spared]

    @staticmethod
    def known[T](asked: Asked, before: set[T], after: set[T]) -> set[T]:
        """Return what may be now."""
        return {Outcome.NOTHING: before, Outcome.UNKNOWN: before | after}.get(asked.outcome, after)
