"""What Lambda tells a handler about its invocation."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext


class FakeContext(LambdaContext):
    """The context of an invocation with so many seconds left."""

    def __init__(self, *, seconds: float = 10.0, function: str = "function") -> None:
        self._seconds = seconds
        facts: dict[str, Any] = {
            "_function_name": function,
            "_function_version": "$LATEST",
            "_memory_limit_in_mb": 512,
            "_invoked_function_arn": f"arn:aws:lambda:eu-central-1:123456789012:function:{function}",
            "_aws_request_id": "00000000-0000-4000-8000-000000000000",
        }
        for name, value in facts.items():
            setattr(self, name, value)

    def get_remaining_time_in_millis(self) -> int:  # type: ignore[override]  # Lambda's own is no static method
        """Return what is left, which does not pass."""
        return round(self._seconds * 1000)
