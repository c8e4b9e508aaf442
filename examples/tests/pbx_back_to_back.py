#!/usr/bin/env python3
"""Plays the trunk and the PBX of pbx_back_to_back: each must hear the other's tone, and a key that it presses. Then
two that take no telephone events: keys go by INFO (RFC 6086). Then a PBX that refuses the call, and a trunk that wants
plain RTP: both callers are told.

usage: pbx_back_to_back.py PROGRAM
"""
from __future__ import annotations

import array
import asyncio
import contextlib
import functools
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest.mock
from typing import AsyncIterator

import voxlock
from voxlock.aio import Call, CallError, Gateway

from tones import RATE, strength, tone

PATIENCE_S = 30.0


class Scene:
    """A folder with certificates, the PBX, and the trunk."""

    def __init__(self, folder: pathlib.Path, program: str) -> None:
        self.folder, self.program, self.closing = folder, program, contextlib.ExitStack()
        with voxlock.Context() as context:
            authority = voxlock.Identity(context, common_name="authority", is_ca=True)
            leaf = voxlock.Identity(context, ip=bytes([127, 0, 0, 1]), issuer=authority)
            for name, data in (("ca", authority.certificate), ("cert", leaf.certificate), ("key", leaf.key)):
                (folder / name).write_bytes(data)

    def trunk(self, srtp: str = "required") -> Gateway:
        path = {name: self.folder / name for name in ("cert", "key", "ca")}
        return Gateway("sips:127.0.0.1:0", srtp=srtp, **path)  # type: ignore[arg-type]

    def pbx(self) -> Gateway:
        return Gateway("sip:127.0.0.1:0", srtp="off")

    @contextlib.asynccontextmanager
    async def running(self, pbx: Gateway) -> AsyncIterator[tuple[subprocess.Popen[str], str]]:
        arguments = [self.program, str(self.folder / "cert"), str(self.folder / "key"), str(pbx.port)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as program:
            try:
                assert program.stdout is not None
                yield program, program.stdout.readline().strip()
            finally:
                program.kill()

    async def listen(self, call: Call, hz: int) -> None:
        """Until a second of the other's tone was heard."""
        heard = array.array("h")
        async for frame in call.audio():
            heard.extend(frame)
            # The first half second is the denoiser's to learn in.
            if len(heard) == RATE * 3 // 2:
                found = strength(heard[RATE // 2:], hz)
                assert found > 0.8, f"no {hz} Hz: {found:.2f}"
                return
        raise AssertionError(f"the call ended after {len(heard)} samples")

    async def talk(self, call: Call, says: int, hears: int, key: str, other_key: str) -> None:
        playing = asyncio.create_task(call.play(tone(says, frames=100)))
        await self.listen(call, hears)
        await playing
        call.press(key)
        assert await anext(call.digits()) == other_key

    async def call(self) -> None:
        async with self.pbx() as pbx, self.trunk() as trunk, self.running(pbx) as (program, uri):
            # Somebody who connects and says nothing is in nobody's way.
            silent = socket.create_connection(("127.0.0.1", int(uri.rsplit(":", 1)[1])))
            self.closing.callback(silent.close)
            # An INVITE that is longer than what the program reads at a time.
            long = [(f"X-Long-{number}", "x" * 800) for number in range(5)]
            dialling = asyncio.create_task(trunk.dial(uri, rate=RATE, denoise_db=0, headers=long))
            taken = await anext(pbx.calls())
            await taken.answer(rate=RATE, denoise_db=0)
            made = await dialling
            assert made.media is not None and made.media.is_secure
            assert taken.media is not None and not taken.media.is_secure
            await asyncio.gather(self.talk(made, 440, 1000, "5", "7"), self.talk(taken, 1000, 440, "7", "5"))
            await made.hang_up()
            assert await taken.wait() is voxlock.Cause.REMOTE
            said, _ = await asyncio.to_thread(program.communicate)
            assert program.returncode == 0, said

    async def keys_by_info(self) -> None:
        no_events = functools.partial(voxlock.Leg, telephone_event=0)
        with unittest.mock.patch("voxlock.aio.gateway.Leg", no_events):
            async with self.pbx() as pbx, self.trunk() as trunk, self.running(pbx) as (_, uri):
                dialling = asyncio.create_task(trunk.dial(uri))
                taken = await anext(pbx.calls())
                await taken.answer()
                made = await dialling
                for presses, hears, keys in ((made, taken, "12"), (taken, made, "#")):
                    presses.press(keys)
                    digits = hears.digits()
                    assert [await anext(digits) for _ in keys] == list(keys)
                await made.hang_up()

    async def refusals(self) -> None:
        async with self.pbx() as pbx, self.trunk() as trunk, self.running(pbx) as (_, uri):
            async with self.trunk("off") as plain:
                assert await self.status(plain, uri) == 488
            dialling = asyncio.create_task(self.status(trunk, uri))
            (await anext(pbx.calls())).reject(486)
            assert await dialling == 603

    async def status(self, trunk: Gateway, uri: str) -> int:
        try:
            await trunk.dial(uri)
        except CallError as error:
            return error.status
        raise AssertionError("the call was taken")


async def main() -> None:
    assert subprocess.run([sys.argv[1]], check=False).returncode == 2
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(pathlib.Path(folder), sys.argv[1])
        async with asyncio.timeout(PATIENCE_S):
            await scene.call()
            await scene.keys_by_info()
            await scene.refusals()
        scene.closing.close()
    print("both sides heard each other, and each the other's key")


asyncio.run(main())
