#!/usr/bin/env python3
"""Bills of materials are valid SPDX, as spdx-tools says.

usage: sbom_valid.py FOLDER BILL.spdx.json ...

Without spdx-tools it makes a virtual environment in FOLDER; exit status 77 (skipped) where that fails."""
import importlib.util
import os
import pathlib
import subprocess
import sys


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def need_tools(folder):
    """This script again in an environment that has them."""
    if importlib.util.find_spec("spdx_tools") is not None:
        return
    if os.environ.get("SPDX_TOOLS_TRIED"):
        skip("spdx-tools cannot be imported")
    environment = pathlib.Path(folder) / "spdx-tools"
    python = environment / "bin" / "python3"
    try:
        if not (environment / "ready").exists():
            for command in ([sys.executable, "-m", "venv", environment],
                            [python, "-m", "pip", "install", "--quiet", "--timeout", "10", "--retries", "1", "spdx-tools"]):
                subprocess.run(command, check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            (environment / "ready").touch()
    except (OSError, subprocess.SubprocessError):
        skip("spdx-tools is neither there nor to be had from PyPI")
    os.environ["SPDX_TOOLS_TRIED"] = "1"
    os.execv(python, [str(python), *sys.argv])


def findings(path):
    from spdx_tools.spdx.parser.error import SPDXParsingError
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
    try:
        return [row.validation_message for row in validate_full_spdx_document(parse_file(path))]
    except SPDXParsingError as error:
        return error.get_messages()


def main():
    folder, *bills = sys.argv[1:]
    need_tools(folder)
    lines = [f"{pathlib.Path(bill).name}: {line}" for bill in bills for line in findings(bill)]
    print("\n".join(lines) if lines else f"{len(bills)} bills are valid")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
