"""Constant bank 0: what a kernel reads of its launch, before its parameters.

Where each thing stands per compute capability is a table. sm_90 is as NVIDIA's driver writes it on an H100
(`H100:`, 19 recorded launches); the others hold what code compiled by ptxas 13.0 reads, and nothing of them
has run on silicon.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from barewire.errors import UnknownChip

# The windows through which generic addresses reach local and shared memory: far from every address that is
# mapped.
LOCAL_WINDOW_VA = 0x7F00_0000_0000
SHARED_WINDOW_VA = 0x7F01_0000_0000
LOCAL_WINDOW_BYTES = 16 << 20
STACK_RESERVE_BYTES = 0x240
INITIAL_STACK = LOCAL_WINDOW_BYTES - STACK_RESERVE_BYTES


@dataclass(frozen=True)
class Bank0Layout:
    """Byte offsets in bank 0; None where a family has no such word.

    Attributes:
        parameters: where the kernel's parameters begin.
        bank_addresses: bank number -> where its address stands.
    """

    parameters: int
    block: int
    grid: int
    initial_stack: int
    shared_window: int | None = None
    local_window: int | None = None
    dynamic_shared: int | None = None
    qmd_address: int | None = None
    one: int | None = None
    bank_addresses: dict[int, int] | None = None
    sm_count: int | None = None
    shared_reserved: int | None = None
    program: int | None = None
    shared_total: int | None = None
    cluster_launch: int | None = None
    cluster: int | None = None
    cluster_inverse: int | None = None
    grid_in_clusters: int | None = None
    cluster_window_stride: int | None = None
    cluster_window: int | None = None
    blocks_per_cluster: int | None = None
    parameters_begin: int | None = None
    parameters_end: int | None = None


_AMPERE = Bank0Layout(
    parameters=0x160,
    block=0x0,
    grid=0xC,
    shared_window=0x18,
    local_window=0x20,
    initial_stack=0x28,
    dynamic_shared=0x2C,
    bank_addresses={0: 0x40, 3: 0x50},
    shared_reserved=0x114,
)
_HOPPER = Bank0Layout(
    parameters=0x210,
    block=0x0,
    grid=0xC,
    shared_window=0x18,
    local_window=0x20,
    initial_stack=0x28,
    dynamic_shared=0x2C,
    qmd_address=0x38,
    one=0x58,
    bank_addresses={0: 0xC0, 1: 0xC8, 3: 0xD0, 4: 0xD8},
    sm_count=0x10C,
    shared_reserved=0x114,
    program=0x118,
    shared_total=0x13C,
    cluster_launch=0x140,
    cluster=0x144,
    cluster_inverse=0x150,
    grid_in_clusters=0x15C,
    cluster_window_stride=0x16C,
    cluster_window=0x170,
    blocks_per_cluster=0x188,
    parameters_begin=0x198,
    parameters_end=0x1A0,
)
_BLACKWELL = Bank0Layout(
    parameters=0x380,
    block=0x360,
    grid=0x370,
    initial_stack=0x37C,
    local_window=0x2F8,
    dynamic_shared=0x2AC,
    bank_addresses={3: 0x120},
    shared_reserved=0x16C,
    parameters_begin=0x348,
)
LAYOUTS = {75: _AMPERE, 80: _AMPERE, 86: _AMPERE, 89: _AMPERE, 90: _HOPPER, 100: _BLACKWELL, 120: _BLACKWELL}

CLUSTER_WINDOW_STRIDE_BYTES = 16 << 20

QMD_ADDRESS = None


@dataclass(frozen=True)
class Bank0:
    """A template of bank 0.

    Attributes:
        data: the bytes before the parameters.
        pointers: (offset, target): 64-bit words to be set to bank 0's own address + target, or to the QMD's
            address where the target is QMD_ADDRESS.
    """

    data: bytes
    pointers: tuple[tuple[int, int | None], ...]

    def placed(self, gpu_va: int, qmd_va: int) -> bytes:
        """The bytes for a bank 0 at `gpu_va` whose QMD is at `qmd_va`."""
        data = bytearray(self.data)
        for offset, target in self.pointers:
            struct.pack_into("<Q", data, offset, qmd_va if target is QMD_ADDRESS else gpu_va + target)
        return bytes(data)


@dataclass(frozen=True)
class LaunchConstants:
    """What of a launch stands in bank 0; sizes in bytes."""

    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    cluster: tuple[int, int, int]
    dynamic_shared_bytes: int
    shared_reserved_bytes: int
    shared_total_bytes: int
    argument_bytes: int
    program_va: int
    sm_count: int
    bank_addresses: dict[int, int]


def layout_for(sm_version: int) -> Bank0Layout:
    """The layout that code for a compute capability expects.

    Raises:
        UnknownChip: none is known.
    """
    if sm_version not in LAYOUTS:
        raise UnknownChip(f"the constant bank 0 of sm_{sm_version} is not known")
    return LAYOUTS[sm_version]


def build(layout: Bank0Layout, launch: LaunchConstants) -> Bank0:
    """Bank 0 of one launch."""
    data = bytearray(layout.parameters)

    def put(offset: int | None, form: str, *values: float) -> None:
        if offset is not None:
            struct.pack_into("<" + form, data, offset, *values)

    clustered = launch.cluster != (1, 1, 1)
    put(layout.block, "3I", *launch.block)
    put(layout.grid, "3I", *launch.grid)
    put(layout.shared_window, "Q", SHARED_WINDOW_VA)
    put(layout.local_window, "Q", LOCAL_WINDOW_VA)
    put(layout.initial_stack, "I", INITIAL_STACK)
    put(layout.dynamic_shared, "I", launch.dynamic_shared_bytes)
    put(layout.one, "I", 1)
    for bank, offset in (layout.bank_addresses or {}).items():
        put(offset, "Q", launch.bank_addresses.get(bank, 0))
    put(layout.sm_count, "I", launch.sm_count)
    put(layout.shared_reserved, "I", launch.shared_reserved_bytes)
    put(layout.program, "Q", launch.program_va)
    put(layout.shared_total, "I", launch.shared_total_bytes)
    put(layout.cluster_launch, "I", int(clustered))
    put(layout.cluster, "3I", *launch.cluster)
    put(layout.cluster_inverse, "3f", *(1 / blocks for blocks in launch.cluster))
    put(layout.grid_in_clusters, "3I", *(g // c for g, c in zip(launch.grid, launch.cluster, strict=True)))
    put(layout.cluster_window_stride, "I", CLUSTER_WINDOW_STRIDE_BYTES)
    put(layout.cluster_window, "Q", SHARED_WINDOW_VA)
    put(layout.blocks_per_cluster, "I", launch.cluster[0] * launch.cluster[1] * launch.cluster[2])

    targets: dict[int | None, int | None] = {
        layout.qmd_address: QMD_ADDRESS,
        (layout.bank_addresses or {}).get(0): 0,
        layout.parameters_begin: layout.parameters,
        layout.parameters_end: layout.parameters + launch.argument_bytes,
    }
    pointers = tuple((offset, target) for offset, target in targets.items() if offset is not None)
    return Bank0(bytes(data), pointers)
