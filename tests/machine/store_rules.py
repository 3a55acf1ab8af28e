"""Rules about time, the sweeper, the stores and the ways to them: everything that breaks."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machine.draws import Pick, Scene, environments, picks, scenes, stores
from tests.machine.driver import Driver
from tests.machine.known import Place
from tests.machine.model import Outcome, Reach
from tests.machine.world import STORES

_SPANS = (1, 4, 5, 30, 60, 61, 120, 240, 300, 900, 3_600, 2_592_001)
_OUTAGES = (1, 59, 60, 150, 299, 300)
_BREAKS = (
    "postgresql stops",
    "postgresql crashes",
    "redis crashes and keeps all",
    "redis crashes and loses all",
    "the way to postgresql",
    "the way to redis",
)
_HEALS = ("everything", "everything", "redis", "postgresql", "the ways")
_EDGES = ("revalidate", "stale if error", "end", "fence")
_MILLISECOND = timedelta(milliseconds=1)


class StoreRules(Driver):
    """What befalls everybody."""

    @rule(seconds=st.sampled_from(_SPANS))
    def time_passes(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule(pick=picks, edge=st.sampled_from(_EDGES), is_before=st.booleans())
    def time_comes_to_an_edge(self, pick: Pick, edge: str, is_before: bool) -> None:
        """The instant from which a copy is no longer believed, a session is over, a fence is gone; or just before."""
        session = self.picked(pick)
        if session is None:
            return
        place, policy = session.place, self.model.policy
        newest = max(place.copies.values(), default=self.model.now)
        ends = {
            "revalidate": newest + policy.revalidate,
            "stale if error": newest + policy.stale_if_error,
            "end": self.model.end(session),
            "fence": place.revoked_fence_until,
        }
        left = ends[edge] - self.model.now - is_before * _MILLISECOND
        if left > timedelta():
            self.pass_time(left.total_seconds())

    @rule(scene=scenes)
    def sweep(self, scene: Scene) -> None:
        asked = self.change(scene, lambda manager: manager.sweep())
        self.saw("sweep", asked)
        is_finished = asked.error is None and asked.value.finished
        self.hold(asked.outcome is not Outcome.RECORDED, "a sweep needs no Redis")
        if asked.postgres is asked.redis is Reach.SURE:
            self.hold(is_finished, "nothing kept the sweep from finishing")
        self.model.swept(surely=is_finished)

    @precondition(lambda self: self.runs("redis"))
    @rule()
    def valkey_is_flushed(self) -> None:
        self.put_back(None)

    @precondition(lambda self: self.runs("redis"))
    @rule(pick=picks)
    def valkey_evicts_a_key(self, pick: Pick) -> None:
        session = self.picked(pick)
        if session and session.session_id:
            self.world.evict(f"session:{self.model.policy.names.key_of(session.session_id)}")
            session.place = Place()

    @precondition(lambda self: self.runs("redis"))
    @rule()
    def valkey_is_copied_to_a_replica(self) -> None:
        self.saved = self.places()

    @precondition(lambda self: self.runs("redis"))
    @rule(environment=environments, loses_one_change=st.booleans())
    def valkey_fails_over(self, environment: int, loses_one_change: bool) -> None:
        """To a replica that has not seen the latest change, or none since it was copied."""
        self.put_back(self.before_the_change if loses_one_change else self.saved)
        self.validate_all_from(environment)

    @rule(environment=environments, what=st.sampled_from(_BREAKS))
    def something_breaks(self, environment: int, what: str) -> None:
        """A server for everybody, or one environment's way to it."""
        store = next(store for store in STORES if store in what)
        if what.startswith("the way"):
            self.world.link(environment, store).close()
        elif self.runs(store):
            self.stop(store, crash="crashes" in what, loses_all="loses all" in what)

    @rule(environment=environments, pick=picks, store=stores, seconds=st.sampled_from(_OUTAGES))
    def a_store_is_out_of_reach_for_a_while(self, environment: int, pick: Pick, store: str, seconds: float) -> None:
        """For one environment alone, which is asked before it and at the end of it."""
        self.validate(environment, self.picked(pick))
        self.world.link(environment, store).close()
        self.pass_time(seconds)
        self.validate(environment, self.picked(pick))
        self.world.link(environment, store).open()

    @precondition(lambda self: not self.all_is_well())
    @rule(environment=environments, what=st.sampled_from(_HEALS))
    def something_heals(self, environment: int, what: str) -> None:
        if what == "everything":
            self.heal()
        elif what == "the ways":
            self.world.open_links(environment)
        else:
            self.start(what)

    @rule(environment=environments, with_reset=st.booleans())
    def thaws_with_dead_sockets(self, environment: int, with_reset: bool) -> None:
        for store in STORES:
            self.world.link(environment, store).cut(with_reset=with_reset)
