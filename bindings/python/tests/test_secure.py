"""TLS, DTLS-SRTP, ICE, SDP and the user agent, each with itself as the peer."""
from __future__ import annotations

import hashlib
import hmac
import json
import struct
import unittest
import zlib
from typing import Any

import voxlock
from voxlock import sdp
from voxlock._abi_constants import Status

from support import MS, PEER, TRUNK, vectors


class Tls(unittest.TestCase):
    def setUp(self) -> None:
        self.context = voxlock.Context()
        self.authority = voxlock.Identity(self.context, common_name="authority", is_ca=True)
        self.leaf = voxlock.Identity(self.context, dns_name="localhost", issuer=self.authority)

    def streams(self, host: str) -> tuple[voxlock.TlsStream, voxlock.TlsStream]:
        client = voxlock.TlsSettings(self.context, authorities=self.authority.certificate, alpn=("sip",))
        server = voxlock.TlsSettings(self.context, voxlock.TlsRole.SERVER, certificates=self.leaf.certificate,
                                     key=self.leaf.key, alpn=("sip",))
        # Settings may go before their connections.
        with client, server:
            return voxlock.TlsStream(self.context, client, host), voxlock.TlsStream(self.context, server)

    def test_a_handshake_and_data_both_ways(self) -> None:
        client, server = self.streams("localhost")
        client.start(0)
        for _ in range(4):
            server.feed(client.take(), 0)
            client.feed(server.take(), 0)
        info = client.info()
        self.assertEqual((info.state, info.is_peer_verified, info.alpn), (voxlock.TlsState.OPEN, True, "sip"))
        self.assertEqual(client.write(b"hello"), 5)
        server.feed(client.take(), 0)
        self.assertEqual((server.read(), server.read()), (b"hello", b""))
        client.shut_down()
        server.feed(client.take(), 0)
        with self.assertRaises(voxlock.TlsError) as caught:
            server.read()
        self.assertEqual(caught.exception.name, "VOXLOCK_ERR_TLS_CLOSED")

    def test_rfc6125_a_certificate_for_another_name_is_refused(self) -> None:
        client, server = self.streams("example.net")
        client.start(0)
        server.feed(client.take(), 0)
        with self.assertRaises(voxlock.TlsError) as caught:
            client.feed(server.take(), 0)
        self.assertEqual(caught.exception.status, Status.ERR_TLS_CERT_NAME)
        self.assertEqual(client.info().state, voxlock.TlsState.FAILED)
        self.assertTrue(client.take())


class DtlsSrtp(unittest.TestCase):
    def test_rfc5764_both_ends_get_the_same_keys(self) -> None:
        context = voxlock.Context()
        ours, theirs = voxlock.Identity(context), voxlock.Identity(context)
        client = voxlock.Dtls(context, voxlock.TlsRole.CLIENT, identity=ours,
                              peer_fingerprints=[voxlock.fingerprint(context, theirs.certificate)])
        server = voxlock.Dtls(context, identity=theirs, is_address_proven=True)
        client.start(0)
        server.start(0)
        for now in range(10):
            for source, target in ((client, server), (server, client)):
                while datagram := source.take():
                    target.receive(datagram, now * MS)
        self.assertEqual(server.info().state, voxlock.DtlsState.UNVERIFIED)
        with self.assertRaises(voxlock.Error):
            server.export_keys()
        server.expect([voxlock.fingerprint(context, ours.certificate)], 11 * MS)
        self.assertTrue(server.info().media_allowed)
        a, b = client.export_keys(), server.export_keys()
        self.assertEqual((a.suite, a.key, a.peer_key), (b.suite, b.peer_key, b.key))
        self.assertNotIn(a.key.hex(), repr(a))
        sealed = voxlock.SrtpSession(context, a.suite, key=a.key).seal(bytes([0x80]) + bytes(11))
        self.assertEqual(voxlock.SrtpSession(context, b.suite, peer_key=b.peer_key).open(sealed),
                         bytes([0x80]) + bytes(11))

    def test_a_webrtc_leg_offers_dtls(self) -> None:
        leg = voxlock.Leg(voxlock.Context(), TRUNK, key_exchange=voxlock.KeyExchange.DTLS,
                          further_addresses=[("::1", 40000)])
        offer = leg.offer()
        self.assertIn(b"UDP/TLS/RTP/SAVPF", offer)
        self.assertIn(b"a=fingerprint:sha-256 ", offer)
        self.assertEqual(offer.count(b"a=candidate:"), 2)


