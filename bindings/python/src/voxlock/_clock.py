"""The host's clock, where the caller does not bring its own."""
from __future__ import annotations

import time

NEVER = 0xFFFFFFFFFFFFFFFF


def now(now_ns: int | None) -> int:
    """Monotonic nanoseconds: the caller's, or those of this process."""
    return time.monotonic_ns() if now_ns is None else now_ns


def deadline(value: int) -> int | None:
    """UINT64_MAX is never."""
    return None if value == NEVER else value
