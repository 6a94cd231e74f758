#!/usr/bin/env python3
"""Import NVIDIA's published names, offsets and bit ranges into driver/regs/tables.

Sources, both under the MIT licence:

    open-gpu-doc              https://github.com/NVIDIA/open-gpu-doc              classes/, manuals/
    open-gpu-kernel-modules   https://github.com/NVIDIA/open-gpu-kernel-modules   "OGKM": class, swref headers

The script reads local git repositories (bare or not) at a fixed revision, or the folder of headers that
--fetch-headers left. Each table names its header, the commit, and the header's sha256; a second run gives the
same bytes.

    import_tables.py --open-gpu-doc DIR --kernel-modules DIR            write the tables
    import_tables.py --open-gpu-doc DIR --kernel-modules DIR --check    compare, write nothing
    import_tables.py --fetch-headers                                    fetch the headers into .cache/headers
    import_tables.py [--check]                                          work from .cache/headers

With --fetch-headers, a repository that is given as a folder is read instead of its public URL. --list-skipped
prints the macros that are not facts (strings, predicates, names that no header of the folder defines).

Exit codes: 0 done or equal, 1 the tables differ, 2 a source is missing or not understood.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "driver" / "regs" / "tables"
CACHE = ROOT / ".cache" / "headers"

DOC = "open-gpu-doc"
OGKM = "OGKM"
URLS = {
    DOC: "https://github.com/NVIDIA/open-gpu-doc.git",
    OGKM: "https://github.com/NVIDIA/open-gpu-kernel-modules.git",
}
REVISIONS = {
    DOC: "c8607fe576b53ff821ffcf97e7548d2de11c4eaf",  # of 2025-07-18
    OGKM: "2b436058a616676ec888ef3814d1db6b2220f2eb",  # tag 580.95.05
}

_SDK = "src/common/sdk/nvidia/inc/class"
_SWREF = "src/common/inc/swref/published"

_COMPUTE = (0xC5C0, 0xC6C0, 0xC7C0, 0xC9C0, 0xCBC0, 0xCDC0, 0xCEC0)
_COPY = (0xC5B5, 0xC6B5, 0xC7B5, 0xC8B5, 0xC9B5, 0xCAB5)
_USERMODE = (0xC461, 0xC561, 0xC661, 0xC761)

# class id -> (kind, source, path, base). A header that lists only a part of its class names, as base, the
# class that completes it.
CLASSES: dict[int, tuple[str, str, str, int | None]] = {
    0xC46F: ("host", DOC, "classes/host/clc46f.h", None),
    0xC56F: ("host", DOC, "classes/host/clc56f.h", None),
    0xC76F: ("host", DOC, "classes/host/clc76f.h", None),
    0xC86F: ("host", OGKM, f"{_SDK}/clc86f.h", 0xC76F),
    0xC96F: ("host", OGKM, f"{_SDK}/clc96f.h", 0xC86F),
    0xCA6F: ("host", OGKM, f"{_SDK}/clca6f.h", 0xC96F),
    **{class_id: ("compute", DOC, f"classes/compute/cl{class_id:04x}.h", None) for class_id in _COMPUTE},
    **{class_id: ("copy", DOC, f"classes/dma-copy/cl{class_id:04x}.h", None) for class_id in _COPY},
    0xA140: ("inline", DOC, "classes/inline-to-memory/cla140.h", None),
    0xC361: ("usermode", OGKM, f"{_SDK}/clc361.h", None),
    **{class_id: ("usermode", OGKM, f"{_SDK}/cl{class_id:04x}.h", 0xC361) for class_id in _USERMODE},
}

QMD_HEADERS = {class_id: f"classes/compute/cl{class_id:04x}qmd.h" for class_id in _COMPUTE}

# Words in memory that host headers describe by fields without a method: name prefixes, the longest first.
FORMATS = (
    "DMA_STORE_SUBDEVICE_MASK",
    "DMA_SET_SUBDEVICE_MASK",
    "DMA_USE_SUBDEVICE_MASK",
    "DMA_NONINCR",
    "DMA_ONEINCR",
    "DMA_ENDSEG",
    "DMA_INCR",
    "DMA_IMMD",
    "DMA",
    "GP_ENTRY0",
    "GP_ENTRY1",
)
CONSTANTS = ("NUMBER_OF_SUBCHANNELS", "GP_ENTRY__SIZE", "DMA_NOP")


class ImportFailure(Exception):
    """A header is not written the way this importer understands."""


# --- reading headers ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Header:
    """One header: where it is from, and its bytes."""

    source: str
    path: str
    data: bytes

    @property
    def text(self) -> str:
        """The header as text."""
        return self.data.decode("utf-8", "replace")

    @property
    def short(self) -> str:
        """The source as tables cite it."""
        return f"{self.source}:{self.path}"

    def stamp(self) -> dict[str, str]:
        """What a table says of its origin."""
        digest = hashlib.sha256(self.data).hexdigest()
        return {"source": self.short, "commit": REVISIONS[self.source], "sha256": digest}


class Repositories:
    """The headers at their fixed revisions, out of local git repositories."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self.folders = folders

    def _git(self, source: str, *arguments: str) -> bytes:
        command = ["git", "-C", str(self.folders[source]), *arguments]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            raise ImportFailure(f"{' '.join(command)}: {done.stderr.decode().strip()}")
        return done.stdout

    def read(self, source: str, path: str) -> Header:
        """One header."""
        return Header(source, path, self._git(source, "show", f"{REVISIONS[source]}:{path}"))

    def list(self, source: str, folder: str) -> list[str]:
        """Paths of the files below a folder, sorted."""
        out = self._git(source, "ls-tree", "-r", "--name-only", REVISIONS[source], folder + "/")
        return sorted(out.decode().split("\n")[:-1])


