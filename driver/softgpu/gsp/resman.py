"""GSP-RM: the resource manager that runs in firmware, as its RPCs show it.

    rm.boot()                               # once the driver's system information and registry are there
    rm.handle(function, payload)            # -> (rpc_result, reply), None for no answer, or Later

Facts: OGKM:src/nvidia/inc/kernel/vgpu/rpc_global_enums.h,
src/nvidia/src/kernel/vgpu/rpc.c (what goes in, and which results are read).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from barewire.softgpu.gsp import controls
from barewire.softgpu.gsp import rpc_structs as structs
from barewire.softgpu.gsp.classes import (
    CLASSES,
    CLIENT_CLASSES,
    CLIENT_SIZES,
    Allocation,
    make_client,
)
from barewire.softgpu.gsp.control_structs import SET_PAGE_DIRECTORY, UNSET_PAGE_DIRECTORY
from barewire.softgpu.gsp.dma_mapping import map_memory, unmap_memory
from barewire.softgpu.gsp.events import Events
from barewire.softgpu.gsp.instance import directory_block
from barewire.softgpu.gsp.later import Later, Wait
from barewire.softgpu.gsp.memory_objects import alloc_memory, duplicate
from barewire.softgpu.gsp.numbers import chid_numbers, group_numbers
from barewire.softgpu.gsp.objects import Client, Kind, ObjectTree, RmObject, Subdevice
from barewire.softgpu.gsp.page_directories import set_page_directory, unset_page_directory
from barewire.softgpu.gsp.physical import PhysicalMemory
from barewire.softgpu.gsp.records import Layout, Record
from barewire.softgpu.gsp.robust import RobustChannels
from barewire.softgpu.gsp.scheduling import Scheduling
from barewire.softgpu.gsp.static_info import static_info
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.gsp.system import BadRegistry, Registry, check_system_info, parse_registry
from barewire.softgpu.gsp.table_memory import TableMemory
from barewire.softgpu.page_tables import Aperture, Pdb

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

KIB = 1 << 10
MIB = 1 << 20
PAGE_BYTES = 4096
RESERVED_BYTES = 16 * MIB  # RM's own video memory below the heap outside the protected region
USABLE_ALIGNMENT = 2 * MIB

INTERNAL_CLIENT = 0xC1E0_0001
INTERNAL_DEVICE = 0xABCD_0080
INTERNAL_SUBDEVICE = 0xABCD_2080

ROOT_SHIFT = 56
ENTRY_BYTES = 8
BLOCK_VIRTUAL = 1 << 9  # BAR1/BAR2 block: mode, in the low word; the target is video memory


class Function:
    """Numbers of RPCs."""

    ALLOC_MEMORY = 4
    FREE = 10
    MAP_MEMORY_DMA = 14
    UNMAP_MEMORY_DMA = 15
    DUP_OBJECT = 21
    UNLOADING_GUEST_DRIVER = 47
    SET_PAGE_DIRECTORY = 54
    GET_GSP_STATIC_INFO = 65
    UPDATE_BAR_PDE = 70
    SET_SYSTEM_INFO = 72
    SET_REGISTRY = 73
    GSP_RM_CONTROL = 76
    UNSET_PAGE_DIRECTORY = 79
    GSP_RM_ALLOC = 103
    INVALIDATE_TLB = 200


class Internal(NamedTuple):
    """The objects that firmware has of its own."""

    client: Client
    device: RmObject
    subdevice: Subdevice


class FirmwareLayout(Protocol):
    """What is known of the top of video memory."""

    @property
    def non_wpr_heap_offset(self) -> int:
        """Where firmware's heap outside the protected region begins."""

    @property
    def frts_offset(self) -> int:
        """Where FSP's region begins."""


Answer = tuple[int, bytes] | Later | None
Handler = Callable[[bytes], Answer]
_Result = TypeVar("_Result")


