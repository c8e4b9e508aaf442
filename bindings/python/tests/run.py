#!/usr/bin/env python3
"""Runs the tests of the binding against a shared library that lies in a build folder.

usage: run.py NAME LIBVOXLOCK VECTORS FOLDER

NAME: abi, sip ... for test_NAME.py; types for mypy --strict; wheel for a build and installation as a
user does it, in FOLDER, when VOXLOCK_FROM_SOURCE is set. Exit status 77: skipped, a line says why."""
from __future__ import annotations

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import NoReturn

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parent


def skip(why: str) -> NoReturn:
    print(f"skipped: {why}")
    sys.exit(77)


def check_types() -> int:
    mypy = [sys.executable, "-m", "mypy"]
    if importlib.util.find_spec("mypy") is None:
        # Debian's belongs to Debian's Python, which may not be the one that runs this.
        mypy = [shutil.which("mypy") or skip("mypy is not there")]
    folders = [PACKAGE / name for name in ("tests", "tools", "bench", "../../examples/python")]
    files = [str(path) for folder in folders for path in sorted(folder.glob("*.py"))]
    return subprocess.run([*mypy, "--strict", "--cache-dir", os.devnull, "src/voxlock", *files],
                          cwd=PACKAGE, check=False).returncode


# Of Debian's -dev packages those that are no archives for shared libraries (README.md tells why).
NEEDS = {"libc", "libm", "libopus", "libnspr4", "libnss3", "ld-linux-x86-64", "ld-linux-aarch64"}


def check_needs(environment: pathlib.Path) -> None:
    """The library of the wheel needs no more than NEEDS, and no libstdc++ above all."""
    library, = environment.glob("lib/python3.*/site-packages/voxlock/libvoxlock.so")
    shown = subprocess.run(["readelf", "-dW", library], check=True, capture_output=True, text=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[([\w+-]+)\.so", shown))
    if not needed or needed - NEEDS:
        raise SystemExit(f"the wheel needs {sorted(needed)}")


def check_wheel(folder: pathlib.Path) -> int:
    """`pip install ./bindings/python` in a virtual environment of its own, and the tests once more."""
    if not os.environ.get("VOXLOCK_FROM_SOURCE"):
        skip("VOXLOCK_FROM_SOURCE is not set: ./dev interop builds the wheel")
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        skip("this Python has no venv")
    environment = folder / "wheel-venv"
    python = environment / "bin" / "python3"
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
    options = ["--disable-pip-version-check", "--timeout", "15", "--retries", "1"]
    pip: list[str | pathlib.Path] = [python, "-m", "pip", *options]
    if subprocess.run([*pip, "download", "--quiet", "--no-deps", "--dest", folder / "reach", "scikit-build-core"],
                      check=False).returncode:
        skip("PyPI cannot be reached")
    subprocess.run([*pip, "install", PACKAGE], check=True)
    check_needs(folder / "wheel-venv")
    bare = {name: value for name, value in os.environ.items() if name not in ("VOXLOCK_LIBRARY", "PYTHONPATH")}
    for name in ("abi", "sip", "srtp", "media", "secure", "readme"):
        subprocess.run([python, "-B", HERE / f"test_{name}.py"], env=bare, check=True)
    path = subprocess.run([python, "-c", "import voxlock; print(voxlock._library._path())"], env=bare, check=True,
                          capture_output=True, text=True).stdout.strip()
    assert pathlib.Path(path).is_relative_to(environment), path
    needed = subprocess.run(["readelf", "-d", path], check=True, capture_output=True, text=True).stdout
    assert "libstdc++" not in needed and "libmbed" not in needed, needed
    return 0


def main() -> int:
    name, library, vectors, folder = sys.argv[1:]
    if sys.version_info < (3, 11):
        skip("the binding needs Python 3.11")
    if name == "types":
        return check_types()
    os.environ["VOXLOCK_VECTORS"] = vectors
    if name == "wheel":
        return check_wheel(pathlib.Path(folder))
    os.environ["VOXLOCK_LIBRARY"] = library
    os.environ["PYTHONPATH"] = str(PACKAGE / "src")
    if os.environ.get("VOXLOCK_PRELOAD"):
        os.environ["LD_PRELOAD"] = os.environ["VOXLOCK_PRELOAD"]
    return subprocess.run([sys.executable, "-B", str(HERE / f"test_{name}.py")], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
