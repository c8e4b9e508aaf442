#!/usr/bin/env python3
"""Rules of the tree that a compiler does not check.

usage: lint.py [--self-test | --rules] [ROOT]

Prints "path:line: rule: what is wrong" for each finding; exit status 1 when there is one.
--self-test proves on the snippets in cases/ that every rule can fail. Standard library only.
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

# The layer table: a module may include itself, base and what stands here.
LAYERS = {
    "base": set(),
    "crypto": {"base"}, "sip": {"base"}, "sdp": {"base"}, "rtp": {"base"}, "audio": {"base"},
    "srtp": {"base", "rtp", "crypto"}, "tls": {"base", "crypto"}, "ice": {"base", "crypto"},
    "e2ee": {"base", "crypto"}, "ua": {"base", "sip", "crypto"},
    "leg": {"base", "sdp", "rtp", "srtp", "tls", "ice"},
    "bridge": {"base", "crypto", "leg", "audio", "e2ee", "rtp"},
}
LAYERS["capi"] = set(LAYERS)

# Public headers that every module may use: statuses, and the context's plain structs.
COMMON_HEADERS = {"status", "export", "context"}

# Third-party headers and the only places that may include them.
FEATURES = "lib/capi/features.cpp"
THIRD_PARTY = [
    (re.compile(r"srtp2/"), ("lib/srtp/", FEATURES)),
    (re.compile(r"mbedtls/(ssl|net_|timing|debug)"), ("lib/tls/", FEATURES)),
    (re.compile(r"mbedtls/|psa/"), ("lib/crypto/", "lib/tls/", FEATURES)),
    (re.compile(r"opus/|opus\.h|speex/"), ("lib/audio/", FEATURES)),
]

# What a sans-I/O library has no use for, and the one file that may (entropy, locked pages).
SYSTEM_HEADERS = re.compile(
    r"(sys/(socket|select|epoll|time|stat|un|uio|random|mman|syscall|ioctl|file)|netinet/.*|arpa/.*"
    r"|net/.*|netdb|poll|pthread|threads|unistd|fcntl|time|signal)\.h"
    r"|c?(time|signal)|chrono|thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier"
    r"|filesystem|fstream|iostream|ostream|istream|sstream|iomanip")
SYSTEM_ALLOWED = {
    "sys/random.h": ("lib/base/",),
    "sys/mman.h": ("lib/base/",),
    "unistd.h": ("lib/base/", "lib/crypto/drbg."),  # a fork must not repeat random numbers
}
CALLS = re.compile(
    r"\b(socket|recvfrom|sendto|recvmsg|sendmsg|recvmmsg|sendmmsg|getaddrinfo|pthread_\w+|fopen|fdopen"
    r"|freopen|fread|fwrite|fputs|puts|printf|fprintf|vprintf|vfprintf|perror|getenv|secure_getenv|setenv"
    r"|clock_gettime|gettimeofday|clock|time|localtime|localtime_r|gmtime|nanosleep|usleep|sleep|system"
    r"|popen|fork|signal|sigaction|srtp_shutdown)\s*\(")

SECRET_MODULES = ("lib/srtp/", "lib/tls/", "lib/ua/", "lib/crypto/", "lib/ice/", "lib/e2ee/")
MAX_LINES = 600
CODE = (".c", ".h", ".cpp", ".py", ".go", ".sh")
C_FAMILY = (".c", ".h", ".cpp")


def strip_comments(text, keep_strings=True):
    """Blanks comments (and the inside of strings), line numbers unchanged."""
    pattern = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)

    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token if keep_strings else token[0] + " " * (len(token) - 2) + token[-1]
        return re.sub(r"[^\n]", " ", token)

    return pattern.sub(blank, text)


def lines_of(text):
    return enumerate(text.split("\n"), 1)


def matches(text, pattern):
    for number, line in lines_of(text):
        for match in pattern.finditer(line):
            yield number, match


INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def includes(text):
    for number, match in matches(strip_comments(text), INCLUDE):
        yield number, match.group(1), match.group(2)


def module_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "lib" else None


RULES = {}


def rule(function):
    RULES[function.__name__.replace("_", "-")] = function
    return function


@rule
def layers(files):
    """A module includes only what its layer allows."""
    for path, text in files.items():
        module = module_of(path)
        if module is None or not path.endswith(C_FAMILY):
            continue
        if module not in LAYERS:
            yield path, 1, f"module {module} has no row in the layer table"
            continue
        allowed = LAYERS[module] | {module}
        for number, quote, name in includes(text):
            first = name.split("/")[0]
            if quote == "<" or "/" not in name:
                continue
            if first == "voxlock":
                header = pathlib.PurePosixPath(name).stem
                if header == "voxlock" and module != "capi":
                    yield path, number, "only capi includes the whole public interface"
                elif header in LAYERS and header not in allowed | COMMON_HEADERS:
                    yield path, number, f"{module} may not include {name}"
            elif first not in allowed:
                yield path, number, f"{module} may not include {name}"


@rule
def sans_io(files):
    """No socket, thread, file, stdio, environment or clock in lib/."""
    for path, text in files.items():
        if not path.startswith("lib/") or not path.endswith(C_FAMILY):
            continue
        for number, quote, name in includes(text):
            if quote == "<" and SYSTEM_HEADERS.fullmatch(name) and not path.startswith(
                    SYSTEM_ALLOWED.get(name, ("\0",))):
                yield path, number, f"<{name}> does not belong here"
        code = strip_comments(text, keep_strings=False)
        for number, match in matches(code, CALLS):
            before = code.split("\n")[number - 1][:match.start()].rstrip()
            # A member or a name of our own is no system call; a declaration has a type before it.
            own = before.endswith((".", "->")) or (before.endswith("::") and not re.search(r"(^|[^\w])(std)?::$", before))
            declared = re.search(r"[\w>&*]\s*$", before) and not re.search(r"\b(return|co_return|else)$", before)
            if not own and not declared:
                yield path, number, f"calls {match.group(1)}"


@rule
def third_party(files):
    """Third-party headers only in the module that wraps them."""
    for path, text in files.items():
        if not path.startswith(("lib/", "include/")):
            continue
        for number, _, name in includes(text):
            for pattern, places in THIRD_PARTY:
                if pattern.match(name):
                    if not path.startswith(places):
                        yield path, number, f"{name} belongs to {' and '.join(places[:-1])} alone"
                    break


@rule
def third_party_versions(files):
    """A library's version is chosen in CMake or in one small header, not inside a source."""
    pattern = re.compile(r"^\s*#\s*(?:if|elif|ifdef|ifndef)\b.*\b(MBEDTLS_|SRTP_|OPUS_|SPEEX_)\w+")
    for path, text in files.items():
        if path.startswith("lib/") and path.endswith(".cpp") and path != FEATURES:
            for number, match in matches(strip_comments(text), pattern):
                yield path, number, "chosen by #if in a source file"


