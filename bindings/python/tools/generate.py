#!/usr/bin/env python3
"""Writes what ctypes has to know about the C headers: constants, layouts and prototypes.

usage: generate.py [--check]

Reads include/voxlock/*.h and writes src/voxlock/_abi_{constants,structs,functions}.py. --check writes
nothing and fails where a file differs from what it would write. The headers keep to a small part of
C (fixed-width integers, pointers and size_t; no enum, bit-field, union or by-value struct in a
prototype), and so this parser knows no more: what it does not understand stops it. Standard library
only."""
from __future__ import annotations

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = HERE.parents[2] / "include" / "voxlock"
PACKAGE = HERE.parent / "src" / "voxlock"

SCALARS = {
    "uint8_t": "c_uint8", "int16_t": "c_int16", "uint16_t": "c_uint16", "int32_t": "c_int32",
    "uint32_t": "c_uint32", "uint64_t": "c_uint64", "size_t": "c_size_t", "char": "c_char",
}
# Bytes and samples are handed over as addresses, so that bytes objects and arrays go in uncopied.
RAW = {"uint8_t", "char", "int16_t", "void"}

NOTE = "Written by tools/generate.py from include/voxlock; do not edit."


def strip_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def fold(text: str) -> str:
    """One logical line for each preprocessor line."""
    return re.sub(r"\\\n", " ", text)


class Headers:
    def __init__(self) -> None:
        self.constants: list[tuple[str, int]] = []
        self.statuses: list[tuple[str, int, str]] = []
        self.structs: dict[str, list[tuple[str, str]]] = {}
        self.callbacks: dict[str, tuple[str, list[str]]] = {}
        self.opaque: set[str] = set()
        self.functions: list[tuple[str, str, list[str]]] = []
        bodies = []
        for name in self.order():
            text = fold(strip_comments((HEADERS / name).read_text(encoding="utf-8")))
            self.read_defines(text)
            bodies.append(re.sub(r"^\s*#.*$", "", text, flags=re.M))
        self.read_declarations("\n".join(bodies))

    @staticmethod
    def order() -> list[str]:
        """The headers in the order they include each other: what a struct holds comes before it."""
        done: list[str] = []

        def visit(name: str) -> None:
            if name in done:
                return
            text = strip_comments((HEADERS / name).read_text(encoding="utf-8"))
            for other in re.findall(r'#include "voxlock/(\w+\.h)"', text):
                visit(other)
            done.append(name)

        for path in sorted(HEADERS.glob("*.h")):
            visit(path.name)
        return done

    def read_defines(self, text: str) -> None:
        for name, value in re.findall(r"^#define VOXLOCK_(\w+)[ \t]+(\d+)u?[ \t]*$", text, flags=re.M):
            self.constants.append((name, int(value)))
        row = r'X\((\w+),\s*(-?\d+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)'
        for name, number, parts in re.findall(row, text):
            words = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', parts))
            self.statuses.append((name, int(number), words))

    def read_declarations(self, text: str) -> None:
        for name in re.findall(r"typedef struct (\w+) \1;", text):
            self.opaque.add(name)
        for ret, name, args in re.findall(r"typedef ([\w ]+\*?)\s*\(\*(\w+)\)\(([^)]*)\);", text):
            self.callbacks[name] = (ret.strip(), self.split(args))
        for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", text, flags=re.S):
            self.structs[name] = [self.field(part) for part in body.split(";") if part.strip()]
        pattern = r"VOXLOCK_API\s+([\w\s]+?\*?)\s*\b(voxlock_\w+)\(([^)]*)\)"
        for ret, name, args in re.findall(pattern, text):
            kinds = [self.argument(part) for part in self.split(args)]
            self.functions.append((name, self.result(" ".join(ret.split())), kinds))

    @staticmethod
    def split(args: str) -> list[str]:
        parts = [" ".join(part.split()) for part in args.split(",")]
        return [] if parts == ["void"] else parts

    def field(self, text: str) -> tuple[str, str]:
        text = " ".join(text.split())
        pointer = re.fullmatch(r"([\w ]+\*?) \(\*(\w+)\)\((.*)\)", text)
        if pointer:
            ret, name, args = pointer.groups()
            return name, self.callback_type(ret, self.split(args))
        match = re.fullmatch(r"(?:const )?(\w+)( ?\*)? (\w+)((?:\[\w+\])*)", text)
        if not match:
            raise SystemExit(f"generate.py: cannot read the field '{text}'")
        base, star, name, sizes = match.groups()
        if star:
            kind = "c_void_p"
        elif base in self.callbacks or base in self.structs:
            kind = base
        else:
            kind = SCALARS[base]
        for size in reversed(re.findall(r"\[(\w+)\]", sizes)):
            kind += f" * {size if size.isdigit() else self.constant(size)}"
        return name, kind

    def constant(self, name: str) -> int:
        return dict(self.constants)[name.removeprefix("VOXLOCK_")]

    def callback_type(self, ret: str, args: list[str]) -> str:
        kinds = [self.result(ret)] + [self.argument(arg, is_callback=True) for arg in args]
        return f"CFUNCTYPE({', '.join(kinds)})"

    def result(self, text: str) -> str:
        if text == "void":
            return "None"
        if text == "const char*":
            return "c_char_p"
        if text.endswith("*"):
            return "c_void_p"
        return SCALARS[text]

    def argument(self, text: str, is_callback: bool = False) -> str:
        match = re.fullmatch(r"(?:const )?(\w+)(?: )?(\*{0,2}) ?(\w+)", text)
        if not match:
            raise SystemExit(f"generate.py: cannot read the argument '{text}'")
        base, stars, _ = match.groups()
        if stars == "**":
            return "POINTER(c_void_p)"
        if not stars:
            return SCALARS[base]
        if base in RAW or base in self.opaque or is_callback:
            return "c_void_p"
        if base in self.structs:
            return f"POINTER({base})"
        return f"POINTER({SCALARS[base]})"


