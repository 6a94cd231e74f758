"""Arithmetic at the edges of its formats: 424 instructions, as PTX makes them, give what an H100 gave.

The recording holds the words (their operands moved to the probe's registers) and a digest of the 4096 results
each. Every instruction set of the host must give the same bits.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import platform
import struct
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.soft.alu_operands import LANES, operands
from tests.soft.probe import program
from tests.soft.reference.text import mnemonic
from tests.soft.sm_device import INSTRUCTION_SETS, SmArray, SmDevice, runs_here

RECORDING = Path(__file__).parent / "recordings" / "alu-edges-h100.npz"
REGISTERS = 64
PARAMETERS_OFFSET = 0x210
PARAMETER_WORDS = 8
DIGEST_BYTES = 8


class Recorded(NamedTuple):
    """One instruction: word and text, what its operands are, how many bytes it makes, their digest."""

    word: int
    text: str
    kinds: tuple[str, ...]
    size_bytes: int
    digest: bytes


@cache
def recorded() -> list[Recorded]:
    with np.load(RECORDING) as file:
        return [
            Recorded(
                int(low) | int(high) << 64, str(text), tuple(str(kinds).split(",")), int(size), bytes(digest)
            )
            for (low, high), text, kinds, size, digest in zip(
                file["words"], file["texts"], file["kinds"], file["sizes"], file["digests"], strict=True
            )
        ]


def digest_of(results: NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(results.tobytes(), digest_size=DIGEST_BYTES).digest()


class Probe:
    """Runs one instruction after another over its operands."""

    def __init__(self, isa: str) -> None:
        self.device = SmDevice(90, isa=isa)
        self.sources: dict[tuple[str, ...], SmArray] = {}
        self.result = self.device.empty((LANES, program.RESULT_WORDS), np.uint32)

    def run(self, instruction: Recorded) -> NDArray[np.uint8]:
        """The bytes that it makes, uint8[lanes, size]."""
        kinds = instruction.kinds
        if kinds not in self.sources:
            self.sources[kinds] = self.device.array(operands(kinds))
        pointers = struct.pack("<QQ", self.sources[kinds].gpu_va, self.result.gpu_va)
        self.device.run_words(
            program.program(instruction.word, writes_late=False, reads_late=False),
            bytes(PARAMETERS_OFFSET) + pointers + bytes(4 * PARAMETER_WORDS),
            grid=(LANES // program.THREADS_PER_CTA, 1, 1),
            block=(program.THREADS_PER_CTA, 1, 1),
            register_count=REGISTERS,
        )
        bytes_of_lanes = np.ascontiguousarray(self.result.numpy()[:, :2]).view(np.uint8).reshape(LANES, 8)
        return bytes_of_lanes[:, : instruction.size_bytes]


@cache
def probe(isa: str) -> Probe:
    if not runs_here(isa):
        pytest.skip(f"this host, or this build, has no {isa}")
    return Probe(isa)


@pytest.mark.parametrize("isa", INSTRUCTION_SETS)
@pytest.mark.parametrize("name", sorted({mnemonic(instruction.text) for instruction in recorded()}))
def test_edge_values_give_what_the_gpu_gave(name, isa):
    wrong = []
    for instruction in recorded():
        if mnemonic(instruction.text) == name:
            results = np.ascontiguousarray(probe(isa).run(instruction))
            if digest_of(results) != instruction.digest:
                wrong.append(instruction.text)

    assert wrong == []


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the number of the rounding mode is x86-64's")
@pytest.mark.parametrize("isa", INSTRUCTION_SETS)
def test_the_rounding_of_the_calling_thread_does_not_matter(isa):
    additions = [instruction for instruction in recorded() if mnemonic(instruction.text) in ("FADD", "DFMA")]
    gpu = probe(isa)
    libm = ctypes.CDLL(ctypes.util.find_library("m"))
    upward = 0x800  # FE_UPWARD on x86-64

    libm.fesetround(upward)
    try:
        results = [np.ascontiguousarray(gpu.run(instruction)) for instruction in additions]
        kept = libm.fegetround()
    finally:
        libm.fesetround(0)

    assert [digest_of(each) for each in results] == [instruction.digest for instruction in additions]
    assert kept == upward
