"""A GPU virtual address space over RPC: RM knows it by a handle, its page tables are ours.

Facts: nouveau:nvkm/subdev/gsp/rm/r535/vmm.c (an externally owned VA space and its page directory),
OGKM:ctrl/ctrl0080/ctrl0080dma.h.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from barewire.errors import BarewireError, UsageError, WrongDevice
from barewire.rm import names
from barewire.rm.object import RmObject

if TYPE_CHECKING:
    from barewire.rm.rpc import RpcResourceManager
    from barewire.rm.rpc_channels import RpcChannelGroup


class RpcAddressSpace(RmObject):
    """An address space. Close its channels before it.

    Attributes:
        handle: of RM's VA space object.
        tables: the page tables, with what is mapped (`barewire.memory.space.AddressSpace`).
        groups: channel groups in it.
        context_vas: where it has the buffers that all contexts of the graphics engine share, by buffer id.
    """

    kind = "address space"
    rm: RpcResourceManager
    virtual_handle = 0  # RM has no object that mappings go through

    def __init__(self, rm: RpcResourceManager, tables: Any) -> None:
        client = rm.client
        client.check()
        self.rm = rm
        self.tables = tables
        self.closed = False
        self.groups: weakref.WeakSet[RpcChannelGroup] = weakref.WeakSet()
        self.context_vas: dict[int, int] = {}
        self.handle = client.new_handle()
        params = client.abi.new("NV_VASPACE_ALLOCATION_PARAMETERS", flags=names.VASPACE_EXTERNALLY_OWNED)
        try:
            client.alloc(client.device, names.FERMI_VASPACE_A, params, self.handle)
            client.ask(
                client.device,
                "DMA_SET_PAGE_DIRECTORY",
                physAddress=tables.root.address,
                numEntries=tables.root_entries,
                flags=names.PAGE_DIRECTORY_IN_VIDEO,
                hVASpace=self.handle,
            )
        except BaseException:
            client.quietly(client.free, self.handle)
            client.quietly(client.when_gone, self.handle, tables.close)
            raise

    @property
    def mappings(self) -> Any:
        """gpu_va -> mapping, of what is mapped now."""
        return self.tables.mappings

    @property
    def addresses(self) -> Any:
        """Which addresses are taken (`VirtualAddresses`)."""
        return self.tables.addresses

    def map(self, memory: Any, gpu_va: int | None = None, **options: Any) -> int:
        """Map memory, or whole pages of it, at `gpu_va` or wherever there is room; returns the address.

        Args:
            options: of `memory.space.AddressSpace.map`: `offset`, `size_bytes`, `read_only`, `alignment`, ...

        Raises:
            OutOfAddressSpace: there is no room, or not at `gpu_va`.
            BadMapping: the page tables cannot hold it.
            WrongDevice: the memory is another device's.
        """
        self.check()
        if getattr(memory, "home", None) is not self.rm.memory:
            raise WrongDevice(f"{memory!r} is no memory of this device: it cannot be mapped here")
        return int(self.tables.map(memory, gpu_va, **options))

    def unmap(self, gpu_va: int) -> None:
        """Undo map.

        Raises:
            UsageError: nothing was mapped there.
        """
        self.check()
        self.tables.unmap(gpu_va)

    def walk(self, gpu_va: int) -> Any:
        """What the tables in memory say of an address, read back (`memory.walker.Walk`)."""
        self.check()
        return self.tables.walk(gpu_va)

    def tree(self, start_va: int = 0, end_va: int | None = None) -> Any:
        """The tables in memory, read back, with the pages in them (`memory.tree.Table`)."""
        self.check()
        return self.tables.tree(start_va, end_va)

    def close(self) -> None:
        """Free it and its page tables; a second time is nothing.

        Raises:
            UsageError: there are channels in it, which would have no addresses left.
            BarewireError: the first thing that went wrong; everything was tried.
        """
        living = [group for group in self.groups if not group.closed]
        if living and not self.closed and not self.rm.client.closed:
            raise UsageError(
                "an address space cannot be closed before its channels",
                hint="Close its channels first.",
                handle=self.handle,
                channels=sum(len(group.channels) for group in living),
            )
        super().close()

    def _free(self, errors: list[BarewireError]) -> None:
        """RM's object first: nothing walks the tables when they go."""
        client = self.rm.client
        client.attempt(errors, self._unset)
        client.attempt(errors, client.free, self.handle)
        client.attempt(errors, client.when_gone, self.handle, self.tables.close)

    def _unset(self) -> None:
        if self.rm.client.silence is None:
            self.rm.client.ask(self.rm.client.device, "DMA_UNSET_PAGE_DIRECTORY", hVASpace=self.handle)

    def __repr__(self) -> str:
        return repr(self.tables)

    def _repr_html_(self) -> str:
        """What is mapped, for notebooks; reads no tables."""
        from barewire.show import mappings as shown

        return shown(self.mappings.values()).html
