"""Semaphores that GR releases: those of launch descriptors, reports, and inline copies.

Facts: open-gpu-doc:classes/compute/clcbc0.h (REPORT_SEMAPHORE_EXECUTE, SET_REPORT_SEMAPHORE_D), clcbc0qmd.h
(RELEASE_*). What a structure of two words holds, and that a reduction writes no time, is the model's own
choice; `H100:` a reduction of four words is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu import semaphores
from barewire.softgpu.channel_memory import Refused
from barewire.softgpu.page_tables import Access, FaultType

if TYPE_CHECKING:
    from barewire.softgpu.channel_memory import VirtualMemory

FOUR_WORDS, ONE_WORD, TWO_WORDS = range(3)
_TIME_OFFSET = 8
# Reductions in the order of REDUCTION_OP, by the names that memory has for them.
_REDUCTIONS = ("IADD", "IMIN", "IMAX", "INC", "DEC", "IAND", "IOR", "IXOR")


def release(
    memory: VirtualMemory,
    now_ns: int,
    gpu_va: int,
    payload: int,
    structure: int,
    wide: bool,
    reduction: int | None = None,
    signed: bool = False,
) -> None:
    """Write a semaphore.

    Args:
        memory: of the channel.
        now_ns: what a structure of four words gets as its time.
        structure: FOUR_WORDS (payload, zero, time), ONE_WORD, or TWO_WORDS (a payload of 64 bits).
        wide: whether the payload has 64 bits.
        reduction: REDUCTION_OP; None stores the payload.
        signed: of a reduction.

    Raises:
        Refused: memory cannot be reached.
    """
    size = 8 if wide or structure == TWO_WORDS else 4
    _check_alignment(gpu_va, 16 if structure == FOUR_WORDS else size)
    if not wide:
        payload &= 0xFFFFFFFF
    if reduction is not None:
        _reduce(memory, gpu_va, payload, size, _REDUCTIONS[reduction & 7], signed)
        return
    if structure == FOUR_WORDS:
        memory.address(gpu_va, 8, Access.WRITE)  # which is refused first
        memory.store(gpu_va + _TIME_OFFSET, 8, now_ns)
        size = 8
    memory.store(gpu_va, size, payload)


def _reduce(memory: VirtualMemory, gpu_va: int, payload: int, size: int, name: str, signed: bool) -> None:
    memory.address(gpu_va, size, Access.ATOMIC)
    value = semaphores.reduce(name, memory.load(gpu_va, size), payload, size, signed)
    memory.store(gpu_va, size, value, Access.ATOMIC)


def _check_alignment(gpu_va: int, alignment: int) -> None:
    """GR has no error of its own for a misaligned semaphore that is known: the model refuses the access.

    Raises:
        Refused: it is misaligned.
    """
    if gpu_va % alignment:
        raise Refused(gpu_va, FaultType.REGION, Access.WRITE)
