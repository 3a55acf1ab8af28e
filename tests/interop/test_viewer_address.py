"""CloudFront's function, which is JavaScript, run by Node.js: it alone says whose address a viewer's is."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from session_management.http.clients import client_of
from session_management.settings import Settings
from tests.packaging.template import stack
from tests.support.http_events import a_request

VIEWER, FORGED, SECRET = "198.51.100.9", "203.0.113.66", "s" * 32
CALL = ";console.log(JSON.stringify(handler(JSON.parse(require('fs').readFileSync(0, 'utf8')))));"
# As CloudFront hands a header over: in lower case, and a repeated one with all its values beside the last.
SENT: dict[str, dict[str, Any]] = {
    "no such header": {},
    "one": {"x-viewer-address": {"value": FORGED}},
    "an empty one": {"x-viewer-address": {"value": ""}},
    "several": {"x-viewer-address": {"value": FORGED, "multiValue": [{"value": FORGED}, {"value": "::1"}]}},
    "others": {"x-forwarded-for": {"value": FORGED}, "true-client-ip": {"value": FORGED}},
}
OTHERS: dict[str, Any] = {
    "host": {"value": "app.example.com"},
    "authorization": {"value": "Bearer x"},
    "user-agent": {"value": "tests"},
}


def passed_on(headers: dict[str, Any], ip: str = VIEWER) -> dict[str, Any]:
    """Return the request that the function makes of one with *headers*, from *ip*."""
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("Node.js is not installed: run make test-interop, which installs it")
    code = stack("edge")["Resources"]["ViewerAddress"]["Properties"]["FunctionCode"]
    request = {
        "method": "POST",
        "uri": "/login",
        "querystring": {},
        "headers": headers,
        "cookies": {"a": {"value": "b"}},
    }
    event = {"version": "1.0", "viewer": {"ip": ip}, "context": {"eventType": "viewer-request"}, "request": request}
    done = subprocess.run(
        [node, "-e", code + CALL], input=json.dumps(event), capture_output=True, text=True, check=True, timeout=30
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_whatever_a_viewer_says_of_its_address_is_replaced(sent: dict[str, Any]) -> None:
    """ASVS 4.1.3."""
    assert passed_on({**OTHERS, **sent})["headers"]["x-viewer-address"] == {"value": VIEWER}


def test_all_else_is_passed_on_as_it_is() -> None:
    sent = {**OTHERS, **SENT["others"]}
    request = passed_on(sent)

    assert {name: value for name, value in request["headers"].items() if name != "x-viewer-address"} == sent
    assert {name: value for name, value in request.items() if name != "headers"} == {
        "method": "POST",
        "uri": "/login",
        "querystring": {},
        "cookies": {"a": {"value": "b"}},
    }


@pytest.mark.parametrize("ip", [VIEWER, "2001:db8::7"])
@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_a_door_takes_the_viewers_address_for_the_clients(sent: dict[str, Any], ip: str) -> None:
    """With the secret that the distribution adds after it. ASVS 4.1.3."""
    headers = {name: header["value"] for name, header in passed_on({**OTHERS, **sent}, ip)["headers"].items()}
    settings = Settings.from_environment({"ORIGIN_SECRET": SECRET})

    assert client_of(a_request("POST", headers={**headers, "x-origin-secret": SECRET}), settings).ip == ip
