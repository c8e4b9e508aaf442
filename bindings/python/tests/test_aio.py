"""voxlock.aio over loopback with real TLS, SRTP and UDP: two gateways in one event loop.

Nothing waits for an absolute time: each step ends with what it waits for, or after 20 s as a failure."""
from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import pathlib
import tempfile
import unittest
import unittest.mock
from array import array
from typing import Any, AsyncIterator, Coroutine

import voxlock
from voxlock import audio
from voxlock.aio import Call, CallError, Gateway
from voxlock.aio.media import Inlet, MediaSession
from voxlock.aio.ports import bind_pair, reachable_address

from support import agreed, make_certificates

PATIENCE_S = 20.0
RATE = 16000
FRAME = RATE // 50


def tone(milliseconds: int) -> array[int]:
    """500 Hz, loud."""
    return array("h", (8000 if i // 16 % 2 else -8000 for i in range(RATE * milliseconds // 1000)))


class Aio(unittest.IsolatedAsyncioTestCase):
    folder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        """Certificates of an authority, and of one that nobody knows."""
        # asyncio's debug mode, in which these tests run, tells of each refused handshake.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        cls.folder = tempfile.TemporaryDirectory()
        for name in ("known", "stranger"):
            make_certificates(pathlib.Path(cls.folder.name), name)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def gateway(self, name: str = "known", authority: str = "known", scheme: str = "sips", **settings: Any) -> Gateway:
        def path(of: str, kind: str) -> str:
            return str(pathlib.Path(self.folder.name, f"{of}.{kind}.pem"))

        return Gateway(f"{scheme}:127.0.0.1:0", cert=path(name, "cert"), key=path(name, "key"),
                       ca=path(authority, "ca"), **settings)

    @contextlib.asynccontextmanager
    async def pair(self, **settings: Any) -> AsyncIterator[tuple[Gateway, Gateway]]:
        async with asyncio.timeout(PATIENCE_S), self.gateway(**settings) as here, self.gateway() as there:
            yield here, there

    @contextlib.asynccontextmanager
    async def call(self, **settings: Any) -> AsyncIterator[tuple[Call, Call]]:
        """A call that stands: (taken, made)."""
        async with self.pair(**settings) as (here, there):
            dialling = asyncio.create_task(there.dial(f"sips:agent@127.0.0.1:{here.port}"))
            taken = await anext(here.calls())
            await taken.answer()
            yield taken, await dialling

    async def heard(self, call: Call, frames: int = 10) -> None:
        """Waits for so many loud frames."""
        async for frame in call.audio():
            self.assertEqual((frame.format, len(frame)), ("h", FRAME))
            frames -= audio.level(frame) < 25
            if frames == 0:
                return
        self.fail("the call ended before the tone was heard")

    async def test_an_echo_comes_back_and_the_report_says_how(self) -> None:
        async def echo(call: Call) -> None:
            async for frame in call.audio():
                await call.play(frame)

        async with self.call() as (taken, made):
            agent = asyncio.create_task(echo(taken))
            playing = asyncio.create_task(made.play(tone(1000)))
            await self.heard(made)
            self.assertTrue(await playing)
            await made.hang_up()
            self.assertIs(await taken.wait(), voxlock.Cause.REMOTE)
            await agent
        report = made.report()
        assert report.media is not None and report.stats is not None
        self.assertTrue(report.media.is_secure)
        self.assertIn("peer verified", report.signalling)
        self.assertIn("TLSv1.", str(report))
        self.assertGreater(report.stats.packets_in, 10)
        self.assertEqual(report.cause, voxlock.Cause.LOCAL)

    async def test_every_codec_and_rate(self) -> None:
        for codec in (voxlock.Codec.PCMU, voxlock.Codec.PCMA, voxlock.Codec.OPUS):
            async with self.pair(codecs=[codec]) as (here, there):
                dialling = asyncio.create_task(there.dial(f"sips:agent@127.0.0.1:{here.port}", rate=8000, denoise_db=0))
                taken = await anext(here.calls())
                await taken.answer(rate=48000, denoise_db=0)
                made = await dialling
                assert taken.media is not None
                self.assertIs(taken.media.codec, codec)
                playing = asyncio.create_task(made.play(tone(1000)))
                async for frame in taken.audio():
                    self.assertEqual(len(frame), 960)
                    if audio.level(frame) < 25:
                        break
                playing.cancel()

    async def test_digits_both_ways(self) -> None:
        async with self.call() as (taken, made):
            for source, target, keys in ((made, taken, "19#"), (taken, made, "*A0")):
                source.press(keys)
                digits = target.digits()
                self.assertEqual([await anext(digits) for _ in keys], list(keys))
            with self.assertRaises(ValueError):
                made.press("1x")

    async def test_rfc6086_digits_go_by_info_where_no_telephone_event_is_agreed(self) -> None:
        with unittest.mock.patch("voxlock.aio.gateway.Leg", functools.partial(voxlock.Leg, telephone_event=0)):
            async with self.call() as (taken, made):
                for source, target, keys in ((made, taken, "19#"), (taken, made, "*A0")):
                    assert source.media is not None
                    self.assertIsNone(source.media.event_type_send)
                    source.press(keys)
                    digits = target.digits()
                    self.assertEqual([await anext(digits) for _ in keys], list(keys))

    async def test_a_key_that_is_told_both_ways_is_pressed_once(self) -> None:
        for ways, heard in ((False, True, False), "02"), ((True, False, True), "02"), ((True, True), "01"):
            media = MediaSession(voxlock.Context(), 8000, 0, lambda: None)
            for number, is_info in enumerate(ways):
                media.hear_digit(str(number), is_info=is_info)
            self.assertEqual("".join(media.digits), heard)

    async def test_what_plays_can_be_interrupted(self) -> None:
        async with self.call() as (taken, made):
            playing = asyncio.create_task(taken.play(tone(60_000)))
            await self.heard(made, 3)
            self.assertGreater(taken.interrupt(), 0)
            self.assertFalse(await playing)
            # Silence follows, without a gap in the packets.
            quiet = 0
            async for frame in made.audio():
                quiet = quiet + 1 if audio.level(frame) > 60 else 0
                if quiet == 5:
                    break
            self.assertTrue(await taken.play(tone(100)))
            await taken.played()
            self.assertEqual(taken.interrupt(), 0)

    async def test_the_end_of_a_call_ends_all_that_waits(self) -> None:
        async with self.call() as (taken, made):
            async def drain(frames: AsyncIterator[object]) -> None:
                async for _ in frames:
                    pass

            waiting: list[Coroutine[Any, Any, object]] = [
                drain(taken.audio()), drain(taken.digits()), taken.play(tone(60_000)), taken.wait()]
            tasks = [asyncio.create_task(one) for one in waiting]
            await self.heard(made, 1)
            await taken.hang_up()
            outcomes = await asyncio.gather(*tasks)
            self.assertEqual(outcomes, [None, None, False, voxlock.Cause.LOCAL])
            await made.wait()
            await taken.hang_up()

    async def test_refused_and_busy(self) -> None:
        async with self.pair() as (here, there):
            dialling = asyncio.create_task(there.dial(f"sips:agent@127.0.0.1:{here.port}", headers=[("X-Why", "test")]))
            taken = await anext(here.calls())
            self.assertIn(("X-Why", "test"), taken.headers)
            self.assertEqual(taken.called, f"sips:agent@127.0.0.1:{here.port}")
            taken.ring()
            taken.reject(486)
            with self.assertRaises(CallError) as caught:
                await dialling
            self.assertEqual((caught.exception.status, caught.exception.cause), (486, voxlock.Cause.REJECTED))
            self.assertIs(await taken.wait(), voxlock.Cause.LOCAL)
            with self.assertRaises(CallError):
                await taken.answer()

    async def test_srtp_is_required_unless_configured_otherwise(self) -> None:
        async with self.pair(srtp="off") as (here, there):
            dialling = asyncio.create_task(there.dial(f"sips:agent@127.0.0.1:{here.port}"))
            taken = await anext(here.calls())
            with self.assertRaises(CallError) as refused:
                await taken.answer()
            self.assertEqual(refused.exception.status, 488)
            with self.assertRaises(CallError) as caught:
                await dialling
            self.assertEqual(caught.exception.status, 488)

    async def test_a_certificate_of_a_stranger_ends_the_call_before_it_begins(self) -> None:
        async with asyncio.timeout(PATIENCE_S), self.gateway("stranger") as here, self.gateway() as there:
            with self.assertRaises(CallError) as caught:
                await there.dial(f"sips:agent@127.0.0.1:{here.port}")
            self.assertIs(caught.exception.cause, voxlock.Cause.TRANSPORT)

    async def test_a_call_that_is_given_up_before_the_answer(self) -> None:
        async with self.pair() as (here, there):
            dialling = asyncio.create_task(there.dial(f"sips:agent@127.0.0.1:{here.port}"))
            taken = await anext(here.calls())
            dialling.cancel()
            self.assertIs(await taken.wait(), voxlock.Cause.CANCELLED)
            with self.assertRaises(CallError):
                await taken.answer()

    async def test_peers_must_know_the_password_where_there_is_a_realm(self) -> None:
        async with self.pair(realm="example.net", accounts={"alice": "secret"}) as (here, there):
            to = f"sips:agent@127.0.0.1:{here.port}"
            with self.assertRaises(CallError) as caught:
                await there.dial(to)
            self.assertIs(caught.exception.cause, voxlock.Cause.CHALLENGED)
            there.set_credentials("example.net", "alice", "secret")
            dialling = asyncio.create_task(there.dial(to))
            taken = await anext(here.calls())
            await taken.answer()
            await (await dialling).hang_up()

    async def test_many_calls_at_once_and_a_gateway_that_closes_under_them(self) -> None:
        async def serve(here: Gateway, taken: list[Call]) -> None:
            async for call in here.calls():
                await call.answer()
                taken.append(call)

        taken: list[Call] = []
        async with asyncio.timeout(PATIENCE_S), self.gateway() as here:
            serving = asyncio.create_task(serve(here, taken))
            async with self.gateway() as there:
                to = f"sips:agent@127.0.0.1:{here.port}"
                made = await asyncio.gather(*(there.dial(to) for _ in range(12)))
            self.assertTrue(all(call.is_ended for call in made))
            for call in taken:
                self.assertIs(await call.wait(), voxlock.Cause.REMOTE)
        await serving
        self.assertEqual(len(taken), 12)

    async def test_a_connection_is_closed_twice_and_aborted(self) -> None:
        async with self.pair() as (here, there):
            dialling = asyncio.create_task(there.dial(f"sips:agent@127.0.0.1:{here.port}"))
            await (await anext(here.calls())).answer()
            await dialling
            for connection in [*here._connections.values(), *there._connections.values()]:
                connection.close()
                connection.close()
                connection.abort()

    async def test_garbage_on_the_socket_harms_nobody(self) -> None:
        async with asyncio.timeout(PATIENCE_S), self.gateway(scheme="sip") as here:
            endless = b"INVITE sip:a SIP/2.0\r\n" + b"Via: x\r\n" * 9000
            for garbage in (b"\0" * 5000, endless, b"GET / HTTP/1.1\r\n\r\n"):
                reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
                writer.write(garbage)
                writer.write_eof()
                with contextlib.suppress(ConnectionError):
                    await reader.read()
                writer.close()
            self.assertEqual(here._calls, {})


class Payloads(unittest.TestCase):
    def setUp(self) -> None:
        context = voxlock.Context()
        leg, _ = agreed(context)
        self.inlet = Inlet(context, leg.media(), 8000, 0)
        self.coded = voxlock.Encoder(context).encode(tone(10))

    def payload(self, sequence: int, ssrc: int = 1, lost: int = 0, size: int = 160) -> voxlock.Payload:
        return voxlock.Payload(0, bytearray(self.coded[:size]), 0, sequence, sequence * 160, ssrc, False, lost)

    def test_packets_of_any_length_make_frames_of_20_ms(self) -> None:
        # 10 ms each: every second one completes a frame.
        counts = [len(self.inlet.take(self.payload(sequence, size=80))) for sequence in range(6)]
        self.assertEqual(counts, [0, 1, 0, 1, 0, 1])

    def test_losses_are_filled_in_and_late_packets_left_out(self) -> None:
        self.assertEqual(len(self.inlet.take(self.payload(10))), 1)
        self.assertEqual(len(self.inlet.take(self.payload(13, lost=2))), 3)
        self.assertEqual(self.inlet.take(self.payload(12)), [])
        self.assertEqual(len(self.inlet.take(self.payload(99, lost=85))), 6)

    def test_rfc3550_5_1_another_source_counts_anew(self) -> None:
        self.assertEqual(len(self.inlet.take(self.payload(60_000))), 1)
        self.assertEqual(len(self.inlet.take(self.payload(5, ssrc=2))), 1)

    def test_what_was_heard_is_wiped_where_it_came_in(self) -> None:
        event = self.payload(1)
        self.assertGreater(max(self.inlet.take(event)[0]), 0)
        self.assertEqual(bytes(event.data), bytes(160))


class Ports(unittest.TestCase):
    def test_rtp_is_even_and_rtcp_next_to_it(self) -> None:
        rtp, rtcp = bind_pair("127.0.0.1", None)
        with rtp, rtcp:
            port = rtp.getsockname()[1]
            self.assertEqual((port % 2, rtcp.getsockname()[1]), (0, port + 1))
            with self.assertRaises(OSError):
                bind_pair("127.0.0.1", range(port, port + 2))

    def test_the_wildcard_is_no_address_to_tell_a_peer(self) -> None:
        self.assertEqual(reachable_address("192.0.2.7"), "192.0.2.7")
        self.assertNotEqual(reachable_address("0.0.0.0"), "0.0.0.0")


if __name__ == "__main__":
    unittest.main()
