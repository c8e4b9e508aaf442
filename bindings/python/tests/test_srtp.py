"""SRTP and SRTCP on the public vectors, and what must be refused (RFC 3711, 6188, 7714)."""
from __future__ import annotations

import json
import unittest
from typing import Any

import voxlock
from voxlock import SrtpSession, Status, Suite, rtp

from support import vectors

KEY = bytes(range(30))


def packet(sequence: int, ssrc: int = 7) -> bytes:
    return rtp.build(rtp.RtpHeader(0, sequence, sequence * 160, ssrc), bytes(160))


class Vectors(unittest.TestCase):
    def setUp(self) -> None:
        self.context = voxlock.Context()
        self.sets = json.loads(vectors("srtp/packets-public.json").read_bytes())

    def session(self, row: dict[str, Any], is_inbound: bool, plain_rtcp: bool = False) -> SrtpSession:
        key = bytes.fromhex(row["master_key"] + row["master_salt"])
        mki = bytes.fromhex(row["mki"]) or None
        if is_inbound:
            return SrtpSession(self.context, Suite[row["suite"]], peer_key=key, peer_mki=mki, plain_rtcp=plain_rtcp)
        return SrtpSession(self.context, Suite[row["suite"]], key=key, mki=mki, plain_rtcp=plain_rtcp)

    def test_public_packets_open_and_seal(self) -> None:
        seen = 0
        for row in self.sets:
            if "192" in row["suite"]:
                self.assertNotIn(row["suite"], Suite.__members__)
                continue
            for case in row["rtp"]:
                plain, sealed = bytes.fromhex(case["plain"]), bytes.fromhex(case["srtp"])
                ssrc = int.from_bytes(plain[8:12], "big")
                with self.session(row, True) as inbound, self.session(row, False) as outbound:
                    inbound.set_roc(voxlock.Direction.INBOUND, ssrc, case["roc"])
                    outbound.set_roc(voxlock.Direction.OUTBOUND, ssrc, case["roc"])
                    self.assertEqual(inbound.open(sealed), plain)
                    self.assertEqual(outbound.seal(plain), sealed)
                    self.assertEqual(inbound.roc(voxlock.Direction.INBOUND, ssrc), case["roc"])
                seen += 1
        self.assertEqual(seen, 80)

    def test_public_compounds_open_and_seal(self) -> None:
        seen = 0
        for row in self.sets:
            for case in row["rtcp"] if "192" not in row["suite"] else []:
                plain, sealed = bytes.fromhex(case["plain"]), bytes.fromhex(case["srtcp"])
                is_plain = not case["encrypted"]
                self.assertEqual(self.session(row, True, is_plain).open_rtcp(sealed), plain)
                if case["index"] <= 2:
                    outbound = self.session(row, False, is_plain)
                    made = [outbound.seal_rtcp(plain) for _ in range(case["index"])]
                    self.assertEqual(made[-1], sealed)
                seen += 1
        self.assertEqual(seen, 80)


