"""What the tests that call an agent of examples/python share."""
from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import wave
from array import array

from support import HERE, make_certificates

EXAMPLES = HERE.parents[2] / "examples" / "python"
PATIENCE_S = 30
RATE = 8000


def loud_seconds(path: pathlib.Path) -> float:
    """How long a recording is loud, in blocks of 20 ms."""
    with wave.open(str(path)) as wav:
        pcm: array[int] = array("h", wav.readframes(wav.getnframes()))
    blocks = [pcm[i:i + RATE // 50] for i in range(0, len(pcm), RATE // 50)]
    return sum(max(abs(sample) for sample in block) > 2000 for block in blocks) / 50


class AgentTest(unittest.TestCase):
    """Certificates, a recording of a second, and an agent that takes one call."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        make_certificates(self.folder, "a")
        with wave.open(str(self.folder / "tone.wav"), "wb") as wav:
            wav.setparams((1, 2, RATE, 0, "NONE", ""))
            # Syllables of changing pitch: the denoiser takes a tone that stays for noise.
            wav.writeframes(array("h", (
                (8000 if i // (6 + i // 1600 % 5) % 2 else -8000) if i % 1600 < 1200 else 0
                for i in range(RATE))).tobytes())

    def start(self, program: str, *options: str) -> subprocess.Popen[str]:
        tls = ["--cert", str(self.folder / "a.cert.pem"), "--key", str(self.folder / "a.key.pem")]
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        agent = subprocess.Popen(
            [sys.executable, "-B", str(EXAMPLES / program), "--listen", "sips:127.0.0.1:0", "--calls", "1", *tls,
             *options],
            stdout=subprocess.PIPE, text=True, env=environment)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        assert agent.stdout is not None
        self.addCleanup(agent.stdout.close)
        first = agent.stdout.readline()
        match = re.fullmatch(r"listening on port (\d+)\n", first)
        assert match, first
        self.port = match.group(1)
        return agent
