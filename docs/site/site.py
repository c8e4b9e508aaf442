#!/usr/bin/env python3
"""What Doxygen needs of the guides to make one site of them and the reference.

usage: site.py page FILE.md     a guide as Doxygen takes it: headings get anchors, links become references
       site.py header OUT       the head of every page, with the navigation
"""
import html
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
GUIDES = HERE.parent
HEADERS = HERE.parents[1] / "include/voxlock"
# Guides in the order of reading; others follow by name.
ORDER = ["start", "c", "cpp", "python", "go", "pbx", "moving", "scaling", "threats", "troubleshooting", "faults"]


def slug(title):
    """The anchor that Markdown viewers give a heading."""
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).strip().replace(" ", "-")


def title_of(path):
    return re.search(r"^# (.*)$", path.read_text(encoding="utf-8"), re.M).group(1)


def page(path):
    name = path.stem
    text = re.sub(r"^<!--.*?-->\n", "", path.read_text(encoding="utf-8"), flags=re.M)
    parts = re.split(r"(^```.*?^```$)", text, flags=re.M | re.S)
    for number in range(0, len(parts), 2):
        part = parts[number]
        if name != "index":
            part = re.sub(r"^# (.*)$", rf"# \1 {{#{name}}}", part, count=1, flags=re.M)
        part = re.sub(r"^(##+) (.*)$", lambda m: f"{m[1]} {m[2]} {{#{name}-{slug(m[2])}}}", part, flags=re.M)
        part = re.sub(r"\]\(([a-z]+)\.md#([a-z0-9-]+)\)", r"](@ref \1-\2)", part)
        part = re.sub(r"\]\(#([a-z0-9-]+)\)", rf"](@ref {name}-\1)", part)
        parts[number] = re.sub(r"\]\(([a-z]+)\.md\)", r"](@ref \1)", part)
    return "".join(parts)


def navigation():
    guides = [path.stem for path in GUIDES.glob("*.md") if path.stem != "index"]
    guides.sort(key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    headers = sorted(path.stem for path in HEADERS.glob("*.h") if path.stem not in ("voxlock", "export"))
    yield "Guides", [(f"{name}.html", title_of(GUIDES / f"{name}.md")) for name in guides]
    yield "Reference", [("voxlock_8h.html", "The contract"), *((f"{name}_8h.html", f"{name}.h") for name in headers),
                        ("globals_func.html", "All functions"), ("annotated.html", "All structs")]


def header():
    lines = []
    for heading, entries in navigation():
        lines.append(f"<h2>{heading}</h2><ul>")
        lines += [f'<li><a href="$relpath^{target}">{html.escape(text)}</a></li>' for target, text in entries]
        lines.append("</ul>")
    return (HERE / "header.html").read_text(encoding="utf-8").replace("@NAVIGATION@", "\n".join(lines))


def main():
    if sys.argv[1:2] == ["page"]:
        sys.stdout.write(page(pathlib.Path(sys.argv[2])))
    elif sys.argv[1:2] == ["header"]:
        pathlib.Path(sys.argv[2]).write_text(header(), encoding="utf-8")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
