"""Session descriptions (RFC 8866): look into them, SDES keys (RFC 4568), and offer and answer for hosts
with a media path of their own (RFC 3264, 8829). A Leg negotiates by itself."""
from __future__ import annotations

from ctypes import addressof, byref, c_char, c_size_t, memset, sizeof, string_at
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any, Iterator, Sequence

from . import _abi_constants as abi
from ._abi_structs import (
    voxlock_negotiated, voxlock_negotiation_config, voxlock_sdp_crypto, voxlock_sdp_media, voxlock_sdp_summary,
    voxlock_sip_header, voxlock_verdict,
)
from ._handle import Handle, configured, result
from ._library import check, lib, strerror
from ._memory import Address, Bytes, borrowed, c_text, from_address, point_text, taken, text_of, to_address
from .audio import Codec
from .context import Context
from .sip import found, pair_of
from .srtp import Suite
from .tls import TlsRole

_ROOM = 8192


class MediaDirection(IntEnum):
    """As seen from the end that says it."""

    INACTIVE = abi.INACTIVE
    SENDONLY = abi.SENDONLY
    RECVONLY = abi.RECVONLY
    SENDRECV = abi.SENDRECV


class SrtpPolicy(IntEnum):
    """What may be agreed; decided here, never by what the peer offers."""

    REQUIRED = abi.SRTP_REQUIRED
    PREFERRED = abi.SRTP_PREFERRED  # else plain RTP, RFC 8643
    OFF = abi.SRTP_OFF


class KeyExchange(IntEnum):
    """Where the keys of SRTP come from."""

    NONE = abi.KEYS_NONE
    SDES = abi.KEYS_SDES  # RFC 4568
    DTLS = abi.KEYS_DTLS  # RFC 5763


class VerdictKind(IntEnum):
    """What an offer/answer step did to the running media."""

    CONTINUED = abi.CONTINUED
    REKEYED = abi.REKEYED
    RESTARTED = abi.RESTARTED
    MOVED = abi.MOVED
    REFUSED = abi.REFUSED


class Changed(IntFlag):
    """All that a step changed."""

    NOTHING = 0
    MEDIA = abi.CHANGED_MEDIA
    KEYS = abi.CHANGED_KEYS
    ADDRESS = abi.CHANGED_ADDRESS
    DTLS = abi.CHANGED_DTLS
    ICE = abi.CHANGED_ICE


