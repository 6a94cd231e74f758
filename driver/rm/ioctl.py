"""RM by the ioctls of NVIDIA's kernel driver: /dev/nvidiactl and /dev/nvidia<minor>. No libcuda, no UVM.

    with NvResourceManager.open(0) as rm:
        space = rm.address_space()
        memory = rm.video_memory(2 << 20)
        gpu_va = space.map(memory)

Facts: OGKM:src/nvidia/arch/nvalloc/unix/src/escape.c, OGKM:kernel-open/nvidia/nv.c; H100: driver 580.159.04.
"""

from __future__ import annotations

import ctypes
import weakref
from functools import cached_property
from typing import TYPE_CHECKING, overload

from barewire.abi.layout import Struct, abi_for, known_versions
from barewire.errors import BarewireError, NoDevice, RmError, TransportError, UsageError
from barewire.rm import memory as memory_objects
from barewire.rm import names
from barewire.rm.client import CONTROL_NODE, CallStats, Client
from barewire.rm.kernel import Kernel, LinuxKernel
from barewire.rm.memory import CpuMapping, Memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from barewire.chip.facts import GpuFacts
    from barewire.memory.pagetable import Invalidation
    from barewire.memory.space import AddressSpace
    from barewire.rm.channels import ChannelGroup
    from barewire.rm.external_space import ExternalAddressSpace
    from barewire.rm.facts import Card
    from barewire.rm.lent_memory import LentMemory
    from barewire.rm.page_tables import WindowReader
    from barewire.rm.space import RmAddressSpace

DOORBELL_BYTES = 64 << 10
DOORBELL_OFFSET = 0x90  # OGKM:dev_vm.h NV_VIRTUAL_FUNCTION_DOORBELL
TIME_LOW_OFFSET = 0x80  # nanoseconds, bits 31:0 (5 lowest are zero)
TIME_HIGH_OFFSET = 0x84  # bits 28:0


