"""Codecs, chain, legs and bridge; time is made up."""
from __future__ import annotations

import importlib
import sys
import unittest
from array import array
from typing import Any

import voxlock
from voxlock import audio, rtp
from voxlock._abi_constants import Status

from support import MS, PEER, TRUNK, agreed, tone, vectors


def words(name: str) -> array[int]:
    """16-bit words, little endian, of the ITU's reference software."""
    out = array("h", vectors(f"codec/g711-stl/{name}").read_bytes())
    if sys.byteorder == "big":
        out.byteswap()
    return out


class Audio(unittest.TestCase):
    def setUp(self) -> None:
        self.context = voxlock.Context()

    def test_g711_there_and_back(self) -> None:
        for codec in (voxlock.Codec.PCMU, voxlock.Codec.PCMA):
            config = voxlock.CodecConfig(codec)
            payload = voxlock.Encoder(self.context, config).encode(tone(160))
            decoded = voxlock.Decoder(self.context, config).decode(payload)
            self.assertEqual((len(payload), decoded.format, len(decoded)), (160, "h", 160))
            for before, after in zip(tone(160), decoded, strict=True):
                self.assertLess(abs(before - after), 1024)

    def test_g191_both_laws_are_bit_exact_with_the_reference(self) -> None:
        for codec, table, codes, decoded in ((voxlock.Codec.PCMU, "ulaw_dec.s16le", "sweep-r.u", "sweep-r.reu"),
                                             (voxlock.Codec.PCMA, "alaw_dec.s16le", "sweep-r.a", "sweep-r.rea")):
            encoder = voxlock.Encoder(self.context, voxlock.CodecConfig(codec))
            decoder = voxlock.Decoder(self.context, voxlock.CodecConfig(codec))
            self.assertEqual(decoder.decode(bytes(range(256))).tolist(), words(table).tolist())
            source = words("sweep.src")
            made = [encoder.encode(source[at:at + 160]) for at in range(0, len(source), 160)]
            self.assertEqual(b"".join(made), bytes(word & 0xFF for word in words(codes)))
            heard = [sample for payload in made for sample in decoder.decode(payload)]
            self.assertEqual(heard, words(decoded).tolist())

    def test_samples_go_straight_into_the_callers_buffer(self) -> None:
        decoder = voxlock.Decoder(self.context)
        payload = voxlock.Encoder(self.context).encode(tone(160))
        room = array("h", bytes(2 * 200))
        view = decoder.decode(payload, room)
        self.assertEqual(view.tolist(), room[:160].tolist())
        room[0] = 1234
        self.assertEqual(view[0], 1234)
        with self.assertRaises(voxlock.Error) as caught:
            decoder.decode(payload, array("h", bytes(20)))
        self.assertEqual((caught.exception.status, caught.exception.needed), (Status.ERR_BUFFER_TOO_SMALL, 160))
        with self.assertRaises(ValueError):
            decoder.decode(payload, bytes(400))
        audio.wipe(room)
        self.assertEqual(set(room), {0})

    def test_numpy_arrays_are_samples(self) -> None:
        try:
            numpy: Any = importlib.import_module("numpy")
        except ImportError:
            raise unittest.SkipTest("numpy is not there") from None
        pcm = numpy.frombuffer(tone(160), dtype=numpy.int16)
        payload = voxlock.Encoder(self.context).encode(pcm)
        out = numpy.zeros(160, dtype=numpy.int16)
        voxlock.Decoder(self.context).decode(payload, out)
        self.assertLess(int(numpy.abs(out.astype(int) - pcm).max()), 1024)
        self.assertEqual(numpy.asarray(voxlock.Decoder(self.context).decode(payload)).dtype, numpy.int16)

    def test_a_lost_packet_is_filled_in(self) -> None:
        decoder = voxlock.Decoder(self.context)
        decoder.decode(voxlock.Encoder(self.context).encode(tone(160)))
        self.assertLess(audio.level(decoder.conceal(160)), 30)
        self.assertEqual(decoder.stats().concealed_frames, 1)

    def test_opus_settings(self) -> None:
        config = voxlock.CodecConfig(voxlock.Codec.OPUS, sample_rate=16000, opus_bitrate=20000, opus_vbr=False)
        with voxlock.Encoder(self.context, config) as encoder:
            sizes = {len(encoder.encode(tone(320))) for _ in range(4)}
            self.assertEqual(sizes, {50})
            encoder.configure(opus_bitrate=40000)
            self.assertEqual(len(encoder.encode(tone(320))), 100)
            with self.assertRaises(voxlock.AudioError):
                encoder.encode(tone(321))

    def test_a_chain_resamples_and_a_python_stage_takes_part(self) -> None:
        calls = []

        def halve(source: memoryview, target: memoryview) -> None:
            calls.append(len(source))
            for index, sample in enumerate(source):
                target[index] = sample // 2

        stages: list[audio.Stage] = [audio.HostProcessor(halve, 8000, 80), audio.Gain(6.0206), audio.Resample(16000)]
        with voxlock.Chain(self.context, stages, sample_rate=8000) as chain:
            self.assertEqual(chain.out_rate, 16000)
            out = chain.process(tone(160, 50))
            self.assertEqual((len(out), calls), (320, [80, 80]))
            self.assertEqual([row.bypassed_frames for row in chain.stage_stats()], [0, 0, 0])

    def test_a_python_stage_that_raises_lets_audio_pass(self) -> None:
        def fail(source: memoryview, target: memoryview) -> None:
            raise RuntimeError("broken")

        chain = voxlock.Chain(self.context, [audio.HostProcessor(fail, 8000, 80)])
        self.assertEqual(chain.process(tone(80)).tolist(), tone(80).tolist())
        self.assertEqual(chain.stage_stats()[0].bypassed_frames, 1)

    def test_a_chain_works_in_place(self) -> None:
        pcm = tone(80)
        view = voxlock.Chain(self.context, [audio.Gain(-60)]).process(pcm, pcm)
        self.assertEqual(view.tolist(), pcm.tolist())
        self.assertLess(max(pcm), 11)


