"""Values that anything in an event may have: of any type, and those that parsers stumble over."""

import base64
import json
from typing import Any, Final

from hypothesis import strategies as st

from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.tokens import handle_of

COOKIE: Final = "__Host-sessionId"
UNKNOWN_ID: Final = "u" * 43


def nested(depth: int) -> str:
    """Return JSON that nests so deep."""
    return '{"email": ' + "[" * depth + "]" * depth + "}"


_AWKWARD: Final = (
    *("", " ", "\x00", "a\r\nb", "\r\n", "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "\x85", "\u2028", "\uff0d"),
    *("x" * 20_000, "9" * 5_000, nested(3_000), "[" * 50_000, "%00", "../../etc/passwd", "' OR 1=1 --", "${jndi:x}"),
    *(
        "GET",
        "POST",
        "OPTIONS",
        "get",
        "post\n",
        "2.0",
        "1.0",
        "REQUEST",
        "TOKEN",
        "null",
        "true",
        "0",
        "-1",
        "1e999999",
        "NaN",
    ),
    *(
        "application/json",
        "APPLICATION/JSON ; charset=utf-16",
        "text/plain",
        "https://evil.example",
        "https://[",
        "null",
    ),
    *("same-origin", "cross-site", "fe80::1%eth0", "::ffff:192.0.2.7", "999.0.0.1", "demo@example.com", "a@b"),
    *("arn:aws:execute-api:eu-central-1:1:api/stage/GET/me", "arn:aws-cn:execute-api:::a/b/c", "arn:aws:s3:::b/k"),
)
_CREDENTIALS: Final = (
    *(f"Bearer {DEMO_SESSION_ID}", f"bearer   {UNKNOWN_ID}", "Bearer x", f"Basic {DEMO_SESSION_ID}", "Bearer"),
    *(f"Bearer {DEMO_SESSION_ID}, Bearer {UNKNOWN_ID}", f"Bearer {DEMO_SESSION_ID}\r\nx: y", f"Bearer\t{UNKNOWN_ID}"),
    *(f"{COOKIE}={DEMO_SESSION_ID}", f"{COOKIE}={UNKNOWN_ID}", f"{COOKIE}=x", f"{COOKIE}=", COOKIE, f"={UNKNOWN_ID}"),
    *(f"{COOKIE}={UNKNOWN_ID}; {COOKIE}={DEMO_SESSION_ID}", f'{COOKIE}="{UNKNOWN_ID}"', f"{COOKIE} = {UNKNOWN_ID}"),
    *(f"a=b;;;{COOKIE}={UNKNOWN_ID};", f"\u00a0{COOKIE}={UNKNOWN_ID}", f"{COOKIE}={UNKNOWN_ID}\x00", "a=b", ";", "="),
    *(f"{COOKIE.lower()}={UNKNOWN_ID}", f"{COOKIE}={handle_of(DEMO_SESSION_ID)}", f"{COOKIE}={'z' * 42}\u00fc"),
)

texts = st.text(max_size=20) | st.sampled_from(_AWKWARD + _CREDENTIALS)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([10**400, -(2**63), 1e308]) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
credentials = st.sampled_from(_CREDENTIALS) | st.text("ab-_=; \t", max_size=60).map(f"{COOKIE}={{}}".format)

_FIELDS: Final = st.sampled_from(["email", "password", "transport", "EMAIL", "__proto__", ""])
_GOOD: Final[dict[str, Any]] = {"email": "demo@example.com", "password": DEMO_PASSWORD}
json_bodies = (
    st.just(_GOOD)
    | st.dictionaries(_FIELDS, values, max_size=4)
    | st.dictionaries(_FIELDS, values, max_size=2).map(lambda drawn: _GOOD | drawn)
    | values
).map(json.dumps)
bodies = (
    json_bodies
    | json_bodies.map(lambda text: base64.b64encode(text.encode()).decode())
    | json_bodies.map(lambda text: text[:-1] + ',"email":"a@b.c"}')
    | st.sampled_from([nested(8_000), "=", "====", "YQ", "YQ==\n", "e30===", "\u0661"])
    | st.sampled_from(['{"email": NaN, "password": 1e999999}', "[" * 16_000, "\ufeff{}", " " * 16_385, "1" * 16_384])
    | st.binary(max_size=40).map(lambda data: base64.b64encode(data).decode())
    | texts
)
