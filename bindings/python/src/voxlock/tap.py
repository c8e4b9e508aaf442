"""A tap gives the host a copy of what one peer of a bridge says."""
from __future__ import annotations

from ctypes import byref, c_int16, c_size_t, memmove
from dataclasses import dataclass

from ._abi_structs import voxlock_tap_config, voxlock_tap_frame
from ._handle import Handle, configured, result
from ._library import check, lib
from ._memory import point_text, room
from .audio import MAX_PACKET_SAMPLES
from .context import Context
from .leg import Leg
from .port import Port


@dataclass(frozen=True, slots=True)
class TapFrame:
    """The audio of one packet."""

    pcm: memoryview  # mono samples of format "h"
    sample_rate: int
    position: int  # of the first sample, counted in samples; pauses are gaps
    lost: int  # frames that were not read in time, since the tap was made


class Tap(Handle):
    """Hears the peer of a leg as it goes to the other leg of the bridge. Used by the thread of the bridge.

    name: for Bridge.protection(), up to 23 letters, digits, '-', '_' and '.'.
    buffer_ms: audio that waits for read(), 120..2000; older frames make room for new ones.

    Raises LegError (VOXLOCK_ERR_OPAQUE: the leg is in a relay; VOXLOCK_ERR_TAP_REVOKED), Error
    (VOXLOCK_ERR_WRONG_STATE: it is in no bridge; VOXLOCK_ERR_UNSUPPORTED: a build without taps)."""

    _FREE = "voxlock_tap_free"

    def __init__(self, context: Context, leg: Leg | Port, name: str = "tap", *, buffer_ms: int = 240) -> None:
        config = configured(voxlock_tap_config, lib.voxlock_tap_config_init)
        config.buffer_ms = buffer_ms
        _kept = point_text(config, "name", name)
        with leg._state as heard:
            pointer = context._make(lib.voxlock_tap_new, heard, byref(config))
        super().__init__(pointer, (context._keep, leg._keep), leg._state.guard)
        self._room = (c_int16 * MAX_PACKET_SAMPLES)()

    def read(self) -> TapFrame | None:
        """The oldest frame; None where nothing waits. LegError (VOXLOCK_ERR_TAP_REVOKED): it was revoked,
        or its bridge was closed."""
        frame, samples = result(voxlock_tap_frame), c_size_t(MAX_PACKET_SAMPLES)
        with self._state as pointer:
            check(lib.voxlock_tap_read(pointer, self._room, byref(samples), byref(frame)))
            if samples.value == 0:
                return None
            view, target = room(samples.value, None)
            memmove(target, self._room, 2 * samples.value)
            lib.voxlock_audio_wipe(self._room, samples.value)
        return TapFrame(view, frame.sample_rate, frame.position, frame.lost)

    def revoke(self) -> None:
        """For good: what waits is wiped, and nothing more comes."""
        self._do(lib.voxlock_tap_revoke)


__all__ = ["Tap", "TapFrame"]
