"""Peers from PyPI, for tests that run where one can be had and are skipped where not."""
import importlib.util
import os
import pathlib
import subprocess
import sys


def skip(why):
    """Exit status 77 is a skipped test. To standard error: output may be a protocol."""
    print(f"skipped: {why}", file=sys.stderr)
    sys.exit(77)


def need(package, module, folder):
    """Returns where this Python has the module. Else runs the script again in a virtual environment in folder that
    has the package, made once; the test is skipped where that fails."""
    if importlib.util.find_spec(module) is not None:
        return
    tried = f"{module.upper()}_TRIED"
    if os.environ.get(tried):
        skip(f"{package} cannot be imported")
    environment = pathlib.Path(folder) / package
    python = environment / "bin" / "python3"
    try:
        if not (environment / "ready").exists():
            for command in ([sys.executable, "-m", "venv", environment],
                            [python, "-m", "pip", "install", "--quiet", "--timeout", "10", "--retries", "1", package]):
                subprocess.run(command, check=True, timeout=180, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            (environment / "ready").touch()
    except (OSError, subprocess.SubprocessError):
        skip(f"{package} is neither there nor to be had from PyPI")
    os.environ[tried] = "1"
    os.execv(python, [str(python), "-B", *sys.argv])