@rule
def secret_compare(files):
    """No memcmp near secrets: its time tells where they differ."""
    for path, text in files.items():
        if path.startswith(SECRET_MODULES):
            for number, _ in matches(strip_comments(text), re.compile(r"\bmemcmp\s*\(")):
                yield path, number, "use secure::equal"


@rule
def owning_new(files):
    """new and delete only in capi."""
    pattern = re.compile(r"\bnew\s+[A-Za-z_:]|(?<!=)(?<!= )\bdelete\b\s*(\[\])?\s*[A-Za-z_*(]")
    for path, text in files.items():
        if path.startswith("lib/") and path.endswith(C_FAMILY) and module_of(path) != "capi":
            for number, _ in matches(strip_comments(text, keep_strings=False), pattern):
                yield path, number, "owns memory by hand"


@rule
def file_length(files):
    """Past 600 lines a file is two files."""
    for path, text in files.items():
        count = text.count("\n")
        if count > MAX_LINES and path.endswith(CODE):
            yield path, MAX_LINES + 1, f"{count} lines"


@rule
def beside_pbx(files):
    """A program beside a PBX is read at once: it has less than 200 lines."""
    for path, text in files.items():
        if re.fullmatch(r"examples/(pbx_hook|pbx/pbx_\w+)\.c", path) and text.count("\n") >= 200:
            yield path, 200, f"{text.count(chr(10))} lines"