def binding_request(agent: voxlock.IceAgent, ufrag: str) -> bytes:
    """A check of a controlling agent that nominates. RFC 8445, section 7.2.2; RFC 8489, section 14"""

    def attribute(kind: int, value: bytes) -> bytes:
        return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)

    def header(length: int) -> bytes:
        return struct.pack("!HHI", 1, length, 0x2112A442) + b"transaction!"

    body = attribute(0x0006, f"{agent.ufrag}:{ufrag}".encode()) + attribute(0x0024, struct.pack("!I", 1))
    body += attribute(0x802A, bytes(8)) + attribute(0x0025, b"")
    key = agent.pwd.encode()
    body += attribute(0x0008, hmac.new(key, header(len(body) + 24) + body, hashlib.sha1).digest())
    crc = zlib.crc32(header(len(body) + 8) + body) ^ 0x5354554E
    return header(len(body) + 8) + body + attribute(0x8028, struct.pack("!I", crc))


class Ice(unittest.TestCase):
    def test_rfc8445_7_3_a_check_is_answered_and_nominates(self) -> None:
        agent = voxlock.IceAgent(voxlock.Context(), [TRUNK])
        agent.set_remote("peer", "p" * 22)
        self.assertEqual(len(agent.candidates), 1)
        self.assertEqual(agent.receive(b"\0\1not STUN", PEER, now_ns=0), b"")
        response = agent.receive(binding_request(agent, "peer"), PEER, now_ns=0)
        self.assertEqual(response[:2], b"\x01\x01")
        events = list(agent.events(0))
        self.assertEqual([(event.kind, event.remote) for event in events], [(voxlock.IceEventKind.SELECTED, PEER)])
        self.assertTrue(agent.is_authenticated(PEER))
        self.assertFalse(agent.is_authenticated(TRUNK))
        info = agent.info()
        self.assertEqual((info.checks, info.not_stun, info.selected_remote), (1, 1, PEER))
        before = agent.ufrag
        agent.restart()
        self.assertNotEqual(agent.ufrag, before)
        with self.assertRaises(voxlock.IceError):
            agent.add_candidate("candidate:")


class FrameVectors(unittest.TestCase):
    def opened(self, row: dict[str, Any], kdf: voxlock.Kdf, material: bytes) -> str:
        cryptor = voxlock.FrameCryptor(voxlock.Context(), clear_len=row["unencrypted_bytes"])
        cryptor.set_key(row["key_index"], material, kdf, voxlock.KeyUse.OPENS)
        return cryptor.open(bytes.fromhex(row["frame"])).hex()

    def test_livekit_frames_of_their_client_open(self) -> None:
        rows = json.loads(vectors("e2ee/livekit/from-client-sdk-js.json").read_bytes())["frames"]
        rows += json.loads(vectors("e2ee/livekit/audio-public.json").read_bytes())
        self.assertEqual(len(rows), 14)
        for row in rows:
            self.assertEqual(self.opened(row, voxlock.Kdf.NONE, bytes.fromhex(row["key"])), row["plain"])
            if "key_material" in row:
                self.assertEqual(self.opened(row, voxlock.Kdf.HKDF, bytes.fromhex(row["key_material"])), row["plain"])
            else:
                self.assertEqual(self.opened(row, voxlock.Kdf.PBKDF2, row["passphrase"].encode()), row["plain"])

    def test_rfc9605_appendix_c(self) -> None:
        rows = json.loads(vectors("e2ee/sframe-rfc9605/test-vectors.json").read_bytes())["sframe"]
        self.assertEqual(len(rows), 5)
        for row in rows:
            key, plain, sealed, metadata = (bytes.fromhex(row[name]) for name in ("base_key", "pt", "ct", "metadata"))
            for use in (voxlock.KeyUse.SEALS, voxlock.KeyUse.OPENS):
                cryptor = voxlock.FrameCryptor(voxlock.Context(), voxlock.FrameFormat.SFRAME,
                                               suite=voxlock.SframeSuite(row["cipher_suite"]), first_counter=row["ctr"])
                cryptor.set_key(row["kid"], key, voxlock.Kdf.NONE, use)
                if use is voxlock.KeyUse.SEALS:
                    self.assertEqual(cryptor.seal(plain, metadata), sealed)
                else:
                    self.assertEqual(cryptor.open(sealed, metadata), plain)


