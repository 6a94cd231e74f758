"""Controls of address spaces: roots that drivers own, and the part that firmware keeps in theirs.

Facts: OGKM:ctrl0080dma.h, ctrl90f1.h,
src/nvidia/src/kernel/mem_mgr/gpu_vaspace.c; nouveau:nvkm/subdev/gsp/rm/r535/vmm.c.
"""

from __future__ import annotations

from typing import cast

from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.objects import Kind, VaSpace
from barewire.softgpu.gsp.page_directories import set_page_directory, tell_channels, unset_page_directory
from barewire.softgpu.gsp.physical import Stretch
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.page_tables import Aperture, Pdb

PAGE_BYTES = 4096
_LEVEL_APERTURES = {1: Aperture.VRAM, 2: Aperture.COHERENT, 3: Aperture.NONCOHERENT}

# The range of every RM-owned address space that firmware uses for itself.
SERVER_START = 0x1_0000_0000
SERVER_BYTES = 0x2000_0000
LEVEL_SHIFTS = (56, 47, 38, 29)
LEVEL_ENTRIES = (2, 512, 512, 512)
_ENTRY_BYTES = 8
_PDE_ADDRESS = (1 << 52) - PAGE_BYTES
_PDE_IN_VRAM = 0x12  # aperture 1, ATS not allowed


@control(0x00801813, Kind.DEVICE, structs.SET_PAGE_DIRECTORY)
def dma_set_page_directory(call: Call) -> None:
    """The root of an externally owned address space."""
    set_page_directory(call.rm, call.target.client.handle, call.params)


@control(0x00801814, Kind.DEVICE, structs.UNSET_PAGE_DIRECTORY)
def dma_unset_page_directory(call: Call) -> None:
    """No root any more."""
    unset_page_directory(call.rm, call.target.client.handle, call.params)


@control(0x0080180C, Kind.DEVICE, structs.DEVICE_INVALIDATE_TLB)
def dma_invalidate_tlb(call: Call) -> None:
    """Forget translations of an address space that RM owns; of others it knows nothing."""
    vaspace = call.rm.tree.find_as(call.target.client.handle, call.params.hVASpace, VaSpace)
    if vaspace.external:
        call.rm.gpu.report(
            "useless invalidation", "RM does not invalidate an externally owned space", handle=vaspace.handle
        )
    elif vaspace.root is not None:
        call.rm.gpu.mmu.invalidate(vaspace.root)


@control(0x90F10106, Kind.VASPACE, structs.COPY_PDES)
def vaspace_copy_server_reserved_pdes(call: Call) -> None:
    """Put firmware's own range into the caller's tables, which become the space's tables.

    Directories that do not lead to one another are made to.

    Raises:
        Refused: for another range, or levels that are not those of this chip; INVALID_STATE a second time
            (the model's own choice).
    """
    vaspace = cast(VaSpace, call.target)
    if vaspace.external:
        raise Refused(Status.INVALID_OPERATION, "the address space is externally owned")
    if vaspace.root is not None:
        raise Refused(Status.INVALID_STATE, "the address space has its tables already")
    params = call.params
    expected = (1 << LEVEL_SHIFTS[-1], SERVER_START, SERVER_START + SERVER_BYTES - 1)
    if (params.pageSize, params.virtAddrLo, params.virtAddrHi) != expected:
        raise Refused(Status.INVALID_ARGUMENT, f"range {params.virtAddrLo:#x}..{params.virtAddrHi:#x}")
    if params.numLevelsToCopy != len(LEVEL_SHIFTS):
        raise Refused(Status.INVALID_ARGUMENT, f"{params.numLevelsToCopy} levels")
    tables = [_level(params, number) for number in range(len(LEVEL_SHIFTS))]
    for table in tables:
        call.rm.memory.check(Stretch(table.aperture, table.address, PAGE_BYTES))
    below = [table.address for table in tables[1:]] + [call.rm.server_table]
    for table, shift, entries, target in zip(tables, LEVEL_SHIFTS, LEVEL_ENTRIES, below, strict=True):
        _link(call, table.address + (SERVER_START >> shift & (entries - 1)) * _ENTRY_BYTES, target)
    vaspace.root = tables[0]
    call.rm.gpu.mmu.invalidate(vaspace.root)
    tell_channels(call.rm, vaspace)


def _link(call: Call, at: int, target: int) -> None:
    """Make a directory's entry lead to a table; one that does already stays as it is."""
    entry = int.from_bytes(call.rm.gpu.vram.read(at, _ENTRY_BYTES), "little")
    if entry & _PDE_ADDRESS != target:
        call.rm.gpu.vram.write(at, (target | _PDE_IN_VRAM).to_bytes(_ENTRY_BYTES, "little"))


def _level(params: Record, number: int) -> Pdb:
    level = params.inner("levels", structs.COPY_PDE_LEVEL, number)
    aperture = _LEVEL_APERTURES.get(level.aperture)
    shape = (level.pageShift, level.size)
    if shape != (LEVEL_SHIFTS[number], LEVEL_ENTRIES[number] * _ENTRY_BYTES) or aperture is not Aperture.VRAM:
        raise Refused(Status.INVALID_ARGUMENT, f"level {number}: shift {shape[0]}, {shape[1]} bytes")
    if level.physAddress % PAGE_BYTES:
        raise Refused(Status.INVALID_ARGUMENT, f"a table at {level.physAddress:#x}")
    return Pdb(aperture, level.physAddress)
