"""Controls about memory: of a subdevice, of memory objects, and of flushes on the way.

Facts: OGKM:ctrl2080fb.h (indices; sizes in KiB), ctrl2080internal.h, ctrl0041.h,
src/nvidia/src/kernel/gpu/mem_mgr/mem_desc.c (memdescFillMemdescForPhysAttr); what an H100 (driver 580)
answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from barewire.softgpu.gsp import board_facts as board
from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.objects import Kind, Memory
from barewire.softgpu.gsp.static_info import fill_regions
from barewire.softgpu.gsp.status import Refused, Status

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager

_KIB = 1 << 10
_INFO_LIMIT = 57

Fact = Callable[["ResourceManager"], int]


def _vram_kib(rm: ResourceManager) -> int:
    return rm.gpu.vram.size_bytes // _KIB


def _usable_kib(rm: ResourceManager) -> int:
    return rm.usable_bytes // _KIB


def _bar1_kib(rm: ResourceManager) -> int:
    return rm.gpu.options.bar1_bytes // _KIB


FACTS: dict[int, Fact] = {
    0x05: _bar1_kib,
    0x07: _vram_kib,  # RAM_SIZE
    0x08: _vram_kib,  # TOTAL_RAM_SIZE
    0x09: _usable_kib,  # HEAP_SIZE
    0x0B: lambda rm: board.MEMORY_BUS_BITS,
    0x0D: lambda rm: board.RAM_TYPE_HBM,
    0x16: _usable_kib,  # HEAP_FREE: firmware knows of no allocation
    0x19: lambda rm: board.PARTITIONS,
    0x1A: lambda rm: (1 << board.PARTITIONS) - 1,
    0x1B: lambda rm: board.L2_CACHE_BYTES,
    0x1D: _bar1_kib,
    0x1F: _bar1_kib,
    0x20: _usable_kib,  # USABLE_RAM_SIZE
}


@control(0x20801303, Kind.SUBDEVICE, structs.FB_INFO_V2)
def fb_get_info_v2(call: Call) -> None:
    """Facts of video memory by index; what the model does not know is zero."""
    if call.params.fbInfoListSize > _INFO_LIMIT:
        raise Refused(Status.INVALID_ARGUMENT, f"{call.params.fbInfoListSize} entries")
    for number in range(call.params.fbInfoListSize):
        entry = call.params.inner("fbInfoList", structs.INDEXED_VALUE, number)
        fact = FACTS.get(entry.index & 0xFFFFFF)
        entry.data = fact(call.rm) if fact is not None else 0


@control(0x20801320, Kind.SUBDEVICE, structs.FB_REGION_INFO)
def fb_get_fb_region_info(call: Call) -> None:
    """Which parts of video memory drivers may use."""
    fill_regions(call.rm, call.params)


@control(0x20800A1C, Kind.SUBDEVICE, structs.MEMORY_SYSTEM)
def internal_memsys_get_static_config(call: Call) -> None:
    """What stays as it is of video memory's system: caches, memory, and who keeps compression's tags."""
    params = call.params
    params.bUseRawModeComptaglineAllocation = 1
    params.comprPageShift = board.COMPRESSION_PAGE_BYTES.bit_length() - 1
    params.comprPageSize = board.COMPRESSION_PAGE_BYTES
    params.bFbpaPresent = 1
    params.ramType = board.RAM_TYPE_HBM
    params.l2CacheSize = board.L2_CACHE_BYTES
    params.ltcCount, params.ltsPerLtcCount = board.L2_CACHES, board.L2_SLICES_PER_CACHE


@control(0x20800A6F, Kind.SUBDEVICE, structs.RAW_COMPRESSION)
def internal_memsys_program_raw_compression_mode(call: Call) -> None:
    """Whether what is read past the MMU shows compressed memory as it lies: the model compresses nothing."""


@control(0x20800A70, Kind.SUBDEVICE, structs.NONE)
def internal_bus_flush_with_sysmembar(call: Call) -> None:
    """All writes before it are seen by all: in the model they always are."""


_PAGE_BYTES = 4096
_IN_VIDEO_MEMORY, _IN_HOST_MEMORY = 0, 1
_CACHED, _UNCACHED = 1, 2


@control(0x00410103, Kind.MEMORY, structs.SURFACE_PHYS_ATTR)
def get_surface_phys_attr(call: Call) -> None:
    """The physical address of a byte of memory, and how the GPU treats it.

    Raises:
        Refused: INVALID_OFFSET for a byte that the memory does not have (RM would count on; the model's own
            choice).
    """
    memory, params = cast(Memory, call.target), call.params
    offset = params.memOffset
    if offset >= memory.size_bytes:
        raise Refused(Status.INVALID_OFFSET, f"byte {offset:#x} of {memory.size_bytes:#x}")
    in_host = memory.aperture.is_host
    params.memOffset, params.contigSegmentSize = _byte_of(memory, offset)
    params.memFormat, params.comprFormat = memory.storage_kind, 0
    params.memAperture = _IN_HOST_MEMORY if in_host else _IN_VIDEO_MEMORY
    params.gpuCacheAttr = _UNCACHED if in_host else _CACHED
    params.gpuP2PCacheAttr = _UNCACHED


def _byte_of(memory: Memory, offset: int) -> tuple[int, int]:
    """Where a byte is, and how many follow it there; in scattered memory no more than its page has."""
    if len(memory.pages) == 1:
        return memory.pages[0] + offset, memory.size_bytes - offset
    page, within = divmod(memory.pages[0] % _PAGE_BYTES + offset, _PAGE_BYTES)
    start = memory.pages[page] - memory.pages[page] % _PAGE_BYTES
    return start + within, min(_PAGE_BYTES - within, memory.size_bytes - offset)