class Frames(unittest.TestCase):
    def refused(self, cryptor: voxlock.FrameCryptor, frame: bytes, metadata: bytes | None = None) -> int:
        with self.assertRaises(voxlock.E2eeError) as caught:
            cryptor.open(frame, metadata)
        return caught.exception.status

    def test_a_livekit_frame_there_and_back(self) -> None:
        cryptor = voxlock.FrameCryptor(voxlock.Context())
        cryptor.set_key(0, b"a shared passphrase", voxlock.Kdf.HKDF, voxlock.KeyUse.SEALS | voxlock.KeyUse.OPENS)
        sealed = cryptor.seal(b"\x78 opus")
        self.assertEqual((sealed[:1], cryptor.open(sealed)), (b"\x78", b"\x78 opus"))
        self.assertLessEqual(len(sealed), 6 + cryptor.max_overhead)
        self.assertEqual(self.refused(cryptor, sealed[:5] + bytes([sealed[5] ^ 1]) + sealed[6:]), Status.ERR_E2EE_AUTH)
        cryptor.remove_key(0)
        self.assertEqual(self.refused(cryptor, sealed), Status.ERR_E2EE_NO_KEY)
        stats = cryptor.stats()
        self.assertEqual((stats.sealed, stats.opened, stats.auth_failed, stats.no_key), (1, 1, 1, 1))

    def test_rfc9605_an_sframe_there_and_back(self) -> None:
        context = voxlock.Context()
        sender = voxlock.FrameCryptor(context, voxlock.FrameFormat.SFRAME)
        receiver = voxlock.FrameCryptor(context, voxlock.FrameFormat.SFRAME)
        sender.set_key(7, bytes(16), voxlock.Kdf.NONE, voxlock.KeyUse.SEALS)
        receiver.set_key(7, bytes(16), voxlock.Kdf.NONE, voxlock.KeyUse.OPENS)
        sealed = sender.seal(b"frame", b"metadata")
        self.assertEqual(self.refused(receiver, sealed, b"other"), Status.ERR_E2EE_AUTH)
        self.assertEqual(receiver.open(sealed, b"metadata"), b"frame")
        self.assertEqual(self.refused(receiver, sealed, b"metadata"), Status.ERR_E2EE_REPLAYED)
        self.assertEqual(sender.stats().next_counter, 1)


