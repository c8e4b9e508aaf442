"""A relay joins two legs of one codec and passes their payloads on unopened: for frames that are sealed end
to end. It has no function that could reach audio."""
from __future__ import annotations

from ctypes import byref
from dataclasses import dataclass

from . import _abi_constants as abi
from ._abi_structs import voxlock_relay_config, voxlock_relay_stats
from ._handle import configured, names_of, result
from ._library import lib
from .bridge import BACKWARD, FORWARD, Joint
from .context import Context
from .leg import Leg
from .port import Port


@dataclass(frozen=True, slots=True)
class RelayStats:
    """Counters of one direction."""

    packets_in: int
    packets_out: int
    lost: int  # the gap is passed on
    reordered: int
    too_late: int
    events_out: int
    events_blocked: int
    levels_out: int


class Relay(Joint):
    """Two legs joined, their content unopened. Legs and relay are used by one thread at a time together.

    forwards_digits: telephone events, which are in clear beside sealed audio, pass (RFC 4733).
    forwards_levels: the audio level of each packet passes (RFC 6464); level_id: which header extension of
        each leg it is, 1..14, 0 for none.
    is_sealed: the peers seal their frames, as signalling said; nothing in the bytes could tell.
    """

    _FREE, _NAME = "voxlock_relay_free", "relay"

    def __init__(self, context: Context, trunk: Leg | Port, room: Leg | Port, *, forwards_digits: bool = True,
                 forwards_levels: bool = False, level_id: tuple[int, int] = (0, 0), is_sealed: bool = True) -> None:
        config = configured(voxlock_relay_config, lib.voxlock_relay_config_init)
        config.digits = abi.RELAY_DIGITS_FORWARD if forwards_digits else abi.RELAY_DIGITS_BLOCK
        config.levels = abi.RELAY_LEVELS_FORWARD if forwards_levels else abi.RELAY_LEVELS_STRIP
        config.level_id[:], config.is_sealed = level_id, int(is_sealed)
        self._join(context, trunk, room, config, ())

    def stats(self) -> tuple[int, RelayStats, RelayStats]:
        """A status, 0 while media passes, and the counters, forward and backward."""
        out = result(voxlock_relay_stats)
        self._do(lib.voxlock_relay_get_stats, byref(out))
        lanes = [RelayStats(*(getattr(out, name)[direction] for name in names_of(RelayStats)))
                 for direction in (FORWARD, BACKWARD)]
        return out.status, lanes[0], lanes[1]
