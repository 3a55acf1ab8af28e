"""The resources of a whole deployment, as guards look at them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.packaging.stacks import Template

type Deployment = Mapping[str, Template]
"""The stacks that are created, by the files of their templates."""


@dataclass(frozen=True, slots=True)
class Part:
    """A resource of a template."""

    file: str
    name: str
    resource: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Return its type."""
        return str(self.resource["Type"])

    @property
    def properties(self) -> Mapping[str, Any]:
        """Return its properties."""
        found: Mapping[str, Any] = self.resource.get("Properties", {})
        return found

    def breaks(self, rule: str) -> str:
        """Return in words which rule it breaks."""
        return f"{self.file}: {self.name}: {rule}"


def parts(deployment: Deployment, *kinds: str) -> Iterator[Part]:
    """Yield the resources of the types *kinds*; of all, if none is named."""
    for file, template in deployment.items():
        for name, resource in template["Resources"].items():
            if not kinds or resource["Type"] in kinds:
                yield Part(file, name, resource)


def is_on(value: Any) -> bool:
    """Whether a switch is on: CloudFormation takes a parameter's text for a truth value."""
    return str(value).lower() == "true"
