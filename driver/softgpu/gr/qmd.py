"""Launch descriptors (QMD V04_00) as the scheduler of grids reads them.

Facts: open-gpu-doc:classes/compute/clcbc0qmd.h (where fields are); golden/h100-580 (what the vendor's driver
writes into them); `H100:` tests/soft/recordings/refusals.json: a version of 3.0 or 4.1 is read all the same.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from barewire.regs import qmd

COMPUTE_CLASS = 0xCBC0
_TABLE = qmd.load("V04_00", COMPUTE_CLASS)

QMD_BYTES = _TABLE.size_bytes
INLINE_SHORT_BYTES = 256  # what INLINE_256 loads; the rest is zero
ALIGNMENT_SHIFT = 8
RELEASES = 3
DEPENDENTS = 2
CONSTANT_BUFFERS = 8
WORD_BITS = 32
QMDS_KEPT = 4096

Triple = tuple[int, int, int]


class Type(IntEnum):
    """QMD_TYPE."""

    QUEUE = 0
    GRID_NULL = 1
    GRID_CTA = 2
    GRID_GPC_CGA = 3
    GRID_GPU_CGA = 4
    GRID_GPU_GPC_CGA = 5


class DependentAction(IntEnum):
    """DEPENDENT_QMD_ACTION."""

    INCREMENT_PUT = 0
    SCHEDULE = 1
    INVALIDATE_COPY_SCHEDULE = 3
    DECREMENT_DEPENDENCE = 4


@dataclass(frozen=True)
class Release:
    """A semaphore that is released when the grid has ended.

    Attributes:
        structure_size: 0 four words, 1 one word, 2 two words; 3 is none.
        membar: whether the front end passes a barrier of its own first (the grid's own is in the descriptor).
        reduction: the operation, None for a plain release.
        signed: of a reduction.
        wide: whether the payload has 64 bits.
        trap_type: 0 for no interrupt.
        gpu_va, payload: where, and what.
    """

    structure_size: int
    membar: bool
    reduction: int | None
    signed: bool
    wide: bool
    trap_type: int
    gpu_va: int
    payload: int


@dataclass(frozen=True)
class Dependent:
    """What is done to another QMD when the grid has ended."""

    gpu_va: int
    action: int
    prefetch: bool


@dataclass(frozen=True)
class ConstantBuffer:
    """A constant bank of the grid."""

    bank: int
    gpu_va: int
    size_bytes: int
    invalidate: bool


@dataclass(frozen=True)
class SharedConfig:
    """How much shared memory the SM may be set up for, in the field's own steps (KiB / 4 + 1; 0 for any)."""

    least: int
    most: int
    target: int


@dataclass(frozen=True)
class Qmd:
    """One launch descriptor, as far as the model looks at it.

    Attributes:
        type: QMD_TYPE, which may be none of `Type`.
        dependence_counter: decrements to wait for after it was scheduled.
        requires_pcas: whether it waits for a PCAS that schedules, too.
        program_va: the first instruction.
        register_count: of a thread.
        local_low_bytes, local_high_bytes: local memory of a thread, at the begin and the end of its window.
        shared_bytes: of a CTA.
        cluster: CTAs of a cluster, (0, 0, 0) where it names none.
        membar: whether what the grid wrote is visible to all when it has ended (`golden/h100-580`: the
            vendor's driver asks for this one, and for none at the release).
        invalidate_code, invalidate_constants, invalidate_data: of the SMs' caches, before the grid begins.
    """

    type: int
    dependence_counter: int
    requires_pcas: bool
    grid: Triple
    block: Triple
    cluster: Triple
    program_va: int
    register_count: int
    barrier_count: int
    local_low_bytes: int
    local_high_bytes: int
    shared_bytes: int
    shared_config: SharedConfig
    constant_buffers: tuple[ConstantBuffer, ...]
    releases: tuple[Release, ...]
    dependents: tuple[Dependent, ...]
    membar: bool
    invalidate_code: bool
    invalidate_constants: bool
    invalidate_data: bool

    @property
    def threads(self) -> int:
        """Threads of a CTA."""
        return self.block[0] * self.block[1] * self.block[2]

    @property
    def ctas(self) -> int:
        """CTAs of the grid."""
        return self.grid[0] * self.grid[1] * self.grid[2]


class _Place(NamedTuple):
    """Where a field is: in which word, from which bit on."""

    word: int
    low: int
    mask: int


def _places() -> dict[str, _Place]:
    """Every field by name; elements of an array by name and index ("CONSTANT_BUFFER_VALID:3")."""
    found = {}
    for field in _TABLE:
        for index in range(field.count or 1):
            low, high = field.bits(index) if field.count else field.bits()
            name = f"{field.name}:{index}" if field.count else field.name
            found[name] = _Place(low // WORD_BITS, low % WORD_BITS, (1 << high - low + 1) - 1)
    return found


_PLACES = _places()
_BANK = "CONSTANT_BUFFER"


class _Words:
    """The fields of one QMD by name."""

    def __init__(self, data: bytes) -> None:
        self._words = struct.unpack(f"<{len(data) // 4}I", data)

    def get(self, name: str) -> int:
        """A field, or an element of one."""
        word, low, mask = _PLACES[name]
        return self._words[word] >> low & mask

    def wide(self, lower: str, upper: str) -> int:
        """A number whose low word is one field, and the rest another."""
        return self.get(upper) << WORD_BITS | self.get(lower)

    def three(self, first: str, second: str, third: str) -> Triple:
        """Three fields."""
        return self.get(first), self.get(second), self.get(third)


@lru_cache(maxsize=QMDS_KEPT)
def read(data: bytes) -> Qmd:
    """The descriptor that QMD_BYTES bytes are. Every bit pattern is one: what is wrong SKED says."""
    words = _Words(data)
    return Qmd(
        type=words.get("QMD_TYPE"),
        dependence_counter=words.get("DEPENDENCE_COUNTER"),
        requires_pcas=bool(words.get("REQUIRE_SCHEDULING_PCAS")),
        grid=words.three("GRID_WIDTH", "GRID_HEIGHT", "GRID_DEPTH"),
        block=words.three("CTA_THREAD_DIMENSION0", "CTA_THREAD_DIMENSION1", "CTA_THREAD_DIMENSION2"),
        cluster=words.three("GPC_CGA_WIDTH", "GPC_CGA_HEIGHT", "GPC_CGA_DEPTH"),
        program_va=words.wide("PROGRAM_ADDRESS_LOWER", "PROGRAM_ADDRESS_UPPER"),
        register_count=words.get("REGISTER_COUNT"),
        barrier_count=words.get("BARRIER_COUNT"),
        local_low_bytes=words.get("SHADER_LOCAL_MEMORY_LOW_SIZE"),
        local_high_bytes=words.get("SHADER_LOCAL_MEMORY_HIGH_SIZE"),
        shared_bytes=words.get("SHARED_MEMORY_SIZE"),
        shared_config=SharedConfig(
            words.get("MIN_SM_CONFIG_SHARED_MEM_SIZE"),
            words.get("MAX_SM_CONFIG_SHARED_MEM_SIZE"),
            words.get("TARGET_SM_CONFIG_SHARED_MEM_SIZE"),
        ),
        constant_buffers=_constant_buffers(words),
        releases=_releases(words),
        dependents=_dependents(words),
        membar=bool(words.get("CWD_MEMBAR_TYPE")),
        invalidate_code=bool(words.get("INVALIDATE_INSTRUCTION_CACHE")),
        invalidate_constants=bool(words.get("INVALIDATE_SHADER_CONSTANT_CACHE")),
        invalidate_data=bool(words.get("INVALIDATE_SHADER_DATA_CACHE")),
    )


def _constant_buffers(words: _Words) -> tuple[ConstantBuffer, ...]:
    return tuple(
        ConstantBuffer(
            bank,
            words.wide(f"{_BANK}_ADDR_LOWER_SHIFTED6:{bank}", f"{_BANK}_ADDR_UPPER_SHIFTED6:{bank}") << 6,
            words.get(f"{_BANK}_SIZE_SHIFTED4:{bank}") << 4,
            bool(words.get(f"{_BANK}_INVALIDATE:{bank}")),
        )
        for bank in range(CONSTANT_BUFFERS)
        if words.get(f"{_BANK}_VALID:{bank}")
    )


def _releases(words: _Words) -> tuple[Release, ...]:
    return tuple(_release(words, i) for i in range(RELEASES) if words.get(f"RELEASE_ENABLE:{i}"))


def _release(words: _Words, index: int) -> Release:
    where = f"RELEASE_SEMAPHORE{index}"
    reduces = words.get(f"RELEASE_REDUCTION_ENABLE:{index}")
    return Release(
        structure_size=words.get(f"RELEASE_STRUCTURE_SIZE:{index}"),
        membar=bool(words.get(f"RELEASE_MEMBAR_TYPE:{index}")),
        reduction=words.get(f"RELEASE_REDUCTION_OP:{index}") if reduces else None,
        signed=bool(words.get(f"RELEASE_REDUCTION_FORMAT:{index}")),
        wide=bool(words.get(f"RELEASE_PAYLOAD64B:{index}")),
        trap_type=words.get(f"RELEASE_TRAP_TYPE:{index}"),
        gpu_va=words.wide(f"{where}_ADDR_LOWER", f"{where}_ADDR_UPPER"),
        payload=words.wide(f"{where}_PAYLOAD_LOWER", f"{where}_PAYLOAD_UPPER"),
    )


def _dependents(words: _Words) -> tuple[Dependent, ...]:
    return tuple(
        Dependent(
            words.get(f"DEPENDENT_QMD{i}_POINTER") << ALIGNMENT_SHIFT,
            words.get(f"DEPENDENT_QMD_ACTION:{i}"),
            bool(words.get(f"DEPENDENT_QMD_PREFETCH:{i}")),
        )
        for i in range(DEPENDENTS)
        if words.get(f"DEPENDENT_QMD_ENABLE:{i}")
    )
