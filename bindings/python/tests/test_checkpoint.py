"""Legs and calls that go on in another context, as in another process."""
from __future__ import annotations

import unittest

import voxlock
from voxlock import checkpoint
from voxlock._abi_constants import Status

from support import MS, PEER, TRUNK, agreed

KEY = bytes(range(32))


class Checkpoints(unittest.TestCase):
    def speak(self, leg: voxlock.Leg, peer: voxlock.Leg, now: int) -> list[bytes]:
        leg.send(0, b"\x55" * 160, now // MS * 8, now_ns=now)
        for event in leg.events(now_ns=now):
            if isinstance(event, voxlock.Transmit) and not event.is_rtcp:
                peer.input([(event.data, TRUNK)], now_ns=now)
        return [bytes(event.data) for event in peer.events(now_ns=now) if isinstance(event, voxlock.Payload)]

    def test_a_leg_goes_on(self) -> None:
        leg, peer = agreed(voxlock.Context())
        self.assertEqual(len(self.speak(leg, peer, 20 * MS)), 1)
        blob, number = checkpoint.export_leg(leg, KEY, epoch=1, now_ns=20 * MS)
        checkpoint.stored(leg, number)
        leg.close()
        other = voxlock.Context()
        with self.assertRaises(voxlock.Error) as caught:
            checkpoint.import_leg(other, blob, bytes(32), now_ns=40 * MS)
        self.assertEqual(caught.exception.status, Status.ERR_CHECKPOINT_AUTH)
        with self.assertRaises(voxlock.Error) as caught:
            checkpoint.import_leg(other, blob, KEY, epoch=2, now_ns=40 * MS)
        self.assertEqual(caught.exception.status, Status.ERR_CHECKPOINT_EPOCH)
        leg = checkpoint.import_leg(other, blob, KEY, epoch=1, now_ns=40 * MS)
        with self.assertRaises(voxlock.LegError) as refused:
            self.speak(leg, peer, 40 * MS)
        self.assertEqual(refused.exception.status, Status.ERR_LEG_CHECKPOINT)
        checkpoint.stored(leg, checkpoint.export_leg(leg, KEY, epoch=2, now_ns=40 * MS)[1])
        self.assertEqual(len(self.speak(leg, peer, 60 * MS)), 1)
        self.assertFalse(peer.accept_answer(leg.answer(peer.offer(now_ns=60 * MS), now_ns=60 * MS)[0],
                                            now_ns=60 * MS).refused)
        with self.assertRaises(voxlock.Error) as caught:
            checkpoint.import_leg(other, blob, KEY, now_ns=60 * MS)
        self.assertEqual(caught.exception.status, Status.ERR_CHECKPOINT_USED)

    def test_a_call_without_a_dialog_is_none(self) -> None:
        with voxlock.Context() as context, voxlock.Ua(context, "a.example") as ua:
            with self.assertRaises(voxlock.UaError) as caught:
                checkpoint.export_call(ua, 5, KEY)
            self.assertEqual(caught.exception.status, Status.ERR_UA_NO_CALL)
            with self.assertRaises(voxlock.Error) as refused:
                checkpoint.import_call(ua, b"nothing", KEY)
            self.assertEqual(refused.exception.status, Status.ERR_CHECKPOINT_FORMAT)


if __name__ == "__main__":
    unittest.main()