class NvResourceManager:
    """One GPU through its kernel driver. Close it, or use it in a `with`; it also ends when it is dropped.

    Attributes:
        client: the raw layer: files, calls, objects.
        card: which GPU it is.
        engines: those that channels may be made on.
        names_pages: RM need not be told of the pages of a mapping: it has allocated the memory.
    """

    engines = ("compute", "copy")
    names_pages = False

    def __init__(self, client: Client, card: Card) -> None:
        self.client = client
        self.card = card
        self._finalizer = weakref.finalize(self, client.end)
        self._bar1_doorbell = False

    @classmethod
    def open(
        cls,
        minor: int = 0,
        nearest_abi: bool = False,
        kernel: Kernel | None = None,
        bar1_doorbell: bool = False,
    ) -> NvResourceManager:
        """Open the GPU whose device file is /dev/nvidia<minor>.

        Args:
            nearest_abi: try the nearest known layouts if the driver's version is not known.
            kernel: the operating system; this machine's if not given.
            bar1_doorbell: reach the doorbell through BAR1 instead of BAR0 (Hopper and later).

        Raises:
            NoDevice: no driver, or no such GPU.
            PermissionMissing: the device files are not open to this process.
            UnknownDriver: the version is not known and `nearest_abi` is off.
            RmError, TransportError: the driver refused a call.
        """
        client = Client(LinuxKernel() if kernel is None else kernel)
        try:
            card = _start(client, minor, nearest_abi)
        except BaseException:
            client.end()
            raise
        rm = cls(client, card)
        rm._bar1_doorbell = bar1_doorbell
        return rm

    # What it is

    @cached_property
    def facts(self) -> GpuFacts:
        """What RM tells of this GPU; asked at the first use."""
        from barewire.rm.facts import gather

        self.client.check()
        return gather(self.client, self.card)

    @property
    def ioctl_seconds(self) -> float:
        """Time spent in RM's ioctls so far, in seconds."""
        return self.client.ioctl_seconds

    @property
    def open_seconds(self) -> float:
        """Time spent in opening device files so far, in seconds; the first may start the GPU."""
        return self.client.open_seconds

    @property
    def calls(self) -> dict[str, CallStats]:
        """Calls by name: how many, and how long they took."""
        return self.client.calls

    @cached_property
    def doorbell(self) -> CpuMapping:
        """The page of registers that user mode may write: the doorbell at 0x90, the GPU's clock at 0x80."""
        client = self.client
        class_id = self.facts.classes.usermode
        params = None
        if class_id >= names.HOPPER_USERMODE_A:
            params = client.abi.new("NV_HOPPER_USERMODE_A_PARAMS", bBar1Mapping=int(self._bar1_doorbell))
        handle = client.alloc(client.subdevice, class_id, params)
        try:
            pages = client.map_pages(client.subdevice, handle, 0, DOORBELL_BYTES, on_device=True)
        except BaseException:
            client.quietly(client.free, handle)
            raise
        return CpuMapping(self, pages)

    @property
    def work_doorbell(self) -> tuple[int, int]:
        """Where queues ring: the doorbell's CPU address, and no bell."""
        return self.doorbell.address + DOORBELL_OFFSET, 0

    @property
    def clock_address(self) -> int:
        """CPU address of the GPU's clock: its low word, the high one behind it."""
        return self.doorbell.address + TIME_LOW_OFFSET

    def gpu_time_ns(self) -> int:
        """The GPU's clock in nanoseconds, in steps of 32."""
        self.client.check()
        base = self.doorbell.address
        low = ctypes.c_uint32.from_address(base + TIME_LOW_OFFSET)
        high = ctypes.c_uint32.from_address(base + TIME_HIGH_OFFSET)
        while True:
            before = high.value
            value = low.value
            if high.value == before:
                return (before & 0x1FFFFFFF) << 32 | value

    def free_vram_bytes(self) -> int:
        """Video memory that is free now, of all processes."""
        from barewire.rm.facts import fb_info

        return fb_info(self.client, names.FB_INFO_HEAP_FREE)[0] << 10

    def process_vram_bytes(self, pid: int | None = None) -> int:
        """Video memory that a process (this one) owns, as RM counts it."""
        control = names.CONTROLS["GPU_GET_PID_INFO"]
        params = self.client.abi.new(control.struct, pidInfoListCount=1)
        entry = params.element("pidInfoList", 0)
        entry["pid"] = self.client.pid if pid is None else pid
        entry["index"] = names.PID_INFO_VIDEO_MEMORY
        self.client.control(self.client.subdevice, control.number, params)
        return entry["data.vidMemUsage.memPrivate"] + entry["data.vidMemUsage.memSharedOwned"]

    def processes(self, class_id: int | None = None) -> list[int]:
        """The processes that have objects of a class (compute objects) on this GPU."""
        wanted = self.facts.classes.compute if class_id is None else class_id
        answer = self.client.ask(self.client.subdevice, "GPU_GET_PIDS", idType=names.PIDS_BY_CLASS, id=wanted)
        return [answer["pidTbl", index] for index in range(answer["pidTblCount"])]

    def channel_groups_in_use(self) -> int:
        """Channel groups that exist on this GPU now, of all processes and of RM itself."""
        control = names.CONTROLS["FIFO_GET_INFO"]
        params = self.client.abi.new(control.struct, fifoInfoTblSize=1, engineType=names.ENGINE_GR0)
        params.element("fifoInfoTbl", 0)["index"] = names.FIFO_INFO_CHANNEL_GROUPS_IN_USE
        self.client.control(self.client.subdevice, control.number, params)
        return params.element("fifoInfoTbl", 0)["data"]

    def error_count(self) -> int:
        """Errors in RM's log. RM answers administrators only."""
        return self.client.ask(self.client.subdevice, "RC_GET_ERROR_COUNT")["errorCount"]

    def error_record(self, index: int) -> bytes:
        """One record of RM's error log, raw. RM answers administrators only."""
        answer = self.client.ask(self.client.subdevice, "RC_GET_ERROR_V2", whichBuffer=index)
        return answer.bytes_of("recordBuffer")[: answer["outputRecordSize"]]

    # What it makes

    def video_memory(
        self, size_bytes: int, page_size_bytes: int | None = None, contiguous: bool = False
    ) -> Memory:
        """Video memory. Raises OutOfVram if there is not enough."""
        return memory_objects.video_memory(self, size_bytes, page_size_bytes, contiguous)

    def host_memory(self, size_bytes: int, cached: bool = True, page_size_bytes: int | None = None) -> Memory:
        """Host memory that the GPU can reach."""
        return memory_objects.host_memory(self, size_bytes, cached, page_size_bytes)

    def pin(self, address: int, size_bytes: int) -> Memory:
        """Pages of this process, for the GPU to reach. They must stay until the object is closed."""
        return memory_objects.pin(self, address, size_bytes)

    def address_space(self, reservation: str = "none", *, tables: str = "rm") -> RmAddressSpace:
        """A GPU virtual address space whose tables RM builds; see RmAddressSpace for `reservation`.

        Args:
            tables: "rm"; for our own, see `page_tables` and `external_space`.
        """
        if tables != "rm":
            raise UsageError(f"RM builds no {tables!r} tables", expected="rm")
        from barewire.rm.space import RmAddressSpace

        return RmAddressSpace(self, reservation)

    @cached_property
    def memory(self) -> LentMemory:
        """What page tables of our own are made of."""
        from barewire.rm.lent_memory import LentMemory

        return LentMemory(self)

    def handle_of(self, memory: Memory) -> int:
        """RM's handle for memory of this device."""
        return memory.handle

    def largest_page(self, memory: Memory, offset: int, size_bytes: int) -> int:
        """The size of the largest pages that RM can map memory in: those that it was allocated in."""
        return memory.page_size_bytes

    def table_reader(self) -> WindowReader:
        """Reads the tables that RM builds for one address space."""
        from barewire.rm.page_tables import WindowReader

        return WindowReader(self.client)

    def page_tables(self, forget: Callable[[Invalidation], None], start_va: int, end_va: int) -> AddressSpace:
        """Page tables of our own with nothing mapped; see `LentMemory.page_tables`."""
        return self.memory.page_tables(forget, start_va, end_va)

    def leave_our_tables(self, memory: Memory) -> None:
        """Unmap memory from all page tables of ours: RM, which takes it back, does not know of them.

        Raises:
            PollTimeout, DeviceLost, ChannelDead: the GPU did not forget a mapping.
        """
        if "memory" in self.__dict__:
            self.memory.unmap_everywhere(memory)

    def external_space(self, tables: AddressSpace) -> ExternalAddressSpace:
        """A GPU virtual address space with page tables of our own; they are closed with it.

        Raises:
            RmError: RM refuses, since this process is no administrator for instance.
        """
        from barewire.rm.external_space import ExternalAddressSpace

        return ExternalAddressSpace(self, tables)

    def channel_group(
        self, space: RmAddressSpace, engine: str = "compute", copy_engine: int | None = None
    ) -> ChannelGroup:
        """A channel group on "compute" or on a copy engine (the first of facts.copy_engines)."""
        from barewire.rm.channels import ChannelGroup

        return ChannelGroup(self, space, engine, copy_engine)

    # The raw layer

    def alloc(
        self, parent: int, class_id: int, params: bytes | Struct = b"", handle: int | None = None
    ) -> int:
        """Make an RM object; a Struct is read and written. Returns the handle."""
        data = params if isinstance(params, Struct) else bytearray(params)
        return self.client.alloc(parent, class_id, data or None, handle)

    def free(self, handle: int) -> None:
        """Free an RM object and what is below it."""
        self.client.free(handle)

    @overload
    def control(self, handle: int, number: int, params: Struct) -> Struct: ...
    @overload
    def control(self, handle: int, number: int, params: bytes = b"") -> bytes: ...
    def control(self, handle: int, number: int, params: bytes | Struct = b"") -> bytes | Struct:
        """One control; returns its parameters as RM left them."""
        if isinstance(params, Struct):
            self.client.control(handle, number, params)
            return params
        data = bytearray(params)
        self.client.control(handle, number, data)
        return bytes(data)

    # The end

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self.client.closed

    def close(self) -> None:
        """Free everything that was made through it, in order; a second time is nothing.

        Raises:
            RmError, TransportError: the first step that failed; all others were done, and the kernel frees
            the rest.
        """
        if self.closed:
            return
        self.client.check()
        self._finalizer.detach()
        error = self.client.end()
        if error is not None:
            raise error

    def __enter__(self) -> NvResourceManager:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self.close()
        except BarewireError:
            if kind is None:
                raise

    def __repr__(self) -> str:
        return f"<RM of {self.card.node} at {self.card.pci_address}{', closed' if self.closed else ''}>"