class Legs(unittest.TestCase):
    def setUp(self) -> None:
        self.context = voxlock.Context()

    def carry(self, source: voxlock.Leg, target: voxlock.Leg, address: voxlock.Address, now: int) -> None:
        target.input([(event.data, address) for event in source.events(now) if isinstance(event, voxlock.Transmit)],
                     now)

    def test_a_payload_and_a_digit_cross(self) -> None:
        leg, peer = agreed(self.context)
        media = peer.media()
        self.assertTrue(media.is_secure)
        self.assertIs(media.suite_send, voxlock.Suite.AEAD_AES_256_GCM)
        assert media.event_type_send is not None
        peer.send(media.payload_type_send, b"\x55" * 160, 0, True, 1 * MS)
        for index, is_end in enumerate((False, True, True, True)):
            event = rtp.build_dtmf(rtp.DtmfEvent(5, 800, is_end))
            peer.send(media.event_type_send, event, 160, index == 0, (21 + index) * MS)
        self.carry(peer, leg, PEER, 30 * MS)
        events = list(leg.events(30 * MS))
        payloads = [event for event in events if isinstance(event, voxlock.Payload)]
        self.assertEqual([bytes(event.data) for event in payloads], [b"\x55" * 160])
        digits = [event for event in events if isinstance(event, voxlock.Digit)]
        self.assertEqual([event.digit for event in digits], ["5"])
        # Neither audio nor digits show in a log.
        self.assertNotIn("5", repr(digits[0]).replace("duration_ms", "").replace(str(digits[0].duration_ms), ""))
        self.assertNotIn("U", repr(payloads[0]).removeprefix("Payload"))
        self.assertEqual(leg.stats().packets_in, 5)

    def test_how_a_call_sounds_is_told_by_both_ends(self) -> None:
        leg = voxlock.Leg(self.context, TRUNK, codecs=[voxlock.Codec.PCMU], rtcp_xr=1)
        peer = voxlock.Leg(self.context, PEER, codecs=[voxlock.Codec.PCMU], rtcp_xr=1)
        sdp, _ = leg.answer(peer.offer(now_ns=0), now_ns=0)
        peer.accept_answer(sdp, now_ns=0)
        self.assertIsNone(leg.quality())
        self.assertIsNone(peer.quality(voxlock.Side.TOLD))
        for index in range(1000):
            at = (1 + index * 20) * MS
            for one in (leg, peer):
                one.send(0, b"\x55" * 160, index * 160, False, at)
            self.carry(peer, leg, PEER, at)
            self.carry(leg, peer, TRUNK, at)
        heard, told = leg.quality(), peer.quality(voxlock.Side.TOLD)
        assert heard is not None and told is not None
        self.assertEqual((heard.packets, heard.lost, heard.bursts, heard.mos_lq), (1000, 0, 0, 4.4))
        self.assertEqual((told.ssrc, told.loss_rate, told.mos_lq), (heard.ssrc, 0, 4.4))
        assert heard.r_factor is not None
        self.assertGreaterEqual(heard.r_factor, 92)

    def test_an_offer_that_is_refused_says_what_to_answer(self) -> None:
        plain = voxlock.Leg(self.context, PEER, srtp_policy=voxlock.SrtpPolicy.OFF)
        leg = voxlock.Leg(self.context, TRUNK)
        sdp, verdict = leg.answer(plain.offer())
        self.assertEqual((sdp, verdict.refused, verdict.sip_status), (b"", True, 488))
        self.assertTrue(verdict.warning)

    def test_forged_packets_are_counted_and_nothing_else(self) -> None:
        leg, peer = agreed(self.context)
        peer.send(0, bytes(160), 0)
        data = bytearray(next(iter(peer.events(1))).data)  # type: ignore[union-attr]
        data[-1] ^= 1
        leg.input([(data, PEER), (b"x" * 3000, PEER)], 1)
        self.assertEqual([event for event in leg.events(1)], [])
        self.assertEqual(leg.stats().dropped, {voxlock.Drop.AUTH: 1})

    def test_a_bridge_carries_audio_and_tells_its_protection(self) -> None:
        trunk, caller = agreed(self.context)
        room, listener = agreed(self.context, voxlock.Codec.OPUS, ("127.0.0.1", 41000), ("127.0.0.1", 41002))
        bridge = voxlock.Bridge(self.context, trunk, room)
        self.assertIs(bridge.protection().scope, voxlock.Scope.HOP_BY_HOP)
        encoder = voxlock.Encoder(self.context)
        heard = 0
        for index in range(100):
            now = index * 20 * MS
            caller.send(0, encoder.encode(tone(160)), index * 160, index == 0, now)
            bridge.input([(event.data, PEER, 0) for event in caller.events(now)
                          if isinstance(event, voxlock.Transmit)], now)
            sent = [event for event in bridge.events(now) if isinstance(event, voxlock.Transmit)]
            listener.input([(event.data, ("127.0.0.1", 41000)) for event in sent if event.leg == 1], now)
            heard += sum(isinstance(event, voxlock.Payload) for event in listener.events(now))
        self.assertEqual(heard, 100)
        forward, backward = bridge.stats()
        self.assertEqual((forward.packets_in, forward.packets_out, backward.packets_in), (100, 100, 0))
        self.assertIn("denoise", bridge.protection().stages[0])
        trunk.set_signalling(voxlock.Signalling.VERIFIED, "sip.example.net")
        self.assertTrue(any(isinstance(event, voxlock.ProtectionChanged) for event in bridge.events(3 * 10**9)))
        told = bridge.protection()
        self.assertEqual((told.trunk.peer_verified, told.trunk.peer_name), (True, "sip.example.net"))
        self.assertEqual((told.room.peer_verified, told.room.peer_name), (False, ""))
        with self.assertRaises(voxlock.Error):
            trunk.set_signalling(voxlock.Signalling.TLS, "sip.example.net")
        with self.assertRaises(ValueError):
            trunk.set_signalling(voxlock.Signalling.VERIFIED, "a\0b")
        with self.assertRaises(voxlock.LegError) as caught:
            trunk.input([(b"", PEER)])
        self.assertEqual(caught.exception.name, "VOXLOCK_ERR_LEG_ATTACHED")
        bridge.close()
        trunk.input([(b"", PEER)])

    @unittest.skipUnless(voxlock.has("taps"), "a library without taps")
    def test_a_tap_hears_a_peer_until_it_is_revoked(self) -> None:
        trunk, caller = agreed(self.context)
        room, _ = agreed(self.context, here=("127.0.0.1", 41000), there=("127.0.0.1", 41002))
        with self.assertRaises(voxlock.Error) as caught:
            voxlock.Tap(self.context, trunk)
        self.assertEqual(caught.exception.status, Status.ERR_WRONG_STATE)
        bridge = voxlock.Bridge(self.context, trunk, room, denoise_db=(0, 0))
        tap = voxlock.Tap(self.context, trunk, "agent")
        recorder = voxlock.Tap(self.context, trunk, "recorder", buffer_ms=2000)
        self.assertEqual(bridge.protection().taps, (("agent", "recorder"), ()))
        payload = voxlock.Encoder(self.context).encode(tone(160))

        def speak(index: int) -> list[voxlock.MediaEvent]:
            caller.send(0, payload, index * 160, now_ns=index)
            bridge.input([(event.data, PEER, 0) for event in caller.events(index)
                          if isinstance(event, voxlock.Transmit)], index)
            return list(bridge.events(index))

        speak(0)
        frame = tap.read()
        assert frame is not None
        self.assertEqual(list(frame.pcm), list(voxlock.Decoder(self.context).decode(payload)))
        self.assertEqual((frame.sample_rate, frame.position, frame.lost), (8000, 0, 0))
        self.assertIsNone(tap.read())
        tap.revoke()
        self.assertTrue(any(isinstance(event, voxlock.ProtectionChanged) for event in speak(1)))
        self.assertEqual(bridge.protection().taps, (("recorder",), ()))
        with self.assertRaises(voxlock.LegError) as gone:
            tap.read()
        self.assertEqual(gone.exception.name, "VOXLOCK_ERR_TAP_REVOKED")
        self.assertIsNotNone(recorder.read())
        bridge.revoke_taps()
        with self.assertRaises(voxlock.LegError):
            recorder.read()
        with self.assertRaises(voxlock.LegError):
            voxlock.Tap(self.context, room)
        self.assertEqual(bridge.stats()[0].tapped, 3)

    def test_a_relay_passes_sealed_frames_on_unopened(self) -> None:
        trunk, caller = agreed(self.context)
        room, listener = agreed(self.context, here=("127.0.0.1", 41000), there=("127.0.0.1", 41002))
        relay = voxlock.Relay(self.context, trunk, room)
        self.assertIs(relay.protection().scope, voxlock.Scope.END_TO_END)
        self.assertEqual(relay.protection().content_opened, (False, False))
        caller.send(0, b"sealed" * 20, 0, now_ns=1)
        relay.input([(event.data, PEER, 0) for event in caller.events(1) if isinstance(event, voxlock.Transmit)], 1)
        listener.input([(event.data, ("127.0.0.1", 41000)) for event in relay.events(1)
                        if isinstance(event, voxlock.Transmit)], 1)
        (heard,) = (event for event in listener.events(1) if isinstance(event, voxlock.Payload))
        self.assertEqual(bytes(heard.data), b"sealed" * 20)
        self.assertEqual((relay.stats()[0], relay.stats()[1].packets_out), (0, 1))
        with self.assertRaises(voxlock.LegError) as caught:
            voxlock.Bridge(self.context, trunk, room)
        self.assertEqual(caught.exception.name, "VOXLOCK_ERR_OPAQUE")
        with self.assertRaises(voxlock.Error) as caught_too:
            voxlock.Tap(self.context, trunk)
        self.assertEqual(caught_too.exception.name,
                         "VOXLOCK_ERR_OPAQUE" if voxlock.has("taps") else "VOXLOCK_ERR_UNSUPPORTED")

    def test_a_bridge_opens_and_seals_frames_of_a_room(self) -> None:
        trunk, caller = agreed(self.context)
        room, listener = agreed(self.context, here=("127.0.0.1", 41000), there=("127.0.0.1", 41002))
        both = voxlock.KeyUse.SEALS | voxlock.KeyUse.OPENS
        ours, theirs = voxlock.FrameCryptor(self.context), voxlock.FrameCryptor(self.context)
        for cryptor in (ours, theirs):
            cryptor.set_key(0, b"shared by the room", voxlock.Kdf.HKDF, both)
        bridge = voxlock.Bridge(self.context, trunk, room, denoise_db=(0, 0), cryptors=(None, ours))
        self.assertTrue(bridge.protection().participant)
        payload = voxlock.Encoder(self.context).encode(tone(160))
        caller.send(0, payload, 0, now_ns=1)
        bridge.input([(event.data, PEER, 0) for event in caller.events(1) if isinstance(event, voxlock.Transmit)], 1)
        listener.input([(event.data, ("127.0.0.1", 41000)) for event in bridge.events(1)
                        if isinstance(event, voxlock.Transmit)], 1)
        (sealed,) = (event for event in listener.events(1) if isinstance(event, voxlock.Payload))
        self.assertEqual(len(theirs.open(sealed.data)), 160)
        with bridge._state.guard.lock, self.assertRaises(voxlock.ThreadError):
            ours.stats()

    def test_a_port_gives_and_takes_pcm(self) -> None:
        leg, peer = agreed(self.context)
        port = voxlock.Port(self.context, voxlock.Codec.L16, sample_rate=16000)
        bridge = voxlock.Bridge(self.context, leg, port, denoise_db=(0, 0))
        self.assertIs(bridge.protection().room.transport, voxlock.HopTransport.HOST)
        encoder, pcm = voxlock.Encoder(self.context), array("h", tone(320, 40))
        pcm.byteswap()
        for index in range(5):
            now = index * 20 * MS
            peer.send(0, encoder.encode(tone(160)), index * 160, now_ns=now)
            bridge.input([(event.data, PEER, 0) for event in peer.events(now) if isinstance(event, voxlock.Transmit)],
                         now)
            bridge.put(1, [voxlock.PortFrame(pcm.tobytes(), index * 320, 96)], now)
            events = list(bridge.events(now))
            (heard,) = (event for event in events if isinstance(event, voxlock.Payload))
            self.assertEqual((heard.leg, len(heard.data), heard.payload_type), (1, 640, 96))
            peer.input([(event.data, TRUNK) for event in events if isinstance(event, voxlock.Transmit)], now)
            (said,) = (event for event in peer.events(now) if isinstance(event, voxlock.Payload))
            self.assertEqual(len(said.data), 160)
        self.assertEqual(port.stats().packets_in, 5)
        with self.assertRaises(voxlock.Error) as caught:
            bridge.put(0, [voxlock.PortFrame(bytes(640), 0, 96)])
        self.assertEqual(caught.exception.status, Status.ERR_WRONG_STATE)

    def test_datagrams_are_received_straight_into_a_batch(self) -> None:
        leg, peer = agreed(self.context)
        batch = voxlock.DatagramBatch(4)
        for index in range(3):
            peer.send(0, bytes(160), index * 160, now_ns=index)
        for event in peer.events(3):
            assert isinstance(event, voxlock.Transmit)
            batch.slot[:len(event.data)] = event.data
            batch.commit(len(event.data), PEER)
        leg.input(batch, 4)
        self.assertEqual((batch.count, leg.stats().packets_in), (0, 3))


if __name__ == "__main__":
    unittest.main()
