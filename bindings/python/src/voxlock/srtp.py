"""SRTP and SRTCP: seals and opens packets of one key pair (RFC 3711, 6188, 7714)."""
from __future__ import annotations

from ctypes import byref, c_char, c_size_t, c_uint32, string_at
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from . import _abi_constants as abi
from ._abi_structs import voxlock_srtp_config, voxlock_srtp_stats, voxlock_srtp_suite
from ._clock import now
from ._handle import Handle, configured, names_of, result
from ._library import check, fail, lib
from ._memory import Bytes, borrowed, point
from .context import Context

_ROOM = 2048


class Suite(IntEnum):
    """SRTP suites. There is no NULL cipher and no AES-192. RFC 4568, 6188, 7714"""

    AES_CM_128_HMAC_SHA1_80 = abi.AES_CM_128_HMAC_SHA1_80
    AES_CM_128_HMAC_SHA1_32 = abi.AES_CM_128_HMAC_SHA1_32
    AES_256_CM_HMAC_SHA1_80 = abi.AES_256_CM_HMAC_SHA1_80
    AES_256_CM_HMAC_SHA1_32 = abi.AES_256_CM_HMAC_SHA1_32
    AEAD_AES_128_GCM = abi.AEAD_AES_128_GCM
    AEAD_AES_256_GCM = abi.AEAD_AES_256_GCM


class Direction(IntEnum):
    """Of the rollover counter."""

    INBOUND = abi.SRTP_INBOUND
    OUTBOUND = abi.SRTP_OUTBOUND


@dataclass(frozen=True, slots=True)
class SuiteInfo:
    """A row of the suite table; all lengths in bytes."""

    suite: Suite
    name: str  # as in SDP a=crypto
    key_len: int
    salt_len: int
    rtp_tag_len: int
    rtcp_tag_len: int  # without the 4-byte index


def suite_info(suite: Suite) -> SuiteInfo:
    """Lengths and SDP name of a suite. Raises Error (VOXLOCK_ERR_UNSUPPORTED)."""
    row = result(voxlock_srtp_suite)
    check(lib.voxlock_srtp_suite_info(suite, byref(row)))
    return SuiteInfo(Suite(row.suite), string_at(row.name).decode(), row.key_len, row.salt_len, row.rtp_tag_len,
                     row.rtcp_tag_len)


@dataclass(frozen=True, slots=True)
class SrtpStats:
    """Packets since the session was made."""

    ssrcs: int  # inbound sources in the table
    rtp_opened: int
    rtcp_opened: int
    rtp_sealed: int
    rtcp_sealed: int
    auth_failed: int  # this and the next ones: inbound, dropped
    replayed: int
    too_old: int
    malformed: int
    mki_unknown: int
    ssrc_refused: int
    key_expired: int
    rtp_left: int  # until a key expires
    rtcp_left: int
    fault: int  # why the last source that was asked about does not open; fault_text says it
    fault_ssrc: int
    fault_rounds: int  # by which its counter differs
    faults: int
    recovered: int  # sources followed to a counter ahead


class SrtpSession(Handle):
    """Opens and seals the packets of one key pair. A packet that fails its tag changes nothing.

    key: master key and salt that seal, one behind the other (see suite_info); None: cannot seal.
    peer_key: the same to open; None: key opens as well, which is safe only where both sides never
        use the same SSRC (RFC 3711, section 9.1).
    mki, peer_mki: master key identifiers, 0 to 128 bytes.
    replay_window: packets, 64 to 1024. max_ssrcs: sources a direction, 1 to 1024.
    rtp_lifetime, rtcp_lifetime: packets a direction until the key expires; None: 2^48 and 2^31.
    plain_rtcp: SRTCP is authenticated but not encrypted (SDES UNENCRYPTED_SRTCP).

    bytes cannot be overwritten in Python: a host that minds gets its keys through a Leg, which never
    shows them.
    """

    _FREE = "voxlock_srtp_free"

    def __init__(self, context: Context, suite: Suite = Suite.AES_CM_128_HMAC_SHA1_80, *, key: bytes | None = None,
                 peer_key: bytes | None = None, mki: bytes | None = None, peer_mki: bytes | None = None,
                 replay_window: int = 128, max_ssrcs: int = 16, rtp_lifetime: int | None = None,
                 rtcp_lifetime: int | None = None, plain_rtcp: bool = False) -> None:
        config = configured(voxlock_srtp_config, lib.voxlock_srtp_config_init)
        config.suite = suite
        point(config, "key", key)
        point(config, "peer_key", peer_key)
        point(config, "mki", mki)
        point(config, "peer_mki", peer_mki)
        config.replay_window, config.max_ssrcs = replay_window, max_ssrcs
        if rtp_lifetime is not None:
            config.rtp_lifetime = rtp_lifetime
        if rtcp_lifetime is not None:
            config.rtcp_lifetime = rtcp_lifetime
        config.flags = abi.SRTP_PLAIN_RTCP if plain_rtcp else 0
        super().__init__(context._make(lib.voxlock_srtp_new, byref(config)), context._keep)
        self._room = (c_char * _ROOM)()

    def open(self, packet: Bytes, now_ns: int | None = None) -> bytes:
        """Opens a sealed RTP packet and gives the plain one. RFC 3711, section 3.3

        now_ns: monotonic time; None: time.monotonic_ns().
        Raises SrtpError (its status says why the packet is to be dropped), RtpError, Error."""
        return self._run(lib.voxlock_srtp_open, packet, now(now_ns))

    def open_rtcp(self, packet: Bytes, now_ns: int | None = None) -> bytes:
        """The same for an SRTCP compound. RFC 3711, section 3.4"""
        return self._run(lib.voxlock_srtp_open_rtcp, packet, now(now_ns))

    def seal(self, packet: Bytes) -> bytes:
        """Seals a plain RTP packet. A sequence number is sealed once, ever: SrtpError
        (VOXLOCK_ERR_SRTP_REPLAYED) for the second time."""
        return self._run(lib.voxlock_srtp_seal, packet)

    def seal_rtcp(self, packet: Bytes) -> bytes:
        """The same for an RTCP compound."""
        return self._run(lib.voxlock_srtp_seal_rtcp, packet)

    def _run(self, function: Any, packet: Bytes, *rest: int) -> bytes:
        data, size = borrowed(packet)
        # A second object for a packet that is longer than any on the wire.
        out = self._room if size <= _ROOM - 256 else (c_char * (size + 256))()
        written = c_size_t(len(out))
        with self._state as pointer:
            status = function(pointer, data, size, out, byref(written), *rest)
            if status == 0:
                return string_at(out, written.value)
        fail(status, written.value if status == abi.Status.ERR_BUFFER_TOO_SMALL else None)

    def set_roc(self, direction: Direction, ssrc: int, roc: int) -> None:
        """Sets the rollover counter (ROC, 32 bits) of the source with an SSRC before its first packet. RFC 3711, section 3.3.1"""
        self._do(lib.voxlock_srtp_set_roc, direction, ssrc, roc)

    def roc(self, direction: Direction, ssrc: int) -> int:
        """The rollover counter of the source with an SSRC; Error (VOXLOCK_ERR_NOT_FOUND) where none was seen."""
        out = c_uint32()
        self._do(lib.voxlock_srtp_get_roc, direction, ssrc, byref(out))
        return out.value

    def stats(self) -> SrtpStats:
        """The counters."""
        out = result(voxlock_srtp_stats)
        self._do(lib.voxlock_srtp_get_stats, byref(out))
        return SrtpStats(*(getattr(out, name) for name in names_of(SrtpStats)))
