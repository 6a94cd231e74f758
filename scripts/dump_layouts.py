#!/usr/bin/env python3
"""Print the layouts of NVIDIA's RM structures, as the compiler sees them, for `import_layouts.py`.

    scripts/dump_layouts.py open-gpu-kernel-modules/ STRUCT... > layouts.txt

The first argument is a checkout of the driver's source at the tag whose ABI is wanted. The published headers
are compiled with gcc, and gdb reads the offsets back from the debug information, so that nothing is counted
by hand.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

INCLUDES = (
    "src/common/sdk/nvidia/inc",
    "src/nvidia/arch/nvalloc/unix/include",
    "kernel-open/common/inc",
)
FIRST = ("nvtypes.h", "nvlimits.h", "nvos.h")

READER = """
import gdb

def shown(kind):
    name = kind.name or str(kind)
    for word in ("struct", "union"):
        if name.startswith(word + " {"):
            return word + " {...}"
    return name.removeprefix("struct ")

def walk(kind, offset, depth):
    for field in kind.strip_typedefs().fields():
        at = offset + field.bitpos // 8
        element, sizes = field.type, ""
        while element.strip_typedefs().code == gdb.TYPE_CODE_ARRAY:
            element = element.strip_typedefs()
            sizes += " [%d]" % (element.range()[1] + 1)
            element = element.target()
        size, name = hex(field.type.sizeof), "  " * depth + (field.name or "<anon>")
        print("  +0x%04x %6s %s : %s%s" % (at, size, name, shown(element), sizes))
        inner = element.strip_typedefs().code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION)
        if inner and (not sizes or "{" in shown(element)):
            walk(element, at, depth + 1)

for name in NAMES:
    try:
        kind = gdb.lookup_type(name)
    except gdb.error:
        print("## %s: NOT FOUND" % name)
        continue
    print("## %s size=%s (%d)" % (name, hex(kind.sizeof), kind.sizeof))
    walk(kind, 0, 0)
"""


def defining_headers(checkout: Path, names: list[str]) -> list[str]:
    """The headers that define one of `names`, as paths to include."""
    pattern = re.compile(
        r"^(?:\}|typedef .*)\s*(?:" + "|".join(map(re.escape, names)) + r")\s*;", re.MULTILINE
    )
    found = set()
    for root in INCLUDES:
        for header in (checkout / root).rglob("*.h"):
            if pattern.search(header.read_text(errors="replace")):
                found.add(str(header.relative_to(checkout / root)))
    return sorted(found)


def dump(checkout: Path, names: list[str]) -> str:
    """The layouts of `names`, as text."""
    with tempfile.TemporaryDirectory() as folder:
        source, compiled, reader = (Path(folder) / name for name in ("l.c", "l.o", "l.py"))
        lines = [f'#include "{header}"' for header in (*FIRST, *defining_headers(checkout, names))]
        lines += [f"{name} *pointer_{index};" for index, name in enumerate(names)]
        source.write_text("\n".join(lines) + "\n")
        includes = [f"-I{checkout / root}" for root in INCLUDES]
        subprocess.run(["gcc", "-g", "-w", "-c", *includes, "-o", compiled, source], check=True)
        reader.write_text(f"NAMES = {names!r}\n{READER}")
        run = ["gdb", "-batch", "-nx", compiled, "-x", reader]
        return subprocess.run(run, check=True, capture_output=True, text=True).stdout


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=Path)
    parser.add_argument("structs", nargs="+")
    options = parser.parse_args()
    sys.stdout.write(dump(options.checkout, options.structs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
