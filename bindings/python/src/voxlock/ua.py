"""A SIP user agent over TCP and TLS, sans-I/O: transactions, dialogs, digest, calls (RFC 3261, 4028, 8760).
The host owns the connections: it feeds their bytes and does what the events ask for."""
from __future__ import annotations

from ctypes import byref, c_char, c_size_t, c_uint64, memset
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any, Iterator, Sequence

from . import _abi_constants as abi
from ._abi_structs import (
    voxlock_ua_config, voxlock_ua_event, voxlock_ua_invite_config, voxlock_ua_refusal, voxlock_ua_stats,
)
from ._clock import deadline, now
from ._handle import Handle, configured, names_of, result
from ._library import fail, lib
from ._memory import Address, Bytes, borrowed, c_text, point
from .context import Context
from .sdp import Verdict

_BATCH = 32


class UaTransport(IntEnum):
    """Of a connection."""

    TCP = abi.UA_TCP
    TLS = abi.UA_TLS


class Digest(IntFlag):
    """Algorithms. RFC 8760"""

    MD5 = abi.UA_MD5
    SHA256 = abi.UA_SHA256


class UaEventKind(IntEnum):
    """What happened, or what the host is to do."""

    TRANSMIT = abi.UA_EV_TRANSMIT  # send data on connection
    CONNECT = abi.UA_EV_CONNECT  # open connection to the host named by data, then connected() or disconnected()
    CLOSE = abi.UA_EV_CLOSE  # close connection when all before was sent, then disconnected()
    INCOMING = abi.UA_EV_INCOMING  # a call came in: ring, answer or reject. No sdp: answer with an offer
    PROGRESS = abi.UA_EV_PROGRESS
    ANSWERED = abi.UA_EV_ANSWERED  # 2xx to our INVITE
    CONFIRMED = abi.UA_EV_CONFIRMED  # the ACK came; sdp: the answer where our 2xx held the offer
    OFFER = abi.UA_EV_OFFER  # a re-INVITE: answer or reject
    UPDATED = abi.UA_EV_UPDATED  # 2xx to our re-INVITE
    REFUSED = abi.UA_EV_REFUSED  # our re-INVITE failed, the session stays
    RETRY = abi.UA_EV_RETRY  # the back-off after 491 is over
    OFFER_GONE = abi.UA_EV_OFFER_GONE  # the re-INVITE was cancelled
    ENDED = abi.UA_EV_ENDED  # the call is over for cause
    RESULT = abi.UA_EV_RESULT  # to our OPTIONS
    REFRESH = abi.UA_EV_REFRESH  # offer() now, or the call ends (RFC 4028)
    DIGIT = abi.UA_EV_DIGIT  # the peer sent a digit by INFO; sdp: the body it came in (RFC 6086)
    DIGIT_REFUSED = abi.UA_EV_DIGIT_REFUSED  # our INFO failed: the peer takes no digits this way


class DigitForm(IntEnum):
    """How a digit stands in an INFO."""

    RELAY = abi.UA_DTMF_RELAY  # application/dtmf-relay
    PLAIN = abi.UA_DTMF_PLAIN  # application/dtmf


class Cause(IntEnum):
    """Why a call ended."""

    NONE = abi.UA_CAUSE_NONE
    LOCAL = abi.UA_CAUSE_LOCAL
    REMOTE = abi.UA_CAUSE_REMOTE
    CANCELLED = abi.UA_CAUSE_CANCELLED
    REJECTED = abi.UA_CAUSE_REJECTED
    CHALLENGED = abi.UA_CAUSE_CHALLENGED
    TIMEOUT = abi.UA_CAUSE_TIMEOUT
    NO_ACK = abi.UA_CAUSE_NO_ACK
    TRANSPORT = abi.UA_CAUSE_TRANSPORT
    PROTOCOL = abi.UA_CAUSE_PROTOCOL
    LOST = abi.UA_CAUSE_LOST
    EXPIRED = abi.UA_CAUSE_EXPIRED