class Descriptions(unittest.TestCase):
    OFFER = (b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
             b"m=audio 4000 RTP/SAVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
             b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4\r\n")

    def test_rfc8866_a_description_is_read(self) -> None:
        text = voxlock.Sdp(voxlock.Context(), self.OFFER)
        self.assertEqual(text.summary().origin_address, "192.0.2.1")
        (media,) = text.media()
        self.assertEqual((media.type, media.proto, media.formats), ("audio", "RTP/SAVP", ("0", "101")))
        self.assertEqual(media.address, ("192.0.2.1", 4000))
        self.assertEqual([name for name, _ in text.attributes(media=0)], ["rtpmap", "crypto"])
        with self.assertRaises(voxlock.SdpError):
            text.parse(b"v=1\r\n")
        self.assertEqual(text.summary().media_count, 1)

    def test_rfc4568_a_crypto_line_there_and_back(self) -> None:
        (_, value), = voxlock.Sdp(voxlock.Context(), self.OFFER).attributes("crypto", 0)
        crypto = sdp.parse_crypto(value)
        self.assertEqual((crypto.tag, len(crypto.key), crypto.lifetime, crypto.mki), (1, 30, 2 ** 20, b"\0\0\0\1"))
        self.assertEqual(sdp.parse_crypto(sdp.write_crypto(crypto)), crypto)
        self.assertNotIn("d0Rm", repr(crypto))

    def test_rfc3264_offer_and_answer_without_a_leg(self) -> None:
        context = voxlock.Context()
        ours = voxlock.Negotiation(context, TRUNK, codecs=[voxlock.Codec.PCMA, voxlock.Codec.PCMU])
        theirs = voxlock.Negotiation(context, PEER, codecs=[voxlock.Codec.PCMU])
        answer, verdict = theirs.answer(ours.offer())
        self.assertFalse(verdict.refused)
        self.assertFalse(ours.accept_answer(answer).refused)
        a, b = ours.agreed(), theirs.agreed()
        self.assertEqual((a.codec, a.local_key, a.remote_key), (voxlock.Codec.PCMU, b.remote_key, b.local_key))
        self.assertEqual(a.remote_rtp, PEER)
        with self.assertRaises(TypeError):
            voxlock.Negotiation(context, TRUNK, no_such_field=1)


class UserAgents(unittest.TestCase):
    def test_a_call_from_invite_to_bye(self) -> None:
        context = voxlock.Context()
        ends = {"a": voxlock.Ua(context, "a.example.net"), "b": voxlock.Ua(context, "b.example.net")}
        links: dict[str, int] = {}
        seen: list[tuple[str, voxlock.UaEventKind]] = []
        calls: dict[str, int] = {}
        digits = [("#", 100), ("#", 0)]

        def step(name: str, other: str) -> None:
            ua = ends[name]
            for event in ua.events(0):
                match event.kind:
                    case voxlock.UaEventKind.CONNECT:
                        self.assertEqual((event.data, event.transport), (b"b.example.net", voxlock.UaTransport.TLS))
                        links[name] = event.connection
                        links[other] = ends[other].accepted(voxlock.UaTransport.TLS, ("192.0.2.9", 999), 0)
                        ua.connected(event.connection, 0)
                    case voxlock.UaEventKind.TRANSMIT:
                        self.assertEqual(ends[other].input(links[other], event.data, 0), len(event.data))
                    case _:
                        seen.append((name, event.kind))
                        calls[name] = event.call
                        if event.kind is voxlock.UaEventKind.INCOMING:
                            self.assertEqual(event.sdp, b"v=0 offer")
                            ua.ring(event.call, now_ns=0)
                            with self.assertRaises(voxlock.UaError):
                                ua.answer(event.call, b"v=0 answer", 0, headers=[("Via", "x")])
                            ua.answer(event.call, b"v=0 answer", 0, headers=[("X-Room", "blue")])
                        if event.kind is voxlock.UaEventKind.ANSWERED:
                            self.assertIn(b"\r\nX-Room: blue\r\n", event.data)
                        if event.kind is voxlock.UaEventKind.DIGIT:
                            self.assertEqual((event.digit, event.duration_ms), digits.pop())
                            self.assertIn(event.digit.encode(), event.sdp)
                            # What is part of a PIN, or a key, shows in no log.
                            for secret in ("INFO", "#", "digit=", "sdp="):
                                self.assertNotIn(secret, repr(event))

        calls["a"] = ends["a"].invite("sips:bob@b.example.net", b"v=0 offer", headers=[("X-Reason", "test")], now_ns=0)
        for _ in range(6):
            step("a", "b")
            step("b", "a")
        ends["a"].send_digit(calls["a"], "#", now_ns=0)
        ends["b"].send_digit(calls["b"], "#", form=voxlock.DigitForm.PLAIN, now_ns=0)
        with self.assertRaises(voxlock.Error):
            ends["a"].send_digit(calls["a"], "x", now_ns=0)
        step("b", "a")
        step("a", "b")
        step("b", "a")
        self.assertEqual(digits, [])
        ends["b"].hang_up(calls["b"], 0)
        for _ in range(4):
            step("b", "a")
            step("a", "b")
        kind = voxlock.UaEventKind
        self.assertEqual([what for name, what in seen if name == "a"], [kind.PROGRESS, kind.ANSWERED, kind.DIGIT,
                                                                         kind.ENDED])
        self.assertEqual([what for name, what in seen if name == "b"], [kind.INCOMING, kind.CONFIRMED, kind.DIGIT,
                                                                         kind.ENDED])
        self.assertEqual((ends["a"].stats().calls, ends["b"].stats().malformed), (0, 0))
        with self.assertRaises(voxlock.UaError) as caught:
            ends["a"].hang_up(calls["a"])
        self.assertEqual(caught.exception.name, "VOXLOCK_ERR_UA_NO_CALL")


if __name__ == "__main__":
    unittest.main()
