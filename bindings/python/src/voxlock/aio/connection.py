"""One TCP or TLS connection of the gateway."""
from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, cast

from .._memory import Address
from ..leg import Signalling

if TYPE_CHECKING:
    from .gateway import Gateway

# A peer that asks and does not read is cut off: the library's own queue is bounded, and so is this.
MAX_UNSENT = 1 << 20


class Connection(asyncio.Protocol):
    """Bytes between a transport and the user agent. wanted: the id where the agent asked for it."""

    def __init__(self, gateway: Gateway, wanted: int | None = None) -> None:
        self._gateway = gateway
        self._wanted = wanted
        self._id: int | None = None
        self._transport: asyncio.Transport
        self._is_closing = False
        self.closed = asyncio.Event()
        self.local_ip = ""
        self.description = ""
        self.signalling = Signalling.PLAIN

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.local_ip = str(transport.get_extra_info("sockname")[0])
        self._describe(transport.get_extra_info("ssl_object"))
        peername = transport.get_extra_info("peername")
        peer: Address | None = (str(peername[0]), int(peername[1])) if peername else None
        self._id = self._gateway._opened(self, self._wanted, peer)
        if self._id is None:
            self._transport.abort()

    def _describe(self, tls: ssl.SSLObject | None) -> None:
        if tls is None:
            self.description = "TCP, not encrypted"
            return
        is_verified = bool(tls.getpeercert())
        self.signalling = Signalling.VERIFIED if is_verified else Signalling.TLS
        cipher = tls.cipher()
        self.description = f"{tls.version()}, {cipher[0] if cipher else 'no cipher'}, " + (
            "peer verified" if is_verified else "peer not verified")

    def data_received(self, data: bytes) -> None:
        if self._id is not None:
            self._gateway._received(self._id, data)

    def send(self, data: bytes) -> None:
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._transport.abort()

    def close(self) -> None:
        """After what was written has left."""
        # A TLS transport of Python 3.11 that is closed twice can not be aborted any more.
        if not self._is_closing:
            self._is_closing = True
            self._transport.close()

    def abort(self) -> None:
        if not self.closed.is_set():
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        if self._id is not None:
            self._gateway._forget(self._id)