class Batch(unittest.TestCase):
    def setUp(self) -> None:
        self.context = voxlock.Context()
        self.batch = voxlock.SrtpBatch(16)

    def sessions(self) -> list[SrtpSession]:
        return [SrtpSession(self.context, key=KEY),
                SrtpSession(self.context, Suite.AEAD_AES_128_GCM, key=KEY[:28]), SrtpSession(self.context, key=KEY)]

    def said(self, call: Any, *arguments: Any) -> bytes | int:
        """What comes back, or the status of what is raised."""
        try:
            return bytes(call(*arguments))
        except voxlock.Error as error:
            return int(error.status)

    def test_it_gives_what_one_call_after_the_other_gives(self) -> None:
        in_batch, alone = self.sessions(), self.sessions()
        want: list[bytes | int] = []
        for i in range(16):
            plain = packet(i - 3 if i % 5 == 4 else i)  # the fifth of a session's repeats one
            self.batch.append(in_batch[i % 3], plain)
            want.append(self.said(alone[i % 3].seal, plain))
        self.batch.seal()
        got = [self.said(self.batch.result, i) for i in range(16)]
        self.assertEqual(got, want)
        self.assertEqual(got.count(Status.ERR_SRTP_REPLAYED), 3)
        self.batch.clear()
        want = []
        for i, row in enumerate(got):
            data = bytearray(row if isinstance(row, bytes) else b"\x80")
            if i % 7 == 3:
                data[-1] ^= 1
            self.batch.slot[:len(data)] = data
            self.batch.commit(in_batch[i % 3], len(data))
            want.append(self.said(alone[i % 3].open, data, 1))
        self.batch.open(1)
        self.assertEqual([self.said(self.batch.result, i) for i in range(16)], want)
        self.assertEqual(want.count(Status.ERR_SRTP_AUTH), 2)
        self.assertEqual(want.count(Status.ERR_TRUNCATED), 3)

    def test_it_says_what_it_cannot_do(self) -> None:
        session, other = SrtpSession(self.context, key=KEY), SrtpSession(self.context, key=KEY)
        with self.assertRaises(ValueError):
            voxlock.SrtpBatch(0)
        self.batch.open(1)
        with self.assertRaises(IndexError):
            self.batch.result(0)
        with self.assertRaises(IndexError):
            self.batch.append(session, bytes(2049))
        self.batch.append(session, packet(1))
        self.assertEqual(self.said(self.batch.result, 0), Status.ERR_WRONG_STATE)
        self.batch.seal()
        for call in (self.batch.seal, self.batch.open, lambda: self.batch.append(session, b""), lambda: self.batch.slot):
            self.assertEqual(self.said(call), Status.ERR_WRONG_STATE)
        self.batch.clear()
        for i in range(16):
            self.batch.append(session, packet(2 + i))
        with self.assertRaises(IndexError):
            self.batch.append(session, b"")
        self.batch.clear()
        self.batch.append(other, packet(1))
        self.batch.append(session, packet(99))
        session.close()
        with self.assertRaises(voxlock.ClosedError):
            self.batch.seal()
        self.assertGreater(len(other.seal(packet(1))), 0)

    def test_nothing_is_left_after_clear(self) -> None:
        session = SrtpSession(self.context, key=KEY)
        self.batch.append(session, packet(1))
        self.batch.seal()
        view = self.batch.result(0)
        self.assertTrue(view.readonly)
        self.assertTrue(any(view))
        self.batch.clear()
        self.assertFalse(any(view))
        self.assertEqual(len(self.batch), 0)


class Session(unittest.TestCase):
    def setUp(self) -> None:
        self.context = voxlock.Context()
        self.session = SrtpSession(self.context, key=KEY)

    def refused(self, call: Any, *arguments: Any) -> int:
        with self.assertRaises(voxlock.SrtpError) as caught:
            call(*arguments)
        return caught.exception.status

    def test_rfc3711_3_3_forged_and_replayed_packets_change_nothing(self) -> None:
        sealed = self.session.seal(packet(1))
        forged = bytearray(sealed)
        forged[20] ^= 1
        self.assertEqual(self.refused(self.session.open, forged), Status.ERR_SRTP_AUTH)
        self.assertEqual(self.session.open(sealed), packet(1))
        self.assertEqual(self.refused(self.session.open, sealed), Status.ERR_SRTP_REPLAYED)
        stats = self.session.stats()
        self.assertEqual((stats.rtp_opened, stats.auth_failed, stats.replayed), (1, 1, 1))

    def test_a_sequence_number_is_sealed_once(self) -> None:
        self.session.seal(packet(1))
        self.assertEqual(self.refused(self.session.seal, packet(1)), Status.ERR_SRTP_REPLAYED)

    def test_any_kind_of_buffer_goes_in(self) -> None:
        other = SrtpSession(self.context, key=KEY)
        expected = self.session.seal(packet(3))
        self.assertEqual(other.seal(bytearray(packet(3))), expected)
        self.assertEqual(self.session.open(memoryview(expected)), packet(3))
        with self.assertRaises(TypeError):
            self.session.open("text")  # type: ignore[arg-type]

    def test_a_key_of_the_wrong_length_is_refused(self) -> None:
        with self.assertRaises(voxlock.Error) as caught:
            SrtpSession(self.context, key=KEY[:-1])
        self.assertEqual(caught.exception.name, "VOXLOCK_ERR_INVALID_ARGUMENT")
        self.assertEqual(voxlock.suite_info(Suite.AEAD_AES_256_GCM).key_len, 32)


if __name__ == "__main__":
    unittest.main()
