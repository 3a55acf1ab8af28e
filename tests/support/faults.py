"""What a relay can do to a store's network, and goes on doing until it is healed."""

from enum import StrEnum


class Fault(StrEnum):
    """One way in which a network misbehaves. Its value says what a client sees of it."""

    REFUSE = "refuses connections"
    RESET = "resets connections"
    CLOSE = "closes connections"
    LOSE_ANSWERS = "is cut off before it answers"
    BLACK_HOLE = "takes everything and says nothing"
    LATE = "answers too late"
    SLOW = "answers slowly, but in time"
    CUT_ONCE = "was restarted: old connections are dead"


SILENT = (Fault.BLACK_HOLE, Fault.LATE)
"""Whoever asks waits until a time-out."""
BROKEN = (Fault.REFUSE, Fault.RESET, Fault.CLOSE, Fault.LOSE_ANSWERS)
"""Whoever asks is told at once."""
BORNE = (Fault.SLOW, Fault.CUT_ONCE)
"""Whoever asks is served."""

LATE_SECONDS = 3.0
SLOW_SECONDS = 0.02
EVER = 1_000_000
