"""A SIP endpoint on asyncio: connections by asyncio and ssl, SIP by voxlock.Ua, media by voxlock.Leg."""
from __future__ import annotations

import asyncio
import os
import ssl
import time
from typing import Any, AsyncIterator, Callable, Coroutine, Literal, Sequence, Union

from .. import sip
from .._abi_constants import Status
from .._errors import Error
from .._memory import Address
from ..audio import Codec
from ..context import Context
from ..leg import Leg, Signalling
from ..sdp import SrtpPolicy
from ..srtp import Suite
from ..ua import Cause, Ua, UaEvent, UaEventKind, UaTransport
from .call import Call, CallError
from .connection import Connection
from .media import MediaSession
from .ports import reachable_address

Path = Union[str, "os.PathLike[str]"]
_POLICIES = {"required": SrtpPolicy.REQUIRED, "preferred": SrtpPolicy.PREFERRED, "off": SrtpPolicy.OFF}
_HANDSHAKE_S = 10.0
_WALL_TIME_S = 240.0
# Answers to our BYEs, and the last bytes, have so long when the gateway closes.
_GOODBYE_S = 3.0


class Gateway:
    """Takes and makes calls.

        async with Gateway("sips:0.0.0.0:5061", cert="cert.pem", key="key.pem") as gateway:
            async for call in gateway.calls():
                asyncio.create_task(agent(call))

    listen: sips:address:port for TLS, or sip:address:port for TCP; port 0: a free one, see port.
    cert, key: PEM files; needed to listen on sips. ca: PEM file with the authorities that peers are
        verified with; calls made by sips need it. client_certs: peers must show a certificate.
    srtp: "required" (default), "preferred" (else plain RTP, RFC 8643) or "off".
    codecs, suites: preferred first; empty: the library's default.
    host: name or address that peers reach us at; default: the listening address.
    user: of Contact and From. realm, accounts: peers must authenticate as one of {user: password}.
    ports: UDP ports for RTP and RTCP, for example range(20000, 21000); default: the system's free ones.
    media_timeout_s: hang up after so long without an authenticated packet; 0: never.
    max_calls: further ones are answered 503.
    """

    def __init__(self, listen: str, *, cert: Path | None = None, key: Path | None = None, ca: Path | None = None,
                 client_certs: bool = False, srtp: Literal["required", "preferred", "off"] = "required",
                 codecs: Sequence[Codec] = (), suites: Sequence[Suite] = (), host: str | None = None,
                 user: str = "voxlock", realm: str = "", accounts: dict[str, str] | None = None,
                 ports: range | None = None, media_timeout_s: float = 30.0, max_calls: int = 256) -> None:
        uri = sip.parse_uri(listen)
        self._is_tls = uri.scheme == "sips"
        self._ip = uri.host.strip("[]")
        self._wanted_port = uri.port if uri.port is not None else (5061 if self._is_tls else 5060)
        self._host, self._user = host, user or uri.user
        self._cert, self._key, self._ca, self._client_certs = cert, key, ca, client_certs
        if self._is_tls and (cert is None or key is None):
            raise ValueError("listening on sips needs cert and key")
        if client_certs and ca is None:
            raise ValueError("client_certs needs ca")
        self._policy = _POLICIES[srtp]
        self._codecs, self._suites, self._ports = tuple(codecs), tuple(suites), ports
        self._realm, self._accounts = realm, dict(accounts or {})
        self._media_timeout_ms, self._max_calls = round(media_timeout_s * 1000), max_calls
        #: The port that is listened on, once the gateway is open.
        self.port = 0
        self._calls: dict[int, Call] = {}
        self._incoming: asyncio.Queue[Call | None] = asyncio.Queue()
        self._connections: dict[int, Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._wall_timer: asyncio.TimerHandle | None = None
        self._is_pumping = False
        self._is_open = False

    async def __aenter__(self) -> Gateway:
        self._loop = asyncio.get_running_loop()
        server_tls = self._server_tls() if self._is_tls else None
        self._client_tls = self._make_client_tls() if self._ca is not None else None
        self._context = Context()
        self._message = sip.SipMessage(self._context)
        patience = _HANDSHAKE_S if server_tls is not None else None
        self._server = await self._loop.create_server(lambda: Connection(self), self._ip, self._wanted_port,
                                                      ssl=server_tls, ssl_handshake_timeout=patience)
        self.port = self._server.sockets[0].getsockname()[1]
        self._own_ip = reachable_address(self._ip)
        self._ua = Ua(self._context, self._host or self._bracketed(self._own_ip), user=self._user, realm=self._realm,
                      port_tcp=self.port, port_tls=self.port, max_calls=self._max_calls)
        for user, password in self._accounts.items():
            self._ua.set_account(user, password)
        self._is_open = True
        self._keep_wall_time()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hangs up all calls, waits a little for the peers to confirm, and gives everything back."""
        if not self._is_open:
            return
        self._is_open = False
        self._server.close()
        calls = list(self._calls.values())
        for call in calls:
            call._hang_up()
        if calls:
            await asyncio.wait([asyncio.ensure_future(call.wait()) for call in calls], timeout=_GOODBYE_S)
        for call in list(self._calls.values()):
            call._end(_ended(Cause.LOCAL))
        for timer in (self._timer, self._wall_timer):
            if timer is not None:
                timer.cancel()
        self._timer = None
        for task in self._tasks:
            task.cancel()
        connections = list(self._connections.values())
        self._connections.clear()
        for connection in connections:
            connection.close()
        if connections:
            await asyncio.wait([asyncio.ensure_future(connection.closed.wait()) for connection in connections],
                               timeout=_GOODBYE_S)
        for connection in connections:
            connection.abort()
        self._ua.close()
        self._message.close()
        self._context.close()
        self._incoming.put_nowait(None)

    @staticmethod
    def _bracketed(ip: str) -> str:
        return f"[{ip}]" if ":" in ip else ip

    def _server_tls(self) -> ssl.SSLContext:
        assert self._cert is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._cert, self._key)
        if self._ca is not None:
            context.load_verify_locations(self._ca)
            context.verify_mode = ssl.CERT_REQUIRED if self._client_certs else ssl.CERT_OPTIONAL
        return context

    def _make_client_tls(self) -> ssl.SSLContext:
        # PROTOCOL_TLS_CLIENT verifies the certificate and its name (RFC 6125).
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(self._ca)
        if self._cert is not None:
            context.load_cert_chain(self._cert, self._key)
        return context

    async def calls(self) -> AsyncIterator[Call]:
        """Calls that come in, until the gateway is closed. Each rings until answer, reject or hang_up."""
        while (call := await self._incoming.get()) is not None:
            if not call.is_ended:
                yield call
        # Others may iterate as well.
        self._incoming.put_nowait(None)

    async def dial(self, to: str, *, rate: int = 16000, denoise_db: int = 15, sender: str = "", display_name: str = "",
                   route: str = "", headers: Sequence[tuple[str, str]] = ()) -> Call:
        """Calls a sip: or sips: URI and waits for the answer.

        rate, denoise_db: as in Call.answer. route: URI of an outbound proxy. Raises CallError (refused,
        no answer, no connection), Error (the URI)."""
        call = Call(self, 0, 0)
        call.peer, call.called = to, to
        is_tls = sip.parse_uri(route or to).scheme == "sips"
        media = await self._open_media(call, rate, denoise_db, Signalling.VERIFIED if is_tls else Signalling.PLAIN)
        call._media, call._is_offering = media, True
        try:
            transport = UaTransport.TLS if is_tls else UaTransport.TCP
            call._id = self._ua.invite(to, media.leg.offer(), sender=sender, display_name=display_name, route=route,
                                       headers=headers, transport=transport)
        except Error:
            media.close()
            raise
        self._calls[call._id] = call
        self._pump()
        try:
            await asyncio.shield(call._established)
        except asyncio.CancelledError:
            call._hang_up()
            raise
        return call

    def set_credentials(self, realm: str, user: str, password: str, peer: str = "") -> None:
        """What calls made answer a challenge with. RFC 3261, section 22"""
        self._ua.set_credentials(realm, user, password, peer)

    async def _open_media(self, call: Call, rate: int, denoise_db: int,
                          signalling: Signalling | None = None) -> MediaSession:
        connection = self._connections.get(call._connection)
        if signalling is None:
            signalling = connection.signalling if connection is not None else Signalling.UNKNOWN
        ip = connection.local_ip if connection is not None else self._own_ip
        told = signalling

        def make_leg(context: Context, address: Address) -> Leg:
            return Leg(context, address, srtp_policy=self._policy, codecs=self._codecs, suites=self._suites,
                       signalling=told, media_timeout_ms=self._media_timeout_ms)

        media = MediaSession(self._context, rate, denoise_db, call._hang_up)
        await media.open(ip, self._ports, make_leg)
        return media

    def _signalling_of(self, connection: int) -> str:
        found = self._connections.get(connection)
        return found.description if found is not None else "closed"

    # What drives the user agent.

    def _command(self, command: Callable[[Ua], object]) -> None:
        """A command of a call; where the agent has output waiting, that leaves first."""
        try:
            command(self._ua)
        except Error as error:
            if error.status != Status.ERR_UA_DRAIN or self._is_pumping:
                raise
            self._pump()
            command(self._ua)
        self._pump()

    def _pump(self) -> None:
        """Does what the events ask for, until there are none, and sets the timer."""
        if self._is_pumping or self._ua.closed:
            return
        self._is_pumping = True
        try:
            for event in self._ua.events():
                try:
                    self._handle(event)
                except Error as error:
                    # One call's trouble is not that of the others whose events follow.
                    self._give_up(event.call, error)
        finally:
            self._is_pumping = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._ua.next_deadline_ns
        if deadline is not None and (self._is_open or self._calls):
            self._timer = self._loop.call_later(max(0.0, (deadline - time.monotonic_ns()) / 1e9), self._pump)

    def _handle(self, event: UaEvent) -> None:
        match event.kind:
            case UaEventKind.TRANSMIT:
                connection = self._connections.get(event.connection)
                if connection is not None:
                    connection.send(event.data)
            case UaEventKind.CONNECT:
                self._spawn(self._connect(event))
            case UaEventKind.CLOSE:
                connection = self._connections.get(event.connection)
                if connection is not None:
                    connection.close()
            case UaEventKind.INCOMING:
                self._take_incoming(event)
            case _:
                call = self._calls.get(event.call)
                if call is not None:
                    if event.kind is UaEventKind.ENDED:
                        del self._calls[event.call]
                    call._on_event(event)

    def _give_up(self, call_id: int, error: Error) -> None:
        call = self._calls.get(call_id)
        self._loop.call_exception_handler({"message": "voxlock: a call is given up", "exception": error})
        if call is not None:
            self._loop.call_soon(call._hang_up)

    def _take_incoming(self, event: UaEvent) -> None:
        call = Call(self, event.call, event.connection)
        call._read_invite(event, self._message)
        call._signalling = self._signalling_of(event.connection)
        self._calls[event.call] = call
        if self._is_open:
            self._incoming.put_nowait(call)
        else:
            call._hang_up()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, event: UaEvent) -> None:
        host, is_tls = event.data.decode(), event.transport is UaTransport.TLS
        try:
            if is_tls and self._client_tls is None:
                raise OSError("calls by sips need ca")
            name = host.strip("[]")
            await self._loop.create_connection(
                lambda: Connection(self, event.connection), name, event.port, ssl=self._client_tls if is_tls else None,
                server_hostname=name if is_tls else None, ssl_handshake_timeout=_HANDSHAKE_S if is_tls else None)
        except OSError:
            # ssl.SSLError is one as well: to the call both are a connection that failed.
            self._forget(event.connection)

    def _opened(self, connection: Connection, wanted: int | None, peer: Address | None) -> int | None:
        """A connection stands. Gives its id, or None: close it."""
        try:
            if wanted is None:
                transport = UaTransport.TLS if self._is_tls else UaTransport.TCP
                wanted = self._ua.accepted(transport, peer)
            else:
                self._ua.connected(wanted)
        except Error:
            return None
        self._connections[wanted] = connection
        self._loop.call_soon(self._pump)
        return wanted

    def _received(self, connection: int, data: bytes) -> None:
        view, idle = memoryview(data), 0
        while len(view) and idle < 2:
            try:
                taken = self._ua.input(connection, view)
            except Error:
                # Closed a moment ago.
                return
            self._pump()
            view, idle = view[taken:], 0 if taken else idle + 1

    def _forget(self, connection: int) -> None:
        self._connections.pop(connection, None)
        if self._ua.closed:
            return
        try:
            self._ua.disconnected(connection)
        except Error:
            return
        self._pump()

    def _keep_wall_time(self) -> None:
        if not self._context.closed:
            self._context.set_wall_time()
            self._wall_timer = self._loop.call_later(_WALL_TIME_S, self._keep_wall_time)


def _ended(cause: Cause) -> UaEvent:
    """The end of a call that the peer did not confirm."""
    return UaEvent(UaEventKind.ENDED, 0, 0, 0, cause, None, 0, 0, b"", b"", "", "")


__all__ = ["Call", "CallError", "Gateway"]