class HeaderCache:
    """The headers as --fetch-headers left them: FOLDER/<source>/<path>."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, source: str, path: str) -> Header:
        """One header."""
        try:
            return Header(source, path, (self.folder / source / path).read_bytes())
        except OSError as error:
            raise ImportFailure(
                f"{error}; scripts/import_tables.py --fetch-headers gets the headers"
            ) from None

    def list(self, source: str, folder: str) -> list[str]:
        """Paths of the files below a folder, sorted."""
        root = self.folder / source
        return sorted(str(path.relative_to(root)) for path in (root / folder).rglob("*") if path.is_file())


Sources = Repositories | HeaderCache


@dataclass(frozen=True)
class Define:
    """One `#define NAME(parameters) body`, comments removed."""

    name: str
    parameters: tuple[str, ...]
    body: str
    remark: str


_DEFINE = re.compile(r"^#define[ \t]+(\w+)(?:\(([\w ,]*)\))?(?:[ \t]+(.*))?$")


def defines(text: str) -> Iterator[Define]:
    """Every macro with a body, in the order of the header."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        match = _DEFINE.match(line.rstrip())
        if match is None or match[3] is None:
            continue
        body = re.split(r"/\*|//", match[3], maxsplit=1)
        remark = body[1].replace("*/", "").strip() if len(body) > 1 else ""
        if body[0].strip():
            parameters = tuple(p.strip() for p in match[2].split(",")) if match[2] else ()
            yield Define(match[1], parameters, body[0].strip(), remark)


# --- evaluating bodies ----------------------------------------------------------------------------

_TOKEN = re.compile(r"\s*(0[xX][0-9a-fA-F]+|\d+|\w+|<<|>>|==|[-+*/%&|~():,?<>=])[uUlL]*")


