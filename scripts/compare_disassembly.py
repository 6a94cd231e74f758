#!/usr/bin/env python3
"""Compare our disassembly with nvdisasm's, instruction by instruction, and say where they differ.

    scripts/compare_disassembly.py [--nvdisasm PROGRAM] [--cache FOLDER] [--only TEXT] [--arch N] CUBIN...
    scripts/compare_disassembly.py --json results.json --witness words.json.gz CUBIN...

The texts must be equal but for the numbers of labels, for which both sides have the address that they stand
for. Differences are grouped by kind: numbers are left out of the texts of both sides, and the groups counted,
with an example each. --only shows the groups whose text contains TEXT. --json writes the counts and every
kind of difference; --witness writes one instruction of every shape, which the unit tests read again. Only
code that this project or an openly licensed source compiles is meant to be compared.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from barewire.compute.elf import ElfFile
from barewire.sass.listing import INSTRUCTION_BYTES, Listed, listings
from barewire.tools.disasm import architecture, code_of, function_ends

LINE = re.compile(r"\s*/\*([0-9a-f]{4,})\*/\s+(.*?)\s*;\s*/\* 0x([0-9a-f]{16}) \*/")
SECOND = re.compile(r"\s*/\* 0x([0-9a-f]{16}) \*/")
LABEL = re.compile(r"(\.L_x_\d+):")
REFERENCE = re.compile(r"`\((\.L_x_\d+)\)")
TARGET = re.compile(r"\s*\.target\s+sm_(\d+)")
BRANCH_TARGETS = re.compile(r"\s*\(\*.*\*\)$")
BRACES = re.compile(r"^\{\s+|\s+\}$")
NUMBERS = re.compile(r"(?<![A-Za-z_.])-?0x[0-9a-f]+|(?<=[RPB])\d+|(?<![\w.])-?\d+(\.\d+)?(e[-+]\d+)?")
SYMBOL = re.compile(r"`\([^)]*\)|32@\w+\(.*\)")
# What does not make another shape.
LEAST = re.compile(r"\.reuse|^@\S+ ")
# A witness stands on its own: what a symbol or a place fills in is left out.
CONTROL_BITS = ((1 << 17) - 1) << 105


class Line(NamedTuple):
    """One instruction as one side has it."""

    arch: int
    pc: int
    word: int
    text: str


def nvdisasm_lines(cubin: Path, nvdisasm: str, cache: Path | None) -> list[Line]:
    """Every instruction of a cubin, labels as addresses; kept in the cache folder."""
    kept = cache / f"{hashlib.sha256(cubin.read_bytes()).hexdigest()}.json" if cache else None
    if kept and kept.exists():
        rows = json.loads(kept.read_text())
        return [Line(arch, pc, int(word, 16), BRANCH_TARGETS.sub("", text)) for arch, pc, word, text in rows]
    done = subprocess.run([nvdisasm, "-c", "-hex", str(cubin)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{cubin}: nvdisasm fails: {done.stderr.strip().splitlines()[:1]}", file=sys.stderr)
        return []
    lines = list(parse(done.stdout))
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps([(line.arch, line.pc, f"{line.word:x}", line.text) for line in lines]))
    return lines


def version(nvdisasm: str) -> str:
    """Which nvdisasm it is."""
    shown = subprocess.run([nvdisasm, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"release \S+ V(\S+)", shown)
    return found[1] if found else shown.strip()


def parse(listing: str) -> Iterator[Line]:
    """The instructions of a listing with encodings."""
    arch, pc, text = 0, 0, ""
    low: int | None = None
    raw: list[Line] = []
    places: dict[str, int] = {}
    waiting: list[str] = []
    for line in listing.splitlines():
        if found := LINE.match(line):
            pc, text, low = int(found[1], 16), found[2], int(found[3], 16)
            places.update(dict.fromkeys(waiting, pc))
            waiting.clear()
        elif (found := SECOND.match(line)) and low is None:
            # A word that nvdisasm has no text for: the encoding stands alone.
            pc, text, low = pc + INSTRUCTION_BYTES, "", int(found[1], 16)
        elif found and low is not None:
            raw.append(Line(arch, pc, int(found[1], 16) << 64 | low, text))
            low = None
        elif found := LABEL.match(line):
            waiting.append(found[1])
        elif found := TARGET.match(line):
            arch = int(found[1])
    for one in raw:
        plain = REFERENCE.sub(lambda label: hex(places.get(label[1], -1)), one.text)
        yield one._replace(text=BRANCH_TARGETS.sub("", BRACES.sub("", plain)))


def our_lines(cubin: Path) -> Iterator[Line]:
    """The same from our own listing."""
    image = ElfFile(cubin.read_bytes())
    arch = architecture(image)
    for listed in listings(code_of(image), function_ends(image)):
        places = label_places(listed)
        for line in listed.lines:
            text = REFERENCE.sub(lambda label: hex(places[label[1]]), line.text)  # noqa: B023
            yield Line(arch, line.instruction.pc, line.instruction.word, BRANCH_TARGETS.sub("", text))


def label_places(listed: Listed) -> dict[str, int]:
    """The addresses of a section's labels."""
    places = {label: line.instruction.pc for line in listed.lines for label in line.labels}
    return places | dict.fromkeys(listed.end, len(listed.code.data))


def shape(text: str) -> str:
    """A text without its numbers."""
    return NUMBERS.sub("N", text)


