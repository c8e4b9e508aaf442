"""A leg: one negotiated media session with one peer. SDP goes in and out as text, datagrams go in,
events come out; the host sends what Transmit says (RFC 3264, 3550, 3711, 8445, 5763)."""
from __future__ import annotations

from ctypes import addressof, byref
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Iterable, Iterator, Sequence

from . import _abi_constants as abi
from ._abi_structs import (
    voxlock_leg_config, voxlock_leg_media_info, voxlock_leg_stats, voxlock_quality,
)
from ._clock import deadline, now
from ._handle import Handle, configured, lend, names_of, result
from ._library import lib
from ._memory import Address, Bytes, borrowed, from_address, c_text, point_text, to_address
from .audio import Codec
from .context import Context
from .events import DatagramBatch, EventPoller, Intake, MediaEvent
from .sdp import (
    KeyExchange, MediaDirection, OfferFlags, SdpRoom, SrtpPolicy, Verdict, known_type, new_verdict, set_fields,
    set_list, verdict_of,
)
from .srtp import Suite
from .tls import Identity

class Signalling(IntEnum):
    """How the SDP, and with SDES the keys, reached the peer: told by the host."""

    UNKNOWN = abi.SIGNALLING_UNKNOWN
    PLAIN = abi.SIGNALLING_PLAIN
    TLS = abi.SIGNALLING_TLS
    VERIFIED = abi.SIGNALLING_VERIFIED


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What was agreed. Never holds keys."""

    codec: Codec
    rtp_clock_hz: int
    channels: int
    ptime_ms: int  # of what we send
    payload_type_send: int
    payload_type_recv: int
    event_type_send: int | None  # telephone-event; None: not agreed
    event_type_recv: int | None
    direction: MediaDirection
    is_secure: bool
    suite_send: Suite | None
    suite_recv: Suite | None
    ssrc_send: int
    rtcp_mux: bool
    generation: int  # grows with every applied agreement
    remote_rtp: Address | None
    remote_rtcp: Address | None
    key_exchange: KeyExchange
    is_connected: bool
    local_fingerprint: bytes  # SHA-256; zeros without DTLS
    remote_fingerprint: bytes


class Drop(IntEnum):
    """Causes of a drop."""

    NOT_MEDIA = abi.DROP_NOT_MEDIA
    MALFORMED = abi.DROP_MALFORMED
    AUTH = abi.DROP_AUTH
    REPLAY = abi.DROP_REPLAY
    NOT_READY = abi.DROP_NOT_READY
    PAYLOAD_TYPE = abi.DROP_PAYLOAD_TYPE
    DIRECTION = abi.DROP_DIRECTION
    LATE = abi.DROP_LATE
    CODEC = abi.DROP_CODEC
    QUEUE = abi.DROP_QUEUE
    SOURCES = abi.DROP_SOURCES


@dataclass(frozen=True, slots=True)
class LegStats:
    """Counters of a leg. RFC 3550, section 6.4 and appendix A"""

    ssrc_send: int
    ssrc_recv: int
    packets_in: int  # authenticated RTP
    bytes_in: int  # their payload
    packets_out: int
    bytes_out: int
    rtcp_in: int
    rtcp_out: int
    lost_in: int
    duplicates_in: int
    reordered_in: int
    jitter_in_us: int
    rtt_us: int | None
    peer_lost: int  # what the peer says about us
    peer_jitter_us: int
    peer_fraction_lost: int  # of 256
    rekeys: int
    followed: int
    dropped: dict[Drop, int]  # causes that happened


class Side(IntEnum):
    """Whose audio a Quality is about."""

    HEARD = abi.QUALITY_HEARD  # what the peer sends, as it is heard here
    TOLD = abi.QUALITY_TOLD  # what is sent here, as the peer says that it hears it


@dataclass(frozen=True, slots=True)
class Quality:
    """How one direction of a call sounds; None: nobody knows. RFC 3611, section 4.7; ITU-T G.107"""

    ssrc: int
    loss_rate: int  # of 256, as the three below
    discard_rate: int
    burst_density: int
    gap_density: int
    burst_ms: int  # mean lengths
    gap_ms: int
    round_trip_ms: int | None
    end_system_ms: int | None
    r_factor: int | None  # 0 to 100
    mos_lq: float | None  # 1.0 to 5.0, without what delay does
    mos_cq: float | None  # and with it
    packets: int  # HEARD alone, as those below
    lost: int
    discarded: int
    bursts: int


class Leg(Handle):
    """One media session with one peer.

    rtp_address: own address as it stands in the SDP. rtcp_address: None: RTP port + 1 unless multiplexed.
    srtp_policy: default: SRTP or no call. suites, codecs: preferred first; empty: the library's default.
    ptime_ms: packet time wished for, 10 to 60 in steps of 10. media_timeout_ms: 0: never.
    key_exchange DTLS: a WebRTC leg (ICE-lite and DTLS-SRTP); identity: the certificate shown, None: one
    is made for this leg; further_addresses: own addresses beside rtp_address, up to 7.
    settings: further fields of voxlock_leg_config by their names, for example opus_bitrate=32000.
    """

    _FREE = "voxlock_leg_free"

    def __init__(self, context: Context, rtp_address: Address, *, srtp_policy: SrtpPolicy = SrtpPolicy.REQUIRED,
                 suites: Sequence[Suite] = (), codecs: Sequence[Codec] = (), ptime_ms: int = 20,
                 rtcp_address: Address | None = None, signalling: Signalling = Signalling.UNKNOWN,
                 key_exchange: KeyExchange = KeyExchange.SDES, identity: Identity | None = None,
                 further_addresses: Sequence[Address] = (), cname: str | None = None, media_timeout_ms: int = 30000,
                 **settings: int) -> None:
        config = configured(voxlock_leg_config, lib.voxlock_leg_config_init)
        config.rtp_address, config.rtcp_address = to_address(rtp_address), to_address(rtcp_address)
        config.srtp_policy, config.key_exchange, config.signalling = srtp_policy, key_exchange, signalling
        config.ptime_ms, config.media_timeout_ms = ptime_ms, media_timeout_ms
        set_list(config.suites, suites)
        set_list(config.codecs, codecs)
        further = (type(config.rtp_address) * len(further_addresses))(*map(to_address, further_addresses))
        if further_addresses:
            config.further_addresses, config.further_address_count = addressof(further), len(further)
        keep = point_text(config, "cname", cname)
        set_fields(config, settings)
        with lend(identity) as lent:
            config.identity = lent
            super().__init__(context._make(lib.voxlock_leg_new, byref(config)), context._keep)
        self._sdp = SdpRoom()
        self._poller: EventPoller | None = None
        self._intake: Intake | None = None
        del keep, further

    @classmethod
    def _adopt(cls, context: Context, pointer: int) -> Leg:
        """Of a C handle that another function made."""
        leg = cls.__new__(cls)
        Handle.__init__(leg, pointer, context._keep)
        leg._sdp, leg._poller, leg._intake = SdpRoom(), None, None
        return leg

    def answer(self, offer: Bytes, now_ns: int | None = None) -> tuple[bytes, Verdict]:
        """Answers an offer, first or later: the SDP, empty where the verdict is REFUSED.
        Raises Error (VOXLOCK_ERR_WRONG_STATE): an own offer is out, answer 491. RFC 3264, 4568"""
        data, size = borrowed(offer)
        verdict, answer, at = new_verdict(), lib.voxlock_leg_answer, now(now_ns)
        sdp = self._sdp.run(self, lambda pointer, out, n: answer(pointer, data, size, out, n, byref(verdict), at))
        return sdp, verdict_of(verdict)

    def offer(self, flags: OfferFlags = OfferFlags.NOTHING, now_ns: int | None = None) -> bytes:
        """Makes an offer, first or later. Media goes on as agreed until accept_answer."""
        at = now(now_ns)
        return self._sdp.run(self, lambda pointer, out, n: lib.voxlock_leg_offer(pointer, flags, out, n, at))

    def accept_answer(self, answer: Bytes, now_ns: int | None = None) -> Verdict:
        """Takes the answer to the own offer; a refused one leaves media as it was."""
        data, size = borrowed(answer)
        verdict = new_verdict()
        self._do(lib.voxlock_leg_accept_answer, data, size, byref(verdict), now(now_ns))
        return verdict_of(verdict)

    def accept_fork(self, answer: Bytes, now_ns: int | None = None) -> Verdict:
        """Takes the answer of another branch to the offer that was answered last; the branches before it are
        heard until the overlap of keys is over. RFC 3261, section 13.2.2.4"""
        data, size = borrowed(answer)
        verdict = new_verdict()
        self._do(lib.voxlock_leg_accept_fork, data, size, byref(verdict), now(now_ns))
        return verdict_of(verdict)

    def set_signalling(self, signalling: Signalling, peer_name: str | None = None) -> None:
        """Tells how the signalling reaches the peer from now on, and whom TLS verified, only with VERIFIED.
        Protection passes it on, and ProtectionChanged tells it. RFC 5922"""
        self._do(lib.voxlock_leg_set_signalling, signalling, c_text(peer_name))

    def rollback(self) -> None:
        """Withdraws the own offer."""
        self._do(lib.voxlock_leg_rollback)

    def media(self) -> MediaInfo:
        """What was agreed; Error (VOXLOCK_ERR_WRONG_STATE): nothing yet."""
        out = result(voxlock_leg_media_info)
        self._do(lib.voxlock_leg_media, byref(out))
        return MediaInfo(
            Codec(out.codec), out.rtp_clock_hz, out.channels, out.ptime_ms, out.payload_type_send,
            out.payload_type_recv, known_type(out.event_type_send), known_type(out.event_type_recv),
            MediaDirection(out.direction), bool(out.is_secure), Suite(out.suite_send) if out.suite_send else None,
            Suite(out.suite_recv) if out.suite_recv else None, out.ssrc_send, bool(out.rtcp_mux), out.generation,
            from_address(out.remote_rtp), from_address(out.remote_rtcp), KeyExchange(out.key_exchange),
            bool(out.is_connected), bytes(out.local_fingerprint), bytes(out.remote_fingerprint))

    def input(self, datagrams: DatagramBatch | Iterable[tuple[Bytes, Address]], now_ns: int | None = None) -> None:
        """Takes received datagrams; what does not authenticate changes nothing but a drop counter.
        A DatagramBatch is empty afterwards. Raises LegError (VOXLOCK_ERR_LEG_ATTACHED): a bridge drives
        this leg."""
        if self._intake is None:
            self._intake = Intake(lib.voxlock_leg_input)
        if isinstance(datagrams, DatagramBatch):
            self._intake.take(self, datagrams, now_ns)
        else:
            self._intake.copy(self, ((data, source, 0) for data, source in datagrams), now_ns)

    def send(self, payload_type: int, payload: Bytes, timestamp: int, marker: bool = False,
             now_ns: int | None = None) -> None:
        """Seals one payload (up to 1400 bytes) and queues it as Transmit.

        payload_type: an agreed one, see media(). timestamp: ticks of the RTP clock from any start. Raises LegError (VOXLOCK_ERR_LEG_HELD: the
        direction does not allow it; VOXLOCK_ERR_LEG_QUEUE_FULL: take events first), Error."""
        data, size = borrowed(payload)
        self._do(lib.voxlock_leg_send, payload_type, data, size, timestamp & 0xFFFFFFFF, int(marker), now(now_ns))

    def events(self, now_ns: int | None = None) -> Iterator[MediaEvent]:
        """Runs timers and gives all events that wait, oldest first."""
        if self._poller is None:
            self._poller = EventPoller(lib.voxlock_leg_poll)
        return self._poller.events(self, now_ns)

    @property
    def next_deadline_ns(self) -> int | None:
        """When to take events again, in the time of now_ns; None: never."""
        return deadline(int(self._call(lib.voxlock_leg_next_deadline)))

    def end(self, now_ns: int | None = None) -> None:
        """Ends the media session: RTCP BYE is queued, take events once more."""
        self._do(lib.voxlock_leg_close, now(now_ns))

    def stats(self) -> LegStats:
        """The counters; also while a bridge drives the leg."""
        out = result(voxlock_leg_stats)
        self._do(lib.voxlock_leg_get_stats, byref(out))
        return stats_of(out)

    def quality(self, side: Side = Side.HEARD) -> Quality | None:
        """How one direction sounds; None: not enough packets yet, or no report of the peer.

        The peer reports where the leg was made with rtcp_xr=1 and the peer agreed."""
        out = result(voxlock_quality)
        self._do(lib.voxlock_leg_get_quality, side, byref(out))
        return quality_of(out) if out.is_known else None


def quality_of(out: Any) -> Quality:
    """Out of the C struct."""
    values = {name: getattr(out, name) for name in names_of(Quality)}
    for name in ("round_trip_ms", "end_system_ms"):
        values[name] = values[name] or None
    for name, parts in (("r_factor", 1), ("mos_lq", 10), ("mos_cq", 10)):
        known = values[name] != abi.QUALITY_UNKNOWN
        values[name] = (values[name] if parts == 1 else values[name] / parts) if known else None
    return Quality(**values)


def stats_of(out: Any) -> LegStats:
    """Out of the C struct."""
    values = {name: getattr(out, name) for name in names_of(LegStats) if name != "dropped"}
    values["rtt_us"] = deadline(values["rtt_us"])
    return LegStats(**values, dropped={cause: out.dropped[cause] for cause in Drop if out.dropped[cause]})
