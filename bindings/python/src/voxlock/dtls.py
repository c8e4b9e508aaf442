"""DTLS-SRTP: the handshake that agrees on SRTP keys over the media path (RFC 5763, 5764, 8122, 8842)."""
from __future__ import annotations

from ctypes import addressof, byref, c_int32, c_size_t, c_char, memset, sizeof, string_at
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Sequence

from . import _abi_constants as abi
from ._abi_structs import voxlock_dtls_config, voxlock_dtls_info, voxlock_dtls_keys
from ._clock import deadline, now
from ._handle import Handle, configured, lend, result
from ._library import check, lib
from ._memory import Bytes, borrowed, c_text, point, point_text, taken
from .context import Context
from .srtp import Suite
from .tls import Identity, TlsRole

_NS = 1_000_000_000


class FingerprintHash(IntEnum):
    """MD5 and SHA-1 are refused."""

    SHA256 = abi.FINGERPRINT_SHA256
    SHA384 = abi.FINGERPRINT_SHA384
    SHA512 = abi.FINGERPRINT_SHA512


def fingerprint(context: Context, certificate: bytes, hash: FingerprintHash = FingerprintHash.SHA256) -> str:
    """The value of a=fingerprint for a certificate in PEM or DER: "sha-256 4A:AD:...". RFC 8122, section 5"""
    size = len(certificate)
    return taken(lambda out, n: context._call(lib.voxlock_fingerprint, certificate, size, hash, out, n)).decode()


class DtlsState(IntEnum):
    """Of an association."""

    HANDSHAKE = abi.DTLS_HANDSHAKE
    UNVERIFIED = abi.DTLS_UNVERIFIED  # over, but the fingerprint has not been told
    CONNECTED = abi.DTLS_CONNECTED  # media is allowed
    CLOSED = abi.DTLS_CLOSED
    FAILED = abi.DTLS_FAILED


@dataclass(frozen=True, slots=True)
class DtlsInfo:
    """State, and what the handshake agreed on."""

    state: DtlsState
    failure: int  # the Status that made the state FAILED, else 0
    doubt: int  # why a ClientHello was refused; not authentic
    media_allowed: bool
    is_peer_verified: bool
    suite: Suite | None
    alert_received: int
    alert_sent: int
    cipher: str  # IANA name
    peer_sha256: bytes
    records_dropped: int
    datagrams_dropped: int


@dataclass(frozen=True, slots=True)
class DtlsKeys:
    """What SrtpSession takes: master key and salt of both directions. Secrets; they do not show in repr."""

    suite: Suite
    key: bytes = field(repr=False)
    peer_key: bytes = field(repr=False)


class Dtls(Handle):
    """One association, sans-I/O.

    identity: own certificate and key; or certificates (PEM or DER) and key.
    peer_fingerprints: values of a=fingerprint; any one that matches is enough. Empty: told later by expect.
    mtu: most bytes of a datagram, 256..16384. is_address_proven: ICE has authenticated the peer's address.
    first_timeout_s, max_timeout_s, give_up_s: retransmission, RFC 6347, section 4.2.4.1.
    """

    _FREE = "voxlock_dtls_free"

    def __init__(self, context: Context, role: TlsRole = TlsRole.SERVER, *, identity: Identity | None = None,
                 certificates: bytes | None = None, key: bytes | None = None, peer_fingerprints: Sequence[str] = (),
                 suites: Sequence[Suite] = (), mtu: int = 1200, is_address_proven: bool = False,
                 first_timeout_s: float = 1.0, max_timeout_s: float = 60.0, give_up_s: float = 30.0) -> None:
        config = configured(voxlock_dtls_config, lib.voxlock_dtls_config_init)
        config.role = role
        point(config, "certificates", certificates)
        point(config, "key", key)
        keep = point_text(config, "peer_fingerprints", ",".join(peer_fingerprints) if peer_fingerprints else None)
        rows = (c_int32 * len(suites))(*suites)
        if suites:
            config.suites, config.suite_count = addressof(rows), len(suites)
        config.mtu, config.is_address_proven = mtu, int(is_address_proven)
        config.first_timeout_ns, config.max_timeout_ns = round(first_timeout_s * _NS), round(max_timeout_s * _NS)
        config.give_up_ns = round(give_up_s * _NS)
        with lend(identity) as lent:
            config.identity = lent
            super().__init__(context._make(lib.voxlock_dtls_new, byref(config)), context._keep)
        self._room = (c_char * mtu)()
        del keep, rows

    def expect(self, peer_fingerprints: Sequence[str], now_ns: int | None = None) -> None:
        """Tells the peer's fingerprints where the constructor did not, once."""
        self._do(lib.voxlock_dtls_expect, c_text(",".join(peer_fingerprints)), now(now_ns))

    def start(self, now_ns: int | None = None) -> None:
        """A client sends its hello; both roles begin to count give_up_s."""
        self._do(lib.voxlock_dtls_start, now(now_ns))

    def receive(self, datagram: Bytes, now_ns: int | None = None) -> None:
        """Takes one datagram. What is not authentic changes nothing but a counter; TlsError is final."""
        data, size = borrowed(datagram)
        self._do(lib.voxlock_dtls_receive, data, size, now(now_ns))

    def take(self) -> bytes:
        """The next datagram for the peer; empty: none."""
        size = c_size_t(sizeof(self._room))
        with self._state as pointer:
            check(lib.voxlock_dtls_take(pointer, self._room, byref(size)))
            return string_at(self._room, size.value)

    @property
    def next_deadline_ns(self) -> int | None:
        """When to call advance, in the time of now_ns; None: never."""
        return deadline(int(self._call(lib.voxlock_dtls_next_deadline)))

    def advance(self, now_ns: int | None = None) -> None:
        """Retransmits or gives up where the time has come."""
        self._do(lib.voxlock_dtls_advance, now(now_ns))

    def shut_down(self, now_ns: int | None = None) -> None:
        """Sends close_notify and wipes the keys."""
        self._do(lib.voxlock_dtls_close, now(now_ns))

    def info(self) -> DtlsInfo:
        """State and agreement."""
        out = result(voxlock_dtls_info)
        self._do(lib.voxlock_dtls_get_info, byref(out))
        return DtlsInfo(DtlsState(out.state), out.failure, out.doubt, bool(out.media_allowed),
                        bool(out.is_peer_verified), Suite(out.suite) if out.suite else None, out.alert_received,
                        out.alert_sent, out.cipher.decode(), bytes(out.peer_sha256), out.records_dropped,
                        out.datagrams_dropped)

    def export_keys(self) -> DtlsKeys:
        """SRTP keys of both directions; Error (VOXLOCK_ERR_WRONG_STATE) while media is not allowed.
        RFC 5764, section 4.2"""
        out = result(voxlock_dtls_keys)
        self._do(lib.voxlock_dtls_export_keys, byref(out))
        keys = DtlsKeys(Suite(out.suite), bytes(out.key)[:out.key_len], bytes(out.peer_key)[:out.key_len])
        memset(addressof(out), 0, sizeof(out))
        return keys
