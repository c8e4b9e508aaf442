"""The agents of examples/python, called by the caller of examples/caller over TLS and SRTP.

VOXLOCK_CALLER: the caller's program. Where espeak-ng is not installed a script takes its place."""
from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import wave
from array import array
from typing import Any

from support import HERE, make_certificates

EXAMPLES = HERE.parents[2] / "examples" / "python"
CALLER = os.environ.get("VOXLOCK_CALLER", "")
PATIENCE_S = 30
RATE = 8000
# Speaks a tone of three seconds as espeak-ng does: 22,050 Hz, and a header that promises too much.
SPEAKER = """#!%s
import struct, sys
pcm = b"".join(struct.pack("<h", 9000 if i // 22 %% 2 else -9000) for i in range(66150))
sys.stdout.buffer.write(b"RIFF\\xff\\xff\\xff\\x7fWAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 22050, 44100, 2, 16)
                        + b"data\\xff\\xff\\xff\\x7f" + pcm)
"""


def loud_seconds(path: pathlib.Path) -> float:
    """How long a recording is loud, in blocks of 20 ms."""
    with wave.open(str(path)) as wav:
        pcm: array[int] = array("h", wav.readframes(wav.getnframes()))
    blocks = [pcm[i:i + RATE // 50] for i in range(0, len(pcm), RATE // 50)]
    return sum(max(abs(sample) for sample in block) > 2000 for block in blocks) / 50


@unittest.skipUnless(os.access(CALLER, os.X_OK), "the example caller was not built")
class Agents(unittest.TestCase):
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

    def call(self, agent: subprocess.Popen[str], *options: str) -> tuple[dict[str, Any], str]:
        """The caller's report and what the agent printed."""
        run = subprocess.run(
            [CALLER, "--to", f"sips:agent@127.0.0.1:{self.port}", "--ca", str(self.folder / "a.ca.pem"), "--record",
             str(self.folder / "heard.wav"), *options], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        printed, _ = agent.communicate(timeout=PATIENCE_S)
        self.assertEqual(agent.returncode, 0)
        return json.loads(run.stdout), printed

    def play(self, *options: str) -> list[str]:
        return ["--play", str(self.folder / "tone.wav"), *options]

    def test_the_echo_agent_says_back_what_it_hears(self) -> None:
        for codec in ("PCMU", "opus"):
            report, printed = self.call(self.start("agent_echo.py"), *self.play("--codec", codec))
            self.assertTrue(report["answered"])
            self.assertTrue(report["peer_verified"])
            self.assertGreater(loud_seconds(self.folder / "heard.wav"), 0.4)
            self.assertRegex(printed, r"SRTP AES_CM_128_HMAC_SHA1_80 \(SDES\)")
            self.assertIn("ended: remote", printed)

    def test_hold_resume_rekey_and_a_late_offer(self) -> None:
        report, _ = self.call(self.start("agent_echo.py"), *self.play("--then", "hold@0.3,resume@0.5,rekey@0.7"))
        self.assertEqual((report["updates"], report["refused_updates"]), (3, 0))
        self.call(self.start("agent_echo.py"), *self.play("--late"))
        self.assertGreater(loud_seconds(self.folder / "heard.wav"), 0.4)

    def test_a_key_hangs_up(self) -> None:
        report, printed = self.call(self.start("agent_echo.py"), *self.play("--digits", "*#"))
        self.assertEqual(report["ended"], "bye")
        self.assertIn("interrupted, ", printed)

    def speak(self, seconds_of: str) -> subprocess.Popen[str]:
        if shutil.which("espeak-ng") is None:
            speaker = self.folder / "espeak-ng"
            speaker.write_text(SPEAKER % sys.executable, encoding="ascii")
            speaker.chmod(0o755)
        return self.start("agent_say.py", seconds_of)

    def test_the_saying_agent_speaks_and_hangs_up(self) -> None:
        report, printed = self.call(self.speak("Hello. You have called a machine."))
        self.assertEqual(report["ended"], "bye")
        self.assertGreater(loud_seconds(self.folder / "heard.wav"), 0.8)
        self.assertNotIn("unsaid", printed)

    def test_a_key_stops_the_speech(self) -> None:
        _, printed = self.call(self.speak("word " * 40), "--digits", "5")
        self.assertRegex(printed, r"a key, [1-9]\d* ms unsaid")


if __name__ == "__main__":
    unittest.main()
