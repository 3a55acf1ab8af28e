"""An observer that remembers what it was told."""

from dataclasses import dataclass, field

from session_management.errors import StoreUnavailableError
from session_management.events import Event
from session_management.interfaces import ValidationPath


@dataclass
class RecordingObserver:
    """Satisfies `interfaces.Observer`."""

    events: list[Event] = field(default_factory=list)
    validations: list[tuple[ValidationPath, bool]] = field(default_factory=list)
    undecided: int = 0
    failures: list[StoreUnavailableError] = field(default_factory=list)
    breakers: list[tuple[str, bool]] = field(default_factory=list)

    def happened(self, event: Event) -> None:
        self.events.append(event)

    def validated(self, path: ValidationPath, *, is_valid: bool) -> None:
        self.validations.append((path, is_valid))

    def could_not_validate(self) -> None:
        self.undecided += 1

    def store_failed(self, error: StoreUnavailableError) -> None:
        self.failures.append(error)

    def breaker_changed(self, store: str, *, is_open: bool) -> None:
        self.breakers.append((store, is_open))

    def last_path(self) -> ValidationPath:
        """How the latest validation was answered."""
        return self.validations[-1][0]
