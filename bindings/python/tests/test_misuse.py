"""What goes wrong in a program gives an exception, never a crash, and leaves nothing behind.

VOXLOCK_PYTHON_CALLS: how many calls the growth tests make, default 16,000; a million take minutes."""
from __future__ import annotations

import gc
import logging
import os
import random
import sys
import threading
import time
import unittest
import weakref
from typing import Any, Callable

import voxlock
from voxlock import audio, sip
from voxlock._abi_constants import Status

from support import PEER, TRUNK, agreed, resident_bytes, tone

CALLS = int(os.environ.get("VOXLOCK_PYTHON_CALLS", "16000"))
# What an allocator may keep for itself between two measurements.
SLACK = 3 << 20

Use = Callable[[Any], object]


def tap(context: voxlock.Context) -> voxlock.Tap:
    leg = voxlock.Leg(context, TRUNK)
    bridge = voxlock.Bridge(context, leg, voxlock.Leg(context, PEER))
    made = voxlock.Tap(context, leg)
    bridge.close()
    return made


def makers(context: voxlock.Context) -> dict[str, tuple[Callable[[], Any], Use]]:
    """One of each kind of object, and something to do with it."""
    identity = voxlock.Identity(context, dns_name="localhost")
    settings = voxlock.TlsSettings(context, authorities=identity.certificate)
    return {
        "Context": (voxlock.Context, lambda it: it.set_wall_time()),
        "SipMessage": (lambda: sip.SipMessage(context), lambda it: it.summary()),
        "SipFramer": (lambda: sip.SipFramer(context), lambda it: list(it.frames(b"x"))),
        "Sdp": (lambda: voxlock.Sdp(context), lambda it: it.summary()),
        "Negotiation": (lambda: voxlock.Negotiation(context, TRUNK), lambda it: it.offer()),
        "Identity": (lambda: voxlock.Identity(context), lambda it: it.certificate),
        "TlsSettings": (lambda: voxlock.TlsSettings(context, authorities=identity.certificate),
                        lambda it: voxlock.TlsStream(context, it, "localhost")),
        "TlsStream": (lambda: voxlock.TlsStream(context, settings, "localhost"), lambda it: it.info()),
        "Dtls": (lambda: voxlock.Dtls(context, identity=identity), lambda it: it.take()),
        "IceAgent": (lambda: voxlock.IceAgent(context, [TRUNK]), lambda it: it.ufrag),
        "SrtpSession": (lambda: voxlock.SrtpSession(context, key=bytes(30)), lambda it: it.stats()),
        "FrameCryptor": (lambda: voxlock.FrameCryptor(context), lambda it: it.stats()),
        "Encoder": (lambda: voxlock.Encoder(context), lambda it: it.encode(tone(160))),
        "Decoder": (lambda: voxlock.Decoder(context), lambda it: it.decode(bytes(160))),
        "Chain": (lambda: voxlock.Chain(context, [audio.Denoise()]), lambda it: it.process(tone(80))),
        "Leg": (lambda: voxlock.Leg(context, TRUNK), lambda it: list(it.events())),
        "Port": (lambda: voxlock.Port(context), lambda it: it.stats()),
        "Bridge": (lambda: voxlock.Bridge(context, voxlock.Leg(context, TRUNK), voxlock.Leg(context, PEER)),
                   lambda it: list(it.events())),
        "Relay": (lambda: voxlock.Relay(context, voxlock.Leg(context, TRUNK), voxlock.Leg(context, PEER)),
                  lambda it: list(it.events())),
        "Ua": (lambda: voxlock.Ua(context, "localhost"), lambda it: list(it.events())),
        **({"Tap": (lambda: tap(context), lambda it: it.revoke())} if voxlock.has("taps") else {}),
    }


