"""Looks everything over: settings, mode, both stores, schema, clocks. It answers whatever is down."""

from datetime import datetime, timedelta
from typing import Any, Final

from session_management.admin.checks import Check, Status
from session_management.admin.postgres_checks import postgres_checks
from session_management.admin.redis_checks import redis_checks
from session_management.errors import ConfigurationError
from session_management.factory import UserManagerFactory, fresh_clients
from session_management.iso8601 import instant
from session_management.setting import Secret
from session_management.settings import Settings
from session_management.store_options import is_loopback

_LONG_TO_BE_BELIEVED: Final = timedelta(minutes=5)
_SEVERITY: Final = list(Status)


def examine() -> dict[str, Any]:
    """Return the report: the worst `status`, the `mode`, the `checks`, and the `settings` in force without secrets."""
    try:
        settings = UserManagerFactory.settings()
    except ConfigurationError as error:
        facts = {"faults": list(error.faults)}
        advice = "Mend them: until then every request is answered 503."
        return _report(None, [Check("settings", Status.FAULT, "; ".join(error.faults), advice, facts)], {})
    checks = [Check("settings", Status.OK, "the settings can work"), _mode(settings), _revocation_bound(settings)]
    if settings.mode != "mock":
        checks += [*_tls_checks(settings), *_store_checks(settings)]
    return _report(settings.mode, checks, settings_in_force(settings))


def settings_in_force(settings: Settings) -> dict[str, Any]:
    """Return every setting by its variable's name; of a secret, only whether it is set."""
    values = {name.upper(): getattr(settings, name) for name in Settings.FIELDS}
    return {name: _shown(value) for name, value in values.items()}


def _shown(value: object) -> object:
    if isinstance(value, Secret):
        return "(set)"
    if isinstance(value, datetime):
        return instant(value)
    return list(value) if isinstance(value, tuple) else value


def _report(mode: str | None, checks: list[Check], settings: dict[str, Any]) -> dict[str, Any]:
    worst = max((check.status for check in checks), key=_SEVERITY.index)
    return {"status": worst, "mode": mode, "checks": [check.as_json for check in checks], "settings": settings}


def _mode(settings: Settings) -> Check:
    facts = {"mode": settings.mode, "asked_for": settings.runtime.asked_for or None}
    if settings.mode == "mock":
        advice = "Set APP_ENV=production, and both stores."
        return Check("mode", Status.WARNING, "it runs on memory: nothing is kept, and nobody shares it", advice, facts)
    return Check("mode", Status.OK, f"it runs in {settings.mode} mode on PostgreSQL and Redis", None, facts)


def _revocation_bound(settings: Settings) -> Check:
    policy = settings.policy
    usual, outage = policy.revalidate, max(policy.revalidate, policy.stale_if_error)
    more = outage - usual
    found = (
        f"a revoked session whose fence is missing is accepted for {_seconds(usual)} s at most, and while PostgreSQL"
        f" does not answer for {_seconds(outage)} s ({_seconds(more)} s more)"
    )
    facts = {
        "seconds": _seconds(usual),
        "while_postgresql_is_down_seconds": _seconds(outage),
        "stale_if_error_adds_seconds": _seconds(more),
    }
    if outage > _LONG_TO_BE_BELIEVED:
        advice = "Lower SESSION_REVALIDATE_SECONDS or SESSION_STALE_IF_ERROR_SECONDS, unless so long is meant."
        return Check("revocation_bound", Status.WARNING, found, advice, facts)
    return Check("revocation_bound", Status.OK, found, None, facts)


def _tls_checks(settings: Settings) -> list[Check]:
    stores = (("postgresql_tls", "PostgreSQL", settings.postgres), ("redis_tls", "Redis", settings.redis))
    return [_tls(name, store, options.host, uses_tls=options.uses_tls) for name, store, options in stores]


def _tls(name: str, store: str, host: str, *, uses_tls: bool) -> Check:
    facts = {"uses_tls": uses_tls}
    if uses_tls:
        found = f"{store} is reached with TLS, its certificate and name verified"
        return Check(name, Status.OK, found, None, facts)
    if is_loopback(host):
        return Check(name, Status.OK, f"{store} is reached without TLS, on this very machine", None, facts)
    advice = "Use TLS unless the network in between is yours alone."
    return Check(name, Status.WARNING, f"{store} is reached without TLS", advice, facts)


def _store_checks(settings: Settings) -> list[Check]:
    bound = settings.policy.revalidate
    with fresh_clients() as (postgres, redis):
        return [
            *postgres_checks(postgres, settings.policy),
            *redis_checks(redis, bound, is_cluster=settings.redis.is_cluster),
        ]


def _seconds(span: timedelta) -> int:
    return round(span.total_seconds())
