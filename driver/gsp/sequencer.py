"""Steps that GSP asks the CPU to do while it boots: register writes, waits, and starts of other cores.

Needed from Turing to Ada, where GSP cannot reach all that its boot needs; Hopper's does without. `parse` is
pure, `run` does the steps.

Facts: OGKM:src/nvidia/arch/nvalloc/common/inc/rmgspseq.h; OGKM:kernel_gsp.c (kgspExecuteSequencerBuffer);
nouveau:nvkm/subdev/gsp/rm/r535/gsp.c (r535_gsp_msg_run_cpu_sequencer).
"""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from barewire.abi.layout import Abi
from barewire.errors import RpcError
from barewire.poll import poll
from barewire.regs.registers import WordIO

POLL_TIMEOUT_S = 4.0  # of a wait that names no time
LONGEST_S = 60.0  # what no step takes: it can name 4295 s
SAVE_SLOTS = 8
_STRUCT = "rpc_run_cpu_sequencer_v17_00"


class Op(IntEnum):
    """What a step is."""

    REG_WRITE = 0
    REG_MODIFY = 1
    REG_POLL = 2
    DELAY_US = 3
    REG_STORE = 4
    CORE_RESET = 5
    CORE_START = 6
    CORE_WAIT_FOR_HALT = 7
    CORE_RESUME = 8


# How many words follow each.
_OPERANDS = {
    Op.REG_WRITE: 2,  # offset, value
    Op.REG_MODIFY: 3,  # offset, mask, value
    Op.REG_POLL: 5,  # offset, mask, value, timeout in us, error code
    Op.DELAY_US: 1,  # us
    Op.REG_STORE: 2,  # offset, slot
    Op.CORE_RESET: 0,
    Op.CORE_START: 0,
    Op.CORE_WAIT_FOR_HALT: 0,
    Op.CORE_RESUME: 0,
}


@dataclass(frozen=True)
class Step:
    """One step: what to do, with which words."""

    op: Op
    operands: tuple[int, ...]


class Core(Protocol):
    """The processor whose start GSP leaves to the CPU."""

    def reset(self) -> None:
        """Reset it."""
        ...

    def start(self) -> None:
        """Let it run."""
        ...

    def wait_for_halt(self) -> None:
        """Wait until it has stopped."""
        ...

    def resume(self) -> None:
        """Reset GSP into its RISC-V core and let it go on."""
        ...


def parse(abi: Abi, payload: bytes) -> tuple[Step, ...]:
    """The steps of a request.

    Raises:
        RpcError: it is cut short, or has a step that is unknown or goes beyond its end.
    """
    layout = abi.struct(_STRUCT)
    if len(payload) < layout.size_bytes:
        raise RpcError("a sequence for the CPU is cut short", size_bytes=len(payload))
    head = layout.over(payload[: layout.size_bytes])
    used, room = head["cmdIndex"], head["bufferSizeDWord"]
    if used >= room or len(payload) < layout.size_bytes + 4 * used:
        raise RpcError(
            "a sequence for the CPU is longer than its buffer", value=used, expected=f"below {room} words"
        )
    words = struct.unpack_from(f"<{used}I", payload, layout.size_bytes)
    return tuple(_steps(words))


def _steps(words: tuple[int, ...]) -> list[Step]:
    steps = []
    at = 0
    while at < len(words):
        if words[at] not in _OPERANDS:
            raise RpcError("a sequence for the CPU has an unknown step", value=words[at], word=at)
        op = Op(words[at])
        end = at + 1 + _OPERANDS[op]
        if end > len(words):
            raise RpcError("the last step of a sequence for the CPU is cut short", step_name=op.name, word=at)
        steps.append(Step(op, words[at + 1 : end]))
        at = end
    return steps


class Sequencer:
    """Does the steps.

    Args:
        io: the GPU's registers; the firmware names them by offset.
        core: the processor that steps may start.

    Attributes:
        saved: what REG_STORE kept, by slot.
    """

    def __init__(self, io: WordIO, core: Core) -> None:
        self._io = io
        self._core = core
        self.saved = [0] * SAVE_SLOTS

    def run(self, steps: tuple[Step, ...]) -> None:
        """Do them in order.

        Raises:
            PollTimeout: a register did not become what a step waits for; `code` is the firmware's number.
            RpcError: a step names a slot that does not exist, or a time beyond all reason.
        """
        for step in steps:
            getattr(self, f"_{step.op.name.lower()}")(*step.operands)

    def _reg_write(self, offset: int, value: int) -> None:
        self._io.write32(offset, value)

    def _reg_modify(self, offset: int, mask: int, value: int) -> None:
        self._io.write32(offset, (self._io.read32(offset) & ~mask & 0xFFFFFFFF) | value)

    def _reg_poll(self, offset: int, mask: int, value: int, timeout_us: int, code: int) -> None:
        def is_as_wanted(word: int) -> bool:
            return word & mask == value

        poll(
            lambda: self._io.read32(offset),
            is_as_wanted,
            timeout_s=_seconds(timeout_us) or POLL_TIMEOUT_S,
            why="a register did not become what GSP waits for",
            offset=offset,
            expected=f"{value:#x} under mask {mask:#x}",
            code=code,
        )

    def _delay_us(self, duration_us: int) -> None:
        time.sleep(_seconds(duration_us))

    def _reg_store(self, offset: int, slot: int) -> None:
        if slot >= SAVE_SLOTS:
            raise RpcError(
                "a sequence for the CPU keeps a register in a slot that does not exist",
                value=slot,
                expected=f"below {SAVE_SLOTS}",
            )
        self.saved[slot] = self._io.read32(offset)

    def _core_reset(self) -> None:
        self._core.reset()

    def _core_start(self) -> None:
        self._core.start()

    def _core_wait_for_halt(self) -> None:
        self._core.wait_for_halt()

    def _core_resume(self) -> None:
        self._core.resume()


def _seconds(microseconds: int) -> float:
    """A time that a step names, within reason."""
    seconds = microseconds / 1e6
    if seconds > LONGEST_S:
        raise RpcError(
            "a sequence for the CPU has a step that takes longer than any does",
            value=microseconds,
            expected=f"up to {LONGEST_S:g} s",
        )
    return seconds
