#!/usr/bin/env python3
"""The pages to look things up in leave nothing out: every status of the headers has a row in
troubleshooting.md, every fault one in faults.md, and neither has one that is no more.

usage: complete.py ROOT
"""
import pathlib
import re
import sys


def compare(page, known, named):
    for name in sorted(known - named):
        yield f"{page} does not tell of {name}"
    for name in sorted(named - known):
        yield f"{page} tells of {name}, which the headers do not have"


def findings(root):
    read = lambda name: (root / name).read_text(encoding="utf-8")
    statuses = {"VOXLOCK_" + name for name in re.findall(r"\bX\((ERR_\w+), -\d+", read("include/voxlock/status.h"))}
    yield from compare("docs/troubleshooting.md", statuses, set(re.findall(r"VOXLOCK_ERR_\w+", read("docs/troubleshooting.md"))))
    faults = set(re.findall(r"#define VOXLOCK_FAULT_(\w+)", read("include/voxlock/srtp.h"))) - {"NONE"}
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", read("docs/faults.md"), re.M)
    yield from compare("docs/faults.md", faults, set(re.findall(r"`([A-Z_]+)`", " ".join(rows))))


def main():
    found = list(findings(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
