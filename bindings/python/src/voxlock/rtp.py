"""RTP and RTCP on the wire and telephone events, without state (RFC 3550, 4733, 7983, 8285)."""
from __future__ import annotations

from ctypes import byref, c_size_t
from dataclasses import dataclass
from enum import IntEnum

from . import _abi_constants as abi
from ._abi_structs import voxlock_dtmf_event, voxlock_rtcp_block, voxlock_rtcp_report, voxlock_rtp_header
from ._handle import names_of, result
from ._library import check, lib
from ._memory import Bytes, borrowed, c_text, taken


class DatagramKind(IntEnum):
    """What a datagram is by its first bytes. RFC 7983, section 7"""

    UNKNOWN = abi.DATAGRAM_UNKNOWN
    STUN = abi.DATAGRAM_STUN
    ZRTP = abi.DATAGRAM_ZRTP
    DTLS = abi.DATAGRAM_DTLS
    TURN_CHANNEL = abi.DATAGRAM_TURN_CHANNEL
    RTP = abi.DATAGRAM_RTP
    RTCP = abi.DATAGRAM_RTCP


def classify(datagram: Bytes) -> DatagramKind:
    """Tells protocols apart that share one transport address."""
    data, size = borrowed(datagram)
    return DatagramKind(lib.voxlock_rtp_classify(data, size))


@dataclass(frozen=True, slots=True)
class RtpHeader:
    """The fixed header of RTP. RFC 3550, section 5.1"""

    payload_type: int  # 0..127
    sequence: int  # 0..65535
    timestamp: int  # ticks of the payload's RTP clock
    ssrc: int
    marker: bool = False
    padding_len: int = 0  # bytes behind the payload, the count byte included


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """A packet taken apart."""

    header: RtpHeader
    payload: bytes
    csrcs: tuple[int, ...]
    extension_profile: int  # 0 without an extension
    extension: bytes


def parse(packet: Bytes) -> RtpPacket:
    """Takes a plain RTP packet apart. Raises RtpError or Error for a packet to drop."""
    data, size = borrowed(packet)
    head = result(voxlock_rtp_header)
    check(lib.voxlock_rtp_parse(data, size, byref(head)))
    view = memoryview(packet).cast("B")
    csrcs = tuple(int.from_bytes(view[12 + 4 * i:16 + 4 * i], "big") for i in range(head.csrc_count))
    header = RtpHeader(head.payload_type, head.sequence, head.timestamp, head.ssrc, bool(head.marker), head.padding_len)
    return RtpPacket(header, bytes(view[head.payload_offset:head.payload_offset + head.payload_len]), csrcs,
                     head.extension_profile,
                     bytes(view[head.extension_offset:head.extension_offset + head.extension_len]))


def build(header: RtpHeader, payload: Bytes) -> bytes:
    """Builds an RTP packet without CSRCs and extension."""
    head = result(voxlock_rtp_header)
    head.payload_type, head.sequence, head.timestamp, head.ssrc = (
        header.payload_type, header.sequence, header.timestamp, header.ssrc)
    head.marker, head.padding_len = int(header.marker), header.padding_len
    data, size = borrowed(payload)
    return taken(lambda out, n: lib.voxlock_rtp_build(byref(head), data, size, out, n))


def extension(packet: Bytes, element: int) -> bytes | None:
    """The data of a header extension element (id 1..255) in the one- or two-byte form, None where it
    is not there. RFC 8285, section 4"""
    data, size = borrowed(packet)
    offset, length = c_size_t(), c_size_t()
    status = lib.voxlock_rtp_extension(data, size, element, byref(offset), byref(length))
    if status == abi.Status.ERR_NOT_FOUND:
        return None
    check(status)
    return bytes(memoryview(packet).cast("B")[offset.value:offset.value + length.value])


@dataclass(frozen=True, slots=True)
class RtcpBlock:
    """What a receiver says about one source. RFC 3550, section 6.4.1"""

    ssrc: int
    fraction_lost: int = 0  # of 256, since the last report
    cumulative_lost: int = 0  # packets; negative where duplicates arrived
    extended_highest: int = 0  # wraps * 65536 + highest sequence number
    jitter: int = 0  # ticks of the RTP clock
    last_sr: int = 0  # middle 32 bits of the last SR's NTP time
    delay_since_sr: int = 0  # 1/65536 s


