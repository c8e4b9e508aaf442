"""Checkpoints: live legs and calls that outlive their process (voxlock/checkpoint.h, docs/scaling.md).

A process exports its legs again and again, stores what comes out, and says so with Leg.stored; another one
imports it when the first is gone, with the same sockets' addresses. Neither seals an index of the other."""
from __future__ import annotations

from ctypes import byref, c_uint64, c_void_p
from typing import Any

from ._abi_structs import voxlock_checkpoint_config
from ._clock import now
from ._handle import configured
from ._library import lib
from ._memory import Bytes, borrowed, point, taken
from .context import Context
from .leg import Leg
from .ua import Ua


def _config(key: bytes, epoch: int, allowance: int = 500) -> Any:
    config = configured(voxlock_checkpoint_config, lib.voxlock_checkpoint_config_init)
    point(config, "key", key)
    config.epoch, config.allowance = epoch, allowance
    return config


def export_leg(leg: Leg, key: bytes, *, epoch: int = 0, allowance: int = 500,
               now_ns: int | None = None) -> tuple[bytes, int]:
    """A checkpoint, sealed with the host's key of 32 bytes, and its number for stored().

    allowance: packets that the leg may send before the next one is stored, 50 to 2000. epoch: of this process.
    Error (VOXLOCK_ERR_UNSUPPORTED): a leg with DTLS."""
    config, number, at = _config(key, epoch, allowance), c_uint64(), now(now_ns)
    with leg._state as pointer:
        blob = taken(lambda out, size: lib.voxlock_leg_export(pointer, byref(config), out, size, byref(number), at), 16384)
    return blob, number.value


def stored(leg: Leg, number: int) -> None:
    """The checkpoint of that number is what an importer would find; 0: it would find none any more."""
    leg._do(lib.voxlock_leg_stored, number)


def import_leg(context: Context, blob: Bytes, key: bytes, *, epoch: int = 0, now_ns: int | None = None) -> Leg:
    """The leg that goes on. It sends nothing before stored(). epoch: the least that is taken.
    Error: the status says whether the bytes are of another key, epoch or kind, or were imported already."""
    config, at = _config(key, epoch), now(now_ns)
    data, size = borrowed(blob)
    out = c_void_p()
    context._do(lib.voxlock_leg_import, byref(config), data, size, byref(out), at)
    assert out.value is not None
    return Leg._adopt(context, out.value)


def export_call(ua: Ua, call: int, key: bytes, *, epoch: int = 0) -> bytes:
    """A checkpoint of a call's dialog. epoch: of this process."""
    config = _config(key, epoch)
    with ua._state as pointer:
        return taken(lambda out, size: lib.voxlock_ua_export(pointer, call, byref(config), out, size), 4096)


def import_call(ua: Ua, blob: Bytes, key: bytes, *, epoch: int = 0, now_ns: int | None = None) -> int:
    """Takes the dialog in and gives the call's id here. epoch: the least that is taken."""
    config, call, at = _config(key, epoch), c_uint64(), now(now_ns)
    data, size = borrowed(blob)
    ua._do(lib.voxlock_ua_import, byref(config), data, size, byref(call), at)
    return call.value
