"""Datagrams on their way into legs and bridges, and the events that come out, many in one call."""
from __future__ import annotations

import struct
from ctypes import addressof, byref, c_char, c_size_t, memset, sizeof
from typing import Any, Iterable, Iterator, NamedTuple, Union

from . import _abi_constants as abi
from ._abi_structs import voxlock_datagram, voxlock_media_event
from ._clock import now
from ._handle import Handle
from ._library import check, fault_text
from ._memory import Address, Bytes, address_of, packed_address

MAX_DATAGRAM = 2048
_BATCH = 64
_ARENA = _BATCH * MAX_DATAGRAM
# voxlock_media_event and voxlock_datagram at once: a field of a ctypes struct costs as much as all
# of them together so.
_EVENT = struct.Struct("@IIQQ20sIQIBBBBIIQIIQ")
_DATAGRAM = struct.Struct("@QQ20sIII")
if _EVENT.size != sizeof(voxlock_media_event) or _DATAGRAM.size != sizeof(voxlock_datagram):
    raise ImportError("voxlock: events.py does not follow the layout of voxlock_media_event or voxlock_datagram")


class Transmit(NamedTuple):
    """Send data to address from the RTP socket of the leg, or the RTCP socket where is_rtcp and RTCP is
    not multiplexed. local: index of the own address (WebRTC)."""

    leg: int
    data: bytes
    address: Address
    is_rtcp: bool
    local: int


class Payload(NamedTuple):
    """A decrypted payload, of a leg alone, or for the host's peer of a port. Overwrite data when it is no
    longer needed. lost: packets missing right before this one. timestamp: ticks of the RTP clock."""

    leg: int
    data: bytearray
    payload_type: int
    sequence: int  # extended beyond 16 bits
    timestamp: int
    ssrc: int
    marker: bool
    lost: int

    def __repr__(self) -> str:
        # What was said is not for logs.
        return f"Payload({len(self.data)} bytes, payload_type={self.payload_type}, sequence={self.sequence})"


class PortPacket(NamedTuple):
    """A packet of plain RTP for the host's peer of a port. Overwrite data when it is no longer needed."""

    leg: int
    data: bytearray

    def __repr__(self) -> str:
        return f"PortPacket(leg={self.leg}, {len(self.data)} bytes)"


class Digit(NamedTuple):
    """The peer pressed a key; once for each press. RFC 4733"""

    leg: int
    digit: str  # 0..9 * # A..D, F for flash
    duration_ms: int

    def __repr__(self) -> str:
        # A digit may be part of a card number or a PIN.
        return f"Digit(leg={self.leg}, duration_ms={self.duration_ms})"


class Moved(NamedTuple):
    """An authenticated packet moved the peer to address."""

    leg: int
    address: Address | None


class Bye(NamedTuple):
    """RTCP BYE of the peer's source."""

    leg: int
    ssrc: int


class MediaTimeout(NamedTuple):
    """No authenticated packet for media_timeout_ms; once per silence."""

    leg: int


class SourceChanged(NamedTuple):
    """The peer's source changed to ssrc."""

    leg: int
    ssrc: int


class Overflow(NamedTuple):
    """Events were lost because the queue was full."""

    leg: int


class ProtectionChanged(NamedTuple):
    """Bridge.protection() tells something new."""

    leg: int


class Connected(NamedTuple):
    """WebRTC: media goes to address from the own address local."""

    leg: int
    address: Address | None
    local: int


class Disconnected(NamedTuple):
    """WebRTC: consent is lost, nothing is sent until Connected. RFC 7675"""

    leg: int


class Secured(NamedTuple):
    """WebRTC: the handshake is over and the peer is who its SDP said."""

    leg: int


class Failed(NamedTuple):
    """WebRTC: no media from now on. status: why; 0: the peer closed."""

    leg: int
    status: int


class SourceFault(NamedTuple):
    """Packets of the source ssrc do not open; a hint that anybody who can send here may have caused.

    fault: abi FAULT_*. rounds: by which the counters differ. recovered: they were made equal."""

    leg: int
    ssrc: int
    fault: int
    rounds: int
    recovered: bool

    @property
    def text(self) -> str:
        """What is wrong, in one clause."""
        return fault_text(self.fault)


class UnknownEvent(NamedTuple):
    """Of a library that is newer than this package."""

    leg: int
    type: int


MediaEvent = Union[Transmit, Payload, PortPacket, Digit, Moved, Bye, MediaTimeout, SourceChanged, Overflow,
                   ProtectionChanged, Connected, Disconnected, Secured, Failed, SourceFault, UnknownEvent]


