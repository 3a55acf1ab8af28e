"""What a stack below template.yaml creates, with values for its parameters."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.packaging.resolution import Resolution
from tests.packaging.template import stack, template

_LIMITS: Final = ("AllowedValues", "AllowedPattern", "MinValue", "MaxValue")


class Created:
    """The resources whose conditions hold, and the outputs, with every function worked out that can be."""

    def __init__(self, name: str, parameters: Mapping[str, str], attributes: Mapping[str, str] | None = None) -> None:
        """Work them out."""
        text = stack(name)
        known = Resolution(text, parameters, attributes)
        self.resources: dict[str, dict[str, Any]] = {
            logical_id: known.of(resource)
            for logical_id, resource in text["Resources"].items()
            if "Condition" not in resource or known.holds(resource["Condition"])
        }
        self.outputs: dict[str, Any] = {name: known.of(said["Value"]) for name, said in text["Outputs"].items()}

    def of_type(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the properties of the resources of some types."""
        return [resource["Properties"] for resource in self.resources.values() if resource["Type"] in kinds]

    def values(self, name: str) -> list[Any]:
        """Return what a property of that name is, wherever a resource has one."""
        return [resource["Properties"][name] for resource in self.resources.values() if name in resource["Properties"]]


def passed(name: str) -> dict[str, Any]:
    """Return the parameters that template.yaml gives to a stack, as they stand there."""
    (found,) = (
        resource["Properties"]["Parameters"]
        for resource in template()["Resources"].values()
        if resource["Properties"].get("TemplateURL") == f"infra/stacks/{name}.yaml"
    )
    parameters: dict[str, Any] = found
    return parameters


def unlike(name: str) -> Iterator[str]:
    """Yield the parameters that template.yaml hands on and of which the stack takes other values."""
    for parameter, given in passed(name).items():
        if given == {"Ref": parameter}:
            ours, its = template()["Parameters"][parameter], stack(name)["Parameters"][parameter]
            if [ours.get(limit) for limit in _LIMITS] != [its.get(limit) for limit in _LIMITS]:
                yield parameter
