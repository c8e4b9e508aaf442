#!/usr/bin/env python3
"""Takes pictures of the site with a headless Chromium and looks at them.

usage: pictures.py HTML OUT

Pages in light and dark, and in the width of a telephone: the ground must have the colour of the style
sheet, something must stand on it, and nothing may run out of it to the right. The pictures stay in OUT.
Exit status 77: skipped, a line says why.
"""
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

# name, width and height in CSS pixels, Blink's number of the colour scheme, pages
VIEWS = [("light", 1280, 1100, 1, ["index", "start", "voxlock_8h", "srtp_8h", "structvoxlock__srtp__config"]),
         ("dark", 1280, 1100, 0, ["index", "c", "troubleshooting", "leg_8h"]),
         ("narrow", 500, 1000, 1, ["index", "start", "threats", "srtp_8h"])]


def pixels(path):
    """Rows of (r, g, b) of a PNG with 8 bits a channel, as Chromium writes them. ISO 15948, section 9."""
    data, at, packed = path.read_bytes(), 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
        packed += body if kind == b"IDAT" else b""
        at += length + 12
    size = {2: 3, 6: 4}[colour]
    if depth != 8:
        raise SystemExit(f"{path.name}: {depth} bits a channel")
    raw, stride, above, rows = zlib.decompress(packed), width * size, bytearray(width * size), []
    for number in range(height):
        start = number * (stride + 1)
        row = unfiltered(raw[start], bytearray(raw[start + 1:start + 1 + stride]), above, size)
        rows.append([tuple(row[i:i + 3]) for i in range(0, stride, size)])
        above = row
    return rows


def unfiltered(kind, row, above, size):
    if kind == 1:
        for i in range(size, len(row)):
            row[i] = (row[i] + row[i - size]) & 255
    elif kind == 2:
        for i, up in enumerate(above):
            row[i] = (row[i] + up) & 255
    elif kind in (3, 4):
        for i, up in enumerate(above):
            left, corner = (row[i - size], above[i - size]) if i >= size else (0, 0)
            if kind == 3:
                row[i] = (row[i] + (left + up) // 2) & 255
            else:
                guess = left + up - corner
                best = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))
                row[i] = (row[i] + best[2]) & 255
    return row


def papers(css):
    """The ground of the style sheet: light, then dark."""
    return [tuple(bytes.fromhex(colour)) for colour in re.findall(r"--paper: #([0-9a-f]{6})", css)]


def take(chromium, page, view, out):
    name, width, height, scheme, _ = view
    picture = out / f"{page.stem}-{name}.png"
    picture.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run([chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                        f"--user-data-dir={profile}", f"--window-size={width},{height}",
                        f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={picture}", page.as_uri()],
                       capture_output=True, timeout=120, check=True)
    return picture


def wrong(rows, paper):
    """What is not as it should be in a picture."""
    edge = [row[-1] for row in rows]
    right = [row[-4:] for row in rows]
    inside = [pixel for row in rows[::4] for pixel in row[::4]]
    if edge.count(paper) < len(edge) * 0.9:
        yield f"the ground is not {paper} but {max(set(edge), key=edge.count)}"
    if sum(pixel != paper for row in right for pixel in row) > len(right) * 4 * 0.1:
        yield "something runs out of the page"
    if sum(pixel != paper for pixel in inside) < len(inside) * 0.02:
        yield "the page is empty"


def main():
    html, out = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    chromium = shutil.which("chromium")
    if chromium is None:
        print("skipped: no chromium here to take pictures with")
        return 77
    if not (html / "voxlock.css").exists():
        print("skipped: no site was built")
        return 77
    out.mkdir(parents=True, exist_ok=True)
    light, dark = papers((html / "voxlock.css").read_text(encoding="utf-8"))
    bad = count = 0
    for view in VIEWS:
        for name in view[4]:
            picture = take(chromium, html / f"{name}.html", view, out)
            count += 1
            for line in wrong(pixels(picture), dark if view[0] == "dark" else light):
                print(f"{picture.name}: {line}")
                bad += 1
    print(f"{count} pictures, {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
