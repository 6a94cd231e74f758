#!/usr/bin/env python3
"""Collect the instruction shapes that compiled kernels use, operands moved to the probe's registers.

scripts/collect_opcodes.py --out WORDS.npz [--known RECORDING.npz ...] [--nvdisasm PROGRAM] CUBIN ...

A shape is an instruction's text with the register numbers left out. Of each shape of an sm_90 cubin that
computes in registers only, one word is taken; nvdisasm must print the same shape after the move, else it is
left out. What a recording holds already is not collected again. tests/hardware/record_opcodes.py runs them.
"""

from __future__ import annotations

import argparse
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

# Mnemonics without side effects: no memory, no control flow, no special registers, no tensor cores.
COMPUTES = {
    "IADD3", "LEA", "LOP3", "SHF", "IMAD", "IMNMX", "VIMNMX", "VIADD", "VIADDMNMX", "VIMNMX3", "IABS",
    "POPC", "FLO", "BREV", "BMSK", "SGXT", "PRMT", "ISETP", "SEL", "MOV", "P2R", "PLOP3", "IDP",
    "VABSDIFF", "VABSDIFF4", "FADD", "FMUL", "FFMA", "FMNMX", "FSEL", "FSETP", "FSET", "FSWZADD",
    "FCHK", "FRND", "MUFU", "HADD2", "HMUL2", "HFMA2", "HMNMX2", "HSET2", "HSETP2", "VHMNMX", "DADD",
    "DMUL", "DFMA", "DSETP", "DMNMX", "F2F", "F2I", "I2F", "I2I", "I2FP", "F2IP", "F2FP", "SHFL",
    "VOTE", "VOTEU", "MATCH", "REDUX", "UIADD3", "ULEA", "ULOP3", "USHF", "UIMAD", "UISETP", "USEL",
    "UMOV", "UPLOP3", "UPRMT", "UPOPC", "UFLO", "UBREV", "UBMSK", "USGXT", "UF2FP", "UIABS", "UVIMNMX",
}  # fmt: skip
IMMEDIATE_IS_A_KIND = (
    "LOP3", "PLOP3", "ULOP3", "UPLOP3", "SHFL", "LEA", "ULEA", "PRMT", "UPRMT", "SGXT", "IDP", "P2R",
)  # fmt: skip

RD, RA, RB, RC = 40, 8, 12, 16  # the probe's registers, of both files
PARAMETER = 0x220
_NO_CONTROL = 0x7E0 << 105
_GUARD = re.compile(r"^@!?U?P\w+\s+")