@dataclass(frozen=True, slots=True)
class RtcpReport:
    """The first report of an RTCP compound: SR where is_sender, else RR."""

    ssrc: int
    is_sender: bool = False
    ntp: int = 0  # seconds since 1900 in 32.32 fixed point
    rtp_timestamp: int = 0
    packets: int = 0
    octets: int = 0
    blocks: tuple[RtcpBlock, ...] = ()
    is_bye: bool = False


def parse_rtcp(compound: Bytes, *, reduced_size: bool = False) -> RtcpReport:
    """Checks a plain RTCP compound and reads its first report. RFC 3550, section 6.4

    reduced_size: any first packet is taken, as agreed by rtcp-rsize (RFC 5506)."""
    data, size = borrowed(compound)
    report = result(voxlock_rtcp_report)
    check(lib.voxlock_rtcp_parse(data, size, int(reduced_size), byref(report)))
    blocks = []
    for index in range(report.block_count):
        block = result(voxlock_rtcp_block)
        check(lib.voxlock_rtcp_get_block(data, size, index, byref(block)))
        blocks.append(RtcpBlock(*(getattr(block, name) for name in names_of(RtcpBlock))))
    return RtcpReport(report.ssrc, bool(report.is_sender), report.ntp, report.rtp_timestamp, report.packets,
                      report.octets, tuple(blocks), bool(report.is_bye))


def build_rtcp(report: RtcpReport, cname: str) -> bytes:
    """Builds SR or RR with at most one block, SDES with the CNAME, and a BYE where is_bye."""
    if len(report.blocks) > 1:
        raise ValueError("one report block at most")
    head = result(voxlock_rtcp_report)
    for name in ("ssrc", "ntp", "rtp_timestamp", "packets", "octets"):
        setattr(head, name, getattr(report, name))
    head.is_sender, head.is_bye = int(report.is_sender), int(report.is_bye)
    block = None
    for row in report.blocks:
        block = result(voxlock_rtcp_block)
        for name in names_of(RtcpBlock):
            setattr(block, name, getattr(row, name))
    text = c_text(cname)
    at = None if block is None else byref(block)
    return taken(lambda out, n: lib.voxlock_rtcp_build(byref(head), at, text, out, n))


@dataclass(frozen=True, slots=True)
class DtmfEvent:
    """A telephone event. Packets of the same timestamp and code are one event. RFC 4733, section 2.3"""

    code: int  # 0..9, 10 '*', 11 '#', 12..15 'A'..'D', up to 255
    duration: int  # ticks of the RTP clock from the packet's timestamp on
    is_end: bool = False
    volume: int = 10  # -dBm0, 0..63

    @property
    def digit(self) -> str:
        """The key, empty for an event that is none."""
        return "0123456789*#ABCD"[self.code] if self.code < 16 else ""


def parse_dtmf(payload: Bytes) -> DtmfEvent:
    """Reads the payload of a telephone-event packet."""
    data, size = borrowed(payload)
    event = result(voxlock_dtmf_event)
    check(lib.voxlock_dtmf_parse(data, size, byref(event)))
    return DtmfEvent(event.code, event.duration, bool(event.is_end), event.volume)


def build_dtmf(event: DtmfEvent) -> bytes:
    """Writes the payload of a telephone-event packet."""
    out = result(voxlock_dtmf_event)
    out.code, out.duration, out.is_end, out.volume = event.code, event.duration, int(event.is_end), event.volume
    return taken(lambda room, n: lib.voxlock_dtmf_build(byref(out), room, n), 8)


__all__ = ["DatagramKind", "DtmfEvent", "RtcpBlock", "RtcpReport", "RtpHeader", "RtpPacket", "build", "build_dtmf",
           "build_rtcp", "classify", "extension", "parse", "parse_dtmf", "parse_rtcp"]
