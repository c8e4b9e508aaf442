"""The programs in README.md of this folder run, and what is public says what it takes."""
from __future__ import annotations

import contextlib
import dataclasses
import inspect
import io
import re
import unittest
from types import FunctionType, ModuleType
from typing import Iterator

import voxlock
import voxlock.aio
import voxlock.checkpoint
from support import HERE

# What has a unit in its name needs no text for it.
UNITS = re.compile(r"_(ns|us|ms|s|db|cdb|hz|bytes|bps)$")


def functions(module: ModuleType) -> Iterator[tuple[str, FunctionType, str]]:
    """Public functions and methods of a module: name, function, and what its class says."""
    for name in getattr(module, "__all__", [n for n in vars(module) if n[0] != "_"]):
        value = getattr(module, name)
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            yield name, value, ""
        if not inspect.isclass(value) or not value.__module__.startswith("voxlock") or "._" in value.__module__:
            continue
        for member, raw in vars(value).items():
            function = raw.fget if isinstance(raw, property) else getattr(raw, "__func__", raw)
            is_made = member == "__init__" and not dataclasses.is_dataclass(value)
            if isinstance(function, FunctionType) and (is_made or member[0] != "_"):
                yield f"{name}.{member}", function, value.__doc__ or ""


class Readme(unittest.TestCase):
    def test_every_snippet_runs(self) -> None:
        text = (HERE.parent / "README.md").read_text(encoding="utf-8")
        snippets = re.findall(r"^```python\n(.*?)^```", text, flags=re.M | re.S)
        self.assertTrue(snippets)
        for snippet in snippets:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(snippet, "README.md", "exec"), {"__name__": "readme"})
            for said in re.findall(r"print\(.*\) +# (\S+)$", snippet, flags=re.M):
                self.assertIn(said, printed.getvalue())


class Docstrings(unittest.TestCase):
    def test_every_public_function_says_what_it_does_and_in_which_units(self) -> None:
        seen = 0
        for module in (voxlock, voxlock.aio, voxlock.audio, voxlock.checkpoint, voxlock.rtp, voxlock.sip):
            self.assertTrue(module.__doc__, module)
            for name, function, of_class in functions(module):
                seen += 1
                own = of_class if name.endswith(".__init__") else function.__doc__
                self.assertTrue(own, name)
                words = set(re.findall(r"\w+", f"{of_class} {function.__doc__}".lower()))
                for parameter, kind in function.__annotations__.items():
                    if parameter != "return" and re.search(r"\b(int|float)\b", str(kind)) and not UNITS.search(parameter):
                        self.assertIn(parameter, words, name)
        self.assertGreater(seen, 200)


if __name__ == "__main__":
    unittest.main()
