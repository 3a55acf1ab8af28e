"""What so many live sessions take, by the model of use that the costs have (infra/costs/usage.py)."""

import math
from dataclasses import dataclass
from typing import Final

from infra.capacity import measured
from infra.costs.parts import Choices, bill
from infra.costs.prices import HOURS
from infra.costs.usage import TABLE_ROOM, Traffic

PEAK: Final = 3.0
"""What the busiest minutes have of the average; assumed."""
USERS_FOR_A_SESSION: Final = 4.0
"""Users there are, for each session that is live; assumed."""
SHARD_GB: Final = 20.0
"""What a shard is filled to: three quarters of a node of 26 GB, such as cache.r7g.xlarge."""
SHARD_COMMANDS: Final = measured.GET_RATE.value
"""What a shard is asked a second at most."""

_MONTH_SECONDS: Final = HOURS * 3600


@dataclass(frozen=True, slots=True)
class Size:
    """A service with so many live sessions."""

    live_sessions: float

    @property
    def traffic(self) -> Traffic:
        """What happens in an average month."""
        return Traffic(self.live_sessions / Traffic(1.0).live_sessions)

    @property
    def at_peak(self) -> Traffic:
        """What would happen in a month that is as busy as the busiest minutes."""
        return Traffic(self.traffic.authorized * PEAK)

    @property
    def requests_a_second(self) -> float:
        """Requests at peak: decisions, and those of our own doors."""
        return (self.at_peak.authorized + self.at_peak.doors) / _MONTH_SECONDS

    @property
    def environments(self) -> float:
        """Environments at peak, and so connections to each store where no proxy is between."""
        return self.at_peak.environments

    @property
    def hashing_environments(self) -> float:
        """Those of them, at peak, that compute hashes of passwords."""
        return self.at_peak.hashing_environments

    @property
    def valkey_gb(self) -> float:
        """Memory that the copies take."""
        return self.live_sessions * measured.COPY.value / 1e9

    @property
    def commands_a_second(self) -> float:
        """Commands at Valkey, at peak."""
        return self.at_peak.commands / _MONTH_SECONDS

    @property
    def shards(self) -> int:
        """Shards of a cluster that hold the copies, and answer."""
        return max(1, math.ceil(self.valkey_gb / SHARD_GB), math.ceil(self.commands_a_second / SHARD_COMMANDS))

    @property
    def rows(self) -> float:
        """Rows in `sessions`: those that were revoked stay for a month."""
        return self.traffic.recorded_sessions

    @property
    def sessions_gb(self) -> float:
        """The table of sessions with its indexes."""
        return self.rows * (measured.SESSION_ROW.value + measured.SESSION_INDEXES.value) * TABLE_ROOM / 1e9

    @property
    def users_gb(self) -> float:
        """The table of users with its indexes."""
        users = self.live_sessions * USERS_FOR_A_SESSION
        return users * (measured.USER_ROW.value + measured.USER_INDEXES.value) * TABLE_ROOM / 1e9

    @property
    def statements_a_second(self) -> float:
        """Statements at PostgreSQL, at peak."""
        return self.at_peak.statements / _MONTH_SECONDS

    @property
    def most_statements_a_second(self) -> float:
        """Those of validations if every session were in use all the time: one a session and minute."""
        return self.live_sessions / 60

    @property
    def busy_cores(self) -> float:
        """Cores that PostgreSQL keeps busy at peak."""
        peak = self.at_peak
        microseconds = (
            (peak.asking - peak.recorded_activity) * measured.CHECK_TIME.value
            + peak.recorded_activity * measured.ACTIVITY_TIME.value
            + peak.logins * (measured.LOGIN_TIME.value + measured.LOGOUT_TIME.value / 2)
        )
        return microseconds / 1e6 / _MONTH_SECONDS

    @property
    def log_gb_a_day(self) -> float:
        """What PostgreSQL writes ahead in an average day; half of the logins end by a logout."""
        day = 86_400 / _MONTH_SECONDS
        logins = self.traffic.logins * day * (measured.LOGIN_LOG.value + measured.LOGOUT_LOG.value / 2)
        return (logins + self.traffic.recorded_activity * day * measured.ACTIVITY_LOG.value) / 1e9

    @property
    def dollars(self) -> float:
        """What a month costs, with what the template chooses by default."""
        return sum(bill(self.traffic, Choices()).values())
