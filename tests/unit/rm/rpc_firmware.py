"""The resource manager on GSP as the driver's side sees it: a tree of objects, controls by number, events.

It answers what the driver asks of firmware 570.144 and refuses what that would refuse. Memory is ordinary
memory. Everything that was said to it is in `said`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from barewire.abi import status
from barewire.abi.layout import Struct, firmware_abi
from barewire.errors import BarewireError, Freed, UsageError
from barewire.gsp.events import GspEvent, OsErrorLog, RcTriggered
from barewire.memory.formats import Aperture, TablePointer

ABI = firmware_abi("570.144")
INTERNAL_CLIENT, INTERNAL_SUBDEVICE = 0xC2000001, 0xC2000003
GPFIFO_CLASS, COPY_CLASS, GROUP_CLASS, SPACE_CLASS = 0xC86F, 0xC8B5, 0xA06C, 0x90F1
COMPUTE_CLASS, GRAPHICS_CLASS, SHARE_CLASS, DEBUGGER_CLASS = 0xCBC0, 0xCB97, 0x9067, 0x83DE
ON_GRAPHICS = (COMPUTE_CLASS, GRAPHICS_CLASS)
PARENTS = {0x80: (0x0,), 0x2080: (0x80,), SPACE_CLASS: (0x80,), GROUP_CLASS: (0x80,),
           GPFIFO_CLASS: (GROUP_CLASS, 0x80), COPY_CLASS: (GPFIFO_CLASS,), COMPUTE_CLASS: (GPFIFO_CLASS,),
           GRAPHICS_CLASS: (GPFIFO_CLASS,), SHARE_CLASS: (GROUP_CLASS,), DEBUGGER_CLASS: (0x80,)}  # fmt: skip
PARAMS = {
    0x0: "NV0000_ALLOC_PARAMETERS", 0x80: "NV0080_ALLOC_PARAMETERS", 0x2080: "NV2080_ALLOC_PARAMETERS",
    SPACE_CLASS: "NV_VASPACE_ALLOCATION_PARAMETERS", GROUP_CLASS: "NV_CHANNEL_GROUP_ALLOCATION_PARAMETERS",
    GPFIFO_CLASS: "NV_CHANNELGPFIFO_ALLOCATION_PARAMETERS", COPY_CLASS: "NVB0B5_ALLOCATION_PARAMETERS",
    SHARE_CLASS: "NV_CTXSHARE_ALLOCATION_PARAMETERS", DEBUGGER_CLASS: "NV83DE_ALLOC_PARAMETERS",
    COMPUTE_CLASS: None, GRAPHICS_CLASS: None,
}  # fmt: skip
# RM engine type, runlist: graphics, two copy engines on its runlist, three with their own.
ENGINES = [(1, 0), (9, 0), (10, 0), (11, 9), (12, 10), (13, 11)]
# Sizes of context buffers by NV0080_CTRL_FIFO_GET_ENGINE_CONTEXT_PROPERTIES_ENGINE_ID_*.
CONTEXT_SIZES = {0x00: 0x9800, 0x10: 0x3000, 0x11: 0x2000, 0x12: 0x2000, 0x13: 0x30000, 0x14: 0x1000,
                 0x17: 0x1000, 0x18: 0x8000}  # fmt: skip
RESERVED_FIRST, RESERVED_LAST = 0x1_0000_0000, 0x1_1FFF_FFFF
PCE_MASKS = {11: 0b1, 12: 0b1110, 13: 0b110}


class Node:
    """An object of RM."""

    def __init__(self, handle: int, parent: Node | None, class_id: int, params: Struct | None) -> None:
        self.handle = handle
        self.parent = parent
        self.class_id = class_id
        self.params = params
        self.root: int | None = None
        self.scheduled = False
        self.bound = False
        self.shares_directories = False
        self.contexts: dict[int, dict[str, int]] = {}
        self.promotions: list[dict[int, dict[str, int]]] = []


class FirmwareRm:
    """A `GspRpc` with the resource manager behind it."""

    def __init__(self) -> None:
        self.abi = ABI
        self.nodes: dict[int, Node] = {}
        self.said: list[tuple[str, int]] = []
        self.handlers: list[Callable[[GspEvent], None]] = []
        self.waiting_events: list[GspEvent] = []
        self.refusals: dict[int, str] = {}
        self.failures: dict[int, BarewireError] = {}
        self.closed = False
        self.drains = 0
        self.golden = 0
        self.patience: dict[int, float] = {}
        self.context_sizes = dict(CONTEXT_SIZES)
        self.errors = ABI.new("NV83DE_CTRL_DEBUG_READ_ALL_SM_ERROR_STATES_PARAMS")
        self.mode = -1
        self.controls: dict[int, Callable[[Node | None, Struct], None]] = {
            0x20801112: self._device_table, 0x20800137: self._gpcs, 0x20800138: self._tpcs,
            0x20802A02: self._pce_mask, 0x20802A08: self._method_size, 0x00801813: self._set_root,
            0x00801814: self._unset_root, 0xA06F0104: self._bind, 0xA06C0101: self._schedule,
            0xC36F0108: self._token, 0xA06F0112: self._nothing, 0xA06C0105: self._nothing,
            0xA06C0103: self._nothing, 0x20800A32: self._context_sizes, 0x2080012B: self._promote,
            0x90F10106: self._share_directories, 0x20801210: self._set_mode, 0x83DE0309: self._nothing,
            0x83DE030C: self._sm_errors, 0x83DE0328: self._mmu_faults,
        }  # fmt: skip
        self.structs = {
            0x20801112: "NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS",
            0x20800137: "NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS",
            0x20800138: "NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS",
            0x20802A02: "NV2080_CTRL_CE_GET_CE_PCE_MASK_PARAMS",
            0x20802A08: "NV2080_CTRL_CE_GET_FAULT_METHOD_BUFFER_SIZE_PARAMS",
            0x00801813: "NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS",
            0x00801814: "NV0080_CTRL_DMA_UNSET_PAGE_DIRECTORY_PARAMS",
            0xA06F0104: "NVA06F_CTRL_BIND_PARAMS", 0xA06C0101: "NVA06C_CTRL_GPFIFO_SCHEDULE_PARAMS",
            0xC36F0108: "NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS",
            0xA06F0112: "NVA06F_CTRL_STOP_CHANNEL_PARAMS", 0xA06C0105: "NVA06C_CTRL_PREEMPT_PARAMS",
            0xA06C0103: "NVA06C_CTRL_TIMESLICE_PARAMS",
            0x20800A32: "NV2080_CTRL_INTERNAL_STATIC_GR_GET_CONTEXT_BUFFERS_INFO_PARAMS",
            0x2080012B: "NV2080_CTRL_GPU_PROMOTE_CTX_PARAMS",
            0x90F10106: "NV90F1_CTRL_VASPACE_COPY_SERVER_RESERVED_PDES_PARAMS",
            0x20801210: "NV2080_CTRL_GR_SET_CTXSW_PREEMPTION_MODE_PARAMS",
            0x83DE0309: "NV83DE_CTRL_DEBUG_SET_EXCEPTION_MASK_PARAMS",
            0x83DE030C: "NV83DE_CTRL_DEBUG_READ_ALL_SM_ERROR_STATES_PARAMS",
            0x83DE0328: "NV83DE_CTRL_DEBUG_READ_MMU_FAULT_INFO_PARAMS",
        }  # fmt: skip

    # What `GspRpc` offers

    def alloc(self, client: int, parent: int, handle: int, class_id: int, params: Struct | None) -> None:
        self._answer("alloc", class_id)
        assert PARAMS[class_id] == (params.layout.name if params is not None else None)
        if handle in self.nodes:
            raise status.refused("GSP_RM_ALLOC", status.code_of("NV_ERR_INSERT_DUPLICATE_NAME"))
        above = self.nodes.get(parent)
        if class_id and (above is None or above.class_id not in PARENTS[class_id]):
            raise status.refused("GSP_RM_ALLOC", status.code_of("NV_ERR_INVALID_OBJECT_PARENT"))
        if class_id in ON_GRAPHICS:
            self._make_graphics_object(above)
        self.nodes[handle] = Node(handle, above, class_id, params)

    def control(
        self, client: int, handle: int, number: int, params: Struct | None, *, within_s: float = 0.0
    ) -> None:
        self._answer("control", number)
        self.patience[number] = within_s
        if number not in self.controls:
            raise status.refused("GSP_RM_CONTROL", status.code_of("NV_ERR_NOT_SUPPORTED"))
        assert params is not None and params.layout.name == self.structs[number]
        if client != INTERNAL_CLIENT and handle not in self.nodes:
            raise status.refused("GSP_RM_CONTROL", status.code_of("NV_ERR_OBJECT_NOT_FOUND"))
        self.controls[number](self.nodes.get(handle), params)

    def free(self, client: int, handle: int) -> None:
        self._answer("free", self.nodes[handle].class_id if handle in self.nodes else -1)
        if handle not in self.nodes:
            raise status.refused("FREE", status.code_of("NV_ERR_OBJECT_NOT_FOUND"))
        self._forget(self.nodes[handle])

    def subscribe(self, handler: Callable[[GspEvent], None]) -> Callable[[], None]:
        self.handlers.append(handler)
        return lambda: self.handlers.remove(handler)

    def drain(self) -> int:
        if self.closed:
            raise Freed("closed")
        self.drains += 1
        count = 0
        while self.waiting_events:
            event = self.waiting_events.pop(0)
            count += 1
            for handler in list(self.handlers):
                handler(event)
        return count

    # What tests do to it

    def objects(self, class_id: int) -> list[Node]:
        return [node for node in self.nodes.values() if node.class_id == class_id]

    def kill(
        self, runlist: int, engine_type: int, channel_id: int, xid: int, text: str, **fault: int
    ) -> None:
        """What GSP says when it takes a channel down."""
        self.waiting_events.append(OsErrorLog(0x1006, b"", xid, runlist, channel_id, text))
        self.waiting_events.append(
            RcTriggered(
                0x1004,
                b"",
                engine_type,
                channel_id,
                0,
                xid,
                0,
                fault.get("gpu_va", 0),
                fault.get("fault_type", 0),
            )
        )

    @contextmanager
    def refusing(self, number: int, name: str = "NV_ERR_INSUFFICIENT_RESOURCES") -> Iterator[None]:
        self.refusals[number] = name
        yield
        del self.refusals[number]

    # RM

    def _answer(self, what: str, number: int) -> None:
        self.said.append((what, number))
        if number in self.failures:
            raise self.failures[number]
        if number in self.refusals:
            raise status.refused(what, status.code_of(self.refusals[number]))

    def _forget(self, node: Node) -> None:
        for below in [other for other in self.nodes.values() if other.parent is node]:
            self._forget(below)
        self.nodes.pop(node.handle, None)

    def _device_table(self, node: Node | None, params: Struct) -> None:
        first = params["baseIndex"]
        rows = ENGINES[first : first + 4]  # four at a time: drivers have to come again
        for index, (rm_type, runlist) in enumerate(rows):
            entry = params.element("entries", index)
            entry["engineData", 2] = rm_type
            entry["engineData", 3] = runlist
        params["numEntries"] = len(rows)
        params["bMore"] = int(first + len(rows) < len(ENGINES))

    def _gpcs(self, node: Node | None, params: Struct) -> None:
        params["gpcMask"] = 0b1011

    def _tpcs(self, node: Node | None, params: Struct) -> None:
        params["tpcMask"] = {0: 0x1FF, 1: 0xFF, 3: 0x1FE}[params["gpcId"]]

    def _pce_mask(self, node: Node | None, params: Struct) -> None:
        params["pceMask"] = PCE_MASKS.get(params["ceEngineType"], 0)

    def _method_size(self, node: Node | None, params: Struct) -> None:
        params["size"] = 0x4321

    def _make_graphics_object(self, channel: Node) -> None:
        if not channel.contexts:
            raise status.refused("GSP_RM_ALLOC", status.code_of("NV_ERR_INVALID_STATE"))
        if not self.golden:
            space = self.nodes[channel.params["hVASpace"]]
            assert space.shares_directories, "the golden context wants a range of RM's own"
            self.golden = channel.handle

    def _context_sizes(self, node: Node | None, params: Struct) -> None:
        assert node is None, "only GSP's own client may ask"
        table = params.element("engineContextBuffersInfo", 0)
        for number, size in self.context_sizes.items():
            table.element("engine", number)["size"] = size

    def _promote(self, node: Node | None, params: Struct) -> None:
        channel = self.nodes[params["hObject"]]
        assert (params["engineType"], channel.class_id) == (1, GPFIFO_CLASS)
        entries = [params.element("promoteEntry", index) for index in range(params["entryCount"])]
        told = {entry["bufferId"]: {name: entry[name] for name in entry.layout.fields} for entry in entries}
        channel.contexts.update(told)
        channel.promotions.append(told)

    def _share_directories(self, node: Node | None, params: Struct) -> None:
        levels = [params.element("levels", index) for index in range(params["numLevelsToCopy"])]
        assert (params["virtAddrLo"], params["virtAddrHi"]) == (RESERVED_FIRST, RESERVED_LAST)
        assert params["pageSize"] == 1 << levels[-1]["pageShift"]
        assert all(level["aperture"] == 1 and level["physAddress"] and level["size"] for level in levels)
        node.shares_directories = True

    def _set_mode(self, node: Node | None, params: Struct) -> None:
        assert self.nodes[params["hChannel"]].class_id == GPFIFO_CLASS
        self.mode = params["cilpPreemptMode"]

    def _sm_errors(self, node: Node | None, params: Struct) -> None:
        first, count = params["startingSM"], params["numSMsToRead"]
        for index in range(count):
            source = self.errors.element("smErrorStateArray", first + index)
            params.element("smErrorStateArray", index).data[:] = source.data

    def _mmu_faults(self, node: Node | None, params: Struct) -> None:
        params["count"] = 1
        entry = params.element("mmuFaultInfoList", 0)
        entry["faultAddress"], entry["faultType"], entry["accessType"] = 0xDEAD000, 2, 1

    def _set_root(self, node: Node | None, params: Struct) -> None:
        space = self.nodes[params["hVASpace"]]
        if space.root is not None or not space.params["flags"] & 1 << 3:
            raise status.refused("SET_PAGE_DIRECTORY", status.code_of("NV_ERR_INVALID_STATE"))
        space.root = params["physAddress"]

    def _unset_root(self, node: Node | None, params: Struct) -> None:
        self.nodes[params["hVASpace"]].root = None

    def _bind(self, node: Node | None, params: Struct) -> None:
        assert node is not None and node.class_id == GPFIFO_CLASS
        assert params["engineType"] == node.params["engineType"]
        node.bound = True

    def _schedule(self, node: Node | None, params: Struct) -> None:
        assert node is not None and node.class_id == GROUP_CLASS
        node.scheduled = bool(params["bEnable"])

    def _token(self, node: Node | None, params: Struct) -> None:
        assert node is not None
        flags = node.params["flags"]
        params["workSubmitToken"] = (flags >> 12 & 0x1FF) * 8 + (flags >> 8 & 7)

    def _nothing(self, node: Node | None, params: Struct) -> None:
        assert node is not None


def static_info() -> Struct:
    """The static configuration of an H100."""
    info = ABI.new(
        "GspStaticConfigInfo", hInternalClient=INTERNAL_CLIENT, hInternalSubdevice=INTERNAL_SUBDEVICE,
        fb_length=80 << 30,
    )  # fmt: skip
    info["gpuNameString"] = b"Fake H100"
    info["gidInfo.length"] = 16
    info["gidInfo.data"] = bytes(range(16))
    return info


class PlainMemory:
    """Memory of a GPU, in ordinary memory."""

    aperture = "video"

    def __init__(self, home: PlainGpuMemory, size_bytes: int, address: int) -> None:
        self.home = home
        self.size_bytes = size_bytes
        self.address = address
        self.handle = address
        self.closed = False
        self.data = bytearray(b"\xa5" * size_bytes)
        self.page_size_bytes = 4096

    def check(self) -> None:
        if self.closed:
            raise Freed("the memory was freed")

    def part(self, offset: int, size_bytes: int) -> tuple[Any, ...]:
        return (SimpleNamespace(address=self.address + offset, size_bytes=size_bytes),)

    def map_cpu(self) -> Any:
        self.check()
        view = memoryview(self.data)
        return SimpleNamespace(address=id(self.data), view=view, close=view.release)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.home.live.remove(self)


class PlainSpace:
    """Page tables that only remember."""

    def __init__(self, home: PlainGpuMemory) -> None:
        self.home = self.memory = home
        self.handle = 0
        self.root = TablePointer(Aperture.VIDEO, home.next_address(4096))
        self.root_entries = 2
        self.mappings: dict[int, Any] = {}
        self.mapped = 0
        self.addresses = SimpleNamespace()
        self.closed = False
        home.spaces.append(self)

    def check(self) -> None:
        if self.closed:
            raise Freed("the page tables were closed")

    def map(self, memory: PlainMemory, gpu_va: int | None = None, **options: Any) -> int:
        self.mapped += 1
        at = gpu_va or 0x10_0000_0000 + 0x20_0000 * self.mapped
        self.mappings[at] = SimpleNamespace(memory=memory, size_bytes=memory.size_bytes, **options)
        return at

    def directories(self, gpu_va: int, span_bytes: int) -> list[Any]:
        shifts = (56, 47, 38, 29)
        return [SimpleNamespace(address=self.home.next_address(4096), size_bytes=16 if shift == 56 else 4096,
                                page_shift=shift) for shift in shifts]  # fmt: skip

    def unmap(self, gpu_va: int) -> None:
        if gpu_va not in self.mappings:
            raise UsageError("nothing is mapped at this address", gpu_va=gpu_va)
        del self.mappings[gpu_va]

    def close(self) -> None:
        self.closed = True
        self.home.spaces.remove(self)


class PlainGpuMemory:
    """What `memory.gpu.GpuMemory` offers a resource manager."""

    def __init__(self) -> None:
        self.live: list[PlainMemory] = []
        self.spaces: list[PlainSpace] = []
        self.free_vram_bytes = 1 << 30
        self.fences = 0
        self.window = SimpleNamespace(fence=self._fence)
        self._next = 0x100000

    def _fence(self) -> None:
        self.fences += 1

    def next_address(self, size_bytes: int) -> int:
        at, self._next = self._next, self._next + -(-size_bytes // 4096) * 4096
        return at

    def video_memory(self, size_bytes: int, page: int | None = None, contiguous: bool = False) -> PlainMemory:
        made = PlainMemory(self, -(-size_bytes // 4096) * 4096, self.next_address(size_bytes))
        self.live.append(made)
        return made

    def host_memory(self, size_bytes: int, cached: bool = True, page: int | None = None) -> PlainMemory:
        made = self.video_memory(size_bytes)
        made.aperture = "host"
        made.data[:] = bytes(made.size_bytes)
        return made

    def address_space(self) -> PlainSpace:
        return PlainSpace(self)


def notification(memory: PlainMemory) -> tuple[int, int, int]:
    """(Xid, engine type, status) of an error notifier."""
    _, xid, engine, state = struct.unpack_from("<QIHH", memory.data)
    return xid, engine, state
