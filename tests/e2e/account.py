"""An AWS account, as far as the end-to-end tests use it: a deployment, its outputs, its functions, metrics and logs."""

import json
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

PROJECT: Final = Path(__file__).resolve().parents[2]
ENVIRONMENT: Final = "e2e"
"""The part of samconfig.toml that is deployed."""


class Deployment:
    """The stack of the environment e2e, deployed by `make deploy` as anybody would."""

    def __init__(self, session: boto3.Session) -> None:
        """Deploy nothing yet. The region is the session's."""
        self._session = session
        config = tomllib.loads((PROJECT / "samconfig.toml").read_text())
        self.name: str = config[ENVIRONMENT]["deploy"]["parameters"]["stack_name"]

    def deploy(self, project: Path = PROJECT) -> "subprocess.CompletedProcess[str]":
        """Deploy *project*, and wait for it; whether it was done is in the exit status."""
        return subprocess.run(
            ["make", "deploy", f"ENV={ENVIRONMENT}"], cwd=project, capture_output=True, text=True, check=False
        )

    def delete(self) -> None:
        """Delete the stack, and wait until it is gone."""
        cloudformation = self.client("cloudformation")
        cloudformation.delete_stack(StackName=self.name)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 30, "MaxAttempts": 120}
        )

    def client(self, service: str) -> Any:
        """Return a client of one of AWS's services."""
        return self._session.client(service)  # type: ignore[call-overload]  # the service is one that we name

    def exists(self) -> bool:
        """Whether there is such a stack, in whichever state."""
        try:
            return bool(self._stack())
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":  # its word for a name that nothing has
                raise
            return False

    @property
    def status(self) -> str:
        """Return what CloudFormation says of the stack."""
        return str(self._stack()["StackStatus"])

    @property
    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs."""
        return {output["OutputKey"]: output["OutputValue"] for output in self._stack()["Outputs"]}

    def urls(self) -> dict[str, str]:
        """Return the doors' own URLs, by the doors' names."""
        return {name.removesuffix("Url").lower(): url for name, url in self.outputs.items() if ".lambda-url." in url}

    def invoke(self, output: str, event: dict[str, Any]) -> Any:
        """Return what the function answers whose alias is that output."""
        answer = self.client("lambda").invoke(FunctionName=self.outputs[output], Payload=json.dumps(event))
        payload = json.load(answer["Payload"])
        assert "FunctionError" not in answer, payload
        return payload

    def database_id(self) -> str:
        """Return the identifier of the created cluster."""
        return self._output_of("Data", "DatabaseId")

    def proxy_name(self) -> str:
        """Return the name of the created RDS Proxy."""
        return self._output_of("Data", "ProxyName")

    def most(self, namespace: str, metric: str, **dimensions: str) -> float:
        """Return the greatest value of a metric in the last hour; 0 if there is none."""
        now = datetime.now(UTC)
        points = self.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(hours=1),
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        return max((point["Maximum"] for point in points), default=0.0)

    def _output_of(self, nested: str, output: str) -> str:
        detail = self.client("cloudformation").describe_stack_resource(StackName=self.name, LogicalResourceId=nested)
        stack = self._stack(detail["StackResourceDetail"]["PhysicalResourceId"])
        return {found["OutputKey"]: str(found["OutputValue"]) for found in stack["Outputs"]}[output]

    def _stack(self, name: str = "") -> dict[str, Any]:
        found = self.client("cloudformation").describe_stacks(StackName=name or self.name)
        stacks: list[dict[str, Any]] = found["Stacks"]
        return stacks[0]

    @contextmanager
    def another_stack(self, template: str, **parameters: str) -> Iterator[dict[str, str]]:
        """Deploy a template of somebody else's beside ours, give its outputs, and take it down."""
        cloudformation, name = self.client("cloudformation"), f"{self.name}-api"
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=template,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        try:
            cloudformation.get_waiter("stack_create_complete").wait(StackName=name)
            yield {output["OutputKey"]: output["OutputValue"] for output in self._stack(name)["Outputs"]}
        finally:
            cloudformation.delete_stack(StackName=name)
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=name)


@contextmanager
def a_copy_of_the_project(folder: Path) -> Iterator[Path]:
    """Give a copy that may be changed and deployed, with the environments that `make` has made."""
    copy = folder / "project"
    left_out = shutil.ignore_patterns(".git", ".aws-sam", ".venv*", ".local", "node_modules", "__pycache__", ".*_cache")
    shutil.copytree(PROJECT, copy, ignore=left_out)
    for environment in (".venv", ".venv-sam"):
        (copy / environment).symlink_to(PROJECT / environment)
    yield copy
    shutil.rmtree(copy)
