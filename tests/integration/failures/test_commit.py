"""A COMMIT that was sent and not answered: a login looks again, and there is one row or none, never a session without.

Each is done with and without a pooler, and with and without a limit of sessions for each user: four ways to commit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from session_management.errors import CommitUnknownError, InvalidCredentialsError, StoreUnavailableError
from session_management.interfaces import ValidationPath
from session_management.models import CreateUserData, LogIn, SessionMetadata
from session_management.session_data import Fence
from tests.conftest import MakeEnvironment
from tests.integration.conftest import ThroughRelays
from tests.support.managers import Environment
from tests.support.policies import a_policy
from tests.support.relay import Relay

EMAIL, PASSWORD, MARK = "ann@example.com", "correct horse", "marked by its browser"
NEW_PASSWORD = "nine umbrellas under one moon"
QUICK = {"DATABASE_TIMEOUT_MS": "400", "DATABASE_CONNECT_TIMEOUT_MS": "400"}
ALL_WAYS = [
    pytest.param((pooler, limit), id=f"{pooler}, limit {limit}")
    for pooler in ("none", "transaction")
    for limit in (0, 1)
]


@dataclass
class Scene:
    """An environment whose COMMIT will go wrong, another that looks on, and Ann's session from before."""

    env: Environment
    onlooker: Environment
    relay: Relay
    before: LogIn
    is_one_statement: bool

    def when_it_commits(self, act: Callable[[], None]) -> None:
        """Call *act* when the login is about to last: at its COMMIT, or at the statement that is all of it."""
        first = act if self.is_one_statement else lambda: self.relay.before(b"COMMIT", act)
        self.relay.before(MARK.encode(), first)

    def when_a_transaction_commits(self, *, is_done: bool) -> None:
        """Lose the answer to a transaction's COMMIT that opens such a session, or the COMMIT itself."""
        relay = self.relay
        fault = (lambda: relay.lose_next_answers(1)) if is_done else (lambda: relay.cut(with_reset=True))
        relay.before(MARK.encode(), lambda: relay.before(b"COMMIT", fault))

    def log_in(self) -> LogIn:
        return self.env.manager.log_in(EMAIL, PASSWORD, SessionMetadata(user_agent=MARK))

    def live(self) -> list[str]:
        """Keys of the rows that such logins left."""
        sql = "SELECT id FROM sessions WHERE NOT revoked AND user_agent = :mark"
        return [key for (key,) in self.onlooker.postgres.fetch(sql, mark=MARK)]


@pytest.fixture(params=ALL_WAYS)
def scene(
    request: pytest.FixtureRequest,
    through_relays: ThroughRelays,
    make_environment: MakeEnvironment,
    cheap_passwords: None,
) -> Scene:
    """A scene, with each way to commit."""
    pooler, limit = request.param
    env, relay, _ = through_relays(policy=a_policy(max_per_user=limit), DATABASE_POOLER=pooler, **QUICK)
    onlooker = make_environment()
    onlooker.manager.create(CreateUserData(email=EMAIL, password=PASSWORD))
    before = onlooker.manager.log_in(EMAIL, PASSWORD, SessionMetadata())
    env.manager.count()
    return Scene(env, onlooker, relay, before, pooler == "none" and not limit)


def assert_done(scene: Scene, logged_in: LogIn) -> None:
    """The login is one like any other: one row, its copy, and what it evicted is fenced."""
    assert scene.live() == [logged_in.session.key]
    assert scene.onlooker.manager.find_by_session_id(logged_in.session_id) == logged_in.user
    assert scene.onlooker.observer.last_path() is ValidationPath.COPY
    evicted = scene.onlooker.manager._adapter.get(scene.before.session.key)
    assert evicted
    is_limited = scene.env.policy.max_per_user == 1
    assert (evicted.fence is Fence.REVOKED) == is_limited


def test_a_login_whose_commit_was_done_and_whose_answer_was_lost_succeeds(scene: Scene) -> None:
    scene.when_it_commits(lambda: scene.relay.lose_next_answers(1))

    assert_done(scene, scene.log_in())


def test_a_login_whose_commit_was_done_and_never_answered_succeeds_after_one_time_out(scene: Scene) -> None:
    said: list[str] = []

    def go_silent() -> None:
        scene.relay.withhold_answers()
        scene.relay.before(b"ROLLBACK", lambda: said.append("and waited once more"))

    scene.when_it_commits(go_silent)

    assert_done(scene, scene.log_in())
    assert said == []
    (failure,) = scene.env.observer.failures
    assert isinstance(failure, CommitUnknownError)


