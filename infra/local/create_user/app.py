"""Creates a user through the layer, inside an execution environment, as the functions use it."""

from typing import Any

from session_management import CreateUserData, UserManagerFactory


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Create a verified user from `{"email", "password"}`; answer the new user's ID."""
    user = UserManagerFactory.create().create(
        CreateUserData(email=event["email"], password=event["password"], role="USER", is_verified=True)
    )
    return {"id": str(user.id)}
