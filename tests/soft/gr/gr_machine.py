"""Compute channels without firmware: launch descriptors put together bit by bit, programs word by word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from barewire.regs import qmd
from fifo_machine import KIB, MIB, FifoMachine, FifoRig, immediate, inc

from tests.soft import words as w

COMPUTE = 0xCBC0
SUBCHANNEL = 1
QMD_BYTES = 384
SHARED_WINDOW, LOCAL_WINDOW = 0x7F01_0000_0000, 0x7F00_0000_0000
LOCAL_OF_TPC = 16 * MIB  # for 4096 threads
INVALIDATE_PREFETCH_COPY_SCHEDULE = 10

# Byte offsets of methods (open-gpu-doc:classes/compute/clcbc0.h).
WAIT_FOR_IDLE, SEND_PCAS_A, PCAS2_B, INVALIDATE_SKED = 0x110, 0x2B4, 0x2C0, 0x298
REPORT_PAYLOAD, REPORT_EXECUTE, OLD_REPORT = 0x158, 0x168, 0x1B00
LINE_LENGTH_IN, OFFSET_OUT, LAUNCH_DMA, LOAD_INLINE_DATA = 0x180, 0x188, 0x1B0, 0x1B4
SHARED_WINDOW_A, LOCAL_WINDOW_A, LOCAL_MEMORY_A, NON_THROTTLED_A = 0x2A0, 0x7B0, 0x790, 0x2E4

_TABLE = qmd.load("V04_00", COMPUTE)


def method(address: int, *data: int) -> list[int]:
    """Methods of the compute object, one after another."""
    return inc(address, *data, subchannel=SUBCHANNEL)


def wait_for_idle() -> list[int]:
    return immediate(WAIT_FOR_IDLE, 0, subchannel=SUBCHANNEL)


def send(qmd_va: int, action: int = INVALIDATE_PREFETCH_COPY_SCHEDULE) -> list[int]:
    return [*method(SEND_PCAS_A, qmd_va >> 8), *method(PCAS2_B, action)]


def qmd_words(fields: dict[str, int]) -> bytes:
    """A descriptor of these fields; an element of an array is named NAME:INDEX."""
    number = 0
    for name, value in fields.items():
        name, _, index = name.partition(":")
        low, high = _TABLE.field(name).bits(*([int(index)] if index else []))
        assert 0 <= value < 1 << high - low + 1, name
        number |= value << low
    return number.to_bytes(QMD_BYTES, "little")


class GrMachine(FifoMachine):
    """A machine with code and descriptors."""

    def compute(self, bound: bool = True, **setup: Any) -> GrRig:
        """A compute channel whose object is bound and whose windows are set."""
        made = GrRig(self, self._next_chid, setup)
        self._next_chid += 1
        with self.gpu.lock:
            self.gpu.fifo.schedule(made.channel, True)
        if bound:
            made.bind()
        return made

    def program(self, *words: int) -> int:
        """Code in video memory; its GPU address."""
        memory = self.vram(4 * KIB)
        code = b"".join(word.to_bytes(16, "little") for word in (*words, w.exit_()))
        memory.bytes[: len(code)] = np.frombuffer(code, np.uint8)
        return memory.gpu_va

    def storing(self, gpu_va: int, value: int) -> int:
        """A program that stores a number."""
        return self.program(*w.mov_pair(2, gpu_va), w.mov(4, value), w.stg(2, 4))

    def endless(self, gpu_va: int | None = None) -> int:
        """A program that counts up a word, or nothing, and never ends."""
        loop = [] if gpu_va is None else [w.imad(4, 4, 1, 5), w.stg(2, 4)]
        loop.append(w.bra(-len(loop) - 1))
        return self.program(*w.mov_pair(2, gpu_va or 0), w.mov(4, 0), w.mov(5, 1), *loop)


class GrRig(FifoRig):
    """A compute channel, and memory for its descriptors and semaphores."""

    def __init__(self, machine: GrMachine, chid: int, setup: dict[str, Any]) -> None:
        super().__init__(machine, "GR0", 0, chid, setup)
        self.gr: GrMachine = machine
        self.qmds = machine.vram(1 * MIB, 2 * MIB)
        self.semaphores = machine.host_memory(4 * KIB)
        self._next_qmd = 0

    def bind(self) -> None:
        """SET_OBJECT, windows and local memory."""
        self.run(
            method(0, COMPUTE),
            method(SHARED_WINDOW_A, SHARED_WINDOW >> 32, SHARED_WINDOW & 0xFFFFFFFF),
            method(LOCAL_WINDOW_A, LOCAL_WINDOW >> 32, LOCAL_WINDOW & 0xFFFFFFFF),
        )

    def qmd(self, program_va: int, *, size: Sequence[int] = (1, 1, 1), **fields: int) -> int:
        """A descriptor in memory; its GPU address."""
        at = self._next_qmd
        self._next_qmd += 512
        self.put_qmd(at, program_va, size=size, **fields)
        return self.qmds.gpu_va + at

    def put_qmd(self, at: int, program_va: int, *, size: Sequence[int] = (1, 1, 1), **fields: int) -> None:
        known = {
            "QMD_TYPE": 2,
            "QMD_MAJOR_VERSION": 4,
            "GRID_WIDTH": size[0],
            "GRID_HEIGHT": size[1],
            "GRID_DEPTH": size[2],
            "CTA_THREAD_DIMENSION0": 32,
            "CTA_THREAD_DIMENSION1": 1,
            "CTA_THREAD_DIMENSION2": 1,
            "REGISTER_COUNT": 32,
            "BARRIER_COUNT": 1,
            "SHARED_MEMORY_SIZE": 1024,
            "PROGRAM_ADDRESS_LOWER": program_va & 0xFFFFFFFF,
            "PROGRAM_ADDRESS_UPPER": program_va >> 32,
            "MIN_SM_CONFIG_SHARED_MEM_SIZE": 9,
            "MAX_SM_CONFIG_SHARED_MEM_SIZE": 0x3A,
            "TARGET_SM_CONFIG_SHARED_MEM_SIZE": 9,
        } | {name.replace("__", ":"): value for name, value in fields.items()}
        self.qmds.bytes[at : at + QMD_BYTES] = np.frombuffer(qmd_words(known), np.uint8)

    def release(self, index: int, payload: int, which: int = 0, structure: int = 1) -> dict[str, int]:
        """Fields that release the semaphore of an index."""
        gpu_va = self.semaphores.gpu_va + 16 * index
        return {
            f"RELEASE_ENABLE__{which}": 1,
            f"RELEASE_STRUCTURE_SIZE__{which}": structure,
            f"RELEASE_MEMBAR_TYPE__{which}": 1,
            f"RELEASE_SEMAPHORE{which}_ADDR_LOWER": gpu_va & 0xFFFFFFFF,
            f"RELEASE_SEMAPHORE{which}_ADDR_UPPER": gpu_va >> 32,
            f"RELEASE_SEMAPHORE{which}_PAYLOAD_LOWER": payload,
        }

    def semaphore(self, index: int) -> int:
        return int(self.semaphores.words[4 * index])

    def awaits(self, index: int, payload: int) -> None:
        """The semaphore gets its payload."""
        self.machine.wait(lambda: self.semaphore(index) == payload)
