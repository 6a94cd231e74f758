"""MEM_OP: barriers, cache maintenance and TLB invalidation from a pushbuffer.

Facts: open-gpu-doc:manuals/ampere/ga100/dev_pbdma.ref (MEM_OP methods), OGKM:src/common/sdk/nvidia/inc/
class/clc86f.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from barewire.softgpu.methods import HOST_CLASS, bits, values
from barewire.softgpu.page_tables import Aperture, Pdb

if TYPE_CHECKING:
    from barewire.softgpu.mmu import Mmu

_A = bits(HOST_CLASS, "MEM_OP_A")
_B = bits(HOST_CLASS, "MEM_OP_B")
_C = bits(HOST_CLASS, "MEM_OP_C")
_D = bits(HOST_CLASS, "MEM_OP_D")
_OPERATIONS = {number: name for name, number in values(HOST_CLASS, "MEM_OP_D", "OPERATION").items()}
_APERTURES = {0: Aperture.VRAM, 2: Aperture.COHERENT, 3: Aperture.NONCOHERENT}
_REPLAYS = range(6)

PRIVILEGED = ("MMU_TLB_INVALIDATE", "MMU_TLB_INVALIDATE_TARGETED", "MMU_OPERATION", "ACCESS_COUNTER_CLR")
_INVALIDATIONS = ("MMU_TLB_INVALIDATE", "MMU_TLB_INVALIDATE_TARGETED")


class BadMemOp(Exception):
    """There is no such memory operation, or it contradicts itself."""


class Invalidation(NamedTuple):
    """What a TLB invalidation names.

    Attributes:
        pdb: of one address space; None for all.
        gpu_va: of one page; None for all.
        pages: 4 KiB pages from there on.
        level: PAGE_TABLE_LEVEL.
        replay: what becomes of replayable faults.
        hub_only: the GPCs keep what they have.
    """

    pdb: Pdb | None
    gpu_va: int | None
    pages: int
    level: int
    replay: int
    hub_only: bool


class MemOp(NamedTuple):
    """One memory operation.

    Attributes:
        name: of the operation, as NVIDIA calls it.
        invalidation: for those that invalidate.
    """

    name: str
    invalidation: Invalidation | None

    @property
    def privileged(self) -> bool:
        """Whether only privileged channels may do it."""
        return self.name in PRIVILEGED


def decode(a: int, b: int, c: int, d: int) -> MemOp:
    """The operation that data of MEM_OP_A to MEM_OP_D asks for.

    Raises:
        BadMemOp: there is no such operation, or its fields contradict each other.
    """
    name = _OPERATIONS.get(_D["OPERATION"].of(d))
    if name is None:
        raise BadMemOp(f"MEM_OP_D {d:#010x} has no operation")
    if name not in _INVALIDATIONS:
        return MemOp(name, None)
    every = bool(_C["TLB_INVALIDATE_PDB"].of(c))
    targeted = name == "MMU_TLB_INVALIDATE_TARGETED"
    if every and targeted:
        raise BadMemOp("a targeted invalidation names one page directory")
    replay = _C["TLB_INVALIDATE_REPLAY"].of(c)
    if replay not in _REPLAYS:
        raise BadMemOp(f"there is no replay {replay}")
    address = (
        _B["TLB_INVALIDATE_TARGET_ADDR_HI"].of(b) << 32 | _A["TLB_INVALIDATE_TARGET_ADDR_LO"].of(a) << 12
    )
    size = _A["TLB_INVALIDATE_INVALIDATION_SIZE"].of(a)
    return MemOp(
        name,
        Invalidation(
            pdb=None if every else _pdb(c, d),
            gpu_va=address if targeted else None,
            pages=1 << size if targeted else 1,
            level=_C["TLB_INVALIDATE_PAGE_TABLE_LEVEL"].of(c),
            replay=replay,
            hub_only=bool(_C["TLB_INVALIDATE_GPC"].of(c)),
        ),
    )


def _pdb(c: int, d: int) -> Pdb:
    aperture = _APERTURES.get(_C["TLB_INVALIDATE_PDB_APERTURE"].of(c))
    if aperture is None:
        raise BadMemOp("a page directory lies in video memory or in the host's")
    high = _D["TLB_INVALIDATE_PDB_ADDR_HI"].of(d)
    return Pdb(aperture, high << 32 | _C["TLB_INVALIDATE_PDB_ADDR_LO"].of(c) << 12)


MOST_PAGES = 64  # beyond it, all of the address space is forgotten, which is more than was asked for


def perform(mmu: Mmu, operation: MemOp) -> None:
    """Do what an operation asks of the MMU; barriers and caches have nothing to do here."""
    wanted = operation.invalidation
    if wanted is None:
        return
    if wanted.gpu_va is None or wanted.pages > MOST_PAGES:
        mmu.invalidate(wanted.pdb, None, wanted.level)
        return
    first = wanted.gpu_va & ~((wanted.pages << 12) - 1)
    for page in range(wanted.pages):
        mmu.invalidate(wanted.pdb, first + (page << 12), wanted.level)
