#!/usr/bin/env python3
"""Random packets through libvoxlock and through pylibsrtp, whose libsrtp is built on OpenSSL: both
seal the same bytes and each opens what the other sealed.

usage: srtp_pylibsrtp.py LIBVOXLOCK FOLDER [PACKETS]

Without pylibsrtp it makes a virtual environment in FOLDER; exit status 77 (skipped) where that
fails. Standard library only, but for the peer."""
import ctypes
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from peers import need  # noqa: E402

PACKETS_PER_KEY = 100
# Our suite, pylibsrtp's name for it, bytes of key and salt.
SUITES = [
    (1, "SRTP_PROFILE_AES128_CM_SHA1_80", 30),
    (2, "SRTP_PROFILE_AES128_CM_SHA1_32", 30),
    (5, "SRTP_PROFILE_AEAD_AES_128_GCM", 28),
    (6, "SRTP_PROFILE_AEAD_AES_256_GCM", 44),
]


class Config(ctypes.Structure):
    """voxlock_srtp_config up to what this test sets; the rest keeps its defaults."""
    _fields_ = [("struct_size", ctypes.c_uint32), ("suite", ctypes.c_int32), ("key", ctypes.c_char_p),
                ("key_len", ctypes.c_size_t)]


class Voxlock:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.context = ctypes.c_void_p()
        self.check(self.lib.voxlock_context_new(None, ctypes.byref(self.context)))

    @staticmethod
    def check(status):
        if status != 0:
            raise RuntimeError(f"voxlock status {status}")

    def session(self, suite, key):
        config = Config()
        self.check(self.lib.voxlock_srtp_config_init(ctypes.byref(config), ctypes.sizeof(config)))
        config.suite, config.key, config.key_len = suite, key, len(key)
        session = ctypes.c_void_p()
        self.check(self.lib.voxlock_srtp_new(self.context, ctypes.byref(config), ctypes.byref(session)))
        return session

    def run(self, function, session, packet, *rest):
        out = ctypes.create_string_buffer(2048)
        size = ctypes.c_size_t(len(out))
        self.check(function(session, packet, ctypes.c_size_t(len(packet)), out, ctypes.byref(size), *rest))
        return out.raw[:size.value]

    def seal(self, session, packet, is_rtcp):
        return self.run(self.lib.voxlock_srtp_seal_rtcp if is_rtcp else self.lib.voxlock_srtp_seal, session, packet)

    def open(self, session, packet, is_rtcp):
        function = self.lib.voxlock_srtp_open_rtcp if is_rtcp else self.lib.voxlock_srtp_open
        return self.run(function, session, packet, ctypes.c_uint64(0))


def rtp_packet(numbers, sequence, ssrc):
    extension = numbers.random() < 0.3
    csrcs = numbers.randrange(4)
    head = struct.pack("!BBHII", 0x80 | extension << 4 | csrcs, 96, sequence, numbers.getrandbits(32), ssrc)
    head += numbers.randbytes(4 * csrcs)
    if extension:
        words = numbers.randrange(6)
        head += struct.pack("!HH", 0xbede, words) + numbers.randbytes(4 * words)
    return head + numbers.randbytes(numbers.randrange(400))


def rtcp_packet(numbers, ssrc):
    words = numbers.randrange(1, 40)
    return struct.pack("!BBHI", 0x80, 200, words, ssrc) + numbers.randbytes(4 * words - 4)


def exchange(voxlock, ours, theirs, packet, is_rtcp):
    their_out, their_in = theirs
    sealed = voxlock.seal(ours, packet, is_rtcp)
    assert sealed == (their_out.protect_rtcp if is_rtcp else their_out.protect)(packet), "sealed bytes differ"
    assert (their_in.unprotect_rtcp if is_rtcp else their_in.unprotect)(sealed) == packet, "pylibsrtp opens other bytes"
    assert voxlock.open(ours, sealed, is_rtcp) == packet, "voxlock opens other bytes"


def main():
    need("pylibsrtp", "pylibsrtp", sys.argv[2])
    import pylibsrtp as peer
    packets = int(sys.argv[3]) if len(sys.argv) > 3 else 4000
    voxlock = Voxlock(sys.argv[1])
    numbers = random.Random(1)
    done = 0
    while done < packets:
        suite, profile, key_len = SUITES[done // PACKETS_PER_KEY % len(SUITES)]
        key = numbers.randbytes(key_len)
        ours = voxlock.session(suite, key)
        policies = [peer.Policy(key=key, ssrc_type=direction, srtp_profile=getattr(peer.Policy, profile))
                    for direction in (peer.Policy.SSRC_ANY_OUTBOUND, peer.Policy.SSRC_ANY_INBOUND)]
        theirs = [peer.Session(policy=policy) for policy in policies]
        index = 65500  # over the rollover soon
        for _ in range(PACKETS_PER_KEY):
            is_rtcp = numbers.random() < 0.2
            # RFC 5764 4.1.2: in the profile of the DTLS registry SRTCP has a tag of 80 bits, as ours.
            packet = rtcp_packet(numbers, 7) if is_rtcp else rtp_packet(numbers, index & 0xffff, 7)
            index += 0 if is_rtcp else numbers.randrange(1, 4)
            exchange(voxlock, ours, theirs, packet, is_rtcp)
        voxlock.lib.voxlock_srtp_free(ours)
        done += PACKETS_PER_KEY
    voxlock.lib.voxlock_context_free(voxlock.context)
    print(f"{done} packets of {len(SUITES)} suites: the same bytes as pylibsrtp's")


if __name__ == "__main__":
    main()
