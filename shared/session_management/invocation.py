"""What Lambda says of the invocation that a line of the log belongs to, in Powertools' names."""

from typing import TYPE_CHECKING, Any

from session_management.environment import is_provisioned

if TYPE_CHECKING:
    from logging import LogRecord

    from aws_lambda_powertools.utilities.typing import LambdaContext


class InvocationFilter:
    """Adds it to each line that is written.

    Powertools' own decorator gives it to the logger with every invocation, which takes four fifths of the time of a
    question to Redis. Most invocations write no line.
    """

    def __init__(self) -> None:
        """No invocation has begun."""
        self._context: LambdaContext | None = None
        self._is_cold = False

    def begin(self, context: "LambdaContext") -> None:
        """The lines from now on belong to the invocation of *context*."""
        self._is_cold = self._context is None
        self._context = context

    @property
    def facts(self) -> dict[str, Any]:
        """What lines say of the invocation; nothing before the first one."""
        context = self._context
        if context is None:
            return {}
        return {
            "cold_start": self._is_cold and not is_provisioned(),
            "function_name": context.function_name,
            "function_memory_size": context.memory_limit_in_mb,
            "function_arn": context.invoked_function_arn,
            "function_request_id": context.aws_request_id,
        }

    def filter(self, record: "LogRecord") -> bool:
        """Let every line pass, and say in those of an invocation which it is."""
        vars(record).update(self.facts)
        return True