class Evaluator:
    """Integer expressions of C, as the headers use them: a small recursive-descent parser."""

    def __init__(
        self, text: str, names: dict[str, int], lookup: Callable[[str, list[int]], int] | None = None
    ) -> None:
        self.tokens: list[str] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise ImportFailure(f"cannot read {text!r} at {position}")
            self.tokens.append(match[1])
            position = match.end()
        self.at = 0
        self.names = names
        self.lookup = lookup

    def peek(self) -> str:
        """The next token, empty at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> str:
        """The next token, consumed."""
        token = self.peek()
        if not token or (expected is not None and token != expected):
            raise ImportFailure(f"expected {expected!r}, found {token!r} in {' '.join(self.tokens)}")
        self.at += 1
        return token

    def done(self) -> None:
        """Refuse tokens that are left over."""
        if self.peek():
            raise ImportFailure(f"{self.peek()!r} is left over in {' '.join(self.tokens)}")

    def value(self, level: int = 0) -> int:
        """An expression; precedence by levels: | & shift sum product unary."""
        operators = ({"|"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"})
        if level == len(operators):
            return self.unary()
        left = self.value(level + 1)
        while self.peek() in operators[level]:
            left = _apply(self.take(), left, self.value(level + 1))
        return left if level else self.conditional(left)

    def conditional(self, left: int) -> int:
        """A comparison and a choice after an expression, if there are any."""
        if self.peek() in (">", "=="):
            operator = self.take()
            right = self.value(1)
            left = int(left > right if operator == ">" else left == right)
        if self.peek() != "?":
            return left
        self.take("?")
        first = self.value()
        self.take(":")
        second = self.value()
        return first if left else second

    def unary(self) -> int:
        """A number, a name, a macro call, or an expression in brackets, with its sign."""
        token = self.take()
        if token == "(":
            inside = self.value()
            self.take(")")
            return inside
        if token == "-":
            return -self.unary()
        if token == "~":
            return ~self.unary()
        if token[0].isdigit():
            return int(token, 0) if token.lower().startswith("0x") else int(token, 10)
        if token in self.names:
            return self.names[token]
        if self.lookup is not None and (token[0].isalpha() or token[0] == "_"):
            return self.lookup(token, self.arguments())
        raise ImportFailure(f"unknown name {token!r} in {' '.join(self.tokens)}")

    def arguments(self) -> list[int]:
        """The arguments of a macro call; none without brackets."""
        if self.peek() != "(":
            return []
        self.take("(")
        values = [self.value()]
        while self.peek() == ",":
            self.take(",")
            values.append(self.value())
        self.take(")")
        return values


def _apply(operator: str, left: int, right: int) -> int:
    if operator in "/%" and right == 0:
        raise ImportFailure("division by zero")
    return {
        "|": lambda: left | right,
        "&": lambda: left & right,
        "<<": lambda: left << right,
        ">>": lambda: left >> right,
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: left // right,
        "%": lambda: left % right,
    }[operator]()


def number(text: str) -> int | None:
    """A plain integer literal, with or without brackets."""
    bare = text.strip()
    while bare.startswith("(") and bare.endswith(")"):
        bare = bare[1:-1].strip()
    if re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)[uUlL]*", bare):
        bare = bare.rstrip("uUlL")
        return int(bare, 16) if bare[:2].lower() == "0x" else int(bare, 10)
    return None


def split_range(text: str) -> tuple[str, str] | None:
    """`hi:lo` of a bit range, with or without MW( ) around it; None for anything else."""
    bare = text.strip()
    wrapped = re.fullmatch(r"MW\s*\((.*)\)", bare)
    if wrapped:
        bare = wrapped[1]
    depth = 0
    for position, character in enumerate(bare):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == ":" and depth == 0:
            return bare[:position], bare[position + 1 :]
    return None


def evaluate(text: str, **names: int) -> int:
    """The value of an expression without macros."""
    evaluator = Evaluator(text, names)
    value = evaluator.value()
    evaluator.done()
    return value


def linear(text: str, parameters: tuple[str, ...]) -> tuple[int, list[int]]:
    """(base, strides) of an expression that is linear in each of its parameters."""
    origin = dict.fromkeys(parameters, 0)
    base = evaluate(text, **origin)
    strides = [evaluate(text, **{**origin, p: 1}) - base for p in parameters]
    for probe in (2, 3, 5):
        expected = base + sum(stride * (probe + at) for at, stride in enumerate(strides))
        if evaluate(text, **{p: probe + at for at, p in enumerate(parameters)}) != expected:
            raise ImportFailure(f"{text!r} is not linear in {', '.join(parameters)}")
    return base, strides


# --- class headers --------------------------------------------------------------------------------


def longest_prefix(name: str, known: Any) -> str | None:
    """The longest of `known` that `name` continues after an underscore."""
    cut = len(name)
    while (cut := name.rfind("_", 0, cut)) > 0:
        if name[:cut] in known:
            return name[:cut]
    return None


@dataclass
class Layout:
    """What a class header tells: methods [offset, stride, count, fields], formats, constants."""

    title: str = ""
    methods: dict[str, list[Any]] = field(default_factory=dict)
    formats: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    constants: dict[str, int] = field(default_factory=dict)
    spaces: dict[str, list[int]] = field(default_factory=dict)


def parse_class(header: Header, class_id: int) -> Layout:
    """Methods, their fields and values.

    A number whose name continues a field's name is a value of that field, any other number a method.
    """
    prefix = f"NV{class_id:04X}_"
    layout = Layout()
    current = ""  # method whose fields follow
    fields: dict[str, list[Any]] = {}  # full name -> [high, low, values] of the current method or format
    for define in defines(header.text):
        if not define.name.upper().startswith(prefix):
            if number(define.body) == class_id and not layout.title:
                layout.title = define.name
            elif (bits := split_range(define.body)) is not None:
                layout.spaces[define.name] = [evaluate(part) for part in bits]
            continue
        name = define.name[len(prefix) :]
        bits = split_range(define.body)
        if bits is not None:
            high, low = (evaluate(part) for part in bits)
            if not 0 <= low <= high < 64:
                raise ImportFailure(f"{define.name}: bits {high}:{low}")
            owner = current if name.startswith(current + "_") else ""
            home = layout.methods[owner][3] if owner else _format_of(name, layout)
            short = name[len(owner or _format_name(name)) + 1 :]
            fields[name] = home[short] = [high, low, {}]
            continue
        if define.parameters:
            base, strides = linear(define.body, define.parameters)
            if len(strides) != 1:
                raise ImportFailure(f"{define.name}: a method array of {len(strides)} dimensions")
            layout.methods[name] = [base, strides[0], None, {}]
            current, fields = name, {}
            continue
        value = number(define.body)
        if value is None:
            continue  # names of typedefs
        owner_field = longest_prefix(name, fields)
        if owner_field is not None:
            fields[owner_field][2][name[len(owner_field) + 1 :]] = value
        elif name in CONSTANTS or name.endswith("__SIZE") or _is_stray_value(name, layout):
            layout.constants[name] = value
        else:
            layout.methods[name] = [value, 0, 1, {}]
            current, fields = name, {}
    _check_methods(header, layout)
    return layout


def _format_name(name: str) -> str:
    for candidate in FORMATS:
        if name.startswith(candidate + "_"):
            return candidate
    raise ImportFailure(f"{name} belongs to no method")


def _format_of(name: str, layout: Layout) -> dict[str, list[Any]]:
    return layout.formats.setdefault(_format_name(name), {})


def _is_stray_value(name: str, layout: Layout) -> bool:
    """A value whose field stands in another method (MEM_OP_B_OPERATION_L2_INVALIDATE_CLEAN_LINES)."""
    return longest_prefix(name, layout.methods) is not None and "_OPERATION_" in name


def _check_methods(header: Header, layout: Layout) -> None:
    seen: dict[int, str] = {}
    for name, (offset, _stride, _count, _fields) in layout.methods.items():
        if offset % 4 or not 0 <= offset < 0x10000:
            raise ImportFailure(f"{header.short}: {name} has offset {offset:#x}")
        if offset in seen:
            raise ImportFailure(f"{header.short}: {name} and {seen[offset]} share offset {offset:#x}")
        seen[offset] = name


_MEMBER = re.compile(
    r"^\s*NvU32\s+(\w+)(?:\[(\w+)\])?;(?:\s*/\*\s*(.*?)\s+([0-9a-f]{4})-([0-9a-f]{4})\s*\*/)?"
)


def parse_control(text: str) -> dict[str, int]:
    """USERD: the members of the Nvc...Control structure, with their byte offsets (each is 32 bits wide)."""
    found = re.search(r"typedef\s+volatile\s+struct\s+\w*[cC]ontrol\w*\s*\{(.*?)\}", text, re.DOTALL)
    if found is None:
        return {}
    members: dict[str, int] = {}
    offset = 0
    for line in found[1].splitlines():
        match = _MEMBER.match(line)
        if match is None:
            continue
        words = int(match[2], 0) if match[2] else 1
        if match[4] and int(match[4], 16) != offset:
            raise ImportFailure(f"{match[1]} is said to be at {match[4]}, and found at {offset:#x}")
        if not match[1].startswith("Ignored"):
            members[match[1]] = offset
        offset += 4 * words
    members["__size"] = offset
    return members


def class_table(sources: Sources, class_id: int) -> dict[str, Any]:
    """The table of one class, as it is written to disk."""
    kind, source, path, base = CLASSES[class_id]
    header = sources.read(source, path)
    layout = parse_class(header, class_id)
    table: dict[str, Any] = {
        "name": f"NV{class_id:04X}",
        "title": layout.title,
        "class_id": class_id,
        "kind": kind,
    }
    table.update(header.stamp())
    if base is not None:
        table["base"] = base
    table["constants"] = layout.constants
    if layout.spaces:
        table["spaces"] = layout.spaces
    table["userd"] = parse_control(header.text)
    table["formats"] = layout.formats
    table["methods"] = layout.methods
    return table


# --- QMD headers ----------------------------------------------------------------------------------


def parse_qmd(header: Header, class_id: int) -> dict[str, dict[str, list[Any]]]:
    """version -> field -> [high, low, strides, values]; no strides for a scalar, one for an array."""
    versions: dict[str, dict[str, list[Any]]] = {}
    pattern = re.compile(rf"NV{class_id:04X}_QMDV(\d\d_\d\d)_(\w+)")
    for define in defines(header.text):
        match = pattern.fullmatch(define.name)
        if match is None:
            continue
        fields = versions.setdefault("V" + match[1], {})
        name = match[2]
        bits = split_range(define.body)
        if bits is not None:
            (high, strides), (low, low_strides) = (linear(part, define.parameters) for part in bits)
            if strides != low_strides or not 0 <= low <= high or high - low > 63:
                raise ImportFailure(f"{define.name}: bits {define.body}")
            fields[name] = [high, low, strides, {}]
            continue
        owner = longest_prefix(name, fields)
        value = number(define.body)
        if owner is None or value is None:
            raise ImportFailure(f"{define.name}: a value of no field")
        fields[owner][3][name[len(owner) + 1 :]] = value
    return versions


ARRAY_GROUPS = ("CONSTANT_BUFFER_", "DEPENDENT_QMD_", "RELEASE_", "SUB_TASK_", "TPC_DISABLE_MASK")


def array_room(name: str, fields: dict[str, list[Any]], size_bits: int) -> int:
    """How many elements of an array lie within the QMD and on no field that is not of its kind.

    Fields with a number in place of the index (DEPENDENT_QMD1_ENABLE) are other names for elements, and
    arrays that advance in step are of its kind.
    """
    high, low, strides, _values = fields[name]
    arrays = {re.sub(r"\d", "", other) for other, row in fields.items() if row[2]}
    taken = [
        (other_low, other_high)
        for other, (other_high, other_low, other_strides, _other_values) in fields.items()
        if (not other_strides or other_strides[0] != strides[0]) and re.sub(r"\d", "", other) not in arrays
    ]
    room = 1
    while high + room * strides[0] < size_bits:
        first, last = low + room * strides[0], high + room * strides[0]
        if any(other_low <= last and first <= other_high for other_low, other_high in taken):
            break
        room += 1
    return room


def array_count(name: str, fields: dict[str, list[Any]], size_bits: int) -> int | None:
    """The length of an array, None for a scalar.

    Headers do not tell it: it is the smallest room that any array of the same group has.
    """
    if not fields[name][2]:
        return None
    group = next((prefix for prefix in ARRAY_GROUPS if name.startswith(prefix)), name)
    same = [other for other, row in fields.items() if row[2] and other.startswith(group)]
    return min(array_room(other, fields, size_bits) for other in same)


SIZE_BYTES = {2: 256, 3: 256, 4: 384, 5: 384}  # of a QMD by major version; the headers' fields end there


def qmd_tables(sources: Sources, class_id: int) -> dict[str, dict[str, Any]]:
    """file name -> table, for every QMD version that a header describes."""
    header = sources.read(DOC, QMD_HEADERS[class_id])
    tables: dict[str, dict[str, Any]] = {}
    for version, fields in parse_qmd(header, class_id).items():
        size_bytes = SIZE_BYTES[int(version[1:3])]
        if max(row[0] for row in fields.values()) >= 8 * size_bytes:
            raise ImportFailure(f"{header.short}: {version} has fields beyond {size_bytes} bytes")
        rows = {
            name: [high, low, strides, array_count(name, fields, 8 * size_bytes), values]
            for name, (high, low, strides, values) in fields.items()
        }
        tables[f"qmd/{class_id:04x}_{version}.json"] = {
            "version": version,
            "class_id": class_id,
            "size_bytes": size_bytes,
            **header.stamp(),
            "fields": rows,
        }
    return tables


# --- register headers -----------------------------------------------------------------------------

# chip -> folders of headers. The kernel driver's headers come first: they are newer than the manuals.
CHIPS: dict[str, list[tuple[str, str]]] = {
    "tu102": [(OGKM, f"{_SWREF}/turing/tu102"), (DOC, "manuals/turing/tu102")],
    "tu104": [(OGKM, f"{_SWREF}/turing/tu104"), (DOC, "manuals/turing/tu104")],
    "ga100": [(OGKM, f"{_SWREF}/ampere/ga100"), (DOC, "manuals/ampere/ga100")],
    "ga102": [(OGKM, f"{_SWREF}/ampere/ga102"), (DOC, "manuals/ampere/ga102")],
    "ga10b": [(OGKM, f"{_SWREF}/ampere/ga10b")],
    "ad102": [(OGKM, f"{_SWREF}/ada/ad102")],
    "gh100": [(OGKM, f"{_SWREF}/hopper/gh100")],
    **{chip: [(OGKM, f"{_SWREF}/blackwell/{chip}")] for chip in (
        "gb100", "gb102", "gb10b", "gb110", "gb112", "gb202", "gb20b"
    )},
}  # fmt: skip
# Headers that hold for every chip: configuration space, NV_PMC_BOOT_0, what a failed register read answers.
COMMON = (f"{_SWREF}/nv_ref.h", f"{_SWREF}/maxwell/gm107/dev_pri_ringstation_sys.h")

# Not register headers: predicates over page kinds, and initialisers of C arrays.
NOT_REGISTERS = re.compile(r"(kind_macros|_regmap)\.h$|index\.html$")

_CONSTANT_ENDINGS = (
    "_BASE",
    "_OFFSET",
    "_MASK",
    "_INIT",
    "_SHIFT",
    "_CONSTANT",
    "_ALIGNMENT",
    "_COUNT",
    "_LAST",
)


@dataclass
class Macro:
    """What a define says, evaluated: a number, a range of bits, or one of them for each index."""

    name: str
    arity: int
    access: str  # "RW-4R": how it is accessed and what it is, in NVIDIA's shorthand; often empty
    high: int | list[Any]  # the number itself where `low` is None; a list where it is not linear
    low: int | None
    strides: list[int]
    literal: str
    alias_of: str = ""

    @property
    def letter(self) -> str:
        """Register, Array, Port (a register too), Field, Value, Device, Memory, Group... or nothing."""
        return self.access[4] if len(self.access) == 5 else ""


_ACCESS = re.compile(r"^([-RWCIEXU0-9a-zA-Z]{4}[A-Z])\b")


NONLINEAR_ROOM = 8  # elements that are listed at least where an array is not linear in its index


class Folder:
    """All macros of a folder: what a name in a body may refer to."""

    def __init__(self) -> None:
        self.bodies: dict[str, Define] = {}

    def add(self, text: str) -> None:
        """Take up a header's macros; a name that is known already keeps its meaning."""
        for define in defines(text):
            self.bodies.setdefault(define.name, define)

    def value(self, name: str, arguments: list[int]) -> int:
        """The value of a macro call within an expression."""
        define = self.bodies.get(name)
        if define is None or len(define.parameters) != len(arguments):
            raise ImportFailure(f"{name} is not known here")
        return self.evaluate(define.body, dict(zip(define.parameters, arguments, strict=True)))

    def evaluate(self, text: str, names: dict[str, int]) -> int:
        """The value of an expression that may call macros of the folder."""
        evaluator = Evaluator(text, names, self.value)
        value = evaluator.value()
        evaluator.done()
        return value

    def listed(self, define: Define) -> list[Any]:
        """The elements of an array one by one; a list of lists for two indices."""

        def level(names: dict[str, int], left: tuple[str, ...]) -> Any:
            if not left:
                return self.evaluate(define.body, names)
            size = self.bodies.get(f"{define.name}__SIZE_{len(names) + 1}")
            count = max((number(size.body) if size else None) or 0, NONLINEAR_ROOM)
            return [level({**names, left[0]: index}, left[1:]) for index in range(count)]

        elements: list[Any] = level({}, define.parameters)
        return elements

    def linear(self, text: str, parameters: tuple[str, ...]) -> tuple[int, list[int]] | None:
        """(base, strides), or None where the expression is not linear."""
        origin = dict.fromkeys(parameters, 0)
        base = self.evaluate(text, origin)
        strides = [self.evaluate(text, {**origin, p: 1}) - base for p in parameters]
        for probe in (2, 3, 5, 9):
            expected = base + sum(stride * (probe + at) for at, stride in enumerate(strides))
            if self.evaluate(text, {p: probe + at for at, p in enumerate(parameters)}) != expected:
                return None
        return base, strides