@rule
def goroutines(files):
    """The Go package starts no goroutine: those of a host are its own."""
    pattern = re.compile(r"^\s*go\s+(func\b|[\w.]+\()", re.M)
    for path, text in files.items():
        if path.startswith("bindings/go/") and path.endswith(".go") and not path.endswith("_test.go"):
            for number, match in matches(strip_comments(text, keep_strings=False), pattern):
                yield path, number, "starts a goroutine"


@rule
def unfinished(files):
    """Nothing is left for later in the tree."""
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for path, text in files.items():
        if path != "tests/lint/lint.py":
            for number, match in matches(text, pattern):
                yield path, number, match.group(1)


@rule
def machine_paths(files):
    """No path of one person's machine."""
    pattern = re.compile(r"(?<![\w.$}/*-])/(home|Users|work|root|mnt|tmp/[a-z_]+_)(/[\w.-]+)")
    for path, text in files.items():
        for number, match in matches(text, pattern):
            yield path, number, match.group(0)


@rule
def names(files):
    """Files are snake_case; test programs end in _test, fuzz targets in _fuzz."""
    for path, text in files.items():
        name = pathlib.PurePosixPath(path).name
        if not path.endswith(C_FAMILY):
            continue
        if not re.fullmatch(r"[a-z0-9_]+\.(c|h|cpp)", name):
            yield path, 1, "not snake_case"
        has_cases = re.search(r"^\s*(TEST_CASE|SCENARIO|TEMPLATE_TEST_CASE)\b", text, re.M)
        if path.startswith("tests/") and has_cases and not name.endswith("_test.cpp"):
            yield path, 1, "holds test cases and is not called *_test.cpp"
        if "LLVMFuzzerTestOneInput(const" in text and path.startswith("tests/fuzz/") and not name.endswith("_fuzz.cpp"):
            yield path, 1, "a fuzz target not called *_fuzz.cpp"


@rule
def test_titles(files):
    """A test case says what it claims: its title is a clause, not a word, and is unique in its file."""
    pattern = re.compile(r'\bTEST_CASE\(\s*"((?:\\.|[^"\\])*)"')
    for path, text in files.items():
        if not path.endswith("_test.cpp"):
            continue
        seen = set()
        for match in pattern.finditer(text):
            number = text.count("\n", 0, match.start()) + 1
            title = match.group(1)
            if " " not in title:
                yield path, number, f'"{title}" claims nothing'
            if title in seen:
                yield path, number, f'"{title}" is there twice'
            seen.add(title)


@rule
def header_guards(files):
    """Inner headers use #pragma once, public ones a VOXLOCK_ guard."""
    for path, text in files.items():
        if path.startswith("lib/") and path.endswith(".h") and "#pragma once" not in text:
            yield path, 1, "has no #pragma once"
        if path.startswith("include/") and not re.search(r"^#ifndef VOXLOCK_\w+_H$", text, re.M):
            yield path, 1, "has no VOXLOCK_*_H guard"


def declarations(text):
    """Functions of a public header: line, return type, name, the comment they share or None."""
    code = text.split("\n")
    comment, number = None, 0
    while number < len(code):
        line = code[number]
        stripped = line.strip()
        if stripped.startswith("/*"):
            start = number
            while "*/" not in code[number]:
                number += 1
            comment = "\n".join(code[start:number + 1])
        elif stripped.startswith("VOXLOCK_API"):
            start = number
            while ";" not in code[number]:
                number += 1
            match = re.match(r"VOXLOCK_API\s+(.*?)\b(voxlock_\w+)\s*\(",
                             " ".join(code[start:number + 1]).strip())
            if match:
                yield start + 1, match.group(1).strip(), match.group(2), comment
        elif stripped == "" or not line.startswith((" ", "*")):
            comment = None
        number += 1


