"""The one error of the embedded servers."""


class ServerError(RuntimeError):
    """A server could not be started, or its guard is gone; where there is a log, the text ends with its tail."""