def main(arguments: list[str] | None = None) -> int:
    """Write the words file; prints how many shapes were found, moved and left out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cubins", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--known", type=Path, action="append", default=[], help="recordings")
    parser.add_argument("--nvdisasm", default="nvdisasm")
    options = parser.parse_args(arguments)
    known = {shape_of(text) for path in options.known for text in _recorded_texts(path)}
    found: dict[str, tuple[int, str]] = {}
    for path in options.cubins:
        for text, word in listing(options.nvdisasm, path):
            shape = shape_of(text)
            if mnemonic(text) in COMPUTES and shape not in known:
                found.setdefault(shape, (word, text))
    moved = [(shape, move(word, text)) for shape, (word, text) in sorted(found.items())]
    texts = disassemble(options.nvdisasm, [(word & ((1 << 105) - 1)) | _NO_CONTROL for _, (word, _) in moved])
    kept = [
        (word, late, text)
        for (shape, (word, late)), text in zip(moved, texts, strict=True)
        if text and shape_of(text) == shape and _only_probe_registers(text)
    ]
    np.savez_compressed(
        options.out,
        words=np.array([[word & ((1 << 64) - 1), word >> 64] for word, _, _ in kept], np.uint64).reshape(
            -1, 2
        ),
        latency=np.array([late for _, late, _ in kept], np.uint8),
        texts=np.array("\n".join(text for _, _, text in kept)),
    )
    print(f"{len(found)} new shapes, {len(kept)} can be probed, {len(known)} were known")
    return 0


def mnemonic(text: str) -> str:
    """The name of an instruction without its guard and modifiers."""
    return _GUARD.sub("", text).split()[0].split(".")[0]


def shape_of(text: str) -> str:
    """The text without guard, reuse and register numbers; plain immediates are all alike."""
    shape = _GUARD.sub("", text).replace(".reuse", "")
    for kind in ("UR", "R", "UP", "P"):
        shape = re.sub(rf"\b{kind}\d+", kind, shape)
    shape = re.sub(r"c\[0x[0-9a-f]+\]\[[^\]]*\]", "c[]", shape)
    if not shape.startswith(IMMEDIATE_IS_A_KIND):
        shape = re.sub(r"(?<=[ -])(0x[0-9a-f]+|\d[\d.e+-]*|[+-]?(INF|QNAN|SNAN)\s*)(?=,|$)", "imm", shape)
    return shape


def listing(nvdisasm: str, path: Path) -> Iterator[tuple[str, int]]:
    """Text and word of every instruction of a cubin."""
    done = subprocess.run([nvdisasm, "-hex", "-c", str(path)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{path} is left out, nvdisasm fails: {done.stderr.strip().splitlines()[:1]}", file=sys.stderr)
    lines = iter(done.stdout.splitlines())
    for line in lines:
        match = re.match(r"\s+/\*[0-9a-f]{4,}\*/\s+(.*?)\s*;?\s*/\* 0x([0-9a-f]{16}) \*/", line)
        if match:
            high = re.search(r"/\* 0x([0-9a-f]{16}) \*/", next(lines))
            if high:
                yield match[1].rstrip(" ;"), int(match[2], 16) | int(high[1], 16) << 64


def _field(word: int, low: int, width: int) -> int:
    return word >> low & ((1 << width) - 1)


def _put(word: int, low: int, width: int, value: int) -> int:
    return word & ~(((1 << width) - 1) << low) | value << low


def move(word: int, text: str) -> tuple[int, int]:
    """The word with the probe's operands, and its latency: bit 0 writes late, bit 1 reads late.

    Which fields are registers is told by the text: a field counts if the register that it names is printed.
    """
    body = _GUARD.sub("", text)
    name, form = mnemonic(text), _field(word, 9, 3)
    uniform = name.startswith("U")
    late = int(_field(word, 110, 3) != 7) | int(_field(word, 113, 3) != 7) << 1
    printed = set(re.findall(r"\b(UR\d+|R\d+)", body))
    result = _put(_put(word, 12, 4, 7), 105, 21, 0)

    def place(result: int, kind: str, low: int, register: int) -> int:
        width = 6 if kind == "UR" else 8
        is_zero = _field(word, low, width) == (1 << width) - 1
        if is_zero or f"{kind}{_field(word, low, width)}" not in printed:
            return result
        return _put(result, low, width, register)

    own = "UR" if uniform else "R"
    result = place(result, "UR" if uniform or name in ("VOTEU", "REDUX") else "R", 16, RD)
    result = place(result, own, 24, RA)
    if form in (6, 7) or (form == 2 and uniform):
        result = place(result, "UR", 32, RB)
    elif form == 1 or (form in (0, 2) and name == "SHFL"):
        result = place(result, own, 32, RB)
    elif form in (3, 5) and "c[" in body:
        result = _put(_put(result, 38, 16, PARAMETER), 54, 5, 0)
    result = place(result, own if f"{own}{_field(word, 64, 8)}" in printed else "UR", 64, RC)
    predicates = set(re.findall(r"\b(U?P\d)", body))
    for low, index in ((81, 4), (84, 5)):
        written = _field(word, low, 3)
        if written != 7 and {f"P{written}", f"UP{written}"} & predicates:
            result = _put(result, low, 3, index)
    if "UP6" in predicates:  # the probe sets UP0 to UP5
        for low in (87, 77, 68):
            if _field(word, low, 3) == 6:
                result = _put(result, low, 3, 1)
    return result, late


def _only_probe_registers(text: str) -> bool:
    return all(int(index) in (RD, RA, RB, RC) for index in re.findall(r"\bU?R(\d+)", text))


def disassemble(nvdisasm: str, words: list[int]) -> list[str | None]:
    """The text of each word, None where nvdisasm refuses it; one bad word spoils a file: halve it."""
    if not words:
        return []
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(b"".join(struct.pack("<QQ", word & ((1 << 64) - 1), word >> 64) for word in words))
        file.flush()
        done = subprocess.run(
            [nvdisasm, "-ndf", "-b", "SM90", file.name], capture_output=True, text=True, check=False
        )
    texts: list[str | None] = list(re.findall(r"^\s+/\*[0-9a-f]+\*/\s+(.*?)\s*;", done.stdout, re.M))
    if done.returncode == 0 and len(texts) == len(words):
        return texts
    if len(words) == 1:
        return [None]
    half = len(words) // 2
    return disassemble(nvdisasm, words[:half]) + disassemble(nvdisasm, words[half:])


def _recorded_texts(path: Path) -> list[str]:
    with np.load(path) as file:
        return str(file["texts"]).splitlines()


if __name__ == "__main__":
    sys.exit(main())
