"""The agents of examples/python, called by the caller of examples/caller over TLS and SRTP.

VOXLOCK_CALLER: the caller's program. Where espeak-ng is not installed a script takes its place."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import unittest
from typing import Any

from agents import PATIENCE_S, AgentTest, loud_seconds

CALLER = os.environ.get("VOXLOCK_CALLER", "")
# Speaks a tone of 1.5 seconds as espeak-ng does: 22,050 Hz, and a header that promises too much.
SPEAKER = """#!%s
import struct, sys
pcm = b"".join(struct.pack("<h", 9000 if i // 22 %% 2 else -9000) for i in range(33075))
sys.stdout.buffer.write(b"RIFF\\xff\\xff\\xff\\x7fWAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 22050, 44100, 2, 16)
                        + b"data\\xff\\xff\\xff\\x7f" + pcm)
"""


class Agents(AgentTest):
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
    if not os.access(CALLER, os.X_OK):
        print("skipped: the example caller was not built")
        sys.exit(77)
    unittest.main()
