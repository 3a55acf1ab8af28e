"""What AWS charges in us-east-1, on demand and before taxes, in US dollars.

The pages named below show their figures to a browser alone, and were not read for this. Most figures stand in what
others published of them in 2026: those of Lambda and its snapshots, of the HTTP API, of Aurora's units and I/O, of the
instance and its storage, of the serverless cache, of logs, metrics and the dashboard. The others are from memory. Free
tiers, savings plans and data that leaves AWS are not in it.
"""

from typing import Final

AS_OF: Final = "2026-11"

HOURS: Final = 730.0
"""In a month."""

# https://aws.amazon.com/lambda/pricing/
LAMBDA_REQUEST: Final = 0.20 / 1e6
LAMBDA_GB_SECOND: Final = 0.0000133334
"""On arm64."""
SNAPSHOT_GB_HOUR: Final = 0.0000015046 * 3600
SNAPSHOT_RESTORED_GB: Final = 0.0001397998

# https://aws.amazon.com/api-gateway/pricing/ (HTTP APIs) and https://aws.amazon.com/cloudfront/pricing/
HTTP_API_REQUEST: Final = 1.00 / 1e6
HTTP_API_FIRST_TIER: Final = 300e6
HTTP_API_REQUEST_BEYOND: Final = 0.90 / 1e6
CLOUDFRONT_REQUEST: Final = 1.00 / 1e6
CLOUDFRONT_FUNCTION: Final = 0.10 / 1e6
CLOUDFRONT_GB: Final = 0.085

# https://aws.amazon.com/rds/aurora/pricing/ (Standard), https://aws.amazon.com/rds/postgresql/pricing/ and
# https://aws.amazon.com/rds/proxy/pricing/
AURORA_UNIT_HOUR: Final = 0.12
AURORA_GB: Final = 0.10
AURORA_IO: Final = 0.20 / 1e6
INSTANCE_HOUR: Final = 0.016
"""db.t4g.micro."""
INSTANCE_GB: Final = 0.115
PROXY_UNIT_HOUR: Final = 0.015
PROXY_LEAST_UNITS: Final = 8
PROXY_INSTANCE_UNITS: Final = 2

# https://aws.amazon.com/elasticache/pricing/ (Valkey)
CACHE_GB_HOUR: Final = 0.084
CACHE_LEAST_GB: Final = 0.1
CACHE_UNIT: Final = 0.0023 / 1e6
CACHE_NODE_HOUR: Final = 0.0128
"""cache.t4g.micro."""

# https://aws.amazon.com/cloudwatch/pricing/, https://aws.amazon.com/kms/pricing/ and
# https://aws.amazon.com/eventbridge/pricing/
LOG_GB: Final = 0.50
METRIC: Final = 0.30
ALARM_METRIC: Final = 0.10
DASHBOARD: Final = 3.00
KEY: Final = 1.00
SCHEDULED_START: Final = 1.00 / 1e6
