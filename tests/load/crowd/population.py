"""Who logs in, and which sessions are asked for: rows that PostgreSQL makes, and a draw that knows them by number."""

import base64
import hashlib
from random import Random
from typing import Final

import pg8000.native

_SAFARI: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
    "Mobile/15E148 Safari/604.1"
)
USER_AGENTS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    _SAFARI,
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
)
"""The commonest: Chrome on Windows, Safari on a phone, Chrome on a phone, Firefox."""

# Activity is recorded every five minutes: a fifth of the sessions is due in the first minute of a run.
_USERS: Final = """
    INSERT INTO users (id, email, hashed_password, is_verified, created_at, last_login_at)
    SELECT md5('user ' || number)::uuid, 'user.number.' || number || '@example.com', :hashed, true,
        now() - random() * INTERVAL '1 year', now()
    FROM generate_series(0, :count::int - 1) number
"""
_SESSIONS: Final = """
    INSERT INTO sessions
        (id, user_id, created_at, last_activity, authenticated_at, expires_at, absolute_expires_at, ip_address,
        user_agent)
    SELECT encode(sha256(convert_to(session_id, 'UTF8')), 'hex'), md5('user ' || number)::uuid,
        now() - random() * INTERVAL '6 days', now() - random() * INTERVAL '5 minutes', now() - INTERVAL '6 days',
        now() + random() * INTERVAL '6 days' + INTERVAL '1 day', now() + INTERVAL '24 days',
        '192.0.2.0'::inet + number % 250, (:user_agents::text[])[1 + number % array_length(:user_agents::text[], 1)]
    FROM generate_series(0, :count::int - 1) number,
        LATERAL (SELECT encode(sha256(convert_to('session ' || number, 'UTF8')), 'base64') AS text) secret,
        LATERAL (SELECT translate(rtrim(secret.text, '='), '+/', '-_') AS session_id) made
"""


def email_of(number: int) -> str:
    """Return the email of user *number*."""
    return f"user.number.{number}@example.com"


def session_id_of(number: int) -> str:
    """Return the ID of session *number*, which is user *number*'s: no list of them has to be kept anywhere."""
    secret = hashlib.sha256(f"session {number}".encode()).digest()
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def populate(connection: pg8000.native.Connection, count: int, hashed_password: str | None) -> None:
    """Make *count* users, with this hash of a password, and a live session of each; no copy of any."""
    connection.run(_USERS, count=count, hashed=hashed_password)
    connection.run(_SESSIONS, count=count, user_agents=list(USER_AGENTS))
    connection.run("ANALYZE users, sessions")


def draw(random: Random, count: int) -> int:
    """Return the number of a session, of *count*, by Zipf's law with exponent one: the first is asked for most.

    By inversion of the law's integral, so that no table of weights is needed.
    """
    return min(count, int((count + 1) ** random.random())) - 1
