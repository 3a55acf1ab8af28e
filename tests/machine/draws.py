"""What a run may be configured as, and what may be drawn for a step."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hypothesis import strategies as st

from session_management.policy import SessionPolicy
from tests.machine.world import ENVIRONMENTS, STORES
from tests.support.policies import a_policy

EMAILS: Final = ("ann@example.com", "bob@example.com")
PASSWORDS: Final = ("correct horse on the moon", "battery staple in the sea", "a third one that is long")
_RETENTIONS: Final = (timedelta(seconds=900), timedelta(days=30))
_LIVES: Final = ((timedelta(days=7), timedelta(days=30)), (timedelta(seconds=600), timedelta(seconds=1200)))
# The touch interval, and an idle timeout that goes with it.
_ACTIVITY: Final = (
    (timedelta(seconds=300), timedelta()),
    (timedelta(seconds=300), timedelta(seconds=720)),
    (timedelta(seconds=30), timedelta(seconds=180)),
)


@dataclass(frozen=True)
class Loss:
    """After so many answers, so many in a row are lost with their connection; *store* has done what it was told."""

    store: str
    after: int
    count: int


@dataclass(frozen=True)
class Scene:
    """Where something is done, which answers are lost meanwhile, and who asks afterwards."""

    environment: int
    loss: Loss | None
    witness: int


@dataclass(frozen=True)
class Pick:
    """A session: of whom, and how many that are newer there are. There may be none."""

    email: str
    age: int


@dataclass(frozen=True)
class Configuration:
    """What a whole run is under."""

    at_rest: str
    pooler: str
    max_per_user: int
    life: int
    activity: int
    retention: int
    slides: bool

    @property
    def policy(self) -> SessionPolicy:
        """The numbers."""
        (max_age, absolute), (touch, idle) = _LIVES[self.life], _ACTIVITY[self.activity]
        return a_policy(
            idle=idle,
            absolute=absolute,
            at_rest="plain" if self.at_rest == "plain" else "digest",
            max_age=max_age,
            short_max_age=max_age / 2,
            slides=self.slides,
            touch=touch,
            max_per_user=self.max_per_user,
            revoked_retention=_RETENTIONS[self.retention],
        )


configurations = st.builds(
    Configuration,
    at_rest=st.sampled_from(["digest", "plain"]),
    pooler=st.sampled_from(["none", "transaction"]),
    max_per_user=st.sampled_from([0, 2]),
    life=st.integers(0, len(_LIVES) - 1),
    activity=st.integers(0, len(_ACTIVITY) - 1),
    retention=st.integers(0, len(_RETENTIONS) - 1),
    slides=st.booleans(),
)
environments = st.sampled_from(ENVIRONMENTS)
stores = st.sampled_from(STORES)
emails = st.sampled_from(EMAILS)
passwords = st.sampled_from(PASSWORDS)
mostly = st.sampled_from([True, True, True, False])
others = st.sampled_from([*[None] * 10, *PASSWORDS, "never right"])
# Mostly none. One lost answer is made up for by asking again, two are not.
_LOSSES: Final = [
    Loss(store, after, count) for store in STORES for after in (0, 0, 0, 1, 2, 3, 4) for count in (1, 1, 2, 4)
]
losses = st.integers(0, 3 * len(_LOSSES) - 1).map(dict(enumerate(_LOSSES, 2 * len(_LOSSES))).get)
scenes = st.builds(Scene, environment=environments, loss=losses, witness=environments)
# Mostly the newest: it is the likeliest to be live.
picks = st.builds(Pick, email=emails, age=st.sampled_from([0, 0, 0, 1, 2, 4]))
