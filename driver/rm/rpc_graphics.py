"""The graphics engine over RPC: memory for contexts, which a kernel driver allocates and we do in its place.

RM says how large each buffer of a context is. Some are shared by all contexts of the GPU, the main context
and the patch buffer each context has of its own. All are mapped for privileged accesses in the address space
of the channel, and promoted: RM is told where they are. Of the first object that is made on such a channel RM
keeps an image, the golden context, from which all others begin: `Graphics.prepare` has it made.

Facts: nouveau:nvkm/subdev/gsp/rm/r535/gr.c (which buffers, and how they are promoted),
OGKM:ctrl/ctrl2080/ctrl2080{gpu,internal}.h, OGKM:src/nvidia/src/kernel/gpu/gr/kernel_graphics_context.c.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from barewire.errors import BarewireError, DeviceError
from barewire.rm import names
from barewire.rm.rpc_golden import GoldenChannel
from barewire.rm.rpc_place import PAGE_BYTES, cleared
from barewire.rounding import round_up

if TYPE_CHECKING:
    from barewire.rm.external_space import ExternalAddressSpace
    from barewire.rm.rpc import RpcResourceManager

SUBCONTEXT_HEADERS = 64  # pages behind the main context that RM's size leaves out


class ContextBuffer(NamedTuple):
    """One kind of buffer.

    Attributes:
        size_id: NV0080_CTRL_FIFO_GET_ENGINE_CONTEXT_PROPERTIES_ENGINE_ID_*, by which RM tells its size.
        buffer_id: NV2080_CTRL_GPU_PROMOTE_CTX_BUFFER_ID_*.
        shared: by all contexts.
        filled: RM fills it when it is new, and expects zeros.
        read_only: for the engine.
        extra_bytes: that it needs beyond what RM says.
        aligned_to_size: its address is a multiple of its size, rounded up to a power of two.
        golden_mapped: whether the golden context has an address of it.
        in_channels: whether channels get it, too.
    """

    size_id: int
    buffer_id: int
    shared: bool = True
    filled: bool = False
    read_only: bool = False
    extra_bytes: int = 0
    aligned_to_size: bool = False
    golden_mapped: bool = True
    in_channels: bool = True


MAIN = ContextBuffer(0x00, 0, shared=False, filled=True, extra_bytes=SUBCONTEXT_HEADERS * PAGE_BYTES)
PATCH = ContextBuffer(0x10, 2, shared=False, filled=True)
BUNDLES = ContextBuffer(0x11, 3)
PAGE_POOL = ContextBuffer(0x12, 4)
ATTRIBUTES = ContextBuffer(0x13, 5, aligned_to_size=True)
RENDER_TARGETS = ContextBuffer(0x14, 6)
SWITCH_EVENTS = ContextBuffer(0x17, 9, filled=True)
ACCESS_MAP = ContextBuffer(0x18, 10, filled=True, read_only=True, golden_mapped=False)
UNRESTRICTED_ACCESS_MAP = ContextBuffer(0x18, 11, filled=True, read_only=True, in_channels=False)
CONTEXT_BUFFERS = (
    MAIN, PATCH, BUNDLES, PAGE_POOL, ATTRIBUTES, RENDER_TARGETS, SWITCH_EVENTS, ACCESS_MAP,
    UNRESTRICTED_ACCESS_MAP,
)  # fmt: skip


class Promoted(NamedTuple):
    """What RM is told of one buffer.

    Attributes:
        memory: that RM fills; None if it was filled before.
        gpu_va: where the channel's address space has it; 0 for nowhere.
    """

    buffer: ContextBuffer
    memory: Any
    gpu_va: int


class Graphics:
    """The graphics engine of one GPU. Any thread may use it."""

    def __init__(self, rm: RpcResourceManager) -> None:
        self._rm = rm
        self._lock = threading.Lock()
        self._sizes: dict[int, int] = {}
        self._shared: dict[int, Any] = {}

    def prepare(self) -> None:
        """Have the golden context made, once.

        Raises:
            RmError, RpcError, RpcTimeout: RM refused, or did not answer; the next call tries again.
            OutOfVram: there is no memory for contexts.
            DeviceError: RM does not know how large they are.
        """
        with self._lock:
            if self._shared:
                return
            self._sizes = self._sizes or self._ask_sizes()
            self._shared = self._make_golden()

    def _ask_sizes(self) -> dict[int, int]:
        """Bytes by buffer_id."""
        client, internal = self._rm.client, self._rm.internal
        answer = client.ask_as(*internal, "GR_GET_CONTEXT_BUFFERS_INFO")
        table = answer.element("engineContextBuffersInfo", 0)
        sizes = {}
        for buffer in CONTEXT_BUFFERS:
            told = table.element("engine", buffer.size_id)["size"]
            if not told:
                raise DeviceError("RM does not know how large a context is", buffer=buffer.buffer_id)
            sizes[buffer.buffer_id] = round_up(told, PAGE_BYTES) + buffer.extra_bytes
        return sizes

    def _make_golden(self) -> dict[int, Any]:
        """Let RM make its image; returns the memory of shared buffers, which stays until the end."""
        with contextlib.ExitStack() as undo:
            memories: dict[int, Any] = {}
            with contextlib.ExitStack() as own:
                for buffer in CONTEXT_BUFFERS:
                    memories[buffer.buffer_id] = memory = self.allocate(buffer)
                    (undo if buffer.shared else own).callback(memory.close)
                tables = self._rm.memory.address_space()
                own.callback(tables.close)
                promoted = [
                    self._in_golden(buffer, memories[buffer.buffer_id], tables) for buffer in CONTEXT_BUFFERS
                ]
                golden = GoldenChannel(self._rm, tables, own.pop_all())
            try:
                self.promote(golden.handle, promoted)
                golden.make_image()
                golden.close()
            except BaseException:
                golden.owe(undo.pop_all().close)
                self._rm.client.quietly(golden.close)
                raise
            undo.pop_all()
        return {each.buffer_id: memories[each.buffer_id] for each in CONTEXT_BUFFERS if each.shared}

    def _in_golden(self, buffer: ContextBuffer, memory: Any, tables: Any) -> Promoted:
        gpu_va = self.map(tables, buffer, memory) if buffer.golden_mapped else 0
        return Promoted(buffer, memory if buffer.filled else None, gpu_va)

    def allocate(self, buffer: ContextBuffer) -> Any:
        """Memory for a buffer; zeros where RM expects them.

        Raises:
            OutOfVram: there is none.
        """
        size_bytes = self._sizes[buffer.buffer_id]
        if buffer.filled:
            return cleared(self._rm, size_bytes)
        return self._rm.video_memory(size_bytes, contiguous=True)

    def map(self, tables: Any, buffer: ContextBuffer, memory: Any) -> int:
        """Map a buffer as the engine expects it; returns its address."""
        alignment = None
        if buffer.aligned_to_size:
            alignment = 1 << (self._sizes[buffer.buffer_id] - 1).bit_length()
        return int(tables.map(memory, alignment=alignment, privileged=True, read_only=buffer.read_only))

    def shared_in(self, space: ExternalAddressSpace) -> dict[int, int]:
        """Where an address space has the shared buffers, by buffer_id; mapped there when first asked for."""
        with self._lock:
            for buffer in CONTEXT_BUFFERS:
                if buffer.shared and buffer.in_channels and buffer.buffer_id not in space.context_vas:
                    gpu_va = self.map(space.tables, buffer, self._shared[buffer.buffer_id])
                    space.context_vas[buffer.buffer_id] = gpu_va
            return space.context_vas

    def promote(self, channel: int, buffers: list[Promoted]) -> None:
        """Tell RM where the buffers of a channel are.

        Args:
            channel: its handle.
        """
        client = self._rm.client
        params = client.abi.new(
            names.OVER_RPC["GPU_PROMOTE_CTX"].struct,
            engineType=names.ENGINE_GR0,
            hChanClient=client.handle,
            hObject=channel,
            entryCount=len(buffers),
        )
        for index, promoted in enumerate(buffers):
            entry = params.element("promoteEntry", index)
            entry["bufferId"] = promoted.buffer.buffer_id
            entry["gpuVirtAddr"] = promoted.gpu_va
            entry["bNonmapped"] = int(not promoted.gpu_va)
            if promoted.memory is not None:
                entry["bInitialize"] = 1
                entry["gpuPhysAddr"] = promoted.memory.address
                entry["size"] = self._sizes[promoted.buffer.buffer_id]
                entry["physAttr"] = names.PROMOTED_IN_VIDEO
        client.control(client.subdevice, names.OVER_RPC["GPU_PROMOTE_CTX"].number, params)


class GraphicsContext:
    """What one group of channels has of its own: its channels share it.

    Args:
        graphics: prepared.
        space: of the channels.
    """

    def __init__(self, graphics: Graphics, space: ExternalAddressSpace) -> None:
        self._graphics = graphics
        self._space = space
        self._own: list[tuple[ContextBuffer, Any, int]] = []
        self._filled = False
        try:
            for buffer in CONTEXT_BUFFERS:
                if not buffer.shared:
                    self._add(buffer)
            self._shared = graphics.shared_in(space)
        except BaseException:
            with contextlib.suppress(BarewireError):
                self.close()
            raise

    def _add(self, buffer: ContextBuffer) -> None:
        memory = self._graphics.allocate(buffer)
        try:
            self._own.append((buffer, memory, self._graphics.map(self._space.tables, buffer, memory)))
        except BaseException:
            memory.close()
            raise

    @property
    def vas(self) -> dict[int, int]:
        """Where its own buffers are, by buffer_id."""
        return {buffer.buffer_id: gpu_va for buffer, _, gpu_va in self._own}

    def promote(self, channel: int) -> None:
        """Give the context to a channel, by its handle; RM fills it for the first one.

        Raises:
            RmError, RpcError, RpcTimeout: RM refused, or did not answer.
        """
        told = [Promoted(buffer, None if self._filled else memory, va) for buffer, memory, va in self._own]
        told += [
            Promoted(buffer, None, self._shared[buffer.buffer_id])
            for buffer in CONTEXT_BUFFERS
            if buffer.buffer_id in self._shared
        ]
        self._graphics.promote(channel, told)
        self._filled = True

    def close(self) -> None:
        """Unmap it and give its memory back, once RM has freed the group.

        Raises:
            BarewireError: the first thing that went wrong; everything was tried.
        """
        with contextlib.ExitStack() as undo:
            for _, memory, gpu_va in self._own:
                undo.callback(memory.close)
                if not self._space.tables.closed:
                    undo.callback(self._space.tables.unmap, gpu_va)
            self._own = []
