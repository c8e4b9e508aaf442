"""SIP messages: parse, look into, write, and cut out of a stream (RFC 3261)."""
from __future__ import annotations

from ctypes import byref, c_int32, c_size_t
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Callable, Iterable, Iterator, Sequence, TypeVar

from . import _abi_constants as abi
from ._abi_structs import (
    voxlock_sip_config, voxlock_sip_header, voxlock_sip_start, voxlock_sip_summary, voxlock_sip_text, voxlock_sip_uri,
)
from ._handle import Handle, configured, names_of, result
from ._library import check, lib
from ._memory import Bytes, borrowed, bytes_of, c_text, pointed, taken, text_of
from .context import Context


class Transport(IntEnum):
    """What carries a message: on a stream Content-Length is mandatory. RFC 3261, section 18.3"""

    DATAGRAM = abi.SIP_DATAGRAM
    STREAM = abi.SIP_STREAM


@dataclass(frozen=True, slots=True)
class SipSummary:
    """What nearly every reader of a message wants; missing parts are empty."""

    status_code: int  # 100..699 in a response, 0 in a request
    method: str  # of the request, or of CSeq
    uri: str  # Request-URI
    reason: str
    from_uri: str
    from_name: str
    from_tag: str
    to_uri: str
    to_name: str
    to_tag: str
    call_id: str
    contact_uri: str
    via_branch: str
    content_type: str
    body: bytes
    cseq: int
    max_forwards: int  # -1: none
    header_count: int
    is_answerable: bool  # a request with what a response needs, even after a failed parse


def _config(max_message: int, is_client: bool = False) -> voxlock_sip_config:
    config: voxlock_sip_config = configured(voxlock_sip_config, lib.voxlock_sip_config_init)
    config.max_message, config.is_client = max_message, int(is_client)
    return config


class SipMessage(Handle):
    """A parsed message. It has room for max_message bytes (256..1048576), used again by each parse."""

    _FREE = "voxlock_sip_message_free"

    def __init__(self, context: Context, *, max_message: int = 65536) -> None:
        config = _config(max_message)
        super().__init__(context._make(lib.voxlock_sip_message_new, byref(config)), context._keep)

    def parse(self, data: Bytes, transport: Transport = Transport.DATAGRAM) -> int:
        """Copies data in, checks the whole message at its start, and gives the bytes it takes up.

        Raises SipError, whose status goes into response_code; summary() then still shows what could
        be read. Error (VOXLOCK_ERR_TRUNCATED): a stream needs more bytes. RFC 3261, section 7"""
        raw, size = borrowed(data)
        consumed = c_size_t()
        self._do(lib.voxlock_sip_message_parse, raw, size, transport, byref(consumed))
        return consumed.value

    def summary(self) -> SipSummary:
        """Start line and the usual header fields of the message parsed last."""
        out = result(voxlock_sip_summary)
        with self._state as pointer:
            check(lib.voxlock_sip_message_summary(pointer, byref(out)))
            texts = {name: text_of(getattr(out, name)) for name in names_of(SipSummary)
                     if isinstance(getattr(out, name), voxlock_sip_text) and name != "body"}
            return SipSummary(status_code=out.status_code, body=bytes_of(out.body), cseq=out.cseq,
                              max_forwards=out.max_forwards, header_count=out.header_count,
                              is_answerable=bool(out.is_answerable), **texts)

    def headers(self, name: str | None = None) -> Iterator[tuple[str, str]]:
        """Header fields whole, as (name, value): those of a name (full or compact, any case), or all."""
        return found(self, lib.voxlock_sip_message_header, (c_text(name),), voxlock_sip_header, pair_of)

    def values(self, name: str) -> Iterator[str]:
        """Values of a header field; list fields are cut at their commas. RFC 3261, section 7.3.1"""
        return found(self, lib.voxlock_sip_message_value, (c_text(name),), voxlock_sip_text, text_of)

    def body(self, media_type: str = "application/sdp") -> bytes | None:
        """The first body part of a media type, looking into multipart bodies; None: there is none.
        Raises SipError (VOXLOCK_ERR_SIP_MULTIPART). RFC 2046, section 5.1"""
        parts = found(self, lambda pointer, index, out: lib.voxlock_sip_message_body(pointer, c_text(media_type), out),
                      (), voxlock_sip_text, bytes_of)
        return next(parts, None)


Row = TypeVar("Row")


def found(handle: Handle, function: Any, arguments: tuple[object, ...], struct: Any,
          read: Callable[[Any], Row]) -> Iterator[Row]:
    """function(handle, *arguments, index, &out) for index 0, 1 ... until VOXLOCK_ERR_NOT_FOUND."""
    out, index = struct(), 0
    while True:
        with handle._state as pointer:
            status = function(pointer, *arguments, index, byref(out))
            if status == abi.Status.ERR_NOT_FOUND:
                return
            check(status)
            row = read(out)
        yield row
        index += 1


def pair_of(field: Any) -> tuple[str, str]:
    return text_of(field.name), text_of(field.value)


