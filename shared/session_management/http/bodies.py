"""What a body has to be, as models of pydantic's, whose import takes longer than all the rest of a cold start."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from session_management.http.credentials import EMAIL_CHARACTERS, PASSWORD_CHARACTERS
from session_management.http.errors import Fault, InvalidRequestError
from session_management.http.requests import Request, json_of

# Spelled out, since JSON Schema's \s is not quite the one of pydantic: no spaces and no control characters.
_TEXT: Final = r"[^@\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"

Email = Annotated[str, Field(max_length=EMAIL_CHARACTERS, pattern=f"^{_TEXT}@{_TEXT}$")]
Password = Annotated[str, Field(min_length=1, max_length=PASSWORD_CHARACTERS, pattern=r"^[^\x00]*$", repr=False)]


class LoginBody(BaseModel):
    """An email and a password, for a session.

    `transport` says how the client wants the session ID: as a cookie, or in the answer. One that is not to `remember`
    it gets a cookie that goes with the browser, and a session of the shorter lifetime.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    email: Email
    password: Password
    transport: Literal["cookie", "bearer"] = "cookie"
    remember: bool = True


def read_json[Body: BaseModel](request: Request, model: type[Body]) -> Body:
    """Return the request's JSON body as *model*.

    Raises:
        UnsupportedMediaTypeError: the content type is not JSON.
        InvalidRequestError: it is not JSON, or not what *model* allows; every fault is told, no value is. Or
            there is a line break in any header.
    """
    try:
        return model.model_validate_json(json_of(request))
    except ValidationError as error:
        raise InvalidRequestError("the body is not what this call takes", _faults(error)) from None


def _faults(error: ValidationError) -> list[Fault]:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    # The name of a field that should not be there is a value, too.
    return [
        Fault(
            "" if fault["type"] == "extra_forbidden" else "".join(f"/{part}" for part in fault["loc"]),
            "a field that this call does not take" if fault["type"] == "extra_forbidden" else fault["msg"],
        )
        for fault in faults
    ]
