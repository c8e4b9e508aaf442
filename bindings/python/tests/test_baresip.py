"""The echo agent, called by baresip: TLS, mandatory SRTP, G.711. Skipped where baresip is not installed."""
from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import unittest

from agents import PATIENCE_S, AgentTest, loud_seconds

MODULES = next((path.parent for path in pathlib.Path("/usr/lib").glob("**/baresip/modules/sndfile.so")), None)
# From its start: the call takes a moment to stand, and the recording lasts a second.
SECONDS = 4
CONFIG = """poll_method epoll
sip_listen 127.0.0.1:0
sip_certificate {folder}/both.pem
sip_cafile {folder}/a.ca.pem
call_max_calls 1
audio_player aubridge,test
audio_source aufile,{folder}/tone.wav
audio_alert aubridge,alert
audio_srate 8000
audio_channels 1
net_interface 127.0.0.1
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module srtp.so
module sndfile.so
module_tmp account.so
module_app menu.so
snd_path {folder}
"""


class Baresip(AgentTest):
    def test_baresip_hears_its_echo(self) -> None:
        agent = self.start("agent_echo.py")
        pair = [(self.folder / f"a.{kind}.pem").read_text(encoding="ascii") for kind in ("cert", "key")]
        (self.folder / "both.pem").write_text("".join(pair), encoding="ascii")
        (self.folder / "config").write_text(CONFIG.format(folder=self.folder, modules=MODULES), encoding="ascii")
        (self.folder / "contacts").touch()
        account = "<sip:b@127.0.0.1;transport=tls>;regint=0;mediaenc=srtp-mand;audio_codecs=PCMU/8000/1\n"
        (self.folder / "accounts").write_text(account, encoding="ascii")
        dial = f"/dial sip:agent@127.0.0.1:{self.port}"
        run = subprocess.run(
            ["baresip", "-4", "-f", str(self.folder), "-e", dial, "-t", str(SECONDS)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        printed, _ = agent.communicate(timeout=PATIENCE_S)
        heard = next(self.folder.glob("*dec.wav"), None)
        assert heard is not None, run.stdout
        self.assertGreater(loud_seconds(heard), 0.3)
        self.assertIn("ended: remote", printed)


if __name__ == "__main__":
    if shutil.which("baresip") is None or MODULES is None:
        print("skipped: baresip is not there")
        sys.exit(77)
    unittest.main()
