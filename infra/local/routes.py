"""Which path of the front door leads to which function."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FrontRoute:
    """A path and the function behind it.

    Without *authorizer* the function is called as its function URL would call it; with one, as an HTTP API
    would: the authorizer first. No *methods* means all of them.
    """

    path: str
    function: str
    authorizer: str | None = None
    methods: tuple[str, ...] = ()

    @property
    def is_api(self) -> bool:
        """Whether an HTTP API stands in front, rather than a function URL."""
        return self.authorizer is not None or bool(self.methods)

    @property
    def key(self) -> str:
        """The route key in events."""
        return f"{'|'.join(self.methods) or 'ANY'} {self.path}" if self.is_api else "$default"


ROUTES = (
    FrontRoute("/login", "login"),
    FrontRoute("/logout", "logout"),
    FrontRoute("/validate", "validate"),
    # A browser's preflight carries no cookie: it has to pass by the authorizer.
    FrontRoute("/me", "me", methods=("OPTIONS",)),
    FrontRoute("/me", "me", authorizer="authorizer"),
)