class DatagramBatch:
    """Received datagrams on their way into a leg or bridge: many in one call, and no object for each.

    Receive straight into the batch with `size, source = sock.recvfrom_into(batch.slot)` and
    `batch.commit(size, source)`, or copy with append. capacity: datagrams of up to 2048 bytes."""

    def __init__(self, capacity: int = _BATCH) -> None:
        self.capacity = capacity
        self._bytes = bytearray(capacity * MAX_DATAGRAM)
        self._rows = bytearray(capacity * _DATAGRAM.size)
        # The addresses stay as they are: a bytearray that is exported cannot be resized.
        self._data = (c_char * len(self._bytes)).from_buffer(self._bytes)
        self._structs = (voxlock_datagram * capacity).from_buffer(self._rows)
        self._base = addressof(self._data)
        view = memoryview(self._bytes)
        self._slots = [view[i * MAX_DATAGRAM:(i + 1) * MAX_DATAGRAM] for i in range(capacity)]
        self.count = 0

    @property
    def slot(self) -> memoryview:
        """Room for the next datagram; IndexError where the batch is full."""
        return self._slots[self.count]

    def commit(self, size: int, source: Address, leg: int = 0, local: int = 0) -> None:
        """The next datagram lies in the slot. leg, local: as in voxlock_datagram."""
        index = self.count
        if index == self.capacity or not 0 <= size <= MAX_DATAGRAM:
            raise IndexError("the batch is full, or the size is not one of a datagram")
        _DATAGRAM.pack_into(self._rows, index * _DATAGRAM.size, self._base + index * MAX_DATAGRAM, size,
                            packed_address(source[0], source[1]), leg, local, 0)
        self.count = index + 1

    def append(self, data: Bytes, source: Address, leg: int = 0, local: int = 0) -> None:
        """Copies a datagram in; leg, local: as in voxlock_datagram. One above 2048 bytes is left out: no packet of ours is so long."""
        size = len(data)
        if size > MAX_DATAGRAM:
            return
        self._slots[self.count][:size] = data
        self.commit(size, source, leg, local)

    def clear(self) -> None:
        """Empties the batch; its input functions do so too."""
        self.count = 0


class Intake:
    """Hands datagrams in: a batch of the caller's, or copies of any number in batches of its own."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self._own: DatagramBatch | None = None

    def take(self, handle: Handle, batch: DatagramBatch, now_ns: int | None) -> None:
        with handle._state as pointer:
            self._flush(pointer, batch, now(now_ns))

    def copy(self, handle: Handle, datagrams: Iterable[tuple[Bytes, Address, int]], now_ns: int | None) -> None:
        rows, at = list(datagrams), now(now_ns)
        with handle._state as pointer:
            if self._own is None:
                self._own = DatagramBatch()
            self._own.clear()
            for data, source, leg in rows:
                if self._own.count == self._own.capacity:
                    self._flush(pointer, self._own, at)
                self._own.append(data, source, leg)
            self._flush(pointer, self._own, at)

    def _flush(self, pointer: int, batch: DatagramBatch, at: int) -> None:
        check(self._function(pointer, batch._structs, batch.count, at))
        batch.clear()


class EventPoller:
    """Polls events in batches and makes Python objects of them."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self._events = bytearray(_BATCH * _EVENT.size)
        self._rows = (voxlock_media_event * _BATCH).from_buffer(self._events)
        self._arena = bytearray(_ARENA)
        self._arena_data = (c_char * _ARENA).from_buffer(self._arena)
        self._count = c_size_t()

    def take(self, handle: Handle, now_ns: int) -> list[MediaEvent]:
        """One batch, empty when there are no more."""
        with handle._state as pointer:
            check(self._function(pointer, self._rows, _BATCH, byref(self._count), self._arena_data, _ARENA, now_ns))
            return self._read(self._count.value) if self._count.value else []

    def _read(self, count: int) -> list[MediaEvent]:
        arena = self._arena
        out: list[MediaEvent] = []
        holds_plaintext = False
        for row in _EVENT.iter_unpack(memoryview(self._events)[:count * _EVENT.size]):
            kind, leg, offset, size, address = row[:5]
            if kind == 1:
                target = address_of(address)
                # A port of RTP has no address: its packets are payloads to the host.
                if target is not None:
                    out.append(Transmit(leg, bytes(arena[offset:offset + size]), target, row[10] != 0, row[15]))
                else:
                    holds_plaintext = True
                    out.append(PortPacket(leg, arena[offset:offset + size]))
            elif kind == 2:
                holds_plaintext = True
                out.append(Payload(leg, arena[offset:offset + size], row[8], row[6], row[7], row[5], row[9] != 0,
                                   row[13]))
            else:
                out.append(_event(row))
        if holds_plaintext:
            memset(self._arena_data, 0, _ARENA)
        return out

    def events(self, handle: Handle, now_ns: int | None) -> Iterator[MediaEvent]:
        """All events that wait, oldest first. The object may be used between two of them."""
        at = now(now_ns)
        while batch := self.take(handle, at):
            yield from batch


def _event(row: tuple[Any, ...]) -> MediaEvent:
    kind, leg, address, ssrc = row[0], row[1], row[4], row[5]
    match kind:
        case abi.EV_DIGIT:
            return Digit(leg, chr(row[11]), row[12])
        case abi.EV_ADDRESS:
            return Moved(leg, address_of(address))
        case abi.EV_BYE:
            return Bye(leg, ssrc)
        case abi.EV_TIMEOUT:
            return MediaTimeout(leg)
        case abi.EV_SSRC:
            return SourceChanged(leg, ssrc)
        case abi.EV_OVERFLOW:
            return Overflow(leg)
        case abi.EV_PROTECTION:
            return ProtectionChanged(leg)
        case abi.EV_CONNECTED:
            return Connected(leg, address_of(address), row[15])
        case abi.EV_DISCONNECTED:
            return Disconnected(leg)
        case abi.EV_SECURED:
            return Secured(leg)
        case abi.EV_FAILED:
            return Failed(leg, -row[14])
        case abi.EV_FAULT:
            return SourceFault(leg, ssrc, row[14], row[13], row[9] != 0)
    return UnknownEvent(leg, kind)
