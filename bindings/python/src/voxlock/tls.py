"""TLS for signalling, sans-I/O, and small certificates (RFC 8446, 5246, 6125, 5922)."""
from __future__ import annotations

import time
from ctypes import byref, c_char, c_size_t, string_at
from dataclasses import dataclass
from enum import IntEnum

from . import _abi_constants as abi
from ._abi_structs import voxlock_identity_config, voxlock_tls_info, voxlock_tls_settings_config
from ._clock import now
from ._handle import Handle, configured, lend, result
from ._library import check, lib
from ._memory import Bytes, borrowed, c_text, point, point_text, taken
from .context import Context

_ROOM = 16384


class Identity(Handle):
    """A certificate with an ECDSA P-256 key. RFC 5280

    not_before_s, not_after_s: Unix seconds; default: an hour ago, and for 30 days.
    issuer: the authority that signs; None: self-signed.
    """

    _FREE = "voxlock_identity_free"

    def __init__(self, context: Context, *, common_name: str | None = None, dns_name: str | None = None,
                 ip: bytes | None = None, sip_uri: str | None = None, is_ca: bool = False,
                 not_before_s: int | None = None, not_after_s: int | None = None,
                 issuer: Identity | None = None) -> None:
        config = result(voxlock_identity_config)
        now = int(time.time())
        keep = [point_text(config, name, text) for name, text in
                (("common_name", common_name), ("dns_name", dns_name), ("sip_uri", sip_uri))]
        point(config, "ip", ip)
        config.is_ca = int(is_ca)
        config.not_before_s = now - 3600 if not_before_s is None else not_before_s
        config.not_after_s = now + 30 * 86400 if not_after_s is None else not_after_s
        with lend(issuer) as lent:
            config.issuer = lent
            super().__init__(context._make(lib.voxlock_identity_new, byref(config)), context._keep)
        del keep

    @property
    def certificate(self) -> bytes:
        """PEM."""
        return taken(lambda out, n: self._call(lib.voxlock_identity_pem, abi.IDENTITY_CERTIFICATE, out, n))

    @property
    def key(self) -> bytes:
        """PEM, not encrypted: a secret."""
        return taken(lambda out, n: self._call(lib.voxlock_identity_pem, abi.IDENTITY_KEY, out, n))


class TlsRole(IntEnum):
    """Which end of a handshake."""

    CLIENT = abi.TLS_CLIENT
    SERVER = abi.TLS_SERVER


class ClientAuth(IntEnum):
    """What a server asks of its clients."""

    NONE = abi.TLS_CLIENT_AUTH_NONE
    OPTIONAL = abi.TLS_CLIENT_AUTH_OPTIONAL
    REQUIRED = abi.TLS_CLIENT_AUTH_REQUIRED


class TlsSettings(Handle):
    """Certificates and rules, checked once and shared by connections.

    certificates: own chain, leaf first, PEM or one DER. key: its private key, not encrypted.
    authorities: trusted roots; a client needs some, there is no system store.
    alpn: protocols, most wanted first. Raises TlsError, Error (VOXLOCK_ERR_UNSUPPORTED: TLS 1.3).
    """

    _FREE = "voxlock_tls_settings_free"

    def __init__(self, context: Context, role: TlsRole = TlsRole.CLIENT, *, certificates: bytes | None = None,
                 key: bytes | None = None, authorities: bytes | None = None, alpn: tuple[str, ...] = (),
                 client_auth: ClientAuth = ClientAuth.NONE, requires_tls13: bool = False,
                 requires_alpn: bool = False, allows_unknown_time: bool = False) -> None:
        config = configured(voxlock_tls_settings_config, lib.voxlock_tls_settings_config_init)
        config.role, config.client_auth = role, client_auth
        config.requires_tls13, config.requires_alpn = int(requires_tls13), int(requires_alpn)
        config.allows_unknown_time = int(allows_unknown_time)
        point(config, "certificates", certificates)
        point(config, "key", key)
        point(config, "authorities", authorities)
        keep = point_text(config, "alpn", ",".join(alpn) if alpn else None)
        self.role = role
        super().__init__(context._make(lib.voxlock_tls_settings_new, byref(config)), context._keep)
        del keep


