"""Flags of mapping memory into virtual memory and of reserving addresses.

Facts: OGKM:src/common/sdk/nvidia/inc/nvos.h (NVOS46_FLAGS, NVOS47_FLAGS, NVOS32_ALLOC_FLAGS, NVOS32_ATTR,
NVOS32_ATTR2), src/nvidia/src/kernel/mem_mgr/gpu_vaspace.c (gvaspaceApplyDefaultAlignment),
src/nvidia/src/kernel/gpu/mem_mgr/mem_mgr.c (memmgrDeterminePageSize).
"""

from __future__ import annotations

from enum import IntFlag
from typing import NamedTuple

from barewire.softgpu.gsp.status import Refused, Status

SMALL, BIG, HUGE, LARGEST = 12, 16, 21, 29  # shifts of the sizes of pages

# NVOS46_FLAGS.
_ACCESS_MASK, _ACCESS_READ_ONLY, _ACCESS_LAST = 3, 1, 2
_POINTER_32 = 1 << 2
_CACHE_SNOOP = 1 << 4
_PAGE_SIZE_SHIFT, _PAGE_SIZE_MASK = 8, 0xF
_GROWS_DOWN = 1 << 14
_FIXED = 1 << 15
_TLB_LOCK = 1 << 28
_DEFER_TLB_INVALIDATION = 1 << 31
_PAGE_SIZE_BOTH = 3
_PAGE_SIZES = {0: None, 1: SMALL, 2: BIG, _PAGE_SIZE_BOTH: None, 4: HUGE, 5: LARGEST}

# What one GPU with one kind of mapping does not do; encryption and L3 hints change no entry.
_NOT_IN_MODEL = {
    1 << 3: "the kind of the virtual memory",
    1 << 5: "a mapping for the kernel",
    0xFF << 20: "another GPU's memory",
    1 << 29: "addresses that are taken already",
}


class MapFlags(NamedTuple):
    """What a mapping is to be like.

    Attributes:
        read_only: no writes through it.
        snoops: host memory is kept coherent with the CPU's caches.
        page_shift: of the size of its pages; None for the memory's own.
        both: addresses are taken for small and big pages.
        fixed: it has to begin at the address that is given.
        from_above: else it takes the highest addresses, not the lowest.
        below_4_gib: its addresses fit into 32 bits.
        atomics: whether atomics are allowed.
        later: the caller invalidates the TLB by itself.
    """

    read_only: bool
    snoops: bool
    page_shift: int | None
    both: bool
    fixed: bool
    from_above: bool
    below_4_gib: bool
    atomics: bool
    later: bool


def parse_map_flags(word: int) -> MapFlags:
    """The flags of MAP_MEMORY_DMA.

    Raises:
        Refused: NOT_SUPPORTED for what the model does not do, INVALID_ARGUMENT for no access or page size.
    """
    for mask, what in _NOT_IN_MODEL.items():
        if word & mask:
            raise Refused(Status.NOT_SUPPORTED, f"flags {word:#x}: {what}")
    access, size = word & _ACCESS_MASK, word >> _PAGE_SIZE_SHIFT & _PAGE_SIZE_MASK
    if access > _ACCESS_LAST or size not in _PAGE_SIZES:
        raise Refused(Status.INVALID_ARGUMENT, f"flags {word:#x}")
    return MapFlags(
        read_only=access == _ACCESS_READ_ONLY,  # this version of tables has no pages that are only written
        snoops=bool(word & _CACHE_SNOOP),
        page_shift=_PAGE_SIZES[size],
        both=size == _PAGE_SIZE_BOTH,
        fixed=bool(word & _FIXED),
        from_above=bool(word & _GROWS_DOWN),
        below_4_gib=bool(word & _POINTER_32),
        atomics=not word & _TLB_LOCK,
        later=bool(word & _DEFER_TLB_INVALIDATION),
    )


def invalidates_later(word: int) -> bool:
    """Of the flags of UNMAP_MEMORY_DMA: whether the caller invalidates the TLB by itself."""
    return bool(word & 1)


class AllocFlags(IntFlag):
    """Flags of reserving addresses (NVOS32_ALLOC_FLAGS_*), those that mean something for addresses."""

    FORCE_MEM_GROWS_DOWN = 0x4
    FIXED_ADDRESS_ALLOCATE = 0x10
    ALIGNMENT_HINT = 0x80
    ALIGNMENT_FORCE = 0x100
    LAZY = 0x400
    USE_BEGIN_END = 0x20000
    VIRTUAL = 0x80000
    EXTERNALLY_MANAGED = 0x400000
    SPARSE = 0x4000000


_ATTR_PAGE_SIZE_SHIFT, _ATTR2_HUGE_SHIFT, _TWO_BITS = 23, 20, 3
_ATTR_PAGE_SIZES = {1: (SMALL,), 2: (BIG,)}
_ATTR2_HUGE_SIZES = {0: (HUGE,), 1: (HUGE,), 2: (LARGEST,)}


def reserved_page_sizes(attr: int, attr2: int, size_bytes: int) -> tuple[int, ...]:
    """Shifts of the sizes of pages that a reservation is made for, the largest last.

    Raises:
        Refused: INVALID_STATE for pages of 256 GiB, which this chip does not have.
    """
    size = attr >> _ATTR_PAGE_SIZE_SHIFT & _TWO_BITS
    if not size:
        return (SMALL, BIG, HUGE) if size_bytes >= 1 << HUGE else (SMALL, BIG)
    if size in _ATTR_PAGE_SIZES:
        return _ATTR_PAGE_SIZES[size]
    huge = attr2 >> _ATTR2_HUGE_SHIFT & _TWO_BITS
    if huge not in _ATTR2_HUGE_SIZES:
        raise Refused(Status.INVALID_STATE, "pages of 256 GiB")
    return _ATTR2_HUGE_SIZES[huge]
