"""Which path of the front door leads to which function."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FrontRoute:
    """A path and the function behind it, whatever the method.

    Without *authorizer* the function is called as its function URL would call it; with one, as an HTTP API
    would: the authorizer first.
    """

    path: str
    function: str
    authorizer: str | None = None

    @property
    def is_api(self) -> bool:
        """Whether an HTTP API stands in front, rather than a function URL."""
        return self.authorizer is not None

    @property
    def key(self) -> str:
        """The route key in events."""
        return f"ANY {self.path}" if self.is_api else "$default"


ROUTES = (
    FrontRoute("/login", "login"),
    FrontRoute("/register", "register"),
    FrontRoute("/password", "password"),
    FrontRoute("/logout", "logout"),
    FrontRoute("/validate", "validate"),
    FrontRoute("/sessions", "sessions"),
    FrontRoute("/sessions/{rest:path}", "sessions"),
    FrontRoute("/me", "me", authorizer="authorizer"),
)