@dataclass
class Comparison:
    """What was compared, and what differed."""

    cubins: Counter[int] = field(default_factory=Counter)
    total: Counter[int] = field(default_factory=Counter)
    equal: Counter[int] = field(default_factory=Counter)
    groups: Counter[tuple[str, str]] = field(default_factory=Counter)
    archs: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    examples: dict[tuple[str, str], tuple[Line, Line]] = field(default_factory=dict)
    witnesses: dict[tuple[int, int, str], Line] = field(default_factory=dict)
    uncompared: list[str] = field(default_factory=list)
    without_text: Counter[int] = field(default_factory=Counter)

    def add(self, theirs: Line, ours: Line) -> None:
        """Compare one instruction; what nvdisasm has no text for is only counted."""
        if not theirs.text:
            self.without_text[theirs.arch] += 1
            return
        self.total[theirs.arch] += 1
        if not SYMBOL.search(theirs.text):
            key = (theirs.arch, theirs.word & 0xFFF, shape(LEAST.sub("", theirs.text)))
            self.witnesses.setdefault(key, theirs._replace(word=theirs.word & ~CONTROL_BITS))
        if ours.text == theirs.text:
            self.equal[theirs.arch] += 1
            return
        kind = (shape(theirs.text), shape(ours.text))
        self.groups[kind] += 1
        self.archs.setdefault(kind, set()).add(theirs.arch)
        self.examples.setdefault(kind, (theirs, ours))

    def add_file(self, cubin: Path, theirs: list[Line]) -> None:
        """Compare a cubin with what nvdisasm printed for it."""
        ours = list(our_lines(cubin))
        if [line.word for line in ours] != [line.word for line in theirs]:
            self.uncompared.append(cubin.name)
            return
        self.cubins.update({line.arch for line in theirs})
        for one, other in zip(theirs, ours, strict=True):
            self.add(one, other)

    def print(self, only: str, limit: int) -> None:
        """The kinds of differences, the most frequent first, and the shares that are equal."""
        shown = [item for item in self.groups.most_common() if any(only in text for text in item[0])]
        for kind, count in shown[:limit]:
            theirs, ours = self.examples[kind]
            archs = ",".join(map(str, sorted(self.archs[kind])))
            print(f"{count:7d} sm_{archs}  {theirs.word:#034x}")
            print(f"        nvdisasm  {theirs.text}")
            print(f"        ours      {ours.text}")
        if len(shown) > limit:
            print(f"... and {len(shown) - limit} more kinds")
        for arch in sorted(self.total):
            share = 100 * self.equal[arch] / self.total[arch]
            print(f"sm_{arch}: {self.equal[arch]} of {self.total[arch]} equal ({share:.3f} %)")
        if self.uncompared:
            print(f"not compared: {', '.join(self.uncompared)}")

    def results(self, nvdisasm: str) -> dict[str, Any]:
        """The counts by architecture, the cubins left out, every kind of difference with an example."""
        return {
            "nvdisasm": nvdisasm,
            "counts": {
                f"sm_{arch}": {
                    "cubins": self.cubins[arch],
                    "instructions": self.total[arch],
                    "equal": self.equal[arch],
                    "without_text_by_nvdisasm": self.without_text[arch],
                    "equal_percent": round(100 * self.equal[arch] / self.total[arch], 4),
                }
                for arch in sorted(self.total)
            },
            "not_compared": self.uncompared,
            "differences": [
                {
                    "count": count,
                    "architectures": sorted(self.archs[kind]),
                    "word": f"{self.examples[kind][0].word:032x}",
                    "nvdisasm": self.examples[kind][0].text,
                    "ours": self.examples[kind][1].text,
                }
                for kind, count in self.groups.most_common()
            ],
        }

    def witness_rows(self) -> list[list[Any]]:
        """One instruction of every opcode and shape, each of another of the architectures that have it."""
        by_shape: dict[tuple[int, str], list[Line]] = {}
        for (_, code, form), line in sorted(self.witnesses.items()):
            by_shape.setdefault((code, form), []).append(line)
        chosen = [lines[index % len(lines)] for index, lines in enumerate(by_shape.values())]
        return [[line.arch, f"{line.word:x}", line.pc, line.text] for line in sorted(chosen)]


def main() -> int:
    """Compare the files named, print what differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cubins", nargs="+", type=Path, metavar="CUBIN")
    parser.add_argument("--nvdisasm", default="nvdisasm")
    parser.add_argument("--cache", type=Path, help="folder that keeps what nvdisasm printed")
    parser.add_argument("--only", default="", help="show only groups that contain this")
    parser.add_argument("--arch", type=int, action="append", help="only cubins of this architecture")
    parser.add_argument("--limit", type=int, default=60, help="how many groups are shown")
    parser.add_argument("--json", type=Path, help="write counts and all kinds of differences to this file")
    parser.add_argument("--witness", type=Path, help="write one instruction of every shape to this file")
    args = parser.parse_args()
    comparison = Comparison()
    for cubin in args.cubins:
        if not args.arch or architecture(ElfFile(cubin.read_bytes())) in args.arch:
            comparison.add_file(cubin, nvdisasm_lines(cubin, args.nvdisasm, args.cache))
    comparison.print(args.only, args.limit)
    if args.json:
        args.json.write_text(
            json.dumps(comparison.results(version(args.nvdisasm)), indent=1) + "\n", encoding="utf-8"
        )
    if args.witness:
        rows = ",\n".join(json.dumps(row) for row in comparison.witness_rows())
        args.witness.write_bytes(gzip.compress(f"[{rows}]\n".encode(), mtime=0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
