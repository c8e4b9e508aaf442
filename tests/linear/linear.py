#!/usr/bin/env python3
"""Compares the instructions that linear_cost took for inputs of one, two and four sizes."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

# What a further byte costs may grow by so much: tables that are met for the first time, blocks that
# are not filled.
MOST_GROWTH = 1.25
# Instructions a byte that need no look: a row whose further bytes are hardly read.
LEAST_SLOPE = 20


def counts(folder):
    """Rows of (title, bytes, instructions) in the order of the dumps."""
    rows = []
    for path in folder.glob("out.*"):
        head = path.read_text()
        label = re.search(r"^desc: Trigger: Client Request: (.*)\|(\d+)$", head, re.M)
        total = re.search(r"^(?:totals|summary): (\d+)", head, re.M)
        if label and total:
            number = int(path.name.rsplit(".", 1)[1]) if path.name[-1].isdigit() else 0
            rows.append((number, label[1], int(label[2]), int(total[1])))
    return [row[1:] for row in sorted(rows)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--valgrind", default="valgrind")
    parser.add_argument("--show", action="store_true", help="print every row")
    parser.add_argument("program", nargs="+")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        command = [args.valgrind, "--tool=callgrind", "--quiet",
                   f"--callgrind-out-file={folder}/out"]
        subprocess.run(command + args.program, check=True, stdout=subprocess.DEVNULL)
        rows = counts(folder)
    bad = 0
    titles = list(dict.fromkeys(row[0] for row in rows))
    for title in titles:
        passes = [row[1:] for row in rows if row[0] == title]
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(passes, passes[1:])]
        is_bad = len(slopes) != 2 or slopes[1] > MOST_GROWTH * max(slopes[0], LEAST_SLOPE)
        bad += is_bad
        if is_bad or args.show:
            print(title, passes, [round(slope) for slope in slopes], "NOT LINEAR" if is_bad else "")
    print(f"{len(titles)} rows, {bad} of them not linear")
    return 1 if bad or not titles else 0


if __name__ == "__main__":
    sys.exit(main())
