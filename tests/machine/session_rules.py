"""Rules about sessions: open, present, extend, end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from session_management.errors import InvalidCredentialsError, InvalidInputError
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, LogIn, SessionMetadata, SessionWithUser
from tests.machine.draws import (
    EMAILS,
    PASSWORDS,
    Configuration,
    Loss,
    Pick,
    Scene,
    configurations,
    emails,
    environments,
    losses,
    mostly,
    others,
    picks,
    scenes,
)
from tests.machine.driver import Asked, Driver
from tests.machine.judge import look_of
from tests.machine.known import Between, Doubt, SessionModel, State, UserModel
from tests.machine.model import Outcome, Reach
from tests.machine.world import ENVIRONMENTS

_METADATA = SessionMetadata("192.0.2.7", "the machine")
_TTLS = (30, 400, 86_400)
_UNKNOWN = ("A" * 43, "B" * 42 + "A", "malformed", "")


class SessionRules(Driver):
    """What clients do with sessions."""

    @initialize(configuration=configurations)
    def begin(self, configuration: Configuration) -> None:
        """Ann and Bob, and a session of each."""
        self.set(configuration)
        for email in EMAILS:
            data = CreateUserData(email=email, password=PASSWORDS[0])
            self.know_user(email, self.world.environments[0].manager.create(data))
            self.log_in(Scene(0, None, 0), email, None, True, None)

    @rule(scene=scenes, email=emails, other=others, remember=mostly, presents=st.none() | picks)
    def log_in(self, scene: Scene, email: str, other: str | None, remember: bool, presents: Pick | None) -> None:
        """With a password that may be right, or with another that was right once or never."""
        owner = self.model.owner(email)
        password = other or min(owner.passwords)
        presented = self.picked(presents) if presents else None
        asked = self.ask_to_open(
            scene,
            lambda manager: manager.log_in(
                email,
                password,
                _METADATA,
                remember=remember,
                presented_session_id=presented.session_id if presented else None,
            ),
        )
        self.saw("log in", asked)
        if isinstance(asked.error, InvalidCredentialsError):
            self.refused(owner, password)
        elif asked.error:
            self.opened_or_not(owner, asked, self.model.policy.life(is_persistent=remember), remember)
        else:
            self.hold(password in owner.passwords, "a wrong password was accepted")
            owner.passwords = {password}
            self.logged_in(owner, asked, asked.value, remember)
            self.replaced(presented, asked)
        self.validate(scene.witness, presented)

    @rule(scene=scenes, email=emails, ttl=st.sampled_from(_TTLS))
    def create_session(self, scene: Scene, email: str, ttl: int) -> None:
        user, life = self.model.owner(email), timedelta(seconds=ttl)
        asked = self.ask_to_open(scene, lambda manager: manager.create_session(user.user_id, _METADATA, ttl))
        self.saw("create session", asked)
        if isinstance(asked.error, InvalidInputError):
            self.hold(user.states != {State.ACTIVE}, "an enabled user got no session")
            user.states.discard(State.ACTIVE)
        elif asked.error:
            self.opened_or_not(user, asked, life)
        else:
            self.opened(user, asked, asked.value, life)

    @rule(environment=environments, pick=picks, loss=losses)
    def validate_one(self, environment: int, pick: Pick, loss: Loss | None) -> None:
        self.validate(environment, self.picked(pick), loss)

    @rule(pick=picks)
    def validate_everywhere(self, pick: Pick) -> None:
        for environment in ENVIRONMENTS:
            self.validate(environment, self.picked(pick))

    @rule(environment=environments, seconds=st.sampled_from([0, 60]))
    def validate_all(self, environment: int, seconds: float) -> None:
        """By what copies say, or, when none is believed any more, by the record."""
        self.pass_time(seconds)
        self.validate_all_from(environment)

    @rule(environment=environments, session_id=st.sampled_from(_UNKNOWN), is_logout=st.booleans(), loss=losses)
    def present_unknown(self, environment: int, session_id: str, is_logout: bool, loss: Loss | None) -> None:
        if is_logout:
            self.ask(environment, lambda manager: manager.delete_session(session_id), loss)
            return
        asked = self.ask(environment, lambda manager: manager.find_session(session_id), loss)
        self.hold(asked.value is None, "nobody's session was accepted")
        if asked.error is None:
            path = self.world.environments[environment].observer.last_path()
            self.census.saw(f"unknown: none by {path}")

    @rule(scene=scenes, pick=picks, ttl=st.sampled_from([1, 100, 3600, 10**8]))
    def extend(self, scene: Scene, pick: Pick, ttl: int) -> None:
        session = self.picked(pick)
        if session is None or (session_id := session.session_id) is None:
            return
        until = self.model.now + timedelta(seconds=ttl)
        asked = self.change(scene, lambda manager: manager.extend_session(session_id, ttl))
        self.saw("extend", asked)
        if asked.error:
            self.model.extended_or_not(session, asked.outcome, until)
        elif asked.value is None:
            self.hold(self.model.may_be_over(session), "a live session was not extended")
        else:
            self.extended(session, asked, until)
        self.validate(scene.witness, session)

    def extended(self, session: SessionModel, asked: Asked, until: datetime) -> None:
        is_live = session.is_ended is not True and self.model.now < self.model.end(session)
        self.hold(is_live and asked.postgres is not Reach.NONE, "what was ended is extended")
        possible = Between(*(max(at, min(until, session.absolute_end)) for at in session.expires_at.bounds))
        self.hold(possible.holds(asked.value), f"extended to {asked.value}")
        session.proves_live()
        session.expires_at.settle(asked.value)
        session.last_activity.settle(self.model.now)
        if asked.redis is not Reach.NONE:
            self.model.copied(session, surely=asked.redis is Reach.SURE)

    @rule(scene=scenes, pick=picks)
    def log_out(self, scene: Scene, pick: Pick) -> None:
        session = self.picked(pick)
        if session is None or (session_id := session.session_id) is None:
            return
        asked = self.change(scene, lambda manager: manager.delete_session(session_id))
        self.saw("log out", asked)
        self.model.logged_out(session, asked.outcome, asked.redis)
        self.validate(scene.witness, session)

    @rule(environment=environments, witness=environments, pick=picks)
    def log_out_without_redis(self, environment: int, witness: int, pick: Pick) -> None:
        """The record knows, and a copy that was just believed goes on for a while."""
        self.validate(witness, self.picked(pick))
        self.world.link(environment, "redis").close()
        self.log_out(Scene(environment, None, witness), pick)
        self.world.link(environment, "redis").open()

    def ask_to_open(self, scene: Scene, work: Callable[[UserManager], Any]) -> Asked:
        """No two sessions are of one age: which are the newest is then plain."""
        self.pass_time(0.001)
        return self.change(scene, work)

    def refused(self, user: UserModel, password: str) -> None:
        """Know that a password was refused."""
        must_be_right = user.passwords == {password} and user.states == {State.ACTIVE}
        self.hold(not must_be_right, "an enabled user's right password was refused")
        user.was_refused(password)

    def replaced(self, presented: SessionModel | None, asked: Asked) -> None:
        """Know what a login that was acknowledged did to the session presented with it: all that it could."""
        if presented:
            recorded = Outcome.DONE if asked.redis is Reach.SURE else Outcome.RECORDED
            outcome = recorded if asked.postgres is Reach.SURE else Outcome.UNKNOWN
            self.model.logged_out(presented, outcome, asked.redis)

    def logged_in(self, user: UserModel, asked: Asked, login: LogIn, remember: bool) -> None:
        """Know what a login answered."""
        look = look_of(SessionWithUser(login.session, login.user))
        self.hold(login.user.id == login.session.user_id == user.user_id, "it is another user's session")
        self.hold(look in user.looks, f"the login shows {look}")
        user.looks = {look}
        life = self.model.policy.life(is_persistent=remember)
        made = self.opened(user, asked, login.session_id, life, remember)
        self.hold(made.expires_at.holds(login.session.expires_at), f"it ends at {login.session.expires_at}")

    def opened(
        self, user: UserModel, asked: Asked, session_id: str, ttl: timedelta, is_persistent: bool = True
    ) -> SessionModel:
        """Know a session that was acknowledged."""
        self.hold(State.ACTIVE in user.states, "a disabled or deleted user got a session")
        self.hold(asked.postgres is not Reach.NONE, "PostgreSQL cannot have recorded it")
        user.states = {State.ACTIVE}
        made = self.new_session(user, session_id, ttl, is_persistent)
        self.model.opened(made, Doubt(True), asked.redis)
        return made

    def opened_or_not(self, user: UserModel, asked: Asked, ttl: timedelta, is_persistent: bool = True) -> None:
        """A login is refused for want of PostgreSQL alone; a session may be recorded that nobody knows the ID of."""
        self.hold(asked.outcome is not Outcome.RECORDED, "a login needs no Redis")
        if asked.outcome is Outcome.UNKNOWN and State.ACTIVE in user.states:
            made = self.new_session(user, None, ttl, is_persistent)
            made.ends.append(Doubt())
            self.model.opened(made, Doubt(), Reach.NONE)

    def new_session(self, user: UserModel, session_id: str | None, ttl: timedelta, is_persistent: bool) -> SessionModel:
        now = self.model.now
        absolute_end = self.model.policy.expiry.absolute_end(now)
        end = min(now + ttl, absolute_end)
        ends, active = Between(end, end), Between(now, now)
        return SessionModel(session_id, user, now, ends, absolute_end, active, is_persistent)
