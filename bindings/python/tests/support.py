"""What the tests share: the public vectors, and two legs that have agreed."""
from __future__ import annotations

import os
import pathlib
import unittest
from array import array

import voxlock

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = pathlib.Path(os.environ.get("VOXLOCK_VECTORS", HERE.parents[3] / "shared" / "vectors"))
TRUNK, PEER = ("127.0.0.1", 40000), ("127.0.0.1", 40002)
MS = 1_000_000


def vectors(name: str) -> pathlib.Path:
    """A file or folder of vectors; the test is skipped where it is not there."""
    path = VECTORS / name
    if not path.exists():
        raise unittest.SkipTest(f"the vectors {name} are not there")
    return path


def tsv(name: str) -> list[list[str]]:
    lines = vectors(name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[1:] if line]


def agreed(context: voxlock.Context, codec: voxlock.Codec = voxlock.Codec.PCMU,
           here: voxlock.Address = TRUNK, there: voxlock.Address = PEER) -> tuple[voxlock.Leg, voxlock.Leg]:
    """A leg and its peer after offer and answer."""
    leg = voxlock.Leg(context, here, codecs=[codec])
    peer = voxlock.Leg(context, there, codecs=[codec])
    sdp, verdict = leg.answer(peer.offer(now_ns=0), now_ns=0)
    assert not verdict.refused, verdict
    assert not peer.accept_answer(sdp, now_ns=0).refused
    return leg, peer


def tone(samples: int, step: int = 700) -> array[int]:
    """A loud saw-tooth."""
    return array("h", ((i * step) % 20000 - 10000 for i in range(samples)))


def resident_bytes() -> int:
    """Memory of this process that lies in RAM."""
    return int(pathlib.Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def make_certificates(folder: pathlib.Path, name: str) -> None:
    """NAME.ca.pem, and NAME.cert.pem and NAME.key.pem of 127.0.0.1 and localhost."""
    with voxlock.Context() as context:
        authority = voxlock.Identity(context, common_name=name, is_ca=True)
        leaf = voxlock.Identity(context, dns_name="localhost", ip=bytes([127, 0, 0, 1]), issuer=authority)
        for kind, data in (("ca", authority.certificate), ("cert", leaf.certificate), ("key", leaf.key)):
            (folder / f"{name}.{kind}.pem").write_bytes(data)
