"""A metric as a line, or lines, of a graph. What is the stack's own is a reference, for CloudFormation to fill in."""

from typing import Final

from infra.dashboard.widgets import PERIOD_SECONDS, Line
from session_management.constants import METRICS_NAMESPACE
from session_management.metrics import METRICS

_BY: Final = {metric.name: metric.by for metric in METRICS if metric.by}


def own(name: str, label: str = "", stat: str = "Sum") -> Line:
    """Return a metric of the functions' own; one with a dimension is a line for each value that it had lately."""
    by = _BY.get(name)
    if by is None:
        return [METRICS_NAMESPACE, name, "service", "${Service}", {"label": label or name, "stat": stat}]
    search = f'{{{METRICS_NAMESPACE},{by},service}} MetricName="{name}" service="${{Service}}"'
    named = {"label": label} if label else {}  # before the dimension's value, which CloudWatch adds by itself
    return [{"expression": f"SEARCH('{search}', '{stat}', {PERIOD_SECONDS})", **named}]


def logged(name: str, label: str) -> Line:
    """Return a metric that is counted from the log."""
    return [f"{METRICS_NAMESPACE}/${{Service}}", name, {"label": label}]


def of_function(metric: str, function: str) -> Line:
    """Return a metric of Lambda's of one function, which is named as in the template."""
    return ["AWS/Lambda", metric, "FunctionName", f"${{{function}Function}}", {"label": function.lower()}]


def of_resource(namespace: str, metric: str, dimension: str, value: str, **options: str) -> Line:
    """Return a metric of an AWS service's of one resource; `label` and `stat` are options."""
    return [namespace, metric, dimension, value, {"label": metric, **options}]