def driver_version(kernel: Kernel | None = None) -> str:
    """The version of the kernel driver, e.g. "580.95.05". Raises NoDevice if there is none."""
    client = Client(LinuxKernel() if kernel is None else kernel)
    try:
        return _connect(client)
    finally:
        client.end()


def list_cards(kernel: Kernel | None = None, nearest_abi: bool = False) -> list[Card]:
    """The GPUs that the kernel driver has, by minor number, whether this process has their files or not."""
    client = Client(LinuxKernel() if kernel is None else kernel)
    try:
        client.abi = abi_for(_connect(client), nearest_abi)
        return _cards(client)
    finally:
        client.end()


def _connect(client: Client) -> str:
    client.control_fd = client.open_node(CONTROL_NODE)
    # This structure is the same in every version; the tables of any will do.
    client.abi = abi_for(known_versions()[0])
    query = client.abi.new(names.ESCAPES["CHECK_VERSION_STR"].struct, cmd=names.VERSION_QUERY)
    client.escape("CHECK_VERSION_STR", query)
    return query.text("versionString")


def _cards(client: Client) -> list[Card]:
    from barewire.rm.facts import Card

    layout = client.abi.struct(names.ESCAPES["CARD_INFO"].struct)
    room = Struct(layout, bytearray(layout.size_bytes * names.MAX_CARDS))
    client.escape("CARD_INFO", room)
    cards = []
    for index in range(names.MAX_CARDS):
        start = index * layout.size_bytes
        info = layout.over(memoryview(room.data)[start : start + layout.size_bytes])
        if not info["valid"]:
            continue
        at = [info[f"pci_info.{part}"] for part in ("domain", "bus", "slot", "function")]
        cards.append(
            Card(
                minor=info["minor_number"],
                gpu_id=info["gpu_id"],
                pci_address="{:04x}:{:02x}:{:02x}.{:x}".format(*at),
                pci_device_id=info["pci_info.device_id"],
            )
        )
    return sorted(cards, key=lambda card: card.minor)


