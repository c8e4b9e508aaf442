"""Frame cryptors: seal and open single media frames end to end, below the packets (RFC 9605, LiveKit)."""
from __future__ import annotations

from ctypes import byref, c_char, c_size_t, string_at
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any

from . import _abi_constants as abi
from ._abi_structs import voxlock_frame_cryptor_config, voxlock_frame_cryptor_stats
from ._handle import Handle, configured, names_of, result
from ._library import fail, lib
from ._memory import Bytes, borrowed, point
from .audio import Codec
from .context import Context


class FrameFormat(IntEnum):
    """Of sealed frames."""

    LIVEKIT = abi.E2EE_LIVEKIT
    SFRAME = abi.E2EE_SFRAME


class SframeSuite(IntEnum):
    """As registered with IANA. RFC 9605, section 4.5"""

    AES_128_CTR_HMAC_SHA256_80 = abi.SFRAME_AES_128_CTR_HMAC_SHA256_80
    AES_128_CTR_HMAC_SHA256_64 = abi.SFRAME_AES_128_CTR_HMAC_SHA256_64
    AES_128_CTR_HMAC_SHA256_32 = abi.SFRAME_AES_128_CTR_HMAC_SHA256_32
    AES_128_GCM_SHA256_128 = abi.SFRAME_AES_128_GCM_SHA256_128
    AES_256_GCM_SHA512_128 = abi.SFRAME_AES_256_GCM_SHA512_128
    AES_256_CTR_HMAC_SHA512_80 = abi.SFRAME_AES_256_CTR_HMAC_SHA512_80
    AES_256_CTR_HMAC_SHA512_64 = abi.SFRAME_AES_256_CTR_HMAC_SHA512_64
    AES_256_CTR_HMAC_SHA512_32 = abi.SFRAME_AES_256_CTR_HMAC_SHA512_32


class Kdf(IntEnum):
    """How a LiveKit key comes from its material; SFrame derives by its own rules: NONE."""

    NONE = abi.E2EE_KDF_NONE  # the material is the key, 16 bytes
    HKDF = abi.E2EE_KDF_HKDF  # a key of any length, RFC 5869
    PBKDF2 = abi.E2EE_KDF_PBKDF2  # a passphrase, RFC 8018


class KeyUse(IntFlag):
    """What a key is for; both for a LiveKit key that the room shares."""

    SEALS = abi.E2EE_SEALS
    OPENS = abi.E2EE_OPENS


@dataclass(frozen=True, slots=True)
class FrameCryptorStats:
    """Numbers of frames but where it says otherwise."""

    opening_keys: int  # keys in the ring
    sealed: int
    opened: int
    empty: int
    server_frames: int
    auth_failed: int  # this and the next ones: refused
    no_key: int
    malformed: int
    server_refused: int
    replayed: int
    exhausted: int
    ratcheted: int  # keys gone on
    next_counter: int  # SFrame: of the next sealed frame


class FrameCryptor(Handle):
    """Works on the payloads of one stream. Who holds the keys is a participant: a gateway that opens
    frames ends the end-to-end encryption. Refused frames are concealed, never decoded.

    ring_size: keys that open at the same time, 1..256. clear_len (bytes, 0..64), ratchet_window (keys,
    0..16) and pbkdf2_iterations (of passwords): LiveKit. max_frames: sealed with one key, 1..2^32.
    salt: LiveKit, of the key derivation; None: "LKFrameEncryptionKey". server_trailer: LiveKit, the
    room's sif_trailer; server_codec: whose silence the server may send.
    first_counter: SFrame, of the first sealed frame; never one that was used with the same key.
    """

    _FREE = "voxlock_frame_cryptor_free"

    def __init__(self, context: Context, format: FrameFormat = FrameFormat.LIVEKIT, *, ring_size: int = 16,
                 clear_len: int = 1, ratchet_window: int = 0, pbkdf2_iterations: int = 100_000,
                 salt: bytes | None = None, server_trailer: bytes | None = None, server_codec: Codec = Codec.OPUS,
                 suite: SframeSuite = SframeSuite.AES_128_GCM_SHA256_128, first_counter: int = 0,
                 max_frames: int = 1 << 32) -> None:
        config = configured(voxlock_frame_cryptor_config, lib.voxlock_frame_cryptor_config_init)
        config.format, config.ring_size, config.clear_len = format, ring_size, clear_len
        config.ratchet_window, config.pbkdf2_iterations = ratchet_window, pbkdf2_iterations
        point(config, "salt", salt)
        point(config, "server_trailer", server_trailer)
        config.server_codec, config.sframe_suite = server_codec, suite
        config.first_counter, config.max_frames = first_counter, max_frames
        super().__init__(context._make(lib.voxlock_frame_cryptor_new, byref(config)), context._keep)
        #: The most bytes that sealing adds: make packets that much smaller.
        self.max_overhead = int(self._call(lib.voxlock_frame_cryptor_max_overhead))

    def set_key(self, kid: int, material: bytes, kdf: Kdf, uses: KeyUse) -> None:
        """Sets a key of the id kid (LiveKit: 0..255), 1 to 256 bytes of material. PBKDF2 takes about 50 ms, with the GIL released.
        RFC 9605, section 4.4. Raises E2eeError, Error."""
        self._do(lib.voxlock_frame_cryptor_set_key, kid, kdf, material, len(material), uses)

    def remove_key(self, kid: int, uses: KeyUse = KeyUse.SEALS | KeyUse.OPENS) -> None:
        """Removes and wipes the key of the id kid; Error (VOXLOCK_ERR_NOT_FOUND)."""
        self._do(lib.voxlock_frame_cryptor_remove_key, kid, uses)

    def ratchet(self, kid: int) -> None:
        """LiveKit: goes on to the next key that derives from the present one of the id kid."""
        self._do(lib.voxlock_frame_cryptor_ratchet, kid)

    def prepare(self, most: int = 16) -> int:
        """LiveKit: derives keys that ratcheting senders may use next, at most `most` in this call, and tells how
        many are missing."""
        left = c_size_t()
        self._do(lib.voxlock_frame_cryptor_prepare, most, byref(left))
        return left.value

    def seal(self, frame: Bytes, metadata: Bytes | None = None) -> bytes:
        """Seals a frame. metadata: authenticated and not sent, SFrame only. Raises E2eeError, Error."""
        return self._run(lib.voxlock_frame_cryptor_seal, frame, metadata)

    def open(self, frame: Bytes, metadata: Bytes | None = None) -> bytes:
        """Opens a frame; on an error nothing but a counter has changed. Raises E2eeError, Error."""
        return self._run(lib.voxlock_frame_cryptor_open, frame, metadata)

    def _run(self, function: Any, frame: Bytes, metadata: Bytes | None) -> bytes:
        data, size = borrowed(frame)
        extra, extra_size = (None, 0) if metadata is None else borrowed(metadata)
        room = (c_char * (size + abi.E2EE_MAX_OVERHEAD))()
        written = c_size_t(len(room))
        status = self._call(function, data, size, extra, extra_size, room, byref(written))
        if status != 0:
            fail(status)
        return string_at(room, written.value)

    def stats(self) -> FrameCryptorStats:
        """The counters."""
        out = result(voxlock_frame_cryptor_stats)
        self._do(lib.voxlock_frame_cryptor_get_stats, byref(out))
        return FrameCryptorStats(*(getattr(out, name) for name in names_of(FrameCryptorStats)))
