#!/usr/bin/env python3
"""Follows a guide literally: writes the files it shows, types its commands, and compares what comes out.

usage: guides.py GUIDE.md FOLDER --root CLONE [--stage PREFIX] [--as-a-user]

"<!-- file: NAME -->" before a block says that the reader saves it; a block of sh is typed, and the block of
text behind it is what must appear ("..." stands for anything). "<!-- setup -->" marks what a new machine needs:
it is typed with --as-a-user only, in a bare system. "<!-- needs: LIBRARY -->" marks what is typed where pkg-config
knows that library. Otherwise the library comes from --stage, a folder
made by cmake --install. A file that no command uses fails, and so does a block that is neither.
Exit status 77: skipped, a line says why.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

BLOCK = re.compile(r"(?:<!-- *(?P<mark>[^>]*?) *-->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
# What a machine may lack: the guide is skipped then.
TOOLS = {"cc": "cc", "cmake": "cmake", "go": "go", "openssl": "openssl", "python3": "python3"}


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def fits(expected, got):
    """Whether the output is the expected one, "..." standing for anything."""
    pattern = r"(?s:.*?)".join(re.escape(part) for part in expected.strip().split("..."))
    return re.fullmatch(pattern.replace(r"(?s:.*?)\n", r"(?s:.*?)\n?"), got.strip()) is not None


def environment(stage, root):
    """A user's environment where nothing is installed but in a folder."""
    made = dict(os.environ, NO_COLOR="1")
    if stage:
        library = next(stage.glob("lib*/**/libvoxlock.so")).parent
        made |= {"PKG_CONFIG_PATH": str(library / "pkgconfig"), "LD_LIBRARY_PATH": str(library),
                 "CMAKE_PREFIX_PATH": str(stage), "VOXLOCK_LIBRARY": str(library / "libvoxlock.so"),
                 "PYTHONPATH": str(root / "bindings/python/src"), "PYTHONDONTWRITEBYTECODE": "1",
                 "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod",
                 # Go keeps what pkg-config said, whatever PKG_CONFIG_PATH was then.
                 "CGO_LDFLAGS": f"-O2 -g -L{library}"}
    return made


class Follower:
    def __init__(self, options):
        self.options, self.written, self.used, self.output = options, [], set(), None
        self.environment = environment(options.stage, options.root)

    def write(self, name, text):
        (self.options.folder / name).write_text(text, encoding="utf-8")
        self.written.append(name)
        self.used -= {name}

    def type(self, text, is_setup):
        if is_setup and not self.options.as_a_user:
            return
        print(text, end="", flush=True)
        for name in self.written:
            stem = pathlib.PurePath(name).stem
            if re.search(rf"\b{re.escape(name)}\b", text) or re.search(r"\bgo (run|build)\b|\bcmake\b", text):
                self.used.add(name)
        try:
            done = subprocess.run(["bash", "-ec", text], cwd=self.options.folder, env=self.environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                  timeout=3000 if is_setup else 240, check=False)
        except subprocess.TimeoutExpired as error:
            raise SystemExit(f"no end after {error.timeout} s: {text}{error.output}") from None
        self.output = done.stdout
        if done.returncode != 0:
            raise SystemExit(f"status {done.returncode}:\n{done.stdout}")

    def compare(self, expected):
        if self.output is None:
            raise SystemExit(f"nothing was typed before this output:\n{expected}")
        if not fits(expected, self.output):
            raise SystemExit(f"the guide says:\n{expected}and it was:\n{self.output}")
        self.output = None

    def has(self, library):
        """With --as-a-user the setup has brought it."""
        if self.options.as_a_user:
            return True
        known = subprocess.run(["pkg-config", "--exists", library], check=False).returncode == 0
        if not known:
            print(f"left out: {library} is not there")
        return known

    def follow(self, blocks):
        for block in blocks:
            mark, language, text = block["mark"] or "", block["language"], block["text"]
            if mark.startswith("needs: ") and not self.has(mark.removeprefix("needs: ")):
                continue
            if mark.startswith("file: "):
                self.write(mark.removeprefix("file: "), text)
            elif language == "sh":
                self.type(text, mark == "setup")
            elif language == "text":
                self.compare(text)
            else:
                raise SystemExit(f"a block of {language or 'no language'} that is neither saved nor typed:\n{text}")
        unused = set(self.written) - self.used
        if unused:
            raise SystemExit(f"saved and never used: {', '.join(sorted(unused))}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("guide", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--stage", type=pathlib.Path)
    parser.add_argument("--as-a-user", action="store_true")
    options = parser.parse_args()
    options.root = options.root.resolve()
    blocks = list(BLOCK.finditer(options.guide.read_text(encoding="utf-8")))
    if not blocks:
        raise SystemExit(f"{options.guide.name} shows nothing to do")
    typed = " ".join(block["text"] for block in blocks if block["language"] == "sh" and block["mark"] != "setup")
    for tool in TOOLS:
        if re.search(rf"\b{tool}\b", typed) and not options.as_a_user and shutil.which(tool) is None:
            skip(f"no {tool} here")
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    # The reader's clone lies beside what the guide makes.
    (options.folder / "voxlock").symlink_to(options.root)
    Follower(options).follow(blocks)


if __name__ == "__main__":
    main()