def _start(client: Client, minor: int, nearest_abi: bool) -> Card:
    client.abi = abi_for(_connect(client), nearest_abi)
    usable = {card.minor: card for card in _cards(client) if client.kernel.exists(card.node)}
    card = usable.get(minor)
    if card is None:
        present = ", ".join(f"nv:{number}" for number in usable) or "none"
        raise NoDevice(
            f"there is no GPU nv:{minor} here; this process has {present}",
            hint="nv:N is /dev/nvidiaN: is that file there, or kept out of this container?",
            minor=minor,
        )
    client.device_node = card.node
    client.alloc_client()
    client.device_fd = client.open_device_node()
    identity = client.ask(client.handle, "GPU_GET_ID_INFO_V2", gpuId=card.gpu_id)
    device = client.abi.new(
        "NV0080_ALLOC_PARAMETERS", deviceId=identity["deviceInstance"], hClientShare=client.handle
    )
    client.device = client.alloc(client.handle, names.NV01_DEVICE_0, device)
    subdevice = client.abi.new("NV2080_ALLOC_PARAMETERS", subDeviceId=identity["subDeviceInstance"])
    client.subdevice = client.alloc(client.device, names.NV20_SUBDEVICE_0, subdevice)
    return card


__all__ = ["NvResourceManager", "RmError", "TransportError", "driver_version", "list_cards"]
