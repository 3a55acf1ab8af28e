"""What Lambda says of the invocation that a line of the log belongs to, in Powertools' names."""

from typing import TYPE_CHECKING

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

    def filter(self, record: "LogRecord") -> bool:
        """Let every line pass, and say in those of an invocation which it is."""
        context = self._context
        if context is not None:
            record.cold_start = self._is_cold and not is_provisioned()
            record.function_name = context.function_name
            record.function_memory_size = context.memory_limit_in_mb
            record.function_arn = context.invoked_function_arn
            record.function_request_id = context.aws_request_id
        return True
