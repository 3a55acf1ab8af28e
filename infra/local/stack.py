"""The whole service on this machine: real servers, real functions, a front door."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

from infra.local.deployment import DEPLOYED, DemoUser, StackOptions, local_environment
from infra.local.door.front_door import front_door
from infra.local.door.http_server import HttpServer, listen
from infra.local.lambdas.execution_environment import ExecutionEnvironments
from infra.local.lambdas.local_function import LocalFunction
from infra.local.servers import EmbeddedPostgres, EmbeddedServer, EmbeddedValkey


def _silent(_line: str) -> None:
    """Announce nothing."""


class LocalStack:
    """PostgreSQL, Valkey, the functions and the front door, with the schema applied and a demo user.

    Use it as a context manager; *announce* is told what is being waited for.
    """

    def __init__(self, options: StackOptions, *, announce: Callable[[str], None] = _silent) -> None:
        self.postgres = EmbeddedPostgres(durable=options.durable)
        self.valkey = EmbeddedValkey()
        self.demo_user = DemoUser()
        self.migrated: dict[str, Any] = {}
        self.url = ""
        self._options = options
        self._announce = announce
        self._functions: dict[str, ExecutionEnvironments] = {}
        self._resources = ExitStack()

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that every function gets."""
        return {**local_environment(self.postgres, self.valkey), **self._options.variables}

    def invoke(self, name: str, event: Mapping[str, Any]) -> Any:
        """Return what function *name* answers to *event*; raise InvocationError when it does not answer."""
        return self._functions[name].invoke(event)

    def sweep(self) -> dict[str, Any]:
        """Call the sweeper as its schedule does; return its counts."""
        event = {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": "123456789012",
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": "eu-central-1",
            "resources": ["arn:aws:scheduler:eu-central-1:123456789012:schedule/default/sweep"],
            "detail": "{}",
        }
        counts: dict[str, Any] = self.invoke("sweeper", event)
        return counts

    def __enter__(self) -> Self:
        with ExitStack() as resources:
            listener = resources.enter_context(listen(self._options.port))
            self._announce("Starting PostgreSQL and Valkey")
            self._start_servers(resources)
            self._start_functions(resources)
            self._announce("Applying the migrations")
            self.migrated = self.invoke("migrate", {})
            self._announce("Creating the demo user")
            user = {"email": self.demo_user.email, "password": self.demo_user.password, "verified": True}
            self.invoke("admin", {"command": "create_user", **user})
            self.url = resources.enter_context(HttpServer(front_door(self._functions), listener)).url
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def _start_servers(self, resources: ExitStack) -> None:
        servers: tuple[EmbeddedServer, ...] = (self.postgres, self.valkey)
        for server in servers:
            resources.callback(server.close)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda server: server.start(), servers))

    def _start_functions(self, resources: ExitStack) -> None:
        for deployed in DEPLOYED:
            function = LocalFunction(
                name=deployed.name,
                folder=self._options.project / deployed.folder,
                layer=self._options.project / "shared",
                environment=self.environment,
                timeout_seconds=deployed.timeout_seconds,
            )
            environments = ExecutionEnvironments(function, self._options.environments, log=self._options.log)
            self._functions[deployed.name] = environments
            resources.callback(environments.close)
            environments.start()
