"""The generated layouts: up to date, checked at import, and a wrong one is found."""
from __future__ import annotations

import ctypes
import os
import pathlib
import re
import subprocess
import sys
import unittest

import voxlock
from voxlock import _abi_functions, _abi_structs, _library

from support import HERE

GENERATOR = HERE.parent / "tools" / "generate.py"
EXPORTS = HERE.parents[2] / "tests" / "abi" / "exports.txt"


class Abi(unittest.TestCase):
    def test_generated_files_are_what_the_headers_say(self) -> None:
        run = subprocess.run([sys.executable, "-B", str(GENERATOR), "--check"], capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stdout), (0, ""))

    def test_every_export_has_a_prototype(self) -> None:
        exports = set(re.findall(r"^voxlock_\w+", EXPORTS.read_text(encoding="utf-8"), flags=re.M))
        self.assertEqual(exports, set(_abi_functions.FUNCTIONS))

    def test_a_wrong_size_or_offset_is_found(self) -> None:
        class voxlock_verdict(ctypes.Structure):
            _fields_ = [("struct_size", ctypes.c_uint32)]

        with self.assertRaisesRegex(ImportError, "voxlock_verdict has 40 bytes"):
            _library.check_layouts(_library.lib, (voxlock_verdict,))
        fields = list(_abi_structs.voxlock_verdict._fields_)
        fields[1], fields[2] = fields[2], fields[1]
        swapped = type("voxlock_verdict", (ctypes.Structure,), {"_fields_": fields})
        with self.assertRaisesRegex(ImportError, "voxlock_verdict.reason lies at 8"):
            _library.check_layouts(_library.lib, (swapped,))

    def test_a_library_that_is_not_there_is_an_import_error(self) -> None:
        environment = {**os.environ, "VOXLOCK_LIBRARY": "/nowhere/libvoxlock.so"}
        run = subprocess.run([sys.executable, "-B", "-c", "import voxlock"], env=environment, capture_output=True,
                             text=True)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("ImportError: voxlock:", run.stderr)

    def test_statuses_agree_with_the_library(self) -> None:
        for status in voxlock.Status:
            self.assertEqual(voxlock.status_name(status), "VOXLOCK_" + status.name)
        self.assertEqual(voxlock.status_name(-99), "VOXLOCK_UNKNOWN")

    def test_the_package_says_that_it_is_typed(self) -> None:
        self.assertTrue(pathlib.Path(voxlock.__file__).with_name("py.typed").exists())


if __name__ == "__main__":
    unittest.main()
