#!/usr/bin/env python3
"""A voice agent that speaks to its caller with espeak-ng, and can be talked over: a loud word or a key
stops it. It says the text, then hangs up.

usage: agent_say.py --cert PEM --key PEM [--listen sips:0.0.0.0:5061] [--calls N] [TEXT]"""
from __future__ import annotations

import argparse
import asyncio
import io
import wave
from array import array

import voxlock
from voxlock.aio import Call, Gateway

RATE = 16000
# Louder than this for 200 ms is somebody who talks; -dBov, RFC 6464.
LOUD_DBOV = 30
TALKING_FRAMES = 10


async def speech(text: str) -> array[int]:
    """What espeak-ng says, at RATE."""
    speaker = await asyncio.create_subprocess_exec("espeak-ng", "--stdout", "--", text, stdout=asyncio.subprocess.PIPE)
    recording, _ = await speaker.communicate()
    with wave.open(io.BytesIO(recording)) as wav:
        # A pipe has no length to go back to: espeak-ng leaves a very big one in the header.
        pcm = array("h", wav.readframes(min(wav.getnframes(), len(recording) // 2)))
        step = wav.getframerate() / RATE
    # Between two samples lies a straight line: good enough for a voice that has nothing above 5 kHz.
    places = [i * step for i in range(int((len(pcm) - 1) / step))]
    return array("h", (round(pcm[int(x)] + (x % 1) * (pcm[int(x) + 1] - pcm[int(x)])) for x in places))


async def listen(call: Call) -> None:
    """Stops the speech when the caller talks."""
    loud = 0
    async for frame in call.audio():
        loud = loud + 1 if voxlock.audio.level(frame) < LOUD_DBOV else 0
        if loud == TALKING_FRAMES:
            print(f"talked over, {call.interrupt()} ms unsaid", flush=True)


async def keys(call: Call) -> None:
    async for _ in call.digits():
        print(f"a key, {call.interrupt()} ms unsaid", flush=True)


async def agent(call: Call, pcm: array[int]) -> None:
    await call.answer(rate=RATE)
    helpers = [asyncio.create_task(listen(call)), asyncio.create_task(keys(call))]
    if await call.play(pcm):
        await call.played()
    await call.hang_up()
    await asyncio.gather(*helpers)
    print(call.report(), flush=True)


async def main() -> None:
    options = argparse.ArgumentParser(description="says a text to those who call")
    options.add_argument("text", nargs="?", default="Hello. This call is encrypted, and nobody else has listened.")
    options.add_argument("--listen", default="sips:0.0.0.0:5061", help="sips:ADDRESS:PORT; port 0: a free one")
    options.add_argument("--cert", required=True, help="own certificate, PEM")
    options.add_argument("--key", required=True, help="its key, PEM")
    options.add_argument("--calls", type=int, default=0, help="end after so many; 0: never")
    given = options.parse_args()
    pcm = await speech(given.text)
    async with Gateway(given.listen, cert=given.cert, key=given.key) as gateway, asyncio.TaskGroup() as agents:
        print(f"listening on port {gateway.port}", flush=True)
        count = 0
        async for call in gateway.calls():
            agents.create_task(agent(call, pcm))
            count += 1
            if count == given.calls:
                break


asyncio.run(main())
