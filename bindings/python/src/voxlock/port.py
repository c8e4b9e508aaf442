"""A frame port: a leg of a bridge whose transport is the host's own (a WebRTC stack, a PBX, an agent)."""
from __future__ import annotations

from ctypes import byref
from enum import IntEnum
from typing import NamedTuple

from . import _abi_constants as abi
from ._abi_structs import voxlock_leg_stats, voxlock_port_config
from ._handle import Handle, configured, result
from ._library import lib
from ._memory import Bytes
from .audio import Codec
from .context import Context
from .leg import LegStats, Signalling, stats_of
from .sdp import set_fields

MAX_FRAME = abi.MAX_FRAME  # bytes


class PortFormat(IntEnum):
    """What goes in and out."""

    FRAMES = abi.PORT_FRAMES  # payloads: Bridge.put and Payload
    RTP = abi.PORT_RTP  # packets of plain RTP: Bridge.input and PortPacket


class PortFrame(NamedTuple):
    """A frame that goes in: up to 2036 bytes; L16 is PCM in network byte order (RFC 3551, section 4.5.11).

    timestamp: of its first sample, in ticks of the RTP clock from any start; a step is a pause.
    lost: frames missing right before it, which are concealed. marker: the first of a talk spurt."""

    data: Bytes
    timestamp: int
    payload_type: int
    lost: int = 0
    marker: bool = False

    def __repr__(self) -> str:
        return f"PortFrame({len(self.data)} bytes, timestamp={self.timestamp})"


class Port(Handle):
    """A leg for Bridge and nothing else; it has no SDP.

    codec: both ways; L16: PCM. sample_rate: Hz of L16; 0: what the codec has. ptime_ms: of what comes out.
    payload_type: None: 0 for PCMU, 8 for PCMA, 111 for Opus, 96 for L16. event_type: of telephone-event.
    host_protects: the host says that it encrypts this hop; it decides about the scope of the protection.
    settings: further fields of voxlock_port_config by their names, for example opus_bitrate=32000."""

    _FREE = "voxlock_leg_free"

    def __init__(self, context: Context, codec: Codec = Codec.OPUS, *, format: PortFormat = PortFormat.FRAMES,
                 sample_rate: int = 0, ptime_ms: int = 20, payload_type: int | None = None,
                 event_type: int | None = None, host_protects: bool = False,
                 signalling: Signalling = Signalling.UNKNOWN, **settings: int) -> None:
        config = configured(voxlock_port_config, lib.voxlock_port_config_init)
        config.format, config.codec, config.sample_rate, config.ptime_ms = format, codec, sample_rate, ptime_ms
        config.payload_type = abi.PORT_TYPE_DEFAULT if payload_type is None else payload_type
        config.event_type = abi.PORT_TYPE_DEFAULT if event_type is None else event_type
        config.host_protects, config.signalling = int(host_protects), signalling
        set_fields(config, settings)
        super().__init__(context._make(lib.voxlock_port_new, byref(config)), context._keep)

    def stats(self) -> LegStats:
        """The counters."""
        out = result(voxlock_leg_stats)
        self._do(lib.voxlock_leg_get_stats, byref(out))
        return stats_of(out)