def response_code(status: int) -> int:
    """How to answer a request that was refused with a status: 400, 414 ... 513; 0: not at all."""
    return int(lib.voxlock_sip_response_code(status))


def _text(data: bytes) -> voxlock_sip_text:
    return voxlock_sip_text(pointed(data) if data else None, len(data))


def _write(start: voxlock_sip_start, headers: Iterable[tuple[str, str]], body: Bytes, keep: list[bytes]) -> bytes:
    pairs = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers]
    rows = (voxlock_sip_header * len(pairs))(*(voxlock_sip_header(_text(a), _text(b)) for a, b in pairs))
    data, size = borrowed(body)
    rows_or_null = rows if pairs else None
    written = taken(lambda out, n: lib.voxlock_sip_write(byref(start), rows_or_null, len(pairs), data, size, out, n))
    del keep
    return written


def write_request(method: str, uri: str, headers: Iterable[tuple[str, str]], body: Bytes = b"") -> bytes:
    """Writes a request; Content-Length is added. headers: (name, value) in order.
    Raises SipError (VOXLOCK_ERR_SIP_UNSAFE_VALUE) for what would break the message."""
    start = result(voxlock_sip_start)
    keep = [method.encode(), uri.encode()]
    start.method, start.uri = _text(keep[0]), _text(keep[1])
    return _write(start, headers, body, keep)


def write_response(status_code: int, headers: Iterable[tuple[str, str]], body: Bytes = b"", reason: str = "") -> bytes:
    """Writes a response. status_code: 100 to 699. reason: empty for the usual phrase."""
    start = result(voxlock_sip_start)
    keep = [reason.encode()]
    start.status_code, start.reason = status_code, _text(keep[0])
    return _write(start, headers, body, keep)


@dataclass(frozen=True, slots=True)
class SipUri:
    """Parts of an address or URI. RFC 3261, sections 19.1 and 20.10; RFC 3966"""

    uri: str  # without display name, brackets and header parameters
    user: str  # still escaped; the number of a tel URI
    password: str
    host: str  # an IPv6 address keeps its brackets
    params: str  # with the leading ';'
    headers: str  # without the '?'
    display_name: str
    field_params: str  # behind the URI: ";tag=..."
    scheme: str  # "sip", "sips", "tel", or "other"
    port: int | None


def parse_uri(text: str) -> SipUri:
    """Takes a URI, or the value of From, To, Contact, Route ... apart. Raises SipError."""
    data = text.encode("utf-8", "surrogateescape")
    out = result(voxlock_sip_uri)
    check(lib.voxlock_sip_uri_parse(data, len(data), byref(out)))
    return SipUri(text_of(out.uri), text_of(out.user), text_of(out.password), text_of(out.host), text_of(out.params),
                  text_of(out.headers), text_of(out.display_name), text_of(out.field_params),
                  ("sip", "sips", "tel", "other")[out.scheme], None if out.port < 0 else out.port)


def uris_equal(first: str, second: str) -> bool:
    """Compares two URIs by RFC 3261, section 19.1.4."""
    a, b, out = first.encode(), second.encode(), c_int32()
    check(lib.voxlock_sip_uri_equal(a, len(a), b, len(b), byref(out)))
    return out.value == 1


class FrameKind(IntEnum):
    """What a framer cut out of the stream."""

    MESSAGE = abi.SIP_FRAME_MESSAGE
    PING = abi.SIP_FRAME_PING  # answer with CR LF, RFC 5626
    PONG = abi.SIP_FRAME_PONG


class SipFramer(Handle):
    """Cuts the byte stream of one TCP or TLS connection into messages.

    max_message: bytes of the longest message taken. is_client: True at the end that opened the connection. RFC 3261, section 18.3; RFC 5626"""

    _FREE = "voxlock_sip_framer_free"

    def __init__(self, context: Context, *, max_message: int = 65536, is_client: bool = False) -> None:
        config = _config(max_message, is_client)
        super().__init__(context._make(lib.voxlock_sip_framer_new, byref(config)), context._keep)

    def frames(self, data: Bytes = b"") -> Iterator[tuple[FrameKind, bytes]]:
        """Feeds received bytes and gives whole messages, pings and pongs as (kind, message).

        Iterate to the end, or bytes of data are left out. Raises SipError where the message
        boundaries are lost: close the connection."""
        view = memoryview(data).cast("B") if len(data) else memoryview(b"")
        kind, out = c_int32(), voxlock_sip_text()
        while True:
            raw, size = borrowed(view)
            taken_bytes = c_size_t()
            self._do(lib.voxlock_sip_framer_feed, raw, size, byref(taken_bytes))
            view = view[taken_bytes.value:]
            while True:
                with self._state as pointer:
                    check(lib.voxlock_sip_framer_next(pointer, byref(kind), byref(out)))
                    message = bytes_of(out)
                if kind.value == abi.SIP_FRAME_NONE:
                    break
                yield FrameKind(kind.value), message
            if len(view) == 0:
                return


__all__: Sequence[str] = [
    "FrameKind", "SipFramer", "SipMessage", "SipSummary", "SipUri", "Transport", "parse_uri", "response_code",
    "uris_equal", "write_request", "write_response",
]