class Closing(unittest.TestCase):
    def test_closed_twice_and_used_after_close(self) -> None:
        for name, (make, use) in makers(voxlock.Context()).items():
            with self.subTest(name):
                thing = make()
                with thing:
                    self.assertFalse(thing.closed)
                self.assertTrue(thing.closed)
                thing.close()
                with self.assertRaises(voxlock.ClosedError) as caught:
                    use(thing)
                self.assertEqual(caught.exception.status, Status.ERR_WRONG_STATE)
                self.assertIn("closed", repr(thing))

    def test_a_closed_context_makes_nothing(self) -> None:
        context = voxlock.Context()
        context.close()
        with self.assertRaises(voxlock.ClosedError):
            voxlock.Leg(context, TRUNK)

    def test_arenas_are_told_and_a_child_of_fork_makes_nothing(self) -> None:
        with voxlock.Context(memory=voxlock.Memory.ARENA) as context:
            before = context.memory()
            self.assertEqual(before.is_locked, before.locked == before.reserved)
            with voxlock.SipMessage(context):
                self.assertGreater(context.memory().used, before.used)
            self.assertEqual(context.memory().used, before.used)
            child = os.fork()
            if child == 0:
                try:
                    voxlock.SipMessage(context)
                except voxlock.Error as error:
                    os._exit(0 if error.status == voxlock.Status.ERR_NO_MEMORY else 2)
                os._exit(1)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)

    def test_any_order_of_closing_and_forgetting(self) -> None:
        for seed in range(15):
            order = random.Random(seed)
            context = voxlock.Context()
            things = [make() for make, _ in makers(context).values()]
            leg, peer = agreed(context)
            room, listener = agreed(context)
            things += [context, leg, peer, room, listener, voxlock.Bridge(context, leg, room)]
            del context, leg, peer, room, listener
            order.shuffle(things)
            while things:
                thing = things.pop()
                if order.random() < 0.5:
                    thing.close()
                del thing
        gc.collect()

    def test_a_finaliser_runs_without_the_cyclic_collector(self) -> None:
        gc.disable()
        try:
            for name, (make, use) in makers(voxlock.Context()).items():
                thing = make()
                try:
                    use(thing)
                except voxlock.Error:
                    pass
                state, gone = thing._state, weakref.ref(thing)
                del thing
                self.assertIsNone(gone(), name)
                self.assertIsNone(state.pointer, name)
        finally:
            gc.enable()

    def test_objects_outlive_their_context_and_its_log(self) -> None:
        lines: list[tuple[int, str]] = []
        context = voxlock.Context(log=lambda level, text: lines.append((level, text)), log_level=logging.DEBUG)
        leg, peer = agreed(context)
        context.close()
        del context
        gc.collect()
        peer.send(0, bytes(160), 0)
        leg.input([(event.data, PEER) for event in peer.events() if isinstance(event, voxlock.Transmit)])
        self.assertEqual(leg.stats().packets_in, 1)


