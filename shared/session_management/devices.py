"""Devices by their user agents: a name that people know, and what stays the same over updates of a browser."""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ua_parser import Result

_VERSIONS: Final = re.compile(r"[0-9._]+")
_UNKNOWN: Final = "Unknown device"
_NAMES: Final = {"Mac OS X": "macOS", "Chrome Mobile": "Chrome", "Mobile Safari": "Safari", "Firefox Mobile": "Firefox"}

type DeviceFamily = tuple[str | None, str | None]
"""The families of a browser and of a system, without their versions."""


def device_name(user_agent: str | None) -> str:
    """Return a readable name of the device, such as "Chrome on Windows" or "Safari on iPhone"."""
    result = _parsed(user_agent)
    if result is None:
        return _UNKNOWN
    browser, system = _family(result)
    # Of a phone or a tablet, people know the name of the thing better than that of its system.
    hardware = result.device.family if result.device and system == "iOS" else None
    known = [_NAMES.get(name, name) for name in (browser, hardware or system) if name]
    return " on ".join(known) or _UNKNOWN


def device_family(user_agent: str | None) -> DeviceFamily:
    """Return what of *user_agent* an update of the browser or of the system does not change."""
    result = _parsed(user_agent)
    return (None, None) if result is None else _family(result)


def is_same_device(one: str | None, other: str | None) -> bool:
    """Tell whether two user agents are of one family; most often they are the same to the letter.

    After an update they differ in versions alone, and are compared without the parser: to load it takes half a second.
    """
    if one == other or (one and other and _VERSIONS.sub("", one) == _VERSIONS.sub("", other)):
        return True
    return device_family(one) == device_family(other)


def import_parser() -> None:
    """Import and read what the first name would: a third of a second's work."""
    from ua_parser import parser  # noqa: F401 (made when it is first asked for)


def _parsed(user_agent: str | None) -> "Result | None":
    if not user_agent:
        return None
    from ua_parser import parse

    return parse(user_agent)


def _family(result: "Result") -> DeviceFamily:
    browser, system = result.user_agent, result.os
    return browser.family if browser else None, system.family if system else None
