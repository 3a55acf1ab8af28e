"""P3: there is one expiry rule. The guards inside SQL, and memory's, agree with it at every instant."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from session_management.expiry import ExpiryRule
from session_management.models import User
from tests.contract.sessions import checked, opened
from tests.contract.stores import Stores

# Few and small, so that instants often coincide to the millisecond.
SPANS = st.integers(0, 12).map(lambda ms: timedelta(milliseconds=ms))


@settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(spans=st.tuples(SPANS, SPANS, SPANS, SPANS))
def test_the_guards_of_both_stores_and_the_rule_agree(
    stores: Stores, user: User, spans: tuple[timedelta, timedelta, timedelta, timedelta]
) -> None:
    expiry, absolute, idle, elapsed = spans
    created = stores.clock.now()
    rule = ExpiryRule(absolute, idle)
    made = {"expires_at": created + expiry, "absolute_expires_at": rule.absolute_end(created)}
    extended, touched = opened(stores, user, **made).session, opened(stores, user, **made).session
    now = created + elapsed
    is_live = not rule.is_over(touched, now)

    sessions = stores.database.sessions
    listed = {session.key for session in sessions.live(user.id, now, rule.idle_since(now), 1_000)}
    assert listed & {extended.key, touched.key} == ({extended.key, touched.key} if is_live else set())
    assert (sessions.extend(extended.key, now, now, rule.idle_since(now)) is not None) == is_live
    sessions.check(touched.key, now, now, rule.idle_since(now))
    after = checked(stores, touched.key)
    assert after
    assert (after.session.last_activity == now) == (is_live or not elapsed)
