"""Controls of address spaces: roots that drivers own, the part that firmware keeps in theirs, and where the
tables are that firmware made.

Facts: OGKM:ctrl0080dma.h, ctrl90f1.h,
src/nvidia/src/kernel/mem_mgr/gpu_vaspace.c, src/nvidia/src/kernel/gpu/mem_mgr/dma.c;
nouveau:nvkm/subdev/gsp/rm/r535/vmm.c; what an H100 (driver 580) answered.
"""

from __future__ import annotations

from typing import cast

from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.channels import ChannelObject
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.objects import Kind, VaSpace
from barewire.softgpu.gsp.owned_space import SERVER_BYTES, SERVER_START
from barewire.softgpu.gsp.page_directories import set_page_directory, tell_channels, unset_page_directory
from barewire.softgpu.gsp.physical import Stretch
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.rm_page_table import BIG, PD0, PD1, PD2, PD4, SMALL, VA_BITS, PageTable
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.gsp.virtual_memory import make_lazy_tables
from barewire.softgpu.page_tables import Aperture, Pdb

PAGE_BYTES = 4096
_LEVEL_APERTURES = {1: Aperture.VRAM, 2: Aperture.COHERENT, 3: Aperture.NONCOHERENT}

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


@control(0x00801801, Kind.DEVICE, structs.PTE_INFO)
def dma_get_pte_info(call: Call) -> None:
    """Entries of pages, decoded: RM answers that only where test code is enabled.

    Raises:
        Refused: TEST_ONLY_CODE_NOT_ENABLED, as on an H100 (driver 580).
    """
    raise Refused(Status.TEST_ONLY_CODE_NOT_ENABLED, "entries of pages are told to tests only")


# One block for each size of pages: whose table it tells of. The size is a number of 32 bits.
_BLOCKS = ((1 << 12, SMALL), (1 << 16, BIG), (1 << 21, PD0), (1 << 29, PD1), (0, PD2))
_WRITE_COMBINED = 2
_WORD = 0xFFFF_FFFF


@control(0x00801809, Kind.DEVICE, structs.PDE_INFO)
def dma_get_pde_info(call: Call) -> None:
    """Where the tables are that cover an address, and the root of all.

    Raises:
        Refused: INVALID_EVENT for an address that the space does not have, or a space whose tables firmware
            did not make.
    """
    params = call.params
    vaspace = call.rm.tree.find_as(call.target.client.handle, params.hVASpace, VaSpace)
    owned = vaspace.owned
    if owned is None or params.gpuAddr >> VA_BITS or params.subDeviceId > 1:
        raise Refused(Status.INVALID_EVENT, f"no tables of firmware's for {params.gpuAddr:#x}")
    make_lazy_tables(call.rm, owned, params.gpuAddr)
    found = [(size, owned.tables.find(params.gpuAddr, level)) for size, level in _BLOCKS]
    there = [(size, table) for size, table in found if table is not None]
    _describe_first(params, there)
    for number, (size, table) in enumerate(there):
        _fill_block(params.inner("pteBlocks", structs.PDE_INFO_BLOCK, number), size, table)
    params.pdbAddr = owned.root.address


def _describe_first(params: Record, there: list[tuple[int, PageTable]]) -> None:
    """The entry that leads to the first of the tables."""
    params.pdeAddrSpace = params.pdeSize = params.pdeVirtAddr = params.pdeEntrySize = 0
    params.pteBlocks = b""
    if there:
        _, table = there[0]
        above = table.parent.level if table.parent is not None else PD4
        params.pdeVirtAddr, params.pdeEntrySize = table.first_va, above.entry_bytes


def _fill_block(block: Record, page_bytes: int, table: PageTable) -> None:
    block.ptePhysAddr, block.pteEntrySize = table.address, table.level.entry_bytes
    block.pageSize, block.pdeVASpaceSize = page_bytes, table.level.table_span & _WORD
    block.pteCacheAttrib = _WRITE_COMBINED


@control(0x90F10106, Kind.VASPACE, structs.COPY_PDES)
def vaspace_copy_server_reserved_pdes(call: Call) -> None:
    """Put firmware's own range into the caller's tables, which become the space's tables.

    Directories that do not lead to one another are made to. What firmware made for the space before goes;
    from then on it maps nothing into it.

    Raises:
        Refused: for another range, or levels that are not those of this chip; INVALID_STATE a second time,
            and for a space with virtual memory, channels or another client's object (the model's own
            choices).
    """
    vaspace = cast(VaSpace, call.target)
    if vaspace.external:
        raise Refused(Status.INVALID_OPERATION, "the address space is externally owned")
    owned = vaspace.owned
    if owned is None:
        raise Refused(Status.INVALID_STATE, "the address space has the tables that its client brought")
    if owned.in_use or any(isinstance(user, ChannelObject) for user in vaspace.dependants):
        raise Refused(Status.INVALID_STATE, "the address space is in use with the tables that firmware made")
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
    call.rm.gpu.mmu.invalidate(owned.root)
    owned.leave()
    vaspace.owned, vaspace.root = None, tables[0]
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