@rule
def documented(files):
    """Every public function has a comment above it, and one that returns a status lists them."""
    for path, text in files.items():
        if not path.startswith("include/"):
            continue
        for number, kind, name, comment in declarations(text):
            if comment is None:
                yield path, number, f"{name} has no comment"
            elif re.search(r"[Ss]tatuses as (for|of)[\s*]+voxlock_\w+", comment):
                continue
            elif kind == "int32_t" and not re.search(r"Returns\b", comment):
                yield path, number, f"{name} does not say what it returns"
            elif kind == "int32_t" and not re.search(r"VOXLOCK_OK|VOXLOCK_ERR_|Returns (1|0|the|how|one of)\b|Same|as voxlock_", comment):
                yield path, number, f"{name} does not list its statuses"


@rule
def handles(files):
    """Every opaque handle has its _free."""
    public = {path: text for path, text in files.items() if path.startswith("include/")}
    everything = "\n".join(public.values())
    for path, text in public.items():
        for number, match in matches(text, re.compile(r"^typedef struct (voxlock_\w+) \1;")):
            handle = match.group(1)
            if re.search(rf"\bstruct {handle}\s*\{{", everything):
                continue
            if not re.search(rf"\bvoid {handle}_free\(\s*{handle}\s*\*", everything):
                yield path, number, f"{handle} has no {handle}_free"


@rule
def abi_types(files):
    """Only fixed-width integers, pointers and size_t cross the C ABI."""
    pattern = re.compile(r"\b(bool|long|union|enum|va_list|wchar_t|short|float|double)\b|\.\.\.\s*\)"
                         r"|\b(?:unsigned|int)\s+\w+\s*[;,)]|\w+\s*:\s*\d+\s*;")
    for path, text in files.items():
        if path.startswith("include/"):
            for number, match in matches(strip_comments(text, keep_strings=False), pattern):
                if path.endswith("status.h") and match.group(0) == "enum":
                    continue
                yield path, number, f"'{match.group(0)}' has no place in the C ABI"


def check(files):
    findings = []
    for name, function in RULES.items():
        findings += [(path, line, name, text) for path, line, text in function(files)]
    return sorted(findings)


def tracked(root):
    try:
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
                                capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
    for name in listed:
        if name and not name.startswith(("build/", ".git/", "out/", "tests/lint/cases/")):
            yield name


def read_tree(root):
    files = {}
    for name in tracked(root):
        path = root / name
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if b"\0" not in data[:4096]:
                files[name] = data.decode("utf-8", "replace")
    return files


def read_case(path):
    """A case file holds small trees: "=== path" starts a file, "---" the next tree."""
    trees = []
    for part in re.split(r"^---\n", path.read_text(), flags=re.M):
        pieces = re.split(r"^=== (\S+)\n", part, flags=re.M)[1:]
        trees.append(dict(zip(pieces[::2], pieces[1::2])))
    return trees


def self_test():
    bad = 0
    for name in RULES:
        path = HERE / "cases" / f"{name}.txt"
        if not path.exists():
            print(f"{name}: no case proves that it can fail")
            bad += 1
            continue
        for number, tree in enumerate(read_case(path), 1):
            found = {found_rule for _, _, found_rule, _ in check(tree)}
            if found != {name}:
                print(f"{path.name}, tree {number}: expected {name}, found {', '.join(found) or 'nothing'}")
                bad += 1
    for number, tree in enumerate(read_case(HERE / "cases" / "good.txt"), 1):
        for finding in check(tree):
            print(f"good.txt, tree {number}: {finding}")
            bad += 1
    return bad


def main():
    arguments = sys.argv[1:]
    if "--rules" in arguments:
        for name, function in RULES.items():
            print(f"{name:22} {function.__doc__}")
        return 0
    if "--self-test" in arguments:
        bad = self_test()
        print(f"{len(RULES)} rules, {bad} of their cases wrong")
        return 1 if bad else 0
    root = pathlib.Path(arguments[0]) if arguments else HERE.parent.parent
    findings = check(read_tree(root))
    for path, line, name, text in findings:
        print(f"{path}:{line}: {name}: {text}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
