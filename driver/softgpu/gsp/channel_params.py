"""What a channel's parameters may be.

Facts: OGKM:src/common/sdk/nvidia/inc/alloc/alloc_channel.h (NV_CHANNEL_ALLOC_PARAMS, NVOS04 flags),
src/nvidia/generated/g_kernel_channel_nvoc.h (internal flags), kernel_channel.c;
nouveau:nvkm/subdev/gsp/rm/r570/fifo.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.gsp import rpc_structs as structs
from barewire.softgpu.gsp.instance import INSTANCE_BYTES, RAMFC_BYTES, USERD_BYTES
from barewire.softgpu.gsp.objects import Memory
from barewire.softgpu.gsp.physical import Stretch
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.page_tables import Aperture

if TYPE_CHECKING:
    from barewire.softgpu.gsp.channels import GroupObject
    from barewire.softgpu.gsp.classes import Allocation
    from barewire.softgpu.gsp.resman import ResourceManager

METHOD_BUFFER_BYTES = 0x5000  # NV2080_CTRL_CE_GET_FAULT_METHOD_BUFFER_SIZE
CHANNELS_PER_USERD_PAGE = 8
GPFIFO_ENTRY_BYTES = 8
GPFIFO_ENTRIES_MAX = 1 << 26
VA_LIMIT = 1 << 57

_ADDRESS_SPACES = {1: Aperture.COHERENT, 2: Aperture.VRAM}


class Flags:
    """Bits of NVOS04 flags."""

    TYPE = 3 << 0
    PRIVILEGED = 1 << 5
    DENY_PHYSICAL_COPIES = 1 << 7
    USERD_INDEX_LOW = 8
    USERD_INDEX_MASK = 7
    USERD_PAGE_LOW = 12
    USERD_PAGE_MASK = 0x1FF
    USERD_PAGE_FIXED = 1 << 21
    DENY_AUTH_LEVEL = 1 << 22


class Internal:
    """Bits of NV_KERNELCHANNEL internal flags."""

    NOTIFIER_LOW = 2
    NOTIFIER_MASK = 3
    NOTIFIER_MEMORY = 3


def check_ring(params: Record) -> None:
    """That there can be such a ring."""
    entries, at = params.gpFifoEntries, params.gpFifoOffset
    if not 2 <= entries <= GPFIFO_ENTRIES_MAX or entries & (entries - 1):
        raise Refused(Status.INVALID_ARGUMENT, f"a ring of {entries} entries")
    if at % GPFIFO_ENTRY_BYTES or at + entries * GPFIFO_ENTRY_BYTES > VA_LIMIT:
        raise Refused(Status.INVALID_ARGUMENT, f"a ring at {at:#x}")


def stretch(rm: ResourceManager, params: Record, name: str, least: int, align: int) -> Stretch:
    """Memory as a NV_MEMORY_DESC_PARAMS describes it.

    Raises:
        Refused: INVALID_ARGUMENT for one that cannot be, INVALID_ADDRESS for one that is not there.
    """
    desc = params.inner(name, structs.MEMORY_DESC)
    aperture = _ADDRESS_SPACES.get(desc.addressSpace)
    if aperture is None or desc.size < least or desc.base % align:
        raise Refused(
            Status.INVALID_ARGUMENT,
            f"{name}: {desc.size:#x} bytes at {desc.base:#x} of address space {desc.addressSpace}",
        )
    return Stretch(aperture, desc.base, desc.size)


def instance(rm: ResourceManager, params: Record) -> Stretch:
    """The instance block, with RAMFC at its start."""
    block = stretch(rm, params, "instanceMem", INSTANCE_BYTES, INSTANCE_BYTES)
    context = stretch(rm, params, "ramfcMem", RAMFC_BYTES, INSTANCE_BYTES)
    if (context.aperture, context.address) != (block.aperture, block.address):
        raise Refused(Status.INVALID_ARGUMENT, "RAMFC is not at the start of the instance block")
    rm.memory.check(block)
    return block


def userd(rm: ResourceManager, asked: Allocation, params: Record) -> Stretch:
    """USERD, by its description or as part of a memory object."""
    if params.inner("userdMem", structs.MEMORY_DESC).size:
        found = stretch(rm, params, "userdMem", USERD_BYTES, USERD_BYTES)
    elif params.hUserdMemory[0]:
        memory = rm.tree.find_as(asked.client, params.hUserdMemory[0], Memory)
        found = rm.memory.part(memory, params.userdOffset[0], USERD_BYTES)
    else:
        raise Refused(Status.INVALID_ARGUMENT, "no USERD")
    rm.memory.check(found)
    return found


def method_buffer(rm: ResourceManager, params: Record) -> Stretch:
    """The method buffer. It is not looked at before a fault, so it need not be there."""
    return stretch(rm, params, "mthdbufMem", METHOD_BUFFER_BYTES, 0x100)


def notifier(
    rm: ResourceManager, asked: Allocation, params: Record, group: GroupObject | None
) -> Stretch | None:
    """Where errors are written: memory that is described, or an object; else the group's."""
    how = params.internalFlags >> Internal.NOTIFIER_LOW & Internal.NOTIFIER_MASK
    desc = params.inner("errorNotifierMem", structs.MEMORY_DESC)
    if how == Internal.NOTIFIER_MEMORY and desc.size:
        described = stretch(rm, params, "errorNotifierMem", structs.NOTIFICATION.size_bytes, 4)
        rm.memory.check(described)
        return described
    found = notifier_object(rm, asked.client, params.hObjectError)
    return found or (group.notifier if group is not None else None)


def notifier_object(rm: ResourceManager, client: int, handle: int) -> Stretch | None:
    """Where an object that was named for error notifiers is; None for no object."""
    if not handle:
        return None
    memory = rm.tree.client(client).objects.get(handle)
    if not isinstance(memory, Memory):
        raise Refused(Status.INVALID_OBJECT_HANDLE, f"error notifier {handle:#x} is no memory")
    return rm.memory.part(memory, 0, structs.NOTIFICATION.size_bytes)


def wanted_chid(flags: int) -> int | None:
    """The channel id that the USERD page and index ask for; None leaves it to RM."""
    if not flags & Flags.USERD_PAGE_FIXED:
        return None
    page = flags >> Flags.USERD_PAGE_LOW & Flags.USERD_PAGE_MASK
    return page * CHANNELS_PER_USERD_PAGE + (flags >> Flags.USERD_INDEX_LOW & Flags.USERD_INDEX_MASK)
