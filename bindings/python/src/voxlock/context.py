"""The context: what every other object is made from."""
from __future__ import annotations

import logging
import time
from ctypes import byref, c_void_p, string_at
from typing import Callable, Optional

from . import _abi_constants as abi
from ._abi_structs import voxlock_context_config, voxlock_log_fn
from ._clock import now
from ._handle import Handle, configured, in_callback
from ._library import check, lib
from ._memory import point

Log = Callable[[int, str], None]

_LEVELS = {abi.LOG_ERROR: logging.ERROR, abi.LOG_WARNING: logging.WARNING, abi.LOG_INFO: logging.INFO,
           abi.LOG_DEBUG: logging.DEBUG}


class Context(Handle):
    """Entropy, wall time and log of the objects made from it. They keep what they need of it alive:
    close contexts and objects in any order.

    log: called as log(level, text) with a level of the logging module; it must not use any voxlock
        object. The texts hold no keys, audio, digits or credentials. None: no log.
    log_level: highest level passed on, of the logging module.
    seed: 16 to 64 bytes make a run reproducible; its keys are NOT secret then. Tests only.
    wall_time_ns: Unix time in nanoseconds, for certificate dates, Date and NTP; None: the clock of
        the system, now. Call set_wall_time every few minutes.
    """

    _FREE = "voxlock_context_free"

    def __init__(self, *, log: Optional[Log] = None, log_level: int = logging.WARNING, seed: bytes | None = None,
                 wall_time_ns: int | None = None) -> None:
        config = configured(voxlock_context_config, lib.voxlock_context_config_init)
        # The library has no clock: the monotonic one of this process goes with the wall time.
        config.wall_time_ns = time.time_ns() if wall_time_ns is None else wall_time_ns
        config.log_level = max((ours for ours, theirs in _LEVELS.items() if theirs >= log_level), default=0)
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


def _sink(log: Log) -> Callable[..., None]:
    def sink(_user: int, level: int, text: int, size: int) -> None:
        with in_callback():
            log(_LEVELS.get(level, logging.ERROR), string_at(text, size).decode("utf-8", "replace"))

    return sink
