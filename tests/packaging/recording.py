"""What a function asks of AWS, recorded through botocore while its own handler runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.handlers
import pytest
from botocore.signers import RequestSigner

type Use = tuple[str, tuple[str, ...]]
"""An IAM action, and what it was used on: a secret's ARN, or a token's host and user."""


@contextmanager
def recorded() -> Iterator[set[Use]]:
    """Yield the uses of whatever is called and signed until the end.

    Calls are told by botocore's own event, as the parameters come; a token is a URL that is signed and never called.
    """
    uses: set[Use] = set()

    def called(params: dict[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model
        action = f"{service.signing_name or service.endpoint_prefix}:{model.name}"
        uses.add((action, tuple(str(value) for value in params.values())))

    sign = RequestSigner.generate_presigned_url

    def signed(signer: RequestSigner, request: dict[str, Any], operation: str, *args: Any, **more: Any) -> str:
        url = urlsplit(request["url"])
        query = parse_qs(url.query)
        (user,) = query.get("DBUser", []) + query.get("User", [])
        uses.add((f"{signer.signing_name}:{operation}", (str(url.hostname), user)))
        return str(sign(signer, request, operation, *args, **more))

    handlers = [*botocore.handlers.BUILTIN_HANDLERS, ("before-parameter-build", called)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)
        patch.setattr(RequestSigner, "generate_presigned_url", signed)
        yield uses
