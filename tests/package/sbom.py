#!/usr/bin/env python3
"""The bill of materials says what is linked: no less, no more, and which version.

usage: sbom.py BILL.spdx.json LIBRARY

Compares the bill with the library itself, by tools that the bill was not made with: readelf and ldd for
what a shared library needs, nm for what is inside an archive. Exit status 77 where
dpkg does not know what is installed.
"""
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys

# A function of each library that an archive either has inside or leaves to the user's linker.
FUNCTIONS = {
    "srtp_protect": "libsrtp2-dev",
    "mbedtls_ssl_handshake_step": "libmbedtls-dev",
    "opus_encode": "libopus-dev",
    "speex_preprocess_run": "libspeexdsp-dev",
}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def linked(bill, way):
    names = {package["SPDXID"]: package for package in bill["packages"]}
    return {names[row["relatedSpdxElement"]]["name"]: names[row["relatedSpdxElement"]]
            for row in bill["relationships"] if row["relationshipType"] == way + "_LINK"}


def owners(library):
    """The packages of what the loader takes for a shared library's direct needs."""
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-dW", library)))
    paths = dict(re.findall(r"(\S+) => (/\S+)", output("ldd", library)))
    for name in needed & set(paths):
        path = pathlib.Path(paths[name])
        for spelled in (str(path), str(path.resolve()), str(path.resolve()).removeprefix("/usr")):
            found = subprocess.run(["dpkg-query", "-S", spelled], capture_output=True, text=True, check=False)
            if found.returncode == 0:
                yield found.stdout.split(":")[0]
                break
        else:
            raise SystemExit(f"no package has {path}")


def wrong(bill, library):
    """What is not as it should be, one line each."""
    inside, outside = linked(bill, "STATIC"), linked(bill, "DYNAMIC")
    described = [package for package in bill["packages"] if package["SPDXID"] == "SPDXRef-voxlock"]
    checksum = hashlib.sha256(pathlib.Path(library).read_bytes()).hexdigest()
    if [row["checksumValue"] for package in described for row in package["checksums"]] != [checksum]:
        yield "the checksum is that of another file"
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bill["creationInfo"]["created"]):
        yield "no time of creation"
    for package in [*inside.values(), *outside.values()]:
        version = output("dpkg-query", "-W", "-f=${Version}", package["name"])
        if package.get("versionInfo") != version:
            yield f"{package['name']} is {version} here, the bill says {package.get('versionInfo')}"
        if package["licenseDeclared"] == "NOASSERTION":
            yield f"{package['name']} has no licence"
    if library.endswith(".a"):
        defined = set(re.findall(r" [tTW] (\w+)$", output("nm", library), re.M))
        expected = {package for function, package in FUNCTIONS.items() if function in defined}
    else:
        expected = {"libsrtp2-dev"}
        if set(owners(library)) != set(outside):
            yield f"needs {sorted(owners(library))}, the bill says {sorted(outside)}"
    # GCC's own support code goes into everything that it links.
    if {name for name in inside if not name.startswith("libgcc-")} != expected:
        yield f"holds {sorted(expected)}, the bill says {sorted(inside)}"
    notices = pathlib.Path(sys.argv[1].removesuffix(".spdx.json") + ".licences.txt")
    for name in inside:
        if f"==== {name} " not in notices.read_text(encoding="utf-8"):
            yield f"{notices.name} lacks the notice of {name}"


def main():
    if shutil.which("dpkg-query") is None:
        print("skipped: no dpkg here")
        return 77
    bill = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    findings = list(wrong(bill, sys.argv[2]))
    for line in findings:
        print(line)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