def wrapped(items: list[str], indent: str) -> str:
    """The items with commas between, in lines of at most 110 columns; no item is broken."""
    lines, line = [], indent
    for item in (item + "," for item in items):
        if len(line) + len(item) > 110 and line != indent:
            lines.append(line.rstrip())
            line = indent
        line += item + " "
    return "\n".join([*lines, line.rstrip().removesuffix(",")])


def constants_file(headers: Headers) -> str:
    lines = [f'"""Numbers of the headers. {NOTE}"""', "from enum import IntEnum", ""]
    lines += [f"{name} = {value}" for name, value in headers.constants]
    lines += ["", "", "class Status(IntEnum):",
              '    """Statuses of the C ABI (voxlock/status.h); the numbers never change."""', ""]
    lines += [f"    {name} = {number}" for name, number, _ in headers.statuses]
    return "\n".join(lines) + "\n"


def structs_file(headers: Headers) -> str:
    used = {word for fields in headers.structs.values() for _, kind in fields
            for word in re.findall(r"\bc_\w+|CFUNCTYPE", kind)}
    for ret, args in headers.callbacks.values():
        used |= set(re.findall(r"\bc_\w+|CFUNCTYPE", headers.callback_type(ret, args)))
    lines = [f'"""Layouts of the public structs. {NOTE}"""', "from ctypes import (",
             wrapped(sorted(used | {"Structure"}), "    ") + ",", ")", ""]
    for name, (ret, args) in headers.callbacks.items():
        lines.append(f"{name} = {headers.callback_type(ret, args)}")
    for name, fields in headers.structs.items():
        lines += ["", "", f"class {name}(Structure):", "    _fields_ = ["]
        lines.append(wrapped([f'("{field}", {kind})' for field, kind in fields], "        ") + ",")
        lines.append("    ]")
    lines += ["", "", "STRUCTS: tuple[type[Structure], ...] = (",
              wrapped(list(headers.structs), "    ") + ",", ")"]
    return "\n".join(lines) + "\n"


def functions_file(headers: Headers) -> str:
    kinds = {word for _, ret, args in headers.functions for kind in [ret, *args]
             for word in re.findall(r"\bc_\w+|POINTER", kind)}
    structs = {word for _, _, args in headers.functions for kind in args
               for word in re.findall(r"\((voxlock_\w+)\)", kind)}
    lines = [f'"""Prototypes of the exported functions. {NOTE}"""', "from ctypes import (",
             wrapped(sorted(kinds), "    ") + ",", ")", "from typing import Any", "",
             "from ._abi_structs import (", wrapped(sorted(structs), "    ") + ",", ")", "",
             "# name: result, arguments", "FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {"]
    for name, ret, args in headers.functions:
        tail = "," if len(args) == 1 else ""
        row = f'    "{name}": ({ret}, ({", ".join(args)}{tail})),'
        if len(row) > 110:
            row = f'    "{name}": ({ret}, (\n{wrapped(args, "        ")})),'
        lines.append(row)
    lines.append("}")
    return "\n".join(lines) + "\n"


def main() -> int:
    headers = Headers()
    files = {
        "_abi_constants.py": constants_file(headers),
        "_abi_structs.py": structs_file(headers),
        "_abi_functions.py": functions_file(headers),
    }
    stale = [name for name, text in files.items()
             if not (PACKAGE / name).exists() or (PACKAGE / name).read_text(encoding="utf-8") != text]
    if sys.argv[1:] == ["--check"]:
        for name in stale:
            print(f"{name} is not what the headers say: run python3 bindings/python/tools/generate.py")
        return 1 if stale else 0
    if sys.argv[1:]:
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    for name in stale:
        (PACKAGE / name).write_text(files[name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