class Threads(unittest.TestCase):
    def run_inside(self, action: Callable[[voxlock.Chain], None]) -> voxlock.Chain:
        """Runs action in a second thread while the first is inside a call with the chain."""
        failures: list[BaseException] = []
        chain: voxlock.Chain

        def other() -> None:
            try:
                action(chain)
            except BaseException as error:  # noqa: BLE001 - shown by the first thread
                failures.append(error)

        def process(source: memoryview, target: memoryview) -> None:
            target[:] = source
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()

        chain = voxlock.Chain(voxlock.Context(), [audio.HostProcessor(process, 8000, 80)])
        chain.process(tone(80))
        if failures:
            raise failures[0]
        self.assertEqual(chain.stage_stats()[0].bypassed_frames, 0)
        return chain

    def test_two_threads_at_once_are_an_error(self) -> None:
        with self.assertRaises(voxlock.ThreadError):
            self.run_inside(lambda chain: print(chain.process(tone(80))))

    def test_closing_under_another_thread_is_an_error(self) -> None:
        with self.assertRaises(voxlock.ThreadError):
            self.run_inside(lambda chain: chain.close())

    def test_a_finaliser_waits_for_the_thread_that_is_inside(self) -> None:
        states = []

        def action(chain: voxlock.Chain) -> None:
            states.append(chain._state)
            # What weakref.finalize does, in a thread of its own.
            chain._state.finalise()
            self.assertIsNotNone(chain._state.pointer)

        with self.assertRaises(voxlock.ClosedError):
            self.run_inside(action)
        self.assertIsNone(states[0].pointer)

    def test_a_callback_that_uses_its_own_object_fails_and_audio_passes(self) -> None:
        chain: voxlock.Chain

        def process(source: memoryview, target: memoryview) -> None:
            chain.process(tone(80))

        chain = voxlock.Chain(voxlock.Context(), [audio.HostProcessor(process, 8000, 80)])
        self.assertEqual(chain.process(tone(80)).tolist(), tone(80).tolist())
        self.assertEqual(chain.stage_stats()[0].bypassed_frames, 1)

    def test_a_call_runs_without_the_gil(self) -> None:
        cryptor, stop = voxlock.FrameCryptor(voxlock.Context()), threading.Event()
        ticks: list[float] = []

        def tick() -> None:
            while not stop.wait(0.001):
                ticks.append(time.monotonic())

        def between() -> bool:
            """Whether the other thread had a turn while a key was derived, which takes tens of milliseconds."""
            begin = time.monotonic()
            cryptor.set_key(0, b"passphrase", voxlock.Kdf.PBKDF2, voxlock.KeyUse.SEALS)
            end = time.monotonic()
            return any(begin < at < end for at in list(ticks))

        # Nobody is asked to let another thread have a turn: it is let go, or not.
        interval = sys.getswitchinterval()
        sys.setswitchinterval(60)
        thread = threading.Thread(target=tick)
        try:
            thread.start()
            self.assertTrue(any(between() for _ in range(10)))
        finally:
            stop.set()
            sys.setswitchinterval(interval)
            thread.join()

    def test_objects_move_between_threads(self) -> None:
        leg, peer = agreed(voxlock.Context())
        sent: list[bytes] = []

        def work() -> None:
            peer.send(0, bytes(160), 0)
            sent.extend(event.data for event in peer.events() if isinstance(event, voxlock.Transmit))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        leg.input([(data, PEER) for data in sent])
        self.assertEqual(leg.stats().packets_in, 1)

    def test_many_threads_on_one_object(self) -> None:
        leg, _ = agreed(voxlock.Context())
        outcomes: set[str] = set()

        def work() -> None:
            for _ in range(2000):
                try:
                    leg.input([(bytes(40), PEER)])
                except voxlock.ThreadError:
                    outcomes.add("busy")

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLessEqual(outcomes, {"busy"})
        list(leg.events())
        self.assertGreater(sum(leg.stats().dropped.values()), 0)

    def test_the_lock_of_a_bridge_is_that_of_its_legs(self) -> None:
        context = voxlock.Context()
        trunk, room = voxlock.Leg(context, TRUNK), voxlock.Leg(context, PEER)
        bridge = voxlock.Bridge(context, trunk, room)
        with bridge._state.guard.lock:
            for leg in (trunk, room):
                with self.assertRaises(voxlock.ThreadError):
                    leg.stats()
        bridge.close()
        voxlock.Bridge(context, room, trunk).close()


# A sanitizer keeps freed blocks back, which looks like growth.
@unittest.skipIf("VOXLOCK_PRELOAD" in os.environ, "under a sanitizer")
class Growth(unittest.TestCase):
    def grow(self, call: Callable[[], object], calls: int) -> None:
        for _ in range(calls // 10 + 4):
            call()
        gc.collect()
        before = resident_bytes()
        for _ in range(calls):
            call()
        gc.collect()
        self.assertLess(resident_bytes() - before, SLACK)

    def test_small_calls_leave_nothing_behind(self) -> None:
        leg, peer = agreed(voxlock.Context())
        session = voxlock.SrtpSession(voxlock.Context(), key=bytes(30))
        decoder = voxlock.Decoder(voxlock.Context())
        payload = bytes(160)

        def small() -> None:
            peer.send(0, payload, 0, now_ns=0)
            leg.input([(event.data, PEER) for event in peer.events(0) if isinstance(event, voxlock.Transmit)], 0)
            for event in leg.events(0):
                assert isinstance(event, voxlock.Payload)
                decoder.decode(event.data)
            try:
                session.open(payload)
            except voxlock.Error:
                pass

        self.grow(small, CALLS // 8)

    def test_objects_made_and_forgotten_leave_nothing_behind(self) -> None:
        for name, (make, _) in makers(voxlock.Context()).items():
            # A key costs milliseconds, and what grows by the megabyte shows soon.
            with self.subTest(name):
                self.grow(make, CALLS // (1600 if name in ("Identity", "TlsSettings", "TlsStream", "Dtls") else 160))


if __name__ == "__main__":
    unittest.main()
