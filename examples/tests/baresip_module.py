#!/usr/bin/env python3
"""Calls made by baresip with and without the module voxlock_denoise: noise that either side sends must arrive weaker by
6 dB or more with it. Exit status 77: skipped, a line says why.

usage: baresip_module.py MODULE.so
"""
from __future__ import annotations

import array
import asyncio
import pathlib
import random
import shutil
import sys
import tempfile
import wave

from voxlock import audio
from voxlock.aio import Call, Gateway

from tones import RATE

MODULES = next((path.parent for path in pathlib.Path("/usr/lib").glob("**/baresip/modules/sndfile.so")), None)
SECONDS, PATIENCE_S = 4, 30.0
# The filters of what is heard run from the last to the first: sndfile records what ours has made of it.
CONFIG = """poll_method epoll
sip_listen 127.0.0.1:0
call_max_calls 1
audio_player aubridge,test
audio_source aufile,{folder}/noise.wav
audio_alert aubridge,alert
audio_srate 8000
audio_channels 1
net_interface 127.0.0.1
module_path {folder}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
{module}
module_tmp account.so
module_app menu.so
snd_path {folder}
"""


def noise() -> array.array[int]:
    source = random.Random(1)
    return array.array("h", (source.randrange(-1500, 1500) for _ in range(SECONDS * RATE)))


def level_of(pcm: array.array[int]) -> int:
    """Of the last half second that was heard, in -dBov; the first ones are the denoiser's to learn in."""
    assert len(pcm) > RATE, f"{len(pcm)} samples"
    return audio.level(pcm[len(pcm) - RATE // 2:])


async def hear(gateway: Gateway) -> array.array[int]:
    """Takes the call, sends noise and records what comes for two seconds."""
    call: Call = await anext(gateway.calls())
    await call.answer(rate=RATE, denoise_db=0)
    playing, heard = asyncio.create_task(call.play(noise())), array.array("h")
    async for frame in call.audio():
        heard.extend(frame)
        if len(heard) >= 2 * RATE:
            break
    playing.cancel()
    await call.hang_up()
    return heard


async def levels(module: pathlib.Path | None) -> tuple[int, int]:
    """What the peer hears of baresip's noise, and baresip of the peer's."""
    assert MODULES is not None
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for path in [*MODULES.glob("*.so"), *([module] if module else [])]:
            (folder / path.name).symlink_to(path)
        with wave.open(str(folder / "noise.wav"), "wb") as wav:
            wav.setparams((1, 2, RATE, 0, "NONE", ""))
            wav.writeframes(noise().tobytes())
        config = CONFIG.format(folder=folder, module=f"module {module.name}" if module else "")
        (folder / "config").write_text(config, encoding="ascii")
        (folder / "contacts").touch()
        (folder / "accounts").write_text("<sip:b@127.0.0.1;transport=tcp>;regint=0;audio_codecs=PCMU/8000/1\n",
                                         encoding="ascii")
        async with asyncio.timeout(PATIENCE_S), Gateway("sip:127.0.0.1:0", srtp="off") as gateway:
            phone = await asyncio.create_subprocess_exec(
                "baresip", "-4", "-f", name, "-e", f"/dial sip:peer@127.0.0.1:{gateway.port};transport=tcp",
                "-t", str(SECONDS), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT)
            heard = await hear(gateway)
            said = (await phone.communicate())[0].decode()
        assert module is None or "voxlock_denoise: voxlock " in said, said
        assert phone.returncode == 0, said
        record = next(folder.glob("*dec.wav"), None)
        assert record is not None, said
        with wave.open(str(record)) as wav:
            return level_of(heard), level_of(array.array("h", wav.readframes(wav.getnframes())))


async def main() -> None:
    module = pathlib.Path(sys.argv[1]).resolve()
    without, with_it = await asyncio.gather(levels(None), levels(module))
    for who, before, after in zip(("the peer hears", "baresip hears"), without, with_it, strict=True):
        print(f"{who} noise of -{before} dBov, with the module -{after} dBov")
        assert after >= before + 6


if shutil.which("baresip") is None or MODULES is None:
    print("skipped: baresip is not there")
    sys.exit(77)
asyncio.run(main())
