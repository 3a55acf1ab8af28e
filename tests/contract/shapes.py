"""The shapes that the stores come in, as the tests use them: started once for a run, handed out empty."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.tokens import AtRest
from tests.contract.stores import ServerStores
from tests.support.clock import ToldClock
from tests.support.managers import an_environment
from tests.support.policies import a_policy
from tests.support.redis_acl import RULES, limit, rules_of
from tests.support.roles import grant, let_in, make_roles
from tests.support.servers import empty, sql_connection, valkey_connection
from tests.support.valkey_cluster import ClusterKeys, ValkeyCluster

type OpenKeys = Callable[[], AbstractContextManager[redis.Redis | ClusterKeys]]


@dataclass(frozen=True)
class Shape:
    """Two running stores: how the service reaches them (`variables`), and how tests look into them."""

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    open_keys: OpenKeys
    variables: dict[str, str] = field(default_factory=dict)
    look: dict[str, Any] = field(default_factory=dict)
    """What the tests' own connection to PostgreSQL needs besides."""

    @contextmanager
    def stores(self, at_rest: AtRest, pooler: str) -> Iterator[ServerStores]:
        """Give the stores, empty, to one execution environment."""
        clock, variables = ToldClock(), {**self.variables, "DATABASE_POOLER": pooler}
        with ExitStack() as opened:
            sql = opened.enter_context(sql_connection(self.postgres, **self.look))
            empty(sql)
            keys = opened.enter_context(self.open_keys())
            keys.flushall()
            policy = a_policy(at_rest=at_rest)
            environment = opened.enter_context(an_environment(self.postgres, self.valkey, clock, policy, **variables))
            yield ServerStores(environment, sql, keys, at_rest)
            assert environment.observer.failures == [], "a store failed, and the rules did without it"


def plain_servers(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Shape:
    """PostgreSQL and one Valkey, for users who may do everything."""
    return Shape(postgres, valkey, lambda: valkey_connection(valkey))


def limited_users(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Shape:
    """The same kinds of servers, for users who may do what is written down that they need, and nothing else.

    *postgres* is nobody else's: every other user loses what they may do in its database.
    """
    logins = make_roles_in_use(postgres)
    urls = {
        "DATABASE_URL": f"postgresql://{logins['service']}@{postgres.host}:{postgres.port}/{postgres.database}",
        "REDIS_URL": f"redis://{limit(rules_of(RULES['server']), valkey)}@{valkey.host}:{valkey.port}/0",
    }
    return Shape(postgres, valkey, lambda: valkey_connection(valkey), urls)


def make_roles_in_use(postgres: EmbeddedPostgres) -> dict[str, str]:
    """Make the roles over the tables that are there already; they may read what time it is, too."""
    with sql_connection(postgres) as owner:
        logins = make_roles(owner, "contract")
        let_in(postgres, logins, postgres.database)
        grant(postgres, logins, postgres.database)
        role = logins["service"].split(":")[0]
        owner.run(f"GRANT USAGE ON SCHEMA told TO {role}; GRANT SELECT ON told.clock TO {role}")
    return logins


def on_a_cluster(postgres: EmbeddedPostgres, cluster: ValkeyCluster) -> Shape:
    """PostgreSQL, and a cluster for a user who may do what a cluster's client needs, and nothing else."""
    seed = cluster.primaries[0]
    login = limit(rules_of(RULES["cluster"]), *cluster.nodes)
    urls = {"REDIS_URL": f"redis://{login}@{seed.host}:{seed.port}/0", "REDIS_CLUSTER": "true"}
    return Shape(postgres, seed, cluster.connection, urls)
