"""What an operator or a profile page does to an account, through the layer, inside an execution environment."""

from typing import Any

from session_management.deadline import deadline
from session_management.factory import UserManagerFactory
from session_management.models import CreateUserData


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Create a user, end all of one's sessions, or change one's password; raise where that cannot be told."""
    with deadline(context.get_remaining_time_in_millis() / 1000):
        manager = UserManagerFactory.create()
        match event:
            case {"create": str(email), "password": str(password)}:
                return {"user_id": manager.create(CreateUserData(email=email, password=password)).id}
            case {"revoke_all": str(user_id)}:
                return {"ended": manager.revoke_all(user_id)}
            case {"change_password": str(user_id), "password": str(password)}:
                return {"is_changed": manager.change_password(user_id, password)}
            case _:
                raise ValueError("nothing of this kind is done here")
