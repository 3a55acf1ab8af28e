"""A plausible day of a service with some thousand users, in which Redis does not answer from 12:00 to 12:25.

Every metric of the dashboard has its course here: 288 values, one for five minutes. Nothing of it was measured.
"""

import math
import random
from dataclasses import dataclass
from typing import Final

MINUTES: Final = tuple(range(0, 24 * 60, 5))
OUTAGE: Final = range(12 * 60, 12 * 60 + 25)


@dataclass(frozen=True, slots=True)
class Course:
    """How a metric goes: `flat` all day, and `busy` more at the busiest time. In the outage both may differ.

    With `whole`, values are events, of which there may be none; `noise` is the share by which a value varies.
    """

    flat: float = 0
    busy: float = 0
    out: tuple[float, float] | None = None
    noise: float = 0.06
    whole: bool = False

    def values(self, seed: str) -> list[float]:
        """Return the day's values; the same for the same *seed*."""
        chance = random.Random(seed)  # noqa: S311 - a drawing, no secret
        return [self._value(minute, chance) for minute in MINUTES]

    def _value(self, minute: int, chance: random.Random) -> float:
        flat, busy = self.out if self.out and minute in OUTAGE else (self.flat, self.busy)
        expected = flat + busy * _business(minute)
        value = expected * (1 + chance.gauss(0, self.noise))
        if self.whole:
            whole = int(value)
            return whole + (chance.random() < value - whole)
        return max(value, 0)


def _business(minute: int) -> float:
    """How busy the service is at a minute of the day: 0 at night, 1 at its busiest."""
    hour = minute / 60
    return math.exp(-(((hour - 11) / 3.2) ** 2)) + 0.8 * math.exp(-(((hour - 19.5) / 2.2) ** 2))


NOTHING: Final = Course()
COURSES: Final = {
    "ValidationsValid": Course(300, 9000),
    "ValidationsInvalid": Course(20, 350),
    "ValidationsUndecided": NOTHING,
    "ValidationsByStaleCopy": NOTHING,
    "ValidationsByRecordWithoutRedis": Course(out=(300, 9000)),
    "ValidationsByCopy": Course(260, 7800, out=(0, 0)),
    "ValidationsByRecord": Course(55, 1400, out=(0, 0)),
    "ValidationsByFence": Course(2, 40, out=(0, 0)),
    "ValidationsMalformed": Course(3, 25),
    "ValidationsByOriginal": NOTHING,
    "ValidationsByUpgrade": Course(0, 30),
    "UnhandledErrors": NOTHING,
    "Interruptions": NOTHING,
    "ConfigurationErrors": NOTHING,
    "Logins": Course(2, 60, whole=True),
    "Logouts": Course(1, 22, whole=True),
    "Registrations": Course(0.1, 5, whole=True),
    "LoginFailures wrong_password": Course(0.3, 7, whole=True),
    "LoginFailures unknown_user": Course(0.5, 4, whole=True),
    "LoginFailures disabled": Course(0, 0.4, whole=True),
    "AttemptsRefused": Course(0, 0.5, whole=True),
    "OriginsRefused": Course(0, 0.3, whole=True),
    "DirectAccessRefused": Course(0, 0.2, whole=True),
    "SessionsRevoked replaced": Course(0.1, 9, whole=True),
    "SessionsRevoked ended": Course(0, 2, whole=True),
    "SessionsRevoked password_change": Course(0, 1.5, whole=True),
    "ClientChanges ip": Course(1, 24, whole=True),
    "ClientChanges ip+device": Course(0, 2, whole=True),
    "AuthorizerDenials role": Course(0, 4, whole=True),
    "AuthorizerDenials authentication_age": Course(0, 2, whole=True),
    "StoreFailures redis": Course(out=(900, 0), noise=0.15),
    "BreakerOpened redis": Course(out=(42, 0), noise=0.2, whole=True),
    "BreakerClosed redis": Course(out=(38, 0), noise=0.2, whole=True),
    "SweepLag": Course(290, 0, out=(300, 0)),
    "SweepFinished": Course(1, 0, out=(0, 0), noise=0),
    "SweepExpiredDeleted": Course(4, 50, whole=True),
    "SweepRevokedDeleted": Course(1, 25, whole=True),
    "SweepFencesWritten": Course(0, 0.6, out=(0, 0), whole=True),
    "SweepLegacyCleared": NOTHING,
    "SweepPlainLeft": Course(231, 0, noise=0.002),
    "ApproximateNumberOfMessagesVisible": NOTHING,
    "Throttles": NOTHING,
    "ClaimedAccountConcurrency": Course(6, 30, noise=0.12),
    "ACUUtilization": Course(13, 25, out=(13, 55)),
    "ServerlessDatabaseCapacity": Course(0.5, 1.1, out=(0.5, 2.2), noise=0.03),
    "DatabaseConnections": Course(5, 32, out=(5, 45), noise=0.03),
    "CommitThroughput": Course(0.4, 6),
    "BytesUsedForCache": Course(9e6, 5e6, noise=0.01),
    "ElastiCacheProcessingUnits": Course(900, 21000, out=(0, 0)),
    "CurrConnections": Course(5, 32, out=(0, 0), noise=0.03),
    "ThrottledCmds": NOTHING,
    "Evictions": NOTHING,
    **{
        f"Invocations {name}": Course(night, day)
        for name, night, day in (
            ("validate", 120, 3600),
            ("authorizer", 200, 5600),
            ("login", 3, 75),
            ("logout", 1, 24),
            ("sessions", 0, 12),
            ("register", 0, 6),
            ("password", 0, 2),
            ("sweeper", 1, 0),
        )
    },
    **{
        f"Duration {stat} {name}": Course(usual, usual / 8, out=(out, out / 8))
        for stat, name, usual, out in (
            ("p50", "validate", 6, 21),
            ("p50", "authorizer", 6, 20),
            ("p50", "login", 148, 165),
            ("p50", "register", 160, 178),
            ("p50", "password", 290, 310),
            ("p50", "logout", 9, 24),
            ("p50", "sessions", 11, 27),
            ("p99", "validate", 46, 640),
            ("p99", "authorizer", 44, 630),
            ("p99", "login", 240, 820),
            ("p99", "register", 260, 850),
            ("p99", "password", 420, 960),
            ("p99", "logout", 60, 650),
            ("p99", "sessions", 70, 660),
        )
    },
    **{
        f"ConcurrentExecutions {name}": Course(night, day, noise=0.15)
        for name, night, day in (("validate", 2, 11), ("authorizer", 3, 15), ("login", 0.5, 3), ("sweeper", 1, 0))
    },
}
"""By the metric's name; where a graph shows several of one name, with what tells them apart."""
