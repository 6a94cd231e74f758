"""Single instructions on the software SM give, bit for bit, what an H100 gave: over 4096 lanes each."""

from __future__ import annotations

import os
import struct
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from barewire.softgpu.sm.machine import Report
from numpy.typing import NDArray

from tests.soft.probe import program, recording
from tests.soft.probe.operands import operands, parameters
from tests.soft.reference.text import mnemonic
from tests.soft.sm_device import INSTRUCTION_SETS, SmArray, SmDevice, runs_here

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("opcodes*-h100.npz"))
LANES = 4096
REGISTERS = 64
DESCRIPTOR_OFFSET, PARAMETERS_OFFSET = 0x208, 0x210


@cache
def recorded() -> list[tuple[int, bytes, str]]:
    """Word, digest of the results and text of every recorded instruction that the GPU accepted."""
    found = []
    for path in RECORDINGS:
        made = recording.load(path)
        for (low, high), digest, text in zip(made.words.tolist(), made.digests, made.texts, strict=True):
            if digest != recording.REFUSED:
                found.append((low | high << 64, digest, text))
    return found


class Probe:
    """A device that runs the probe's program again and again."""

    def __init__(self, isa: str) -> None:
        self.device = SmDevice(90, isa=isa)
        self.source = self.device.array(operands(LANES))
        self.result: SmArray = self.device.empty((LANES, program.RESULT_WORDS), np.uint32)
        pointers = struct.pack("<QQ", self.source.gpu_va, self.result.gpu_va)
        scalars = struct.pack("<8I", *parameters())
        self.bank0 = bytes(PARAMETERS_OFFSET) + pointers + scalars

    def run(self, word: int) -> tuple[Report, NDArray[np.uint32]]:
        """How it went, and the results of all lanes, uint32[lanes, 8]."""
        report = self.device.run_words(
            program.program(word, writes_late=False, reads_late=False),
            self.bank0,
            grid=(LANES // program.THREADS_PER_CTA, 1, 1),
            block=(program.THREADS_PER_CTA, 1, 1),
            register_count=REGISTERS,
            check=False,
        )
        return report, self.result.numpy()


def disagreement(isa: str, word: int, digest: bytes) -> str:
    """How the SM's results differ from the recorded ones; empty if they do not."""
    report, results = probe(isa).run(word)
    if report.fault is not None:
        return f"the SM refused it: {report.fault.name}"
    return "" if recording.digest(results) == digest else "other results"


@cache
def probe(isa: str) -> Probe:
    return Probe(isa)


def instruction_sets() -> list[str]:
    """The best one always; the exhaustive form runs every one that the host has."""
    if not os.environ.get("BAREWIRE_FULL"):
        return ["best"]
    return [isa for isa in INSTRUCTION_SETS if runs_here(isa)]


@pytest.mark.parametrize("isa", instruction_sets())
@pytest.mark.parametrize("name", sorted({mnemonic(text) for _, _, text in recorded()}))
def test_the_sm_computes_what_the_gpu_computed(name, isa):
    differ = {}
    for word, digest, text in recorded():
        if mnemonic(text) == name:
            differ[text] = disagreement(isa, word, digest)

    assert {text: why for text, why in differ.items() if why} == {}