def evaluate_macro(define: Define, folder: Folder) -> Macro | None:
    """A define as numbers; None for strings, predicates and names that are unknown here."""
    found = _ACCESS.match(define.remark)
    access = found[1] if found else ""
    parameters = define.parameters
    if re.search(r'["{!]|[<>]=|&&', define.body):
        return None
    try:
        other = folder.bodies.get(define.body)  # a bare name: what it stands for
        bits = split_range(define.body if other is None else other.body)
        if bits is not None and "?" not in bits[0]:
            high, low = folder.linear(bits[0], parameters), folder.linear(bits[1], parameters)
            if high is None or low is None or high[1] != low[1]:
                return None
            return Macro(define.name, len(parameters), access, high[0], low[0], high[1], define.body)
        line = folder.linear(define.body, parameters)
        if line is None:
            values = folder.listed(define)
            return Macro(
                define.name, len(parameters), access, values, None, [0] * len(parameters), define.body
            )
        called = re.fullmatch(r"([A-Za-z_]\w*)\s*(\(\s*\w+\s*\))?", define.body)
        alias = define.body if called and not parameters else ""
        return Macro(define.name, len(parameters), access, line[0], None, line[1], define.body, alias)
    except ImportFailure:
        return None


def _is_register(macro: Macro, fields: set[str], has_fields: set[str]) -> bool:
    """Whether a number is a register's offset. The header's letter decides; without it, how it is used."""
    if macro.low is not None or macro.name.endswith(tuple(f"__SIZE_{i}" for i in (1, 2, 3))):
        return False
    if macro.letter:
        return macro.letter in "RAP"
    if longest_prefix(macro.name, fields) is not None:
        return False
    if macro.name in has_fields:
        return True
    if macro.alias_of:
        return False
    if macro.name.endswith(_CONSTANT_ENDINGS):
        return macro.arity > 0
    return re.search(r"0[xX][0-9a-fA-F]{6,}", macro.literal) is not None and int(_first(macro.high)) >= 0x100


