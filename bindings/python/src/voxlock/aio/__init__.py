"""voxlock on asyncio: a gateway that takes and makes encrypted calls, for voice agents.

        import asyncio, voxlock.aio

        async def agent(call):
            await call.answer()
            async for frame in call.audio():    # 20 ms, cleaned
                await call.play(frame)

The sockets are asyncio's and ssl's, SIP is voxlock.Ua's, media voxlock.Leg's. Everything runs in the
thread of the event loop.
"""
from __future__ import annotations

from .call import Call, CallError, CallReport
from .gateway import Gateway

__all__ = ["Call", "CallError", "CallReport", "Gateway"]
