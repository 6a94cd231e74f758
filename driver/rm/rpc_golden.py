"""The channel on which RM makes the golden context: it runs nothing and is gone again at once.

Its address space is shared with RM, which maps what it needs itself in a range of its own: RM is told of our
directories down to the one whose entries cover that range, and enters its tables there.

Facts: nouveau:nvkm/subdev/gsp/rm/r535/{gr,vmm,fifo}.c, OGKM:ctrl/ctrl90f1.h,
OGKM:src/nvidia/generated/g_gpu_vaspace_nvoc.h (the range).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from barewire.errors import BarewireError
from barewire.rm import names
from barewire.rm.channels import USERD_BYTES
from barewire.rm.rpc_place import INSTANCE_BYTES, PAGE_BYTES, RAMFC_BYTES, cleared, describe, userd_flags

if TYPE_CHECKING:
    from barewire.rm.rpc import RpcResourceManager

RM_RANGE_VA = 0x1_0000_0000
RM_RANGE_BYTES = 0x2000_0000  # what one entry covers of the last directory that RM is told of
RING_ENTRIES = 512  # of a ring that is never looked at


class GoldenChannel:
    """See the module. Close it, whatever became of it.

    Args:
        tables: its address space, with something mapped below 2^38, so that the directories are there.
        under: gives the address space back, and what is mapped in it only.

    Attributes:
        handle: of the channel.
    """

    def __init__(self, rm: RpcResourceManager, tables: Any, under: contextlib.ExitStack) -> None:
        self._rm = rm
        self._tables = tables
        self._under = under
        client = rm.client
        self._space = client.new_handle()
        self.handle = client.new_handle()
        try:
            self._share_space()
            self._allocate(rm.channel_ids.take(rm.runlist_of(names.ENGINE_GR0)))
        except BaseException:
            with contextlib.suppress(BarewireError):
                self.close()
            raise

    def _share_space(self) -> None:
        """An address space in which RM has a range for itself."""
        client = self._rm.client
        client.alloc(
            client.device,
            names.FERMI_VASPACE_A,
            client.abi.new("NV_VASPACE_ALLOCATION_PARAMETERS"),
            self._space,
        )
        shared = names.OVER_RPC["VASPACE_COPY_SERVER_RESERVED_PDES"]
        directories = self._tables.directories(RM_RANGE_VA, RM_RANGE_BYTES)
        params = client.abi.new(
            shared.struct,
            pageSize=RM_RANGE_BYTES,
            virtAddrLo=RM_RANGE_VA,
            virtAddrHi=RM_RANGE_VA + RM_RANGE_BYTES - 1,
            numLevelsToCopy=len(directories),
        )
        for index, directory in enumerate(directories):
            level = params.element("levels", index)
            level["physAddress"] = directory.address
            level["size"] = directory.size_bytes
            level["aperture"] = names.DIRECTORY_IN_VIDEO
            level["pageShift"] = directory.page_shift
        client.control(self._space, shared.number, params)

    def _allocate(self, channel_id: int) -> None:
        """The channel: it belongs to no group, and is RM's as much as ours."""
        rm, client = self._rm, self._rm.client
        runlist = rm.runlist_of(names.ENGINE_GR0)
        self._under.callback(rm.channel_ids.give_back, runlist, channel_id)
        memory = cleared(rm, INSTANCE_BYTES + PAGE_BYTES + rm.method_buffer_bytes)
        self._under.callback(memory.close)
        params = client.abi.new(
            "NV_CHANNELGPFIFO_ALLOCATION_PARAMETERS",
            gpFifoEntries=RING_ENTRIES,
            flags=names.OS04_PRIVILEGED | userd_flags(channel_id),
            hVASpace=self._space,
            engineType=names.ENGINE_GR0,
            internalFlags=names.CHANNEL_PRIVILEGE_ADMIN
            | names.CHANNEL_NO_ERROR_NOTIFIER
            | names.CHANNEL_NO_ECC_NOTIFIER,
        )
        describe(params, "instanceMem", memory, 0, INSTANCE_BYTES)
        describe(params, "ramfcMem", memory, 0, RAMFC_BYTES)
        describe(params, "userdMem", memory, INSTANCE_BYTES, USERD_BYTES)
        describe(params, "mthdbufMem", memory, INSTANCE_BYTES + PAGE_BYTES, rm.method_buffer_bytes)
        client.alloc(client.device, rm.facts.classes.gpfifo, params, self.handle)

    def make_image(self) -> None:
        """Make the object that RM keeps the image of: one of the graphics class, with nothing left out.

        Raises:
            RmError, RpcError, RpcTimeout: RM refused, or did not answer.
        """
        client = self._rm.client
        made = client.alloc(self.handle, self._rm.graphics_class)
        client.free(made)

    def owe(self, give_back: Callable[[], None]) -> None:
        """Have something given back, too, once RM has let go of the channel and its address space."""
        self._under.callback(give_back)

    def close(self) -> None:
        """Free the channel, then the address space, then what was mapped in it.

        Raises:
            BarewireError: the first thing that went wrong; everything was tried.
        """
        client = self._rm.client
        errors: list[BarewireError] = []
        client.attempt(errors, client.free, self.handle)
        client.attempt(errors, client.free, self._space)
        client.attempt(errors, client.when_gone, self.handle, self._when_channel_gone)
        if errors:
            raise errors[0]

    def _when_channel_gone(self) -> None:
        self._rm.client.when_gone(self._space, self._under.close)
