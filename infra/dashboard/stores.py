"""The stores that the stack creates, by the metrics of the services that run them."""

from typing import Final

from infra.dashboard.lines import of_resource
from infra.dashboard.widgets import Graph, Line


def _cluster(metric: str, label: str) -> list[Line]:
    return [of_resource("AWS/RDS", metric, "DBClusterIdentifier", "${DatabaseId}", label=label)]


def _instance(metric: str, label: str) -> list[Line]:
    return [of_resource("AWS/RDS", metric, "DBInstanceIdentifier", "${DatabaseId}", label=label)]


def _proxy(metric: str, label: str) -> list[Line]:
    return [of_resource("AWS/RDS", metric, "ProxyName", "${ProxyName}", label=label)]


def _cache(metric: str, label: str, stat: str) -> Line:
    return of_resource("AWS/ElastiCache", metric, "clusterId", "${CacheName}", label=label, stat=stat)


def _nodes(metric: str) -> list[Line]:
    return [
        of_resource("AWS/ElastiCache", metric, "CacheClusterId", f"${{CacheName}}-{node}", label=f"node {node}")
        for node in ("001", "002")
    ]


AURORA: Final = (
    Graph("Used of the greatest capacity", _cluster("ACUUtilization", "used"), 6, "Average", "percent"),
    Graph("Capacity", _cluster("ServerlessDatabaseCapacity", "units"), 6, "Average", "capacity units"),
    Graph("Connections", _cluster("DatabaseConnections", "connections"), 6, "Maximum"),
    Graph("Commits", _cluster("CommitThroughput", "commits"), 6, "Average", "a second"),
)

INSTANCE: Final = (
    Graph("Processors", _instance("CPUUtilization", "used"), 6, "Average", "percent"),
    Graph("Connections", _instance("DatabaseConnections", "connections"), 6, "Maximum"),
    Graph("Memory left", _instance("FreeableMemory", "left"), 6, "Average", "bytes"),
    Graph("Storage left", _instance("FreeStorageSpace", "left"), 6, "Minimum", "bytes"),
)

SERVERLESS_CACHE: Final = (
    Graph("Storage", [_cache("BytesUsedForCache", "used", "Maximum")], 6, axis="bytes"),
    Graph("Processing units", [_cache("ElastiCacheProcessingUnits", "units", "Sum")], 6),
    Graph("Connections", [_cache("CurrConnections", "connections", "Maximum")], 6),
    Graph(
        "Refused and dropped", [_cache("ThrottledCmds", "throttled", "Sum"), _cache("Evictions", "evicted", "Sum")], 6
    ),
)

CACHE_NODES: Final = (
    Graph("Engine's processor", _nodes("EngineCPUUtilization"), 6, "Average", "percent"),
    Graph("Memory", _nodes("DatabaseMemoryUsagePercentage"), 6, "Maximum", "percent"),
    Graph("Connections", _nodes("CurrConnections"), 6, "Maximum"),
    Graph("Evictions", _nodes("Evictions"), 6),
)

PROXY: Final = (
    Graph("Clients' connections", _proxy("ClientConnections", "connections"), 6, "Maximum"),
    Graph("Logins refused", _proxy("ClientConnectionsSetupFailedAuth", "refused"), 6),
    Graph("Wait for a connection", _proxy("DatabaseConnectionsBorrowLatency", "wait"), 6, "Average", "microseconds"),
    Graph("Answers", _proxy("QueryResponseLatency", "latency"), 6, "Average", "microseconds"),
)