class TlsState(IntEnum):
    """Of a connection."""

    HANDSHAKE = abi.TLS_HANDSHAKE
    OPEN = abi.TLS_OPEN
    CLOSING = abi.TLS_CLOSING
    CLOSED = abi.TLS_CLOSED
    FAILED = abi.TLS_FAILED


@dataclass(frozen=True, slots=True)
class TlsInfo:
    """State, and what the handshake agreed on; texts are empty before its end."""

    state: TlsState
    failure: int  # the Status that made the state FAILED, else 0
    is_peer_verified: bool
    alert_received: int  # 0: none
    alert_sent: int
    version: str  # "TLS 1.3"
    cipher: str  # IANA name
    alpn: str
    peer_subject: str
    peer_sha256: bytes  # of the peer's certificate in DER; zeros: none


class TlsStream(Handle):
    """One connection without a socket: feed what the transport gave, then take and read.

    expected_host: the name or address that was dialled, checked against the certificate's
        subjectAltName; a client must give it (RFC 6125, 5922). None for a server.
    """

    _FREE = "voxlock_tls_free"

    def __init__(self, context: Context, settings: TlsSettings, expected_host: str | None = None) -> None:
        with settings._state as lent:
            super().__init__(context._make(lib.voxlock_tls_new, lent, c_text(expected_host)), context._keep)
        self._room = (c_char * _ROOM)()

    def start(self, now_ns: int | None = None) -> None:
        """Starts a client's handshake."""
        self._do(lib.voxlock_tls_start, now(now_ns))

    def feed(self, data: Bytes, now_ns: int | None = None) -> int:
        """Takes ciphertext and gives how many bytes: fewer than given while buffers are full; read,
        take, and feed the rest. Raises TlsError, which is final: take() then holds the alert."""
        raw, size = borrowed(data)
        consumed = c_size_t()
        self._do(lib.voxlock_tls_feed, raw, size, byref(consumed), now(now_ns))
        return consumed.value

    def end_input(self, now_ns: int | None = None) -> None:
        """The transport ended."""
        self._do(lib.voxlock_tls_end_input, now(now_ns))

    def take(self) -> bytes:
        """Ciphertext for the transport; empty: none for now."""
        size = c_size_t(_ROOM)
        with self._state as pointer:
            check(lib.voxlock_tls_take(pointer, self._room, byref(size)))
            return string_at(self._room, size.value)

    def write(self, data: Bytes) -> int:
        """Encrypts and gives how many bytes: fewer than given while the output is full."""
        raw, size = borrowed(data)
        accepted = c_size_t()
        self._do(lib.voxlock_tls_write, raw, size, byref(accepted))
        return accepted.value

    def read(self) -> bytes:
        """Decrypted bytes; empty: none yet. Raises TlsError: VOXLOCK_ERR_TLS_CLOSED after the peer's
        close_notify, VOXLOCK_ERR_TLS_TRUNCATED where there was none."""
        size = c_size_t(_ROOM)
        with self._state as pointer:
            check(lib.voxlock_tls_read(pointer, self._room, byref(size)))
            return string_at(self._room, size.value)

    def shut_down(self) -> None:
        """Sends close_notify. The object itself is closed by close()."""
        self._do(lib.voxlock_tls_close)

    def info(self) -> TlsInfo:
        """State and agreement."""
        out = result(voxlock_tls_info)
        self._do(lib.voxlock_tls_get_info, byref(out))
        return TlsInfo(TlsState(out.state), out.failure, bool(out.is_peer_verified), out.alert_received,
                       out.alert_sent, out.version.decode(), out.cipher.decode(), out.alpn.decode(),
                       out.peer_subject.decode("utf-8", "replace"), bytes(out.peer_sha256))