def _fits(macro: Macro, field_row: list[Any]) -> bool:
    """Whether a number can be a value of a field whose name it continues."""
    return 0 <= _first(macro.high) < 1 << (field_row[0] - field_row[1] + 1)


def _called(alias: str) -> str:
    return re.split(r"[ (]", alias, maxsplit=1)[0]


def _first(value: int | list[Any]) -> int:
    return _first(value[0]) if isinstance(value, list) else value


def _is_space(macro: Macro) -> bool:
    """Whether a range is one of addresses instead of bits."""
    if macro.letter in ("D", "M", "L"):
        return True
    return not macro.letter and macro.literal.lower().count("0x") == 2


class ChipImporter:
    """The headers of one chip, sorted into registers, fields, values and the rest."""

    def __init__(self, headers: list[Header]) -> None:
        self.folder = Folder()
        for header in headers:
            self.folder.add(header.text)
        self.by_header: list[tuple[Header, list[Macro], list[str]]] = []
        self.skipped: list[str] = []
        for header in headers:
            macros: dict[str, Macro] = {}
            for define in defines(header.text):
                macro = evaluate_macro(define, self.folder)
                if macro is None:
                    self.skipped.append(f"{header.short}: {define.name}")
                else:
                    macros[macro.name] = macro
            groups = re.findall(r"^#define\s+(\w+)\s*/\*\s*----G\s*\*/", header.text, re.MULTILINE)
            self.by_header.append((header, list(macros.values()), groups))
        everything = [macro for _header, macros_of, _groups in self.by_header for macro in macros_of]
        self.groups = {name for _header, _macros, names in self.by_header for name in names}
        ranges = [macro for macro in everything if macro.low is not None and not _is_space(macro)]
        self.fields = {macro.name for macro in ranges}
        numbers = {macro.name for macro in everything if macro.low is None}
        parents = {longest_prefix(name, numbers) for name in self.fields}
        has_fields = {name for name in parents if name is not None}
        self.registers = {macro.name for macro in everything if _is_register(macro, self.fields, has_fields)}
        self.registers |= {m.name for m in everything if m.alias_of and _called(m.alias_of) in self.registers}

    def table(self, chip: str) -> dict[str, Any]:
        """The table of the chip: a list of headers, each with what it says."""
        units = [self._unit(header, macros) for header, macros, _groups in self.by_header]
        return {"chip": chip, "headers": [unit for unit in units if len(unit) > 4]}

    def _unit(self, header: Header, macros: list[Macro]) -> dict[str, Any]:
        unit = re.sub(r"\.(ref\.txt|h)$", "", header.path.rsplit("/", 1)[-1])
        registers: dict[str, list[Any]] = {}
        loose: dict[str, list[Any]] = {}
        rest: dict[str, dict[str, Any]] = {
            "spaces": {},
            "sizes": {},
            "constants": {},
            "arrays": {},
            "aliases": {},
        }
        owner = ""
        homes: dict[str, list[Any]] = {}  # full field name -> row
        for macro in macros:
            if macro.name in self.registers and macro.low is None:
                owner = macro.name
                registers[owner] = [macro.high, macro.strides, macro.access, {}]
                if macro.alias_of:
                    rest["aliases"][owner] = macro.alias_of
        own = set(registers)
        for macro in macros:
            if macro.name in own:
                owner = macro.name
            elif macro.low is None:
                continue
            elif _is_space(macro):
                rest["spaces"][macro.name] = [
                    macro.high,
                    macro.low,
                    *([macro.strides] if macro.arity else []),
                ]
            else:
                row = homes[macro.name] = [macro.high, macro.low, macro.strides, {}]
                home = owner if owner and macro.name.startswith(owner + "_") else None
                home = home or longest_prefix(macro.name, self.registers | self.groups)
                if home is None:
                    loose[macro.name] = row
                else:
                    entry = registers.setdefault(home, [None, [], "", {}])
                    entry[3][macro.name[len(home) + 1 :]] = row
        for macro in macros:
            if macro.low is not None or macro.name in own:
                continue
            field_name = longest_prefix(macro.name, homes)
            if re.search(r"__SIZE_\d$", macro.name):
                rest["sizes"][macro.name] = macro.high
            elif macro.arity:
                rest["arrays"][macro.name] = [macro.high, macro.strides]
            elif field_name is not None and _fits(macro, homes[field_name]):
                homes[field_name][3][macro.name[len(field_name) + 1 :]] = macro.high
            else:
                rest["constants"][macro.name] = macro.high
                if macro.alias_of:
                    rest["aliases"][macro.name] = macro.alias_of
        table: dict[str, Any] = {"unit": unit, **header.stamp()}
        table.update({"registers": registers, "fields": loose, **rest})
        return {key: value for key, value in table.items() if value != {}}