class OfferFlags(IntFlag):
    """What an offer asks for beside the usual."""

    NOTHING = 0
    HOLD = abi.OFFER_HOLD
    REKEY = abi.OFFER_REKEY
    ICE_RESTART = abi.OFFER_ICE_RESTART


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a step. REFUSED: nothing changed; answer with sip_status and the Warning."""

    kind: VerdictKind
    changes: Changed
    reason: int  # 0, or the Status that says why it was refused
    sip_status: int  # for example 488
    warn_code: int  # RFC 3261, section 20.43; 0: none
    warning: str

    @property
    def refused(self) -> bool:
        """True where nothing was agreed."""
        return self.kind is VerdictKind.REFUSED

    def __str__(self) -> str:
        return f"refused: {strerror(self.reason)}" if self.refused else self.kind.name.lower()


def new_verdict() -> Any:
    return result(voxlock_verdict)


def verdict_of(out: Any) -> Verdict:
    return Verdict(VerdictKind(out.kind), Changed(out.changes), out.reason, out.sip_status, out.warn_code,
                   string_at(out.warning).decode() if out.warning else "")


class SdpRoom:
    """Where descriptions are written to: grows on demand, and is wiped, for they hold keys."""

    def __init__(self) -> None:
        self._room = (c_char * _ROOM)()

    def run(self, handle: Handle, call: Any) -> bytes:
        """call(pointer, buffer, byref(len)) gives a status; the text that it wrote."""
        with handle._state as pointer:
            while True:
                size = c_size_t(len(self._room))
                status = call(pointer, self._room, byref(size))
                if status == abi.Status.ERR_BUFFER_TOO_SMALL and size.value > len(self._room):
                    self._room = (c_char * size.value)()
                    continue
                check(status)
                text = string_at(self._room, size.value)
                memset(self._room, 0, len(self._room))
                return text


@dataclass(frozen=True, slots=True)
class SdpMedia:
    """A media section."""

    type: str  # "audio"
    port: int  # 0: refused or not wanted
    port_count: int
    proto: str  # "RTP/SAVP"
    formats: tuple[str, ...]  # "0", "8", "101"
    direction: MediaDirection  # as its author sees it
    connection: str  # of the c= line that counts
    address: Address | None  # the same with the port, where it is a numeric IP address
    attribute_count: int


@dataclass(frozen=True, slots=True)
class SdpSummary:
    """The session level."""

    username: str
    session_id: str
    version: str
    origin_address: str
    name: str
    media_count: int


class Sdp(Handle):
    """A parsed description. It has room for max_text bytes (256..65536), used again by each parse."""

    _FREE = "voxlock_sdp_free"

    def __init__(self, context: Context, text: Bytes | None = None, *, max_text: int = 16384) -> None:
        super().__init__(context._make(lib.voxlock_sdp_new, max_text), context._keep)
        if text is not None:
            self.parse(text)

    def parse(self, text: Bytes) -> None:
        """Copies text in and parses all of it. Raises SdpError, Error (VOXLOCK_ERR_LIMIT); the former
        description then stays. RFC 8866, section 5"""
        data, size = borrowed(text)
        self._do(lib.voxlock_sdp_parse, data, size)

    def summary(self) -> SdpSummary:
        """The session level."""
        out = result(voxlock_sdp_summary)
        with self._state as pointer:
            check(lib.voxlock_sdp_get_summary(pointer, byref(out)))
            return SdpSummary(text_of(out.username), text_of(out.session_id), text_of(out.version),
                              text_of(out.origin_address), text_of(out.name), out.media_count)

    def media(self) -> list[SdpMedia]:
        """All media sections."""
        rows = []
        for index in range(self.summary().media_count):
            out = result(voxlock_sdp_media)
            with self._state as pointer:
                check(lib.voxlock_sdp_get_media(pointer, index, byref(out)))
                rows.append(SdpMedia(text_of(out.type), out.port, out.port_count, text_of(out.proto),
                                     tuple(text_of(out.formats).split()), MediaDirection(out.direction),
                                     text_of(out.connection), from_address(out.address), out.attribute_count))
        return rows

    def attributes(self, name: str | None = None, media: int = -1) -> Iterator[tuple[str, str]]:
        """a= lines as (name, value); the value of a flag is empty. media: index, -1: session level."""
        return found(self, lib.voxlock_sdp_attribute, (media, c_text(name)), voxlock_sip_header, pair_of)


@dataclass(frozen=True, slots=True)
class Crypto:
    """An a=crypto line. RFC 4568, section 9.2. key is a secret and does not show in repr."""

    tag: int
    suite: Suite | None  # None: not one of ours
    key: bytes = field(repr=False)  # master key, then master salt
    mki: bytes = b""
    lifetime: int = 0  # packets; 0: not stated
    usability: int = 0  # 0, or the Status that says why a leg skips the line


def parse_crypto(value: str) -> Crypto:
    """Reads what stands behind "a=crypto:". Raises SdpError."""
    data = value.encode()
    out = result(voxlock_sdp_crypto)
    check(lib.voxlock_sdp_crypto_parse(data, len(data), byref(out)))
    crypto = Crypto(out.tag, Suite(out.suite) if out.suite else None, bytes(out.key)[:out.key_len],
                    bytes(out.mki)[:out.mki_len], out.lifetime, out.usability)
    memset(addressof(out), 0, sizeof(out))
    return crypto


def write_crypto(crypto: Crypto) -> str:
    """The reverse. Raises SdpError where a length does not fit the suite."""
    out = result(voxlock_sdp_crypto)
    out.tag, out.suite, out.lifetime = crypto.tag, crypto.suite or 0, crypto.lifetime
    if len(crypto.key) > abi.SDP_MAX_KEY or len(crypto.mki) > abi.SDP_MAX_MKI:
        raise ValueError("a key or MKI is longer than any")
    out.key_len, out.mki_len = len(crypto.key), len(crypto.mki)
    out.key[:len(crypto.key)], out.mki[:len(crypto.mki)] = crypto.key, crypto.mki
    text = taken(lambda room, n: lib.voxlock_sdp_crypto_write(byref(out), room, n), 512).decode()
    memset(addressof(out), 0, sizeof(out))
    return text


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What was agreed. The keys are secrets and do not show in repr."""

    key_exchange: KeyExchange
    media_index: int
    codec: Codec
    rtp_clock_hz: int
    channels: int
    ptime_ms: int  # of what we send
    direction: MediaDirection
    payload_type_send: int
    payload_type_recv: int
    event_type_send: int | None  # telephone-event; None: not agreed
    event_type_recv: int | None
    remote_hold: bool
    rtcp_mux: bool
    remote_rtp: Address | None
    remote_rtcp: Address | None
    suite: Suite | None  # SDES, as the next three
    local_key: bytes = field(repr=False)
    remote_key: bytes = field(repr=False)
    remote_mki: bytes
    dtls_role: TlsRole | None
    ice: bool
    remote_ice_lite: bool


