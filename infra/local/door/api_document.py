"""The description of the HTTP functions (docs/openapi.yaml), as the front door serves it."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

DOCUMENT_PATH: Final = "/openapi.yaml"
_DOCUMENT: Final = Path(__file__).resolve().parents[3] / "docs/openapi.yaml"


def api_document() -> str:
    """Return the document, true of this machine: without HTTPS the cookie has another name."""
    return _DOCUMENT.read_text().replace("__Host-sessionId", "sessionId")


async def serve_api_document(_request: Request) -> Response:
    """Answer with the document, in the media type of RFC 9512."""
    return Response(api_document(), media_type="application/yaml")
