#!/usr/bin/env python3
"""A voice agent that answers TLS/SRTP calls and says back what it hears; '*' silences it, '#' hangs up.

usage: agent_echo.py --cert PEM --key PEM [--listen sips:0.0.0.0:5061] [--calls N]"""
from __future__ import annotations

import argparse
import asyncio

from voxlock.aio import Call, Gateway


async def keys(call: Call) -> None:
    async for digit in call.digits():
        if digit == "*":
            print(f"interrupted, {call.interrupt()} ms unsaid")
        elif digit == "#":
            await call.hang_up()


async def agent(call: Call) -> None:
    await call.answer(rate=16000)
    pressed = asyncio.create_task(keys(call))
    async for frame in call.audio():  # 20 ms, denoised
        await call.play(frame)
    await pressed
    print(call.report())


async def main() -> None:
    options = argparse.ArgumentParser(description="answers encrypted calls with their own echo")
    options.add_argument("--listen", default="sips:0.0.0.0:5061", help="sips:ADDRESS:PORT; port 0: a free one")
    options.add_argument("--cert", required=True, help="own certificate, PEM")
    options.add_argument("--key", required=True, help="its key, PEM")
    options.add_argument("--calls", type=int, default=0, help="end after so many; 0: never")
    given = options.parse_args()
    async with Gateway(given.listen, cert=given.cert, key=given.key) as gateway, asyncio.TaskGroup() as agents:
        print(f"listening on port {gateway.port}", flush=True)
        count = 0
        async for call in gateway.calls():
            agents.create_task(agent(call))
            count += 1
            if count == given.calls:
                break


asyncio.run(main())
