#!/usr/bin/env python3
"""Bills of materials are valid SPDX, as spdx-tools says.

usage: sbom_valid.py FOLDER BILL.spdx.json ...

Without spdx-tools it makes a virtual environment in FOLDER; exit status 77 (skipped) where that fails."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from peers import need  # noqa: E402


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
    need("spdx-tools", "spdx_tools", folder)
    lines = [f"{pathlib.Path(bill).name}: {line}" for bill in bills for line in findings(bill)]
    print("\n".join(lines) if lines else f"{len(bills)} bills are valid")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
