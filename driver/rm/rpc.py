"""RM over RPC: the resource manager runs on GSP, and all that a kernel driver adds to it is ours.

    rm = RpcResourceManager.open(ground)
    space = rm.address_space()
    memory = rm.video_memory(2 << 20)
    gpu_va = space.map(memory)

Memory is the driver's own (`barewire.memory`), and so are page tables unless RM is asked to build them
(`rm.address_space(tables="rm")`); RM has the objects, the channels and the errors. It has the interface of
`ioctl.NvResourceManager`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

from barewire.abi.layout import Struct
from barewire.errors import BarewireError, DeviceError, UsageError
from barewire.regs.registers import RegisterFile
from barewire.rm import names, rpc_channels, rpc_facts
from barewire.rm.external_space import ExternalAddressSpace
from barewire.rm.object import SpaceObject
from barewire.rm.rpc_channels import ChannelIds, RpcChannelGroup
from barewire.rm.rpc_client import RpcClient
from barewire.rm.rpc_facts import CHIPS
from barewire.rm.rpc_graphics import Graphics
from barewire.rm.rpc_memory import KnownMemory, OwnReader, largest_page
from barewire.rm.rpc_watch import RpcWatch

if TYPE_CHECKING:
    from barewire.chip.facts import GpuFacts
    from barewire.gsp.rpc import GspRpc
    from barewire.memory.space import AddressSpace
    from barewire.rm.space import RmAddressSpace
    from barewire.transport.bus import Bus, Doorbell

TIME_STEP_NS = 32
TIME_HIGH_MASK = 0x1FFFFFFF
TIME_READS = 10  # the high word changes every 4 seconds


@dataclass(frozen=True)
class Ground:
    """What a resource manager over RPC stands on.

    Attributes:
        bus: the GPU is on.
        rpc: the calls to GSP.
        check_running: raises once GSP has stopped, or the GPU is gone.
        static: GSP's static configuration.
        memory: the GPU's memory (`barewire.memory.gpu.GpuMemory`).
        doorbell: where submissions ring.
        registers: the GPU's.
        chip: its name.
        chipset: its number.
        pci_address: where it is, or "".
        undo: gives all of this back, in order, once nothing uses it any more.
    """

    bus: Bus
    rpc: GspRpc
    check_running: Callable[[], None]
    static: Struct
    memory: Any
    doorbell: Doorbell
    registers: RegisterFile
    chip: str
    chipset: int
    pci_address: str
    undo: contextlib.ExitStack


class RpcResourceManager:
    """One GPU that we booted. Close it, or use it in a `with`; it also ends when it is dropped.

    Attributes:
        client: the calls, as one RM client.
        bus: the GPU is on.
        memory: the GPU's memory.
        registers: the GPU's registers by name.
        static: GSP's static configuration.
        engines: those that channels may be made on.
        known_engines: the GPU's engines with their runlists.
        internal: the client that GSP has for itself, with its subdevice.
        facts: what is known of the GPU.
        graphics: contexts of the graphics engine, which compute channels need.
        graphics_class: of the object that RM makes the golden context of.
        channel_ids: the numbers of channels.
        watch: listens to GSP.
        settle_doorbell: waits until the GPU has got what rang so far.
        work_doorbell: where queues ring: the doorbell's CPU address, or the bell that carries it.
        rest_s: how long the memory of a closed queue stays, since it goes at once when it is freed: a thread
            may be in a native call that looks at it for a slice of 0.1 s.
        clock_address: 0: the GPU's clock is read by register.
        names_pages: RM is told of the pages of every mapping: it does not know what our memory is made of.
    """

    clock_address = 0
    names_pages = True
    rest_s = 0.25

    def __init__(self, ground: Ground, client: RpcClient) -> None:
        self.client = client
        self.bus = ground.bus
        self.memory = ground.memory
        self.registers = ground.registers
        self.static = ground.static
        self.channel_ids = ChannelIds()
        self._known_memory = KnownMemory(client)
        self.internal = rpc_facts.internal_of(ground.static)
        self.known_engines = rpc_facts.engines(client, self.internal)
        self._runlists = {engine.engine_type: engine.runlist for engine in self.known_engines}
        self.facts: GpuFacts = rpc_facts.gather(
            client, ground.static, self.known_engines, ground.chip, ground.chipset, ground.pci_address
        )
        self.engines = ("compute", "copy") if names.ENGINE_GR0 in self._runlists else ("copy",)
        self.graphics = Graphics(self)
        self.graphics_class = CHIPS[ground.chip].graphics
        self.settle_doorbell: Callable[[], object] = getattr(ground.doorbell, "settle", _nothing_carried)
        self.work_doorbell = ground.doorbell.address, ground.doorbell.bell
        self.watch = RpcWatch(ground.rpc, self._runlists.get, ground.check_running)
        self._endings = client, self.watch, ground.undo
        self._finalizer = weakref.finalize(self, _end_dropped, *self._endings)
        self._finalizer.atexit = False
        _open_managers.add(self)
        self.watch.start()

    @classmethod
    def open(cls, ground: Ground) -> RpcResourceManager:
        """Make an RM client and ask what the GPU is. `ground` is given back when that fails, and at the end.

        Raises:
            UnknownChip: the GPU's classes are not known.
            RmError, RpcError, RpcTimeout: GSP refused, or did not answer.
        """
        client = RpcClient(ground.rpc, ground.rpc.abi)
        try:
            client.start()
            return cls(ground, client)
        except BaseException:
            client.end()
            with contextlib.suppress(BarewireError):
                ground.undo.close()
            raise

    # What it is

    @property
    def sees_all_video(self) -> bool:
        """Whether the CPU sees all of video memory at once: BAR1 is as large."""
        sees: bool = self.memory.window.sees_all
        return sees

    def runlist_of(self, engine_type: int) -> int:
        """The runlist of an NV2080_ENGINE_TYPE_*.

        Raises:
            UsageError: the GPU has no such engine.
        """
        runlist = self._runlists.get(engine_type)
        if runlist is None:
            raise UsageError("this GPU has no such engine", engine_type=engine_type)
        return runlist

    @cached_property
    def method_buffer_bytes(self) -> int:
        """How much memory a channel needs for the methods of a copy that faulted."""
        return rpc_channels.method_buffer_bytes(self.client)

    def gpu_time_ns(self) -> int:
        """The GPU's clock in nanoseconds, in steps of 32."""
        self.client.check()
        read: Callable[[str], int] = self.registers.read
        high = read("NV_VIRTUAL_FUNCTION_TIME_1")
        for _ in range(TIME_READS):
            before = high
            low = read("NV_VIRTUAL_FUNCTION_TIME_0")
            high = read("NV_VIRTUAL_FUNCTION_TIME_1")
            if high == before:
                return ((high & TIME_HIGH_MASK) << 32 | low) & ~(TIME_STEP_NS - 1)
        raise DeviceError(
            "the GPU's clock makes no sense: its high word changes at every read",
            register="NV_VIRTUAL_FUNCTION_TIME_1",
            value=high,
        )

    def channel_groups_in_use(self) -> int:
        """Channel groups that exist on this GPU now: nobody else has any, and each has a channel."""
        return self.channel_ids.taken

    def free_vram_bytes(self) -> int:
        """Video memory that is free now."""
        return int(self.memory.free_vram_bytes)

    # What it makes

    def video_memory(
        self, size_bytes: int, page_size_bytes: int | None = None, contiguous: bool = False
    ) -> Any:
        """Video memory. Raises OutOfVram if there is not enough."""
        self.client.check()
        return self.memory.video_memory(size_bytes, page_size_bytes, contiguous)

    def host_memory(self, size_bytes: int, cached: bool = True, page_size_bytes: int | None = None) -> Any:
        """Host memory that the GPU can reach, coherent with the CPU's caches; always cached."""
        self.client.check()
        return self.memory.host_memory(size_bytes, cached, page_size_bytes)

    @overload
    def address_space(self, *, tables: Literal["own"] | None = None) -> ExternalAddressSpace: ...

    @overload
    def address_space(self, *, tables: str) -> ExternalAddressSpace | RmAddressSpace: ...

    def address_space(self, *, tables: str | None = None) -> ExternalAddressSpace | RmAddressSpace:
        """A GPU virtual address space.

        Args:
            tables: "own" for page tables of ours (or None), "rm" for those that RM builds. Compute channels
                want the first: their contexts are our affair.

        Raises:
            UsageError: there are no such tables.
        """
        self.client.check()
        if tables == "rm":
            from barewire.rm.space import RmAddressSpace

            return RmAddressSpace(self)
        if tables not in (None, "own"):
            raise UsageError(f"nobody builds {tables!r} page tables", expected='"own" or "rm"')
        return self.external_space(self.memory.address_space())

    def table_reader(self) -> OwnReader:
        """Reads the tables that RM builds for one address space."""
        return OwnReader(self.memory.table_store)

    def handle_of(self, memory: Any) -> int:
        """RM's handle for memory of this device; see `rpc_memory.KnownMemory.handle_of`."""
        return self._known_memory.handle_of(memory)

    @staticmethod
    def largest_page(memory: Any, offset: int, size_bytes: int) -> int:
        """The size of the largest pages that RM can map a part of memory in."""
        return largest_page(memory, offset, size_bytes)

    def page_tables(self, forget: Any, start_va: int, end_va: int) -> AddressSpace:
        """Page tables of our own with nothing mapped.

        Args:
            forget: not needed here: registers make the GPU forget.
        """
        self.client.check()
        tables: AddressSpace = self.memory.address_space(start_va, end_va)
        return tables

    def external_space(self, tables: AddressSpace) -> ExternalAddressSpace:
        """A GPU virtual address space with page tables of our own; they are closed with it."""
        self.client.check()
        return ExternalAddressSpace(self, tables)

    def channel_group(
        self, space: SpaceObject, engine: str = "copy", copy_engine: int | None = None
    ) -> RpcChannelGroup:
        """A channel group on the graphics engine, or on a copy engine (the first of facts.copy_engines)."""
        return RpcChannelGroup(self, space, engine, copy_engine)

    # The end

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self.client.closed

    def close(self) -> None:
        """Free everything that was made through it, unload GSP, let the GPU go; a second time is nothing.

        Raises:
            BarewireError: the first step that failed; all others were done.
        """
        if self.closed:
            return
        self.client.check()
        self._finalizer.detach()
        error = _end(*self._endings)
        if error is not None:
            raise error

    def __enter__(self) -> RpcResourceManager:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self.close()
        except BarewireError:
            if kind is None:
                raise

    def __repr__(self) -> str:
        return f"<RM of {self.facts.name} over RPC{', closed' if self.closed else ''}>"


def _nothing_carried() -> None:
    """A doorbell in mapped memory has nobody who carries it."""


_open_managers: weakref.WeakSet[RpcResourceManager] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """At the end of the process; devices were closed before."""
    for manager in list(_open_managers):
        with contextlib.suppress(BarewireError):
            manager.close()


def _end_dropped(client: RpcClient, watch: RpcWatch, undo: contextlib.ExitStack) -> None:
    """The end of a manager that nobody refers to. Not here: what was interrupted for it may be a call."""
    if os.getpid() == client.pid:
        threading.Thread(target=_end, args=(client, watch, undo), name="barewire-end").start()


def _end(client: RpcClient, watch: RpcWatch, undo: contextlib.ExitStack) -> BarewireError | None:
    """Every step of the end; the first error, or None."""
    if os.getpid() != client.pid:
        return None
    watch.stop()
    client.silence = client.silence or watch.end  # who is no more is not asked to free anything
    first = client.end()
    try:
        undo.close()
    except BarewireError as error:
        return first or error
    return first
