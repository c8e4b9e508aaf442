#!/usr/bin/env python3
"""Whether a file of ./dev bench --json holds rows {name, value, unit, goal, holds}.

usage: check_rows.py FILE, of a run with --short"""
import json
import math
import sys


def fault(row):
    if list(row) != ["name", "value", "unit", "goal", "holds"]:
        return "other keys"
    if not (row["name"] and isinstance(row["unit"], str) and math.isfinite(row["value"])):
        return "no name, unit or number"
    # A run of --short does not judge ratios.
    is_judged = row["goal"] is not None and row["unit"] != "ratio"
    if row["holds"] is not (not is_judged or row["value"] <= row["goal"]):
        return "judged wrongly"
    return None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = json.load(file)
    for row in rows:
        if wrong := fault(row):
            sys.exit(f"{row}: {wrong}")
    if not rows or len({row["name"] for row in rows}) != len(rows):
        sys.exit("no rows, or one twice")


main()
