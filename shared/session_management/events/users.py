"""Events of users, as operators and the application change them."""

from typing import ClassVar

from session_management.events.event import Event, Fenced
from session_management.models import UserRole, UserStatus


class UserCreated(Event):
    """A user was made by an operator or the application."""

    name: ClassVar = "user_created"
    says: ClassVar = "a user was created"

    user_id: str
    role: UserRole
    is_verified: bool


class UserChanged(Fenced):
    """Something of a user was set: `role`, `is_verified` and `status` are there if they were."""

    name: ClassVar = "user_changed"
    says: ClassVar = "a user was changed"

    user_id: str
    role: UserRole | None
    is_verified: bool | None
    status: UserStatus | None
    is_email_changed: bool


class UserDeleted(Event):
    """A user was removed for good, after a `user_changed` that disabled them."""

    name: ClassVar = "user_deleted"
    says: ClassVar = "a user was deleted"

    user_id: str


class CommandDone(Event):
    """An operator's command was done, also one that only looks; without `user_id`, it was about no one user."""

    name: ClassVar = "command_done"
    says: ClassVar = "an operator's command was done"

    command: str
    user_id: str | None
