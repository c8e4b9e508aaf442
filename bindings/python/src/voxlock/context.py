"""The context: what every other object is made from."""
from __future__ import annotations

import logging
import time
from ctypes import byref, c_void_p, string_at
from dataclasses import dataclass
from enum import IntEnum
from typing import Callable, Optional

from . import _abi_constants as abi
from ._abi_structs import voxlock_context_config, voxlock_log_fn, voxlock_memory_info
from ._clock import now
from ._handle import Handle, configured, in_callback, result
from ._library import check, lib
from ._memory import point

Log = Callable[[int, str], None]

_LEVELS = {abi.LOG_ERROR: logging.ERROR, abi.LOG_WARNING: logging.WARNING, abi.LOG_INFO: logging.INFO,
           abi.LOG_DEBUG: logging.DEBUG}


class Memory(IntEnum):
    """Where the objects of a context lie, with their keys and audio. docs/threats.md tells what stays outside."""

    AUTO = abi.MEMORY_AUTO  # as ARENA
    ARENA = abi.MEMORY_ARENA  # locked as far as RLIMIT_MEMLOCK allows, not in core dumps, zero in a child of fork
    LOCKED = abi.MEMORY_LOCKED  # the same, and what cannot be locked fails with ERR_NO_MEMORY


@dataclass(frozen=True, slots=True)
class MemoryInfo:
    """What the arenas of a context hold; bytes."""

    is_locked: bool  # all of them
    reserved: int
    locked: int  # of these: never written to swap
    used: int  # of these: in live objects


class Context(Handle):
    """Entropy, wall time and log of the objects made from it. They keep what they need of it alive:
    close contexts and objects in any order.

    log: called as log(level, text) with a level of the logging module; it must not use any voxlock
        object. The texts hold no keys, audio, digits or credentials. None: no log.
    log_level: highest level passed on, of the logging module.
    seed: 16 to 64 bytes make a run reproducible; its keys are NOT secret then. Tests only.
    wall_time_ns: Unix time in nanoseconds, for certificate dates, Date and NTP; None: the clock of
        the system, now. Call set_wall_time every few minutes.
    memory: where objects lie. After os.fork a context of the parent makes nothing in the child.
    """

    _FREE = "voxlock_context_free"

    def __init__(self, *, log: Optional[Log] = None, log_level: int = logging.WARNING, seed: bytes | None = None,
                 wall_time_ns: int | None = None, memory: Memory = Memory.AUTO) -> None:
        config = configured(voxlock_context_config, lib.voxlock_context_config_init)
        # The library has no clock: the monotonic one of this process goes with the wall time.
        config.wall_time_ns = time.time_ns() if wall_time_ns is None else wall_time_ns
        config.log_level = max((ours for ours, theirs in _LEVELS.items() if theirs >= log_level), default=0)
        config.memory = memory
        point(config, "seed", seed)
        callback = voxlock_log_fn(_sink(log)) if log is not None else None
        if callback is not None:
            config.log = callback
        out = c_void_p()
        check(lib.voxlock_context_new(byref(config), byref(out)))
        assert out.value is not None
        super().__init__(out.value, keep=callback)

    def set_wall_time(self, unix_ns: int | None = None, now_ns: int | None = None) -> None:
        """Tells the wall clock.

        unix_ns: nanoseconds since 1970-01-01 UTC, 0 = unknown; None: the system's.
        now_ns: the monotonic time it belongs to; None: time.monotonic_ns().
        """
        self._do(lib.voxlock_context_set_wall_time, time.time_ns() if unix_ns is None else unix_ns,
                 now(now_ns))

    def memory(self) -> MemoryInfo:
        """What the arenas hold, and whether they are locked."""
        out = result(voxlock_memory_info)
        self._do(lib.voxlock_context_memory, byref(out))
        return MemoryInfo(out.is_locked == 1, out.reserved_bytes, out.locked_bytes, out.used_bytes)


def _sink(log: Log) -> Callable[..., None]:
    def sink(_user: int, level: int, text: int, size: int) -> None:
        with in_callback():
            log(_LEVELS.get(level, logging.ERROR), string_at(text, size).decode("utf-8", "replace"))

    return sink