class ResourceManager:
    """GSP-RM.

    Attributes:
        gpu: the chip that it manages.
        running: whether it was booted.
        tree: clients and objects.
        chids, groups: numbers in use on each runlist.
        memory: physical memory as it reaches it.
        scheduling: the way to Host.
        events, robust: what it says unasked; errors of channels.
        layout: of the top of video memory.
        usable_bytes: video memory that drivers may use, from 0 on.
        bar_roots: page directories of BAR1 and BAR2, offsets in video memory.
        server_table: the table of its own range in every address space that it owns.
        table_memory: where it makes page tables.
        has_golden_image: whether GR contexts have something to begin with.
        registry: the keys that the driver sent; system_info: what it said of the system.
    """

    layout: FirmwareLayout
    internal: Internal
    table_memory: TableMemory

    def __init__(self, gpu: SoftGpu) -> None:
        self.gpu = gpu
        self.memory = PhysicalMemory(self)
        self.scheduling = Scheduling(gpu)
        self.events = Events(self)
        self._handlers: dict[int, Handler] = {
            Function.ALLOC_MEMORY: self._alloc_memory,
            Function.FREE: self._free,
            Function.MAP_MEMORY_DMA: self._map_memory,
            Function.UNMAP_MEMORY_DMA: self._unmap_memory,
            Function.DUP_OBJECT: self._dup_object,
            Function.UNLOADING_GUEST_DRIVER: self._unloading,
            Function.SET_PAGE_DIRECTORY: self._set_page_directory,
            Function.GET_GSP_STATIC_INFO: self._static_info,
            Function.UPDATE_BAR_PDE: self._update_bar_pde,
            Function.SET_SYSTEM_INFO: self._set_system_info,
            Function.SET_REGISTRY: self._set_registry,
            Function.GSP_RM_CONTROL: self._control,
            Function.UNSET_PAGE_DIRECTORY: self._unset_page_directory,
            Function.GSP_RM_ALLOC: self._alloc,
            Function.INVALIDATE_TLB: self._invalidate_tlb,
        }
        self._forget()

    def _forget(self) -> None:
        self.running = False
        self.tree = ObjectTree()
        self.chids = chid_numbers()
        self.groups = group_numbers()
        self.robust = RobustChannels(self)
        self.registry: Registry = {}
        self.system_info: Record | None = None
        self.usable_bytes = self.gpu.vram.size_bytes
        self.bar_roots = (0, 0)
        self.server_table = 0
        self.has_golden_image = False
        self._next_reserved = 0

    def reset(self) -> None:
        """Firmware is gone: nothing of it is left."""
        if self.running:
            self.scheduling.clear()
        self._forget()

    def close(self) -> None:
        """There is nothing to give back."""

    # Boot.

    def boot(self) -> None:
        """Reserve the top of video memory, bind BAR1 and BAR2 to tables there, make the internal objects."""
        layout = self.gpu.firmware.layout
        if layout is None:
            raise ValueError("RM boots after the bootstrap, which lays video memory out")
        self.layout = layout
        usable = layout.non_wpr_heap_offset - RESERVED_BYTES
        self.usable_bytes = usable - usable % USABLE_ALIGNMENT
        self._next_reserved = self.usable_bytes
        self.server_table = self._reserve(bytes(PAGE_BYTES))
        self.bar_roots = (self._bind_bar("BAR1"), self._bind_bar("BAR2"))
        end = self.usable_bytes + RESERVED_BYTES
        self.table_memory = TableMemory(self.gpu.vram, self._next_reserved, end)
        self._make_internal_objects()
        self.running = True

    def _reserve(self, content: bytes) -> int:
        """Part of RM's own video memory, with something in it; its offset."""
        offset = self._next_reserved
        self.gpu.vram.write(offset, content)
        self._next_reserved += -(-len(content) // PAGE_BYTES) * PAGE_BYTES
        return offset

    def _bind_bar(self, name: str) -> int:
        """Make an empty page directory for a BAR and bind the BAR to it; the directory's offset."""
        root = self._reserve(bytes(PAGE_BYTES))
        block = self._reserve(directory_block(Pdb(Aperture.VRAM, root)))
        low, high = (self.gpu.offset(f"NV_VIRTUAL_FUNCTION_PRIV_FUNC_{name}_BLOCK_{part}") for part in _PARTS)
        self.gpu.registers.write(low, block & 0xFFFFF000 | BLOCK_VIRTUAL)
        self.gpu.registers.write(high, block >> 32)
        return root

    def _make_internal_objects(self) -> None:
        client = Client(INTERNAL_CLIENT, 0, Kind.CLIENT, None)
        device = RmObject(INTERNAL_DEVICE, 0x80, Kind.DEVICE, client)
        subdevice = Subdevice(INTERNAL_SUBDEVICE, 0x2080, Kind.SUBDEVICE, device)
        for made in (client, device, subdevice):
            self.tree.insert(made)
        self.internal = Internal(client, device, subdevice)

    # Calls.

    def handle(self, function: int, payload: bytes) -> Answer:
        """Answer an RPC: what to put into rpc_result, and the reply's payload; None for no reply.

        A call that has to wait for an engine is answered later.
        """
        handler = self._handlers.get(function)
        if handler is None:
            self.gpu.report("unknown function", f"firmware has no function {function}", function=function)
            return Status.INVALID_FUNCTION, payload
        try:
            return handler(payload)
        except Refused as refused:
            self._note(function, refused)
            return refused.status, payload

    def _note(self, function: int, refused: Refused) -> None:
        """A refusal is no misuse by itself; it is kept where people look for the reason of a status."""
        self.gpu.firmware.log(f"function {function}: {refused}")

    def _record(self, layout: Layout, payload: bytes) -> Record:
        """A payload's structure, for reading and for the reply.

        Raises:
            Refused: the payload is shorter.
        """
        if len(payload) < layout.size_bytes:
            self.gpu.report(
                "short payload", f"{layout.name} takes {layout.size_bytes} bytes", got=len(payload)
            )
            raise Refused(Status.INVALID_PARAM_STRUCT, f"{layout.name} of {len(payload)} bytes")
        return layout.over(bytearray(payload))

    def _split(self, layout: Layout, payload: bytes) -> tuple[Record, bytearray]:
        """A structure whose `paramsSize` bytes of parameters follow it.

        Raises:
            Refused: they do not.
        """
        head = self._record(layout, payload)
        size = head.paramsSize
        params = payload[layout.size_bytes : layout.size_bytes + size]
        if len(params) != size:
            self.gpu.report("short payload", f"{layout.name}: {size} bytes of parameters", got=len(params))
            raise Refused(Status.INVALID_PARAM_STRUCT, f"{len(params)} of {size} bytes of parameters")
        return head, bytearray(params)

    def _with_status(self, function: int, record: Record, call: Callable[[], _Result]) -> _Result | None:
        """Run a call whose reply has a status of its own, which takes the refusal."""
        record.status = Status.OK
        try:
            return call()
        except Refused as refused:
            self._note(function, refused)
            record.status = refused.status
            return None

    # Objects.

    def _alloc(self, payload: bytes) -> Answer:
        head, params = self._split(structs.GSP_RM_ALLOC, payload)
        self._with_status(Function.GSP_RM_ALLOC, head, lambda: self._allocate(head, params))
        return Status.OK, head.to_bytes() + bytes(params)

    def _allocate(self, head: Record, params: bytearray) -> None:
        if head.hClass in CLIENT_CLASSES:
            self._allocate_client(head, params)
            return
        client = self.tree.client(head.hClient)
        row = CLASSES.get(head.hClass)
        if row is None:
            self.gpu.report("unknown class", f"no class {head.hClass:#06x}", class_id=head.hClass)
            raise Refused(Status.INVALID_CLASS, f"class {head.hClass:#x}")
        parent = client.objects.get(head.hParent)
        if parent is None or (row.parents and parent.kind not in row.parents):
            what = "nothing" if parent is None else f"a {parent.kind.value}"
            raise Refused(Status.INVALID_OBJECT_PARENT, f"{row.name} under {what}")
        if len(params) not in row.sizes:
            raise Refused(Status.INVALID_PARAM_STRUCT, f"{row.name} with {len(params)} bytes of parameters")
        if head.hObject in client.objects:
            raise Refused(Status.INSERT_DUPLICATE_NAME, f"handle {head.hObject:#x} is in use")
        handle = head.hObject or client.new_handle()
        self.tree.insert(row.make(self, Allocation(client.handle, parent, handle, head.hClass, params)))
        head.hObject = handle

    def _allocate_client(self, head: Record, params: bytearray) -> None:
        if len(params) not in CLIENT_SIZES:
            raise Refused(Status.INVALID_PARAM_STRUCT, f"a client with {len(params)} bytes of parameters")
        handle = head.hObject or head.hClient
        if not handle or (head.hClient and head.hClient != handle):
            raise Refused(Status.INVALID_CLIENT, f"client {head.hClient:#x} for handle {handle:#x}")
        self.tree.insert(make_client(handle, head.hClass, params))
        head.hObject = handle

    def _free(self, payload: bytes) -> Answer:
        head = self._record(structs.FREE, payload)
        self._with_status(Function.FREE, head, lambda: self._free_object(head))
        return Status.OK, bytes(head.whole())

    def _free_object(self, head: Record) -> None:
        found = self.tree.find(head.hRoot, head.hObjectOld)
        if found in self.internal:
            raise Refused(Status.INSUFFICIENT_PERMISSIONS, "firmware's own objects stay")
        self.tree.free(self, found)

    def _dup_object(self, payload: bytes) -> Answer:
        head = self._record(structs.DUP_OBJECT, payload)
        self._with_status(Function.DUP_OBJECT, head, lambda: duplicate(self, head))
        return Status.OK, bytes(head.whole())

    def _alloc_memory(self, payload: bytes) -> Answer:
        head = self._record(structs.ALLOC_MEMORY, payload)
        alloc_memory(self, head)
        return Status.OK, head.to_bytes()

    def _map_memory(self, payload: bytes) -> Answer:
        head = self._record(structs.MAP_MEMORY_DMA, payload)
        self._with_status(Function.MAP_MEMORY_DMA, head, lambda: map_memory(self, head))
        return head.status, bytes(head.whole())

    def _unmap_memory(self, payload: bytes) -> Answer:
        head = self._record(structs.UNMAP_MEMORY_DMA, payload)
        self._with_status(Function.UNMAP_MEMORY_DMA, head, lambda: unmap_memory(self, head))
        return head.status, bytes(head.whole())

    def _control(self, payload: bytes) -> Answer:
        head, params = self._split(structs.GSP_RM_CONTROL, payload)

        def run() -> Wait | None:
            return controls.run(self, self.tree.find(head.hClient, head.hObject), head.cmd, params)

        def reply() -> tuple[int, bytes]:
            return Status.OK, head.to_bytes() + bytes(params)

        wait = self._with_status(Function.GSP_RM_CONTROL, head, run)
        if wait is None:
            return reply()

        def end(came: bool) -> tuple[int, bytes]:
            self._with_status(Function.GSP_RM_CONTROL, head, partial(wait.then, came))
            return reply()

        return Later(wait, end)

    # Page directories, BARs, TLB.

    def _set_page_directory(self, payload: bytes) -> Answer:
        head = self._record(structs.SET_PAGE_DIRECTORY, payload)
        self.tree.find_as(head.hClient, head.hDevice, RmObject)
        set_page_directory(self, head.hClient, head.inner("params", SET_PAGE_DIRECTORY))
        return Status.OK, payload

    def _unset_page_directory(self, payload: bytes) -> Answer:
        head = self._record(structs.UNSET_PAGE_DIRECTORY, payload)
        self.tree.find_as(head.hClient, head.hDevice, RmObject)
        unset_page_directory(self, head.hClient, head.inner("params", UNSET_PAGE_DIRECTORY))
        return Status.OK, payload

    def _update_bar_pde(self, payload: bytes) -> Answer:
        """Put the driver's first entry into the root that BAR1 or BAR2 has."""
        head = self._record(structs.UPDATE_BAR_PDE, payload)
        if head.barType >= len(self.bar_roots):
            raise Refused(Status.INVALID_ARGUMENT, f"no BAR of type {head.barType}")
        if head.entryLevelShift != ROOT_SHIFT:
            raise Refused(
                Status.INVALID_ARGUMENT, f"the root's shift is {ROOT_SHIFT}, not {head.entryLevelShift}"
            )
        root = self.bar_roots[head.barType]
        self.gpu.vram.write(root, head.entryValue.to_bytes(ENTRY_BYTES, "little"))
        self.gpu.mmu.invalidate(Pdb(Aperture.VRAM, root))
        return Status.OK, payload

    def _invalidate_tlb(self, payload: bytes) -> Answer:
        head = self._record(structs.INVALIDATE_TLB, payload)
        self.gpu.mmu.invalidate(Pdb(Aperture.VRAM, head.pdbAddress) if head.pdbAddress else None)
        return Status.OK, payload

    # The board, the system, the end.

    def _static_info(self, payload: bytes) -> Answer:
        if len(payload) < structs.STATIC_CONFIG_INFO.size_bytes:
            self.gpu.report(
                "short payload", "the reply of GET_GSP_STATIC_INFO has its room", got=len(payload)
            )
        return Status.OK, static_info(self)

    def _set_system_info(self, payload: bytes) -> Answer:
        self.system_info = self._record(structs.SYSTEM_INFO, payload)
        check_system_info(self.gpu, self.system_info)
        return None

    def _set_registry(self, payload: bytes) -> Answer:
        try:
            self.registry = parse_registry(payload)
        except BadRegistry as bad:
            self.gpu.report("bad registry", str(bad), size_bytes=len(payload))
        return None

    def _unloading(self, payload: bytes) -> Answer:
        """The driver goes: free what it left, which is a mistake of its unless it only suspends."""
        how = self._record(structs.UNLOADING_GUEST_DRIVER, payload)
        left = [client for client in self.tree.clients.values() if client is not self.internal.client]
        if left and not how.bInPMTransition:
            self.gpu.report("clients left", "the driver unloads with clients alive", clients=len(left))
        for client in left:
            self.tree.free(self, client)
        return Status.OK, payload


_PARTS = ("LOW_ADDR", "HIGH_ADDR")
