"""The dashboard's body in infra/stacks/observability.yaml: written between two comments, and held to it by a test."""

import json
from typing import Final

from infra.dashboard.body import Parts, alarm_arn, alarms_by_condition, alarms_widget, parts
from infra.dashboard.widgets import Json
from infra.deployment.template import PROJECT, loaded, read_template

PATH: Final = PROJECT / "infra/stacks/observability.yaml"
_BEGIN: Final = (
    "      # Written by `python -m infra.dashboard` from the metrics that the code has and the alarms above.\n"
)
_END: Final = "      # </dashboard>\n"
_BODY: Final = """\
      DashboardBody: !Sub
        - |-
          {{"start": "-PT24H", "periodOverride": "inherit", "widgets": [
{widgets}{insertions}
          ]}}
        - {conditional}"""
_CONDITIONAL: Final = """\
          {name}: !If
            - {condition}
            - !Sub |-
{text}
            - ""
"""
_INDENT: Final = " " * 14


def written(text: str) -> str:
    """Return the template's text with the body as it is to be."""
    before, _, rest = text.partition(_BEGIN)
    alarms = alarms_by_condition(read_template(PROJECT / "template.yaml"), loaded(text))
    return before + _BEGIN + _body(parts(), alarms) + _END + rest.partition(_END)[2]


def _body(widgets: Parts, alarms: dict[str, list[str]]) -> str:
    """Return the property. What is there under a condition alone is put in by a name of its own, or nothing is."""
    always, names = widgets.pop(""), alarms.pop("")
    lines = [_alarms_line(names, list(alarms)), *map(json.dumps, always)]
    entries = [(f"{condition}Alarms", condition, _alarms(found)) for condition, found in alarms.items()]
    entries += [(f"{condition}Widgets", condition, _widgets(found)) for condition, found in widgets.items()]
    conditional = "".join(_CONDITIONAL.format(name=name, condition=when, text=text) for name, when, text in entries)
    return _BODY.format(
        widgets=",\n".join(f"          {line}" for line in lines),
        insertions="".join(f"${{{condition}Widgets}}" for condition in widgets),
        conditional=conditional.lstrip(),
    )


def _alarms_line(names: list[str], conditions: list[str]) -> str:
    end = "]}}"
    line = json.dumps(alarms_widget([alarm_arn(name) for name in names]))
    return line.removesuffix(end) + "".join(f"${{{condition}Alarms}}" for condition in conditions) + end


def _alarms(names: list[str]) -> str:
    return _INDENT + "".join(f', "{alarm_arn(name)}"' for name in names)


def _widgets(found: list[Json]) -> str:
    return f"{_INDENT},\n" + ",\n".join(f"{_INDENT}{json.dumps(widget)}" for widget in found)