@dataclass(frozen=True, slots=True)
class UaEvent:
    """One event; what does not belong to its kind is 0 or empty. repr() shows neither messages nor digits, which
    may be keys and part of a PIN."""

    kind: UaEventKind
    status: int  # SIP status code
    call: int
    connection: int
    cause: Cause
    transport: UaTransport | None
    port: int  # of CONNECT
    retry_after_s: int
    data: bytes = field(repr=False)  # bytes to send, a host name, or a whole SIP message for SipMessage.parse
    sdp: bytes = field(repr=False)
    reason: str
    warning: str
    digit: str = field(default="", repr=False)  # of DIGIT: 0..9 * # A..D, F for flash
    duration_ms: int = 0  # of DIGIT; 0: the peer does not tell it


@dataclass(frozen=True, slots=True)
class UaStats:
    """Counters; the first three are present numbers."""

    connections: int
    calls: int
    transactions: int
    requests_in: int
    responses_in: int
    malformed: int
    unmatched: int
    refused_by_limit: int
    challenges: int
    auth_failures: int


class Ua(Handle):
    """A user agent.

    host: name or address that peers reach us at; port_tcp, port_tls: advertised. user: of Contact.
    product: User-Agent and Server; "": none. realm: peers must authenticate in it; "": need not.
    session_expires_s, min_se_s: RFC 4028; 0: none. survive: calls outlive their connection.
    settings: further fields of voxlock_ua_config by their names, for example max_calls=1000.
    """

    _FREE = "voxlock_ua_free"

    def __init__(self, context: Context, host: str, *, user: str = "voxlock", product: str = "voxlock", realm: str = "",
                 port_tcp: int = 5060, port_tls: int = 5061, algorithms: Digest = Digest.MD5 | Digest.SHA256,
                 survive: bool = True, session_expires_s: int = 1800, min_se_s: int = 90, **settings: int) -> None:
        config = configured(voxlock_ua_config, lib.voxlock_ua_config_init)
        keep = texts(config, host=host, user=user, product=product, realm=realm)
        config.port_tcp, config.port_tls = port_tcp, port_tls
        config.algorithms, config.survive = algorithms, int(survive)
        config.session_expires_s, config.min_se_s = session_expires_s, min_se_s
        for name, value in settings.items():
            if not name.startswith(("max_", "nonce_", "t1_", "t2_", "t4_", "retry_")):
                raise TypeError(f"there is no setting '{name}'")
            setattr(config, name, value)
        arena = max(65536, 4 * int(config.max_message))
        super().__init__(context._make(lib.voxlock_ua_new, byref(config)), context._keep)
        self._rows = (voxlock_ua_event * _BATCH)()
        self._arena = bytearray(arena)
        self._arena_data = (c_char * arena).from_buffer(self._arena)
        del keep

    def accepted(self, transport: UaTransport, peer: Address | None = None, now_ns: int | None = None) -> int:
        """Tells of a connection that the host accepted, for TLS after its handshake; gives its id.
        Raises Error (VOXLOCK_ERR_LIMIT: close it)."""
        out, host, port = c_uint64(), peer[0].encode() if peer else None, peer[1] if peer else 0
        self._do(lib.voxlock_ua_accept, transport, host, len(host or b""), port, byref(out), now(now_ns))
        return out.value

    def connected(self, connection: int, now_ns: int | None = None) -> None:
        """The connection of a CONNECT event is open."""
        self._do(lib.voxlock_ua_connected, connection, now(now_ns))

    def disconnected(self, connection: int, now_ns: int | None = None) -> None:
        """A connection ended, or could not be opened. RFC 3261, section 18.4"""
        self._do(lib.voxlock_ua_closed, connection, now(now_ns))

    def input(self, connection: int, data: Bytes, now_ns: int | None = None) -> int:
        """Bytes that arrived; gives how many were used: where fewer, take events and hand in the rest."""
        raw, size = borrowed(data)
        taken = c_size_t()
        self._do(lib.voxlock_ua_input, connection, raw, size, byref(taken), now(now_ns))
        return taken.value

    def events(self, now_ns: int | None = None) -> Iterator[UaEvent]:
        """Does what is due and gives all events that wait, in order. The agent may be used in between."""
        at = now(now_ns)
        while batch := self._take(at):
            yield from batch

    def _take(self, at: int) -> list[UaEvent]:
        count, used = c_size_t(), c_size_t(len(self._arena))
        with self._state as pointer:
            status = lib.voxlock_ua_poll(pointer, self._rows, _BATCH, byref(count), self._arena_data, byref(used), at)
            if status == 0:
                events = [self._event(row) for row in self._rows[:count.value]]
                # Descriptions hold SDES keys.
                memset(self._arena_data, 0, used.value)
                return events
            if status == abi.Status.ERR_BUFFER_TOO_SMALL:
                self._arena = bytearray(used.value)
                self._arena_data = (c_char * used.value).from_buffer(self._arena)
        if status != abi.Status.ERR_BUFFER_TOO_SMALL:
            fail(status)
        return self._take(at)

    def _event(self, row: Any) -> UaEvent:
        arena = self._arena

        def part(offset: int, size: int) -> bytes:
            return bytes(arena[offset:offset + size]) if size else b""

        return UaEvent(UaEventKind(row.type), row.status, row.call, row.connection, Cause(row.cause),
                       UaTransport(row.transport) if row.transport else None, row.port, row.retry_after_s,
                       part(row.data_offset, row.data_len), part(row.sdp_offset, row.sdp_len),
                       part(row.reason_offset, row.reason_len).decode("utf-8", "replace"),
                       part(row.warning_offset, row.warning_len).decode("utf-8", "replace"),
                       chr(row.digit) if row.digit else "", row.duration_ms)

    @property
    def next_deadline_ns(self) -> int | None:
        """When to take events though nothing happened, in the time of now_ns; None: never."""
        return deadline(int(self._call(lib.voxlock_ua_next_deadline)))

    def invite(self, to: str, sdp: Bytes = b"", *, sender: str = "", display_name: str = "", route: str = "",
               headers: Sequence[tuple[str, str]] = (), transport: UaTransport = UaTransport.TLS, connection: int = 0,
               now_ns: int | None = None) -> int:
        """Starts a call and gives its id.

        to: sip: or sips: URI. sdp: the offer; empty: the peer is asked for one. sender: From URI.
        route: URI of an outbound proxy. headers: further ones. connection: an open one to use.
        Raises UaError, SipError, Error (VOXLOCK_ERR_LIMIT)."""
        return self._request(lib.voxlock_ua_invite, to, bytes(sdp), sender, display_name, route, headers, transport,
                             connection, now_ns)

    def options(self, to: str, *, sender: str = "", route: str = "", headers: Sequence[tuple[str, str]] = (),
                transport: UaTransport = UaTransport.TLS, connection: int = 0, now_ns: int | None = None) -> int:
        """Asks for abilities outside of calls; the id comes back in RESULT. RFC 3261, section 11"""
        return self._request(lib.voxlock_ua_options, to, b"", sender, "", route, headers, transport, connection, now_ns)

    def _request(self, function: Any, to: str, sdp: bytes, sender: str, display_name: str, route: str,
                 headers: Sequence[tuple[str, str]], transport: UaTransport, connection: int,
                 now_ns: int | None) -> int:
        config = configured(voxlock_ua_invite_config, lib.voxlock_ua_invite_config_init)
        keep = texts(config, to=to, **{"from": sender}, display_name=display_name, route=route)
        lines = _lines(headers)
        point(config, "headers", lines)
        point(config, "sdp", sdp)
        config.transport, config.connection = transport, connection
        out = c_uint64()
        self._do(function, byref(config), byref(out), now(now_ns))
        del keep
        return out.value

    def ring(self, call: int, status: int = 180, sdp: Bytes = b"", now_ns: int | None = None) -> None:
        """Sends a provisional response to the INVITE of a call; status: 101 to 199."""
        data, size = borrowed(sdp)
        self._do(lib.voxlock_ua_ring, call, status, data, size, now(now_ns))

    def answer(self, call: int, sdp: Bytes, now_ns: int | None = None, *,
               headers: Sequence[tuple[str, str]] = ()) -> None:
        """Gives the description that the call waits for: in a 200, or in the ACK, which takes no headers.
        Raises UaError, Error."""
        data, size = borrowed(sdp)
        lines = _lines(headers)
        self._do(lib.voxlock_ua_answer_headers, call, data, size, lines, len(lines), now(now_ns))

    def reject(self, call: int, status: int = 603, *, reason: str = "", warning: str = "", warn_code: int = 0,
               retry_after_s: int = 0, now_ns: int | None = None) -> None:
        """Refuses the INVITE or re-INVITE of a call that waits. status: 300 to 699. warn_code: of the Warning,
        300 to 399 (RFC 3261, section 20.43)."""
        refusal = configured(voxlock_ua_refusal, lib.voxlock_ua_refusal_init)
        keep = texts(refusal, reason=reason, warning=warning)
        refusal.status, refusal.warn_code, refusal.retry_after_s = status, warn_code, retry_after_s
        self._do(lib.voxlock_ua_reject, call, byref(refusal), now(now_ns))
        del keep

    def reject_with(self, call: int, verdict: Verdict, now_ns: int | None = None) -> None:
        """Refuses the INVITE or re-INVITE of a call with what a leg says about the offer."""
        self.reject(call, verdict.sip_status or 488, warning=verdict.warning if verdict.warn_code else "",
                    warn_code=verdict.warn_code, now_ns=now_ns)

    def offer(self, call: int, sdp: Bytes = b"", now_ns: int | None = None) -> None:
        """Sends a re-INVITE of a call with a new offer; empty: the peer is asked for one. RFC 3261, section 14"""
        data, size = borrowed(sdp)
        self._do(lib.voxlock_ua_offer, call, data, size, now(now_ns))

    def send_digit(self, call: int, digit: str, duration_ms: int = 100, form: DigitForm = DigitForm.RELAY,
                   now_ns: int | None = None) -> None:
        """Sends a digit in a call by INFO, for peers that take no telephone events (RFC 4733).

        digit: 0..9 * # A..D. duration_ms: up to 60000, told by DigitForm.RELAY alone. DIGIT_REFUSED tells where the
        peer does not want it. RFC 6086"""
        self._do(lib.voxlock_ua_send_digit, call, ord(digit), duration_ms, form, now(now_ns))

    def hang_up(self, call: int, now_ns: int | None = None) -> None:
        """Ends a call in any state: CANCEL, BYE, or 603. ENDED tells when it is over."""
        self._do(lib.voxlock_ua_hangup, call, now(now_ns))

    def set_credentials(self, realm: str, user: str, password: str, peer: str = "") -> None:
        """As a client: credentials for a realm, bound to the next hop's host name unless peer is empty.
        An empty user removes. RFC 3261, section 22"""
        self._do(lib.voxlock_ua_set_credentials, c_text(realm), c_text(peer), c_text(user), c_text(password))

    def set_account(self, user: str, password: str) -> None:
        """As a server: a user of the realm. An empty password removes."""
        self._do(lib.voxlock_ua_set_account, c_text(user), c_text(password))

    def stats(self) -> UaStats:
        """The counters."""
        out = result(voxlock_ua_stats)
        self._do(lib.voxlock_ua_get_stats, byref(out))
        return UaStats(*(getattr(out, name) for name in names_of(UaStats)))


def _lines(headers: Sequence[tuple[str, str]]) -> bytes:
    """Header fields as they stand in a message."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode()


def texts(config: Any, **values: str) -> list[bytes]:
    """Sets texts and their lengths; the caller keeps what this returns over the call."""
    keep = []
    for name, value in values.items():
        data = value.encode()
        point(config, name, data)
        keep.append(data)
    return keep
