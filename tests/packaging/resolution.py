"""What a template comes to with the values of its parameters, as CloudFormation would work it out."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_NO_VALUE: Final = "AWS::NoValue"
_PSEUDO: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "sessions-prod",
    "AWS::StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/sessions-prod/1a2b3c4d-5e6f-11f0",
    "AWS::URLSuffix": "amazonaws.com",
}


class Resolution:
    """A template with values for its parameters; the others have their defaults.

    What a resource or a nested stack will have is not known: `!Ref Login` stays as it is, and `attributes` has what
    `!GetAtt` gives for the names that are in it. A parameter whose value is not known is given as `{"Ref": ...}`.
    """

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, Any], attributes: Mapping[str, str] | None = None
    ) -> None:
        """Know the values."""
        declared = template["Parameters"]
        unknown = parameters.keys() - declared.keys()
        assert not unknown, f"no such parameter: {unknown}"
        given = {name: parameters.get(name, str(facts.get("Default", ""))) for name, facts in declared.items()}
        self._values = {**_PSEUDO, **{name: _typed(declared[name], value) for name, value in given.items()}}
        self._template = template
        self._attributes = attributes or {}

    def holds(self, condition: str) -> bool:
        """Whether the template's condition of that name holds."""
        return bool(self.of(self._template["Conditions"][condition]))

    def refusals(self) -> list[str]:
        """Return what the template's Rules say against the parameters."""
        rules = [rule for rule in self._template.get("Rules", {}).values() if self._applies(rule)]
        assertions = [assertion for rule in rules for assertion in rule["Assertions"]]
        return [said["AssertDescription"] for said in assertions if not self.of(said["Assert"])]

    def of(self, node: Any) -> Any:
        """Return *node* with every function in it worked out; what has no value is left out."""
        if isinstance(node, list):
            return [value for item in node if (value := self.of(item)) is not None]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name in self._functions:
                return self._functions[name](self, argument)
        return {name: value for name, item in node.items() if (value := self.of(item)) is not None}

    def _applies(self, rule: Mapping[str, Any]) -> bool:
        return "RuleCondition" not in rule or bool(self.of(rule["RuleCondition"]))

    def _ref(self, name: str) -> Any:
        return None if name == _NO_VALUE else self._values.get(name, {"Ref": name})

    def _get_att(self, argument: Any) -> Any:
        return self._attributes.get(".".join(argument), {"Fn::GetAtt": argument})

    def _if(self, argument: list[Any]) -> Any:
        condition, then, otherwise = argument
        return self.of(then if self.holds(condition) else otherwise)

    def _sub(self, argument: Any) -> Any:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        names = {name: self.of(value) for name, value in given.items()}

        def written(found: re.Match[str]) -> str:
            value = names.get(found[1], self._named(found[1]))
            return found[0] if isinstance(value, dict) else str(value)

        known = re.sub(r"\$\{([^!}]+)\}", written, text)
        if known.count("${") == known.count("${!"):
            return known.replace("${!", "${")
        left = {name: value for name, value in names.items() if f"${{{name}}}" in known}
        return {"Fn::Sub": [known, left] if left else known}

    def _join(self, argument: list[Any]) -> Any:
        separator, parts = argument[0], self.of(argument[1])
        is_known = isinstance(parts, list) and not any(isinstance(part, dict) for part in parts)
        return separator.join(map(str, parts)) if is_known else {"Fn::Join": [separator, parts]}

    def _named(self, name: str) -> Any:
        return self._get_att(name.split(".", 1)) if "." in name else self._ref(name)

    def _split(self, argument: list[Any]) -> Any:
        separator, text = argument[0], self.of(argument[1])
        return text.split(separator) if isinstance(text, str) else {"Fn::Split": [separator, text]}

    def _select(self, argument: list[Any]) -> Any:
        index, found = argument[0], self.of(argument[1])
        return found[int(index)] if isinstance(found, list) else {"Fn::Select": [index, found]}

    def _find(self, argument: list[Any]) -> Any:
        table, first, second = map(self.of, argument)
        return self._template["Mappings"][table][first][second]

    _functions: Final[Mapping[str, Callable[["Resolution", Any], Any]]] = {
        "Ref": _ref,
        "Condition": lambda self, name: self.holds(name),
        "Fn::GetAtt": _get_att,
        "Fn::If": _if,
        "Fn::Sub": _sub,
        "Fn::Split": _split,
        "Fn::Select": _select,
        "Fn::FindInMap": _find,
        "Fn::Join": _join,
        "Fn::Equals": lambda self, pair: str(self.of(pair[0])) == str(self.of(pair[1])),
        "Fn::And": lambda self, conditions: all(self.of(conditions)),
        "Fn::Or": lambda self, conditions: any(self.of(conditions)),
        "Fn::Not": lambda self, condition: not self.of(condition)[0],
    }


def _typed(declared: Mapping[str, Any], value: Any) -> Any:
    """Return *value* as a reference to the parameter gives it: a list, where it is of a list type."""
    is_list = declared["Type"] == "CommaDelimitedList" or declared["Type"].startswith("List<")
    return value.split(",") if is_list and isinstance(value, str) else value