class NegotiatedText(IntEnum):
    """Texts of a WebRTC agreement."""

    LOCAL_UFRAG = abi.NEGOTIATED_LOCAL_UFRAG
    LOCAL_PWD = abi.NEGOTIATED_LOCAL_PWD
    REMOTE_UFRAG = abi.NEGOTIATED_REMOTE_UFRAG
    REMOTE_PWD = abi.NEGOTIATED_REMOTE_PWD
    FINGERPRINTS = abi.NEGOTIATED_FINGERPRINTS
    CANDIDATES = abi.NEGOTIATED_CANDIDATES
    LOCAL_TLS_ID = abi.NEGOTIATED_LOCAL_TLS_ID
    REMOTE_TLS_ID = abi.NEGOTIATED_REMOTE_TLS_ID
    MID = abi.NEGOTIATED_MID
    STREAM_ID = abi.NEGOTIATED_STREAM_ID
    TRACK_ID = abi.NEGOTIATED_TRACK_ID
    CNAME = abi.NEGOTIATED_CNAME


class Negotiation(Handle):
    """Offer and answer for one audio stream without a leg.

    rtp_address: own address as it stands in the SDP. suites, codecs: preferred first; empty: default.
    ptime_ms: 10 to 60 in steps of 10.
    key_exchange DTLS (WebRTC): fingerprint of the own certificate is required; candidates as
    IceAgent.candidates gives them, ufrag and pwd as its credentials. settings: further fields of
    voxlock_negotiation_config by their names, for example opus_dtx=1 or red=1.
    """

    _FREE = "voxlock_negotiation_free"

    def __init__(self, context: Context, rtp_address: Address, *, key_exchange: KeyExchange = KeyExchange.SDES,
                 srtp_policy: SrtpPolicy = SrtpPolicy.REQUIRED, suites: Sequence[Suite] = (),
                 codecs: Sequence[Codec] = (), ptime_ms: int = 20, telephone_event: bool = True,
                 fingerprint: str | None = None, ufrag: str | None = None, pwd: str | None = None,
                 candidates: Sequence[str] = (), **settings: int) -> None:
        config = configured(voxlock_negotiation_config, lib.voxlock_negotiation_config_init)
        config.rtp_address = to_address(rtp_address)
        config.key_exchange, config.srtp_policy = key_exchange, srtp_policy
        config.ptime_ms, config.telephone_event = ptime_ms, int(telephone_event)
        set_list(config.suites, suites)
        set_list(config.codecs, codecs)
        keep = [point_text(config, name, text) for name, text in
                (("fingerprint", fingerprint), ("ice_ufrag", ufrag), ("ice_pwd", pwd),
                 ("candidates", "\r\n".join(candidates) if candidates else None))]
        set_fields(config, settings)
        super().__init__(context._make(lib.voxlock_negotiation_new, byref(config)), context._keep)
        self._sdp = SdpRoom()
        del keep

    def answer(self, offer: Bytes) -> tuple[bytes, Verdict]:
        """Answers an offer, all of it or not at all: the SDP, empty where the verdict is REFUSED."""
        data, size = borrowed(offer)
        verdict, answer = new_verdict(), lib.voxlock_negotiation_answer
        sdp = self._sdp.run(self, lambda pointer, out, n: answer(pointer, data, size, out, n, byref(verdict)))
        return sdp, verdict_of(verdict)

    def offer(self, flags: OfferFlags = OfferFlags.NOTHING) -> bytes:
        """Makes an offer; what was agreed goes on until its answer."""
        return self._sdp.run(self, lambda pointer, out, n: lib.voxlock_negotiation_offer(pointer, flags, out, n))

    def accept_answer(self, answer: Bytes) -> Verdict:
        """Takes the answer to the own offer; a refused one withdraws the offer."""
        data, size = borrowed(answer)
        verdict = new_verdict()
        self._do(lib.voxlock_negotiation_accept_answer, data, size, byref(verdict))
        return verdict_of(verdict)

    def rollback(self) -> None:
        """Withdraws the own offer."""
        self._do(lib.voxlock_negotiation_rollback)

    def agreed(self) -> Negotiated:
        """What was agreed; Error (VOXLOCK_ERR_WRONG_STATE): nothing yet."""
        out = result(voxlock_negotiated)
        self._do(lib.voxlock_negotiation_get, byref(out))
        agreed = Negotiated(
            KeyExchange(out.key_exchange), out.media_index, Codec(out.codec), out.rtp_clock_hz, out.channels,
            out.ptime_ms, MediaDirection(out.direction), out.payload_type_send, out.payload_type_recv,
            known_type(out.event_type_send), known_type(out.event_type_recv), bool(out.remote_hold),
            bool(out.rtcp_mux), from_address(out.remote_rtp), from_address(out.remote_rtcp),
            Suite(out.suite) if out.suite else None, bytes(out.local_key)[:out.key_len],
            bytes(out.remote_key)[:out.key_len], bytes(out.remote_mki)[:out.remote_mki_len],
            TlsRole(out.dtls_role) if out.dtls_role else None, bool(out.ice), bool(out.remote_ice_lite))
        memset(addressof(out), 0, sizeof(out))
        return agreed

    def text(self, part: NegotiatedText) -> str:
        """A text of a WebRTC agreement; what the peer did not say is empty."""
        return taken(lambda out, n: self._call(lib.voxlock_negotiation_text, part, out, n)).decode()


def known_type(payload_type: int) -> int | None:
    return None if payload_type == 255 else payload_type


def set_list(field_array: Any, values: Sequence[int]) -> None:
    """A list of the config; 0 ends it. An empty one leaves the default."""
    if len(values) > len(field_array):
        raise ValueError(f"at most {len(field_array)} entries")
    if values:
        field_array[:] = [*values, *([0] * (len(field_array) - len(values)))]


def set_fields(config: Any, settings: dict[str, int]) -> None:
    """Further fields by name."""
    names = {row[0] for row in config._fields_}
    for name, value in settings.items():
        if name not in names or name == "struct_size":
            raise TypeError(f"there is no setting '{name}'")
        setattr(config, name, int(value))