def _absolute_first(path: str) -> tuple[bool, str]:
    """A manual that gives offsets from the start of BAR0 goes before one that gives them within a unit."""
    return "withoffset" not in path, path


def chip_headers(sources: Sources, chip: str) -> list[Header]:
    """The register headers of a chip, in order of precedence: the kernel driver's first."""
    if chip == "common":
        return [sources.read(OGKM, path) for path in COMMON]
    return [
        sources.read(source, path)
        for source, folder in CHIPS[chip]
        for path in sorted(sources.list(source, folder), key=_absolute_first)
        if not NOT_REGISTERS.search(path)
    ]


def chip_table(sources: Sources, chip: str) -> dict[str, Any]:
    """The table of one chip."""
    return ChipImporter(chip_headers(sources, chip)).table(chip)


# --- writing --------------------------------------------------------------------------------------


def render(table: dict[str, Any]) -> bytes:
    """JSON with one method, field or register a line: small, quick to load, and readable in a diff."""
    lines = []
    for key, value in table.items():
        if isinstance(value, dict) and value and key in ("methods", "fields", "formats", "registers"):
            rows = ",\n".join(
                f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in value.items()
            )
            lines.append(f"{json.dumps(key)}:{{\n{rows}}}")
        else:
            lines.append(f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}")
    return ("{" + ",\n".join(lines) + "}\n").encode()