def test_a_login_cut_off_before_its_commit_arrived_leaves_one_row_or_none(scene: Scene) -> None:
    """A statement that is all of its transaction is sent again; the COMMIT of a longer one is nothing to send again."""
    scene.when_it_commits(lambda: scene.relay.cut(with_reset=True))
    if scene.is_one_statement:
        assert_done(scene, scene.log_in())
        return

    with pytest.raises(CommitUnknownError):
        scene.log_in()

    assert scene.live() == []
    assert scene.onlooker.manager.find_session(scene.before.session_id)
    assert_done(scene, scene.log_in())


def test_a_login_that_cannot_look_again_is_refused_whatever_was_recorded(scene: Scene) -> None:
    """P6: nobody holds the ID of such a row; it can be revoked with the others, and ends by itself."""

    def go_silent_for_good() -> None:
        scene.relay.withhold_answers()
        scene.relay.is_down = True

    scene.when_it_commits(go_silent_for_good)
    with pytest.raises(StoreUnavailableError):
        scene.log_in()

    assert len(scene.live()) == 1
    scene.onlooker.manager.revoke_all(scene.before.user.id)
    assert scene.live() == []


def test_a_login_that_finds_itself_revoked_already_is_refused(scene: Scene) -> None:
    """P2: whoever ended all sessions between the COMMIT and the second look ended this one too."""

    def end_all() -> None:
        scene.onlooker.manager.revoke_all(scene.before.user.id)

    def end_all_before_the_second_look() -> None:
        scene.relay.before(b"WITH touched", end_all)
        scene.relay.withhold_answers()

    scene.when_it_commits(end_all_before_the_second_look)
    with pytest.raises(CommitUnknownError):
        scene.log_in()
    assert scene.live() == []


@pytest.mark.parametrize("is_done", [True, False], ids=["done", "cut off"])
def test_a_registration_whose_commit_is_not_answered_is_a_user_and_a_session_or_neither(
    scene: Scene, is_done: bool
) -> None:
    """P1, P6."""
    scene.when_a_transaction_commits(is_done=is_done)
    manager, users = scene.onlooker.manager, scene.onlooker.manager.count()

    def register() -> LogIn:
        return scene.env.manager.register("bob@example.com", NEW_PASSWORD, SessionMetadata(user_agent=MARK))

    if is_done:
        opened = register()
        assert manager.find_by_session_id(opened.session_id) == opened.user
        assert (manager.count(), scene.live()) == (users + 1, [opened.session.key])
    else:
        with pytest.raises(CommitUnknownError):
            register()
        assert (manager.count(), scene.live()) == (users, [])
        assert register().user.email == "bob@example.com"


@pytest.mark.parametrize("is_done", [True, False], ids=["done", "cut off"])
def test_a_password_change_whose_commit_is_not_answered_is_done_whole_or_not_at_all(
    scene: Scene, is_done: bool
) -> None:
    """P1, P2: what it ended is fenced where it is found to be done, and lives on where it is not."""
    scene.when_a_transaction_commits(is_done=is_done)
    manager, old = scene.onlooker.manager, scene.before.session_id

    def change() -> LogIn:
        return scene.env.manager.change_own_password(old, PASSWORD, NEW_PASSWORD, SessionMetadata(user_agent=MARK))

    if not is_done:
        with pytest.raises(CommitUnknownError):
            change()
        assert scene.live() == []
        assert manager.find_session(old)
    opened = change()

    assert scene.live() == [opened.session.key]
    assert manager.find_by_session_id(opened.session_id) == opened.user
    assert manager.find_session(old) is None
    assert scene.onlooker.observer.last_path() is ValidationPath.FENCE
    with pytest.raises(InvalidCredentialsError):
        manager.log_in(EMAIL, PASSWORD, SessionMetadata())


def test_a_logout_whose_answer_was_lost_is_done_and_can_be_repeated(scene: Scene) -> None:
    """P2: without a pooler it is sent again; behind one it is refused, fenced, and succeeds when it is repeated."""
    key, sent_as = scene.before.session.key, scene.before.session.key.encode()
    is_pooled = scene.env.postgres._options.is_pooled

    def lose_the_answer() -> None:
        scene.relay.lose_next_answers(1)

    def lose_the_commits_answer() -> None:
        scene.relay.before(b"COMMIT", lose_the_answer)

    scene.relay.before(sent_as, lose_the_commits_answer if is_pooled else lose_the_answer)
    if is_pooled:
        with pytest.raises(CommitUnknownError):
            scene.env.manager.delete_session(scene.before.session_id)
    else:
        scene.env.manager.delete_session(scene.before.session_id)

    assert scene.onlooker.manager.find_session(scene.before.session_id) is None
    assert scene.onlooker.observer.last_path() is ValidationPath.FENCE
    scene.env.manager.delete_session(scene.before.session_id)
    ((revoked,),) = scene.onlooker.postgres.fetch("SELECT revoked FROM sessions WHERE id = :key", key=key)
    assert revoked
