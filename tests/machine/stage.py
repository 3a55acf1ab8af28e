"""One run of the machine: its world, what is known of it, and what befalls both at once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from hypothesis.stateful import RuleBasedStateMachine

from tests.machine.draws import Configuration
from tests.machine.known import Place, SessionModel
from tests.machine.model import Model
from tests.machine.world import ENVIRONMENTS, STORES, Servers, Snapshot, World

# A spared store is tried again by then (P9).
SPARED: Final = timedelta(seconds=5)


@dataclass(frozen=True)
class Saved:
    """Valkey at an earlier time, and what was known of it then."""

    snapshot: Snapshot
    places: dict[SessionModel, Place]


class Stage(RuleBasedStateMachine):
    """Has `world`, the real stores, and `model`, what is known of them: the two change together."""

    servers: ClassVar[Servers]

    def __init__(self) -> None:
        super().__init__()
        self.world: World
        self.model: Model
        self.is_pooled: bool
        self.saved: Saved | None = None
        self.kept: Saved | None = None
        self.before_the_change: Saved | None = None

    def set(self, configuration: Configuration) -> None:
        """Begin with empty stores, and environments that have connected nowhere yet."""
        self.world = World(self.servers, configuration.policy, configuration.pooler)
        self.model = Model(configuration.policy, self.world.clock.now())
        self.is_pooled = configuration.pooler == "transaction"

    def runs(self, store: str) -> bool:
        """Tell whether the server of *store* runs."""
        return hasattr(self, "world") and store not in self.world.stopped

    def all_is_well(self) -> bool:
        """Tell whether everybody reaches everything."""
        return all(self.world.reaches(environment, store) for environment in ENVIRONMENTS for store in STORES)

    def pass_time(self, seconds: float) -> None:
        """Let it pass for everybody."""
        self.world.pass_time(seconds)
        self.model.now = self.world.clock.now()

    def places(self) -> Saved:
        """Take down what Valkey holds, and what is known of it."""
        return Saved(self.world.snapshot(), {one: one.place for one in self.model.sessions})

    def put_back(self, saved: Saved | None) -> None:
        """Have Valkey hold what it held then, or nothing."""
        self.world.put_back(saved.snapshot if saved else None)
        for session in self.model.sessions:
            session.place = saved.places.get(session, Place()) if saved else Place()

    def stop(self, store: str, *, crash: bool, loses_all: bool = False) -> None:
        """End the server of *store*. Valkey comes back with all that it held, or with nothing."""
        if store == "redis":
            self.kept = None if loses_all else self.places()
        self.world.stop(store, crash=crash)

    def start(self, store: str) -> None:
        """Start it again, if it does not run."""
        if not self.runs(store):
            self.world.start(store)
            if store == "redis":
                self.put_back(self.kept)

    def heal(self) -> None:
        """Have everything run and reach everything, and no store spared any longer."""
        for store in STORES:
            self.start(store)
        for environment in ENVIRONMENTS:
            self.world.open_links(environment)
        self.pass_time(SPARED.total_seconds())