def pack(data: bytes) -> bytes:
    """gzip without a time or a name in it, so that equal tables are equal files."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as stream:
        stream.write(data)
    return buffer.getvalue()


def build(sources: Sources) -> dict[str, bytes]:
    """Every table file: path below driver/regs/tables -> bytes."""
    files = {f"classes/{class_id:04x}.json": render(class_table(sources, class_id)) for class_id in CLASSES}
    for class_id in QMD_HEADERS:
        files.update({name: render(table) for name, table in qmd_tables(sources, class_id).items()})
    for chip in ("common", *CHIPS):
        files[f"chips/{chip}.json.gz"] = pack(
            json.dumps(chip_table(sources, chip), separators=(",", ":")).encode()
        )
    return files


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write the tables, and remove those that are no longer made."""
    for stale in existing(folder) - files.keys():
        (folder / stale).unlink()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def existing(folder: Path) -> set[str]:
    """Names of the tables on disk."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*.json*")}


def differences(files: dict[str, bytes], folder: Path) -> list[str]:
    """What differs between the tables on disk and those that the headers give."""
    found = [f"{name}: no header gives it" for name in sorted(existing(folder) - files.keys())]
    for name, data in files.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name}: missing")
        elif path.read_bytes() != data:
            found.append(f"{name}: differs")
    return found


# --- fetching -------------------------------------------------------------------------------------


def needed(sources: Sources) -> Iterator[Header]:
    """Every header that a table or its check is made of."""
    for _kind, source, path, _base in CLASSES.values():
        yield sources.read(source, path)
    for path in QMD_HEADERS.values():
        yield sources.read(DOC, path)
    for chip in ("common", *CHIPS):
        yield from chip_headers(sources, chip)


def fetch_headers(folders: dict[str, Path], cache: Path) -> int:
    """Copy the headers into the cache, cloning what is not given as a folder; the number of headers."""
    with tempfile.TemporaryDirectory() as temporary:
        for source, url in URLS.items():
            if source not in folders:
                folders[source] = Path(temporary) / source
                _clone(url, REVISIONS[source], folders[source])
        count = 0
        for header in needed(Repositories(folders)):
            path = cache / header.source / header.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(header.data)
            count += 1
    if cache == CACHE:
        (ROOT / ".cache" / ".gitignore").write_text("*\n")
    return count


def _clone(url: str, revision: str, folder: Path) -> None:
    for command in (
        ["git", "init", "--quiet", "--bare", str(folder)],
        ["git", "-C", str(folder), "fetch", "--quiet", "--depth", "1", url, revision],
    ):
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            raise ImportFailure(f"{' '.join(command)}: {done.stderr.decode().strip()}")


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage="%(prog)s [options]"
    )
    parser.add_argument("--open-gpu-doc", type=Path, metavar="DIR", help="git repository of open-gpu-doc")
    parser.add_argument(
        "--kernel-modules", type=Path, metavar="DIR", help="git repository of open-gpu-kernel-modules"
    )
    parser.add_argument(
        "--headers", type=Path, metavar="DIR", default=CACHE, help="fetched headers (.cache/headers)"
    )
    parser.add_argument("--tables", type=Path, metavar="DIR", default=TABLES, help="where the tables lie")
    parser.add_argument("--check", action="store_true", help="compare with the tables on disk, write nothing")
    parser.add_argument("--fetch-headers", action="store_true", help="fetch the headers, write no table")
    parser.add_argument("--list-skipped", action="store_true", help="print what is not a fact, write nothing")
    options = parser.parse_args(arguments)
    given = {DOC: options.open_gpu_doc, OGKM: options.kernel_modules}
    folders = {source: folder for source, folder in given.items() if folder is not None}
    try:
        if options.fetch_headers:
            print(f"{fetch_headers(folders, options.headers)} headers in {options.headers}")
            return 0
        if folders and len(folders) < len(given):
            parser.error("give both repositories, or neither to work from the fetched headers")
        sources: Sources = Repositories(folders) if folders else HeaderCache(options.headers)
        if options.list_skipped:
            for chip in ("common", *CHIPS):
                print(*ChipImporter(chip_headers(sources, chip)).skipped, sep="\n")
            return 0
        files = build(sources)
    except ImportFailure as failure:
        print(f"import_tables: {failure}", file=sys.stderr)
        return 2
    if options.check:
        found = differences(files, options.tables)
        print(*found or [f"{len(files)} tables are as the headers give them"], sep="\n")
        return 1 if found else 0
    write(files, options.tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())
