"""The programs in README.md of this folder run."""
from __future__ import annotations

import contextlib
import io
import re
import unittest

from support import HERE


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


if __name__ == "__main__":
    unittest.main()
