"""RTP packets of many SRTP sessions, opened or sealed in one call."""
from __future__ import annotations

import struct
from contextlib import ExitStack
from ctypes import addressof, c_char, memset, sizeof
from typing import Any

from . import _abi_constants as abi
from ._abi_structs import voxlock_srtp_packet
from ._clock import now
from ._handle import State
from ._library import check, fail, lib
from ._memory import Bytes
from .events import MAX_DATAGRAM
from .srtp import SrtpSession

# The most that sealing adds: a tag of 16 bytes and an MKI of 128.
_SEALING = 144
_ROW = struct.Struct("@QQQQQiI")
if _ROW.size != sizeof(voxlock_srtp_packet):
    raise ImportError("voxlock: srtp_batch.py does not follow the layout of voxlock_srtp_packet")


class SrtpBatch:
    """Packets of any number of sessions: append them, open() or seal() all, read each result, clear().

    capacity: packets of up to 2048 bytes. What was opened stays in the batch until clear(). One thread at
    a time uses a batch and its sessions."""

    def __init__(self, capacity: int = 64) -> None:
        if capacity < 1:
            raise ValueError("a batch takes at least one packet")
        self.capacity = capacity
        # The addresses stay as they are: a bytearray that is exported cannot be resized.
        memory = bytearray(capacity * (2 * MAX_DATAGRAM + _SEALING))
        self._view = memoryview(memory)
        self._data = (c_char * len(memory)).from_buffer(memory)
        self._base = addressof(self._data)
        self._rows = bytearray(capacity * _ROW.size)
        self._structs = (voxlock_srtp_packet * capacity).from_buffer(self._rows)
        self._packets: list[tuple[SrtpSession, int, int]] = []  # where it lies, and its size
        self._used = 0
        self._is_done = False

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def slot(self) -> memoryview:
        """Room for the next packet, 2048 bytes: receive into it, then commit."""
        self._check_open()
        return self._view[self._used:self._used + MAX_DATAGRAM]

    def commit(self, session: SrtpSession, size: int) -> None:
        """The next packet, of a session, lies in the slot. IndexError: the batch is full, or the size is
        not one of a datagram."""
        self._check_open()
        if len(self._packets) == self.capacity or not 0 <= size <= MAX_DATAGRAM:
            raise IndexError("the batch is full, or the size is not one of a datagram")
        self._packets.append((session, self._used, size))
        self._used += 2 * size + _SEALING

    def append(self, session: SrtpSession, packet: Bytes) -> None:
        """Copies a packet in; IndexError as for commit."""
        size = len(packet)
        if size <= MAX_DATAGRAM and len(self._packets) < self.capacity:
            self.slot[:size] = packet
        self.commit(session, size)

    def open(self, now_ns: int | None = None) -> None:
        """Opens all packets, as SrtpSession.open one after the other would. now_ns: monotonic time.

        ClosedError, ThreadError (a session is closed or in use; nothing was done), Error
        (VOXLOCK_ERR_WRONG_STATE: clear first)."""
        self._run(lib.voxlock_srtp_open_batch, now(now_ns))

    def seal(self) -> None:
        """Seals all packets, as SrtpSession.seal one after the other would. Raises as open does."""
        self._run(lib.voxlock_srtp_seal_batch)

    def result(self, index: int) -> memoryview:
        """What became of a packet, index counting from 0 as they were appended: the plain or the sealed one, which lies in the
        batch until clear(). Raises what SrtpSession.open or seal would have, IndexError, Error
        (VOXLOCK_ERR_WRONG_STATE: neither opened nor sealed yet)."""
        _, at, size = self._packets[index]
        if not self._is_done:
            fail(abi.Status.ERR_WRONG_STATE)
        row = self._structs[index]
        check(row.status)
        return self._view[at + size:at + size + row.out_len].toreadonly()

    def clear(self) -> None:
        """Wipes the packets and empties the batch."""
        memset(self._base, 0, self._used)
        self._packets.clear()
        self._used = 0
        self._is_done = False

    def _check_open(self) -> None:
        if self._is_done:
            fail(abi.Status.ERR_WRONG_STATE)

    def _run(self, function: Any, *rest: int) -> None:
        self._check_open()
        with ExitStack() as sessions:
            pointers: dict[State, int] = {}
            for index, (session, at, size) in enumerate(self._packets):
                state = session._state
                if state not in pointers:
                    pointers[state] = sessions.enter_context(state)
                packet = self._base + at
                _ROW.pack_into(self._rows, index * _ROW.size, pointers[state], packet, size, packet + size,
                               size + _SEALING, 0, 0)
            check(function(self._structs, len(self._packets), *rest))
        self._is_done = len(self._packets) != 0
