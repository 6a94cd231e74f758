#!/usr/bin/env python3
"""Compare our disassembly with nvdisasm's, instruction by instruction, and say where they differ.

    scripts/compare_disassembly.py [--nvdisasm PROGRAM] [--cache FOLDER] [--only TEXT] [--arch N] CUBIN...
    scripts/compare_disassembly.py --json results.json CUBIN...

Differences are grouped by kind: numbers are left out of the texts of both sides, and the groups counted,
with an example each. --only shows the groups whose text contains TEXT. Only code that this project or an
openly licensed source compiles is meant to be compared.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from barewire.sass.decoder import decode

LINE = re.compile(r"\s*/\*([0-9a-f]{4,})\*/\s+(.*?)\s*;\s*/\* 0x([0-9a-f]{16}) \*/")
SECOND = re.compile(r"\s*/\* 0x([0-9a-f]{16}) \*/")
LABEL = re.compile(r"(\.L_x_\d+):")
SECTION = re.compile(r"\s*\.section\s+(\.text\.[^,\s]+),")
REFERENCE = re.compile(r"`\((\.L_x_\d+)\)")
TARGET = re.compile(r"\s*\.target\s+sm_(\d+)")
NUMBERS = re.compile(r"(?<![A-Za-z_.])-?0x[0-9a-f]+|(?<=[RPB])\d+|(?<![\w.])-?\d+(\.\d+)?(e[-+]\d+)?")
EXAMPLES = 3


class Line(NamedTuple):
    """One instruction as nvdisasm has it."""

    arch: int
    pc: int
    word: int
    text: str


def lines_of(cubin: Path, nvdisasm: str, cache: Path | None) -> list[Line]:
    """Every instruction of a cubin, branch targets as addresses; kept in the cache folder."""
    kept = cache / f"{hashlib.sha256(cubin.read_bytes()).hexdigest()}.json" if cache else None
    if kept and kept.exists():
        return [Line(*row[:2], int(row[2], 16), row[3]) for row in json.loads(kept.read_text())]
    done = subprocess.run([nvdisasm, "-c", "-hex", str(cubin)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{cubin}: nvdisasm fails: {done.stderr.strip()}", file=sys.stderr)
        return []
    lines = list(parse(done.stdout))
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps([(line.arch, line.pc, f"{line.word:x}", line.text) for line in lines]))
    return lines


def parse(listing: str) -> Iterator[Line]:
    """The instructions of a listing with encodings."""
    arch, low, pc, text = 0, 0, 0, ""
    raw: list[Line] = []
    places: dict[str, int] = {}
    waiting: list[str] = []
    for line in listing.splitlines():
        if found := LINE.match(line):
            pc, text, low = int(found[1], 16), found[2], int(found[3], 16)
            places.update(dict.fromkeys(waiting, pc))
            waiting.clear()
        elif (found := SECOND.match(line)) and text:
            raw.append(Line(arch, pc, int(found[1], 16) << 64 | low, text))
            text = ""
        elif found := LABEL.match(line):
            waiting.append(found[1])
        elif found := TARGET.match(line):
            arch = int(found[1])
    for one in raw:
        plain = REFERENCE.sub(lambda label: hex(places.get(label[1], -1)), one.text)
        yield one._replace(text=re.sub(r"^\{\s+|\s+\}$|\s*\(\*.*\*\)$", "", plain))


def shape(text: str) -> str:
    """A text without its numbers."""
    return NUMBERS.sub("N", text)


def main() -> int:
    """Compare the files named, print what differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cubins", nargs="+", type=Path, metavar="CUBIN")
    parser.add_argument("--nvdisasm", default="nvdisasm")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--only", default="", help="show only groups that contain this")
    parser.add_argument("--arch", type=int, action="append", help="only cubins of this architecture")
    parser.add_argument("--limit", type=int, default=60, help="how many groups are shown")
    parser.add_argument("--json", type=Path, help="write counts and all groups to this file")
    args = parser.parse_args()
    total: Counter[int] = Counter()
    equal: Counter[int] = Counter()
    groups: Counter[tuple[str, str]] = Counter()
    archs: dict[tuple[str, str], set[int]] = {}
    examples: dict[tuple[str, str], list[Line]] = {}
    seen: dict[tuple[int, int], str] = {}
    for cubin in args.cubins:
        for line in lines_of(cubin, args.nvdisasm, args.cache):
            if args.arch and line.arch not in args.arch:
                continue
            total[line.arch] += 1
            ours = decode(line.word, line.arch, line.pc).text()
            if ours == line.text:
                equal[line.arch] += 1
                continue
            key = (shape(line.text), shape(ours))
            groups[key] += 1
            archs.setdefault(key, set()).add(line.arch)
            kept = examples.setdefault(key, [])
            if len(kept) < EXAMPLES:
                kept.append(line)
                seen[line.arch, line.word] = ours
    shown = [(key, count) for key, count in groups.most_common() if any(args.only in text for text in key)]
    for (theirs, ours), count in shown[: args.limit]:
        line = examples[theirs, ours][0]
        print(f"{count:7d} sm_{','.join(map(str, sorted(archs[theirs, ours])))}  {line.word:#034x}")
        print(f"        nvdisasm  {line.text}")
        print(f"        ours      {seen[line.arch, line.word]}")
    if len(shown) > args.limit:
        print(f"... and {len(shown) - args.limit} more kinds")
    for arch in sorted(total):
        share = 100 * equal[arch] / total[arch]
        print(f"sm_{arch}: {equal[arch]} of {total[arch]} equal ({share:.3f} %)")
    if args.json:
        write_results(args.json, total, equal, groups, archs, examples, seen)
    return 0


def write_results(
    path: Path,
    total: Counter[int],
    equal: Counter[int],
    groups: Counter[tuple[str, str]],
    archs: dict[tuple[str, str], set[int]],
    examples: dict[tuple[str, str], list[Line]],
    seen: dict[tuple[int, int], str],
) -> None:
    """The counts by architecture, and every kind of difference with an example."""
    differences = []
    for key, count in groups.most_common():
        line = examples[key][0]
        differences.append(
            {
                "count": count,
                "architectures": sorted(archs[key]),
                "word": f"{line.word:032x}",
                "nvdisasm": line.text,
                "ours": seen[line.arch, line.word],
            }
        )
    counts = {
        f"sm_{arch}": {
            "instructions": total[arch],
            "equal": equal[arch],
            "equal_percent": round(100 * equal[arch] / total[arch], 4),
        }
        for arch in sorted(total)
    }
    path.write_text(json.dumps({"counts": counts, "differences": differences}, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
