"""Roots of address spaces that drivers own.

Facts: OGKM:ctrl0080dma.h,
src/nvidia/src/kernel/mem_mgr/gpu_vaspace.c (gvaspaceExternalRootDirCommit);
what an H100 (driver 580) answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.gsp.channels import ChannelObject, write_root
from barewire.softgpu.gsp.objects import VaSpace
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.page_tables import Aperture, Pdb

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager

PAGE_BYTES = 4096
ROOT_ENTRIES = 2  # of PD4
_APERTURES = (Aperture.VRAM, Aperture.COHERENT, Aperture.NONCOHERENT)


def set_page_directory(rm: ResourceManager, client: int, params: Record) -> None:
    """Name the root, for the control and for the RPC.

    Raises:
        Refused: NOT_SUPPORTED for a space that is not externally owned, INVALID_STATE while there is a root,
            INVALID_ARGUMENT or INVALID_ADDRESS for a root that cannot be one.
    """
    vaspace = _external(rm, client, params.hVASpace)
    if vaspace.root is not None:
        raise Refused(Status.INVALID_STATE, "there is a page directory already")
    if params.numEntries != ROOT_ENTRIES:
        raise Refused(Status.INVALID_ARGUMENT, f"a root of {params.numEntries} entries")
    vaspace.root = _root(rm, params.flags & 3, params.physAddress)
    rm.gpu.mmu.invalidate(vaspace.root)
    tell_channels(rm, vaspace)


def unset_page_directory(rm: ResourceManager, client: int, params: Record) -> None:
    """Take the root away, for the control and for the RPC; a space that has none stays as it is.

    Raises:
        Refused: NOT_SUPPORTED for a space that is not externally owned.
    """
    vaspace = _external(rm, client, params.hVASpace)
    if vaspace.root is None:
        return
    rm.gpu.mmu.invalidate(vaspace.root)
    vaspace.root = None
    if any(isinstance(user, ChannelObject) for user in vaspace.dependants):
        rm.gpu.report("page directory under use", "it was taken away below a channel", handle=vaspace.handle)
    tell_channels(rm, vaspace)


def _external(rm: ResourceManager, client: int, handle: int) -> VaSpace:
    vaspace = rm.tree.find_as(client, handle, VaSpace)
    if not vaspace.external:
        raise Refused(Status.NOT_SUPPORTED, "the address space is not externally owned")
    return vaspace


def _root(rm: ResourceManager, aperture: int, address: int) -> Pdb:
    if aperture >= len(_APERTURES) or address % PAGE_BYTES:
        raise Refused(Status.INVALID_ARGUMENT, f"a root at {address:#x}, aperture {aperture}")
    where = _APERTURES[aperture]
    if where is Aperture.VRAM and not (
        rm.gpu.vram.reachable(address, PAGE_BYTES) and address + PAGE_BYTES <= rm.usable_bytes
    ):
        raise Refused(Status.INVALID_ADDRESS, f"no video memory for drivers at {address:#x}")
    return Pdb(where, address)


def tell_channels(rm: ResourceManager, vaspace: VaSpace) -> None:
    """Write a changed root into the instance blocks of the channels that use it."""
    for user in vaspace.dependants:
        if isinstance(user, ChannelObject):
            write_root(rm, user)
