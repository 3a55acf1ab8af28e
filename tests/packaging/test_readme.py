"""The README's tables of parameters and outputs against the template."""

import re

from infra.deployment.parameters import parameter_of
from session_management.settings import Settings
from tests.packaging.built import ROOT
from tests.packaging.template import default, template

README = (ROOT / "README.md").read_text()
SETTINGS = {parameter_of(name.upper()) for name in Settings.FIELDS} | {"AppEnv", "ForceMockMode"}


def _rows(section: str) -> list[tuple[str, ...]]:
    """Return the cells of each row of a section's table, without their back-ticks."""
    text = README.partition(f"### {section}\n")[2].partition("\n#")[0]
    lines = re.findall(r"^\| (`.+) \|$", text, re.MULTILINE)
    return [tuple(cell.strip(" `") for cell in line.split("|")) for line in lines]


def test_every_parameter_that_is_no_setting_is_in_the_readme_with_its_default():
    others = [name for name in template()["Parameters"] if name not in SETTINGS]

    assert [(name, value) for name, value, _meaning in _rows("Parameters")] == [
        (name, default(name)) for name in others
    ]


def test_every_output_is_in_the_readme():
    assert [name for name, _what in _rows("Outputs")] == list(template()["Outputs"])
