"""GR contexts: the buffers that the driver promotes, and the image that firmware writes into the main one.

A context is a channel group's, or a bare channel's. Its driver gives memory for its own buffers (main,
patch), to be initialised by firmware, and says where these and the buffers of all contexts are mapped.
The first object of GR after firmware's boot makes the golden image: what each new context begins with.

Facts: OGKM:ctrl2080gpu.h (PROMOTE_CTX, INITIALIZE_CTX), kernel/gpu/gr/kernel_graphics_context.c (which are
initialised, the main one's size), nouveau:nvkm/subdev/gsp/rm/r535/gr.c (which it promotes, how they are
mapped); open-gpu-doc:manuals/ampere/ga100/dev_ctxsw.ref.txt (words of the main image). What firmware refuses,
and with which status, is not published: those rules are the model's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from barewire.softgpu.gsp import board_facts as board
from barewire.softgpu.gsp.physical import Stretch
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.page_tables import Aperture, Leaf, Pdb

if TYPE_CHECKING:
    from barewire.softgpu.gsp.channels import ChannelObject
    from barewire.softgpu.gsp.objects import RmObject
    from barewire.softgpu.gsp.records import Record
    from barewire.softgpu.gsp.resman import ResourceManager

PAGE_BYTES = 4096
FAULTS_KEPT = 3  # for the debugger: a ring of four, one of which stays free
SUBCONTEXT_HEADERS_BYTES = 64 * PAGE_BYTES  # behind the main image, one page each


class Buffer(IntEnum):
    """NV2080_CTRL_GPU_PROMOTE_CTX_BUFFER_ID_*."""

    MAIN = 0
    PM = 1
    PATCH = 2
    BUNDLE_CB = 3
    PAGEPOOL = 4
    ATTRIBUTE_CB = 5
    RTV_CB_GLOBAL = 6
    GFXP_POOL = 7
    GFXP_CTRL_BLK = 8
    FECS_EVENT = 9
    PRIV_ACCESS_MAP = 10
    UNRESTRICTED_PRIV_ACCESS_MAP = 11
    GLOBAL_PRIV_ACCESS_MAP = 12


class Mode(IntEnum):
    """NV2080_CTRL_SET_CTXSW_PREEMPTION_MODE_COMPUTE_*: where GR may leave a context's grid."""

    WFI = 0
    CTA = 1
    CILP = 2


class BufferRule(NamedTuple):
    """What one buffer has to be like.

    Attributes:
        bytes: the least that it has.
        initialised: whether firmware fills it, so that it may be given by physical address.
        is_global: whether all contexts share it.
        written: whether GR writes it.
        self_aligned: whether its address is a multiple of its size, rounded up to a power of two.
    """

    bytes: int
    initialised: bool = False
    is_global: bool = True
    written: bool = True
    self_aligned: bool = False


def _size(buffer: int) -> int:
    """Bytes of a buffer by its id in FIFO_GET_ENGINE_CONTEXT_PROPERTIES."""
    size, _ = board.CONTEXT_BUFFERS[buffer]
    return -(-size // PAGE_BYTES) * PAGE_BYTES


RULES: dict[Buffer, BufferRule] = {
    Buffer.MAIN: BufferRule(_size(0x00) + SUBCONTEXT_HEADERS_BYTES, initialised=True, is_global=False),
    Buffer.PM: BufferRule(PAGE_BYTES, initialised=True, is_global=False),  # drivers differ in its size
    Buffer.PATCH: BufferRule(_size(0x10), initialised=True, is_global=False),
    Buffer.BUNDLE_CB: BufferRule(_size(0x11)),
    Buffer.PAGEPOOL: BufferRule(_size(0x12)),
    Buffer.ATTRIBUTE_CB: BufferRule(_size(0x13), self_aligned=True),
    Buffer.RTV_CB_GLOBAL: BufferRule(_size(0x14)),
    Buffer.GFXP_POOL: BufferRule(_size(0x15)),
    Buffer.GFXP_CTRL_BLK: BufferRule(_size(0x16), initialised=True),
    Buffer.FECS_EVENT: BufferRule(_size(0x17), initialised=True),
    Buffer.PRIV_ACCESS_MAP: BufferRule(_size(0x18), initialised=True, written=False),
    Buffer.UNRESTRICTED_PRIV_ACCESS_MAP: BufferRule(_size(0x18), initialised=True, written=False),
    Buffer.GLOBAL_PRIV_ACCESS_MAP: BufferRule(_size(0x18), written=False),
}

# What has to be there for the first object of all (the golden image), for one of compute or inline to memory,
# and for one that draws. That compute needs no more is how tinygrad runs it on silicon.
NEEDED_FOR_GOLDEN: tuple[Buffer, ...] = (
    Buffer.MAIN, Buffer.PATCH, Buffer.BUNDLE_CB, Buffer.PAGEPOOL, Buffer.ATTRIBUTE_CB, Buffer.RTV_CB_GLOBAL,
    Buffer.FECS_EVENT, Buffer.PRIV_ACCESS_MAP,
)  # fmt: skip
NEEDED_FOR_COMPUTE: tuple[Buffer, ...] = (Buffer.MAIN, Buffer.PATCH)
NEEDED_TO_DRAW = NEEDED_FOR_GOLDEN[:6]
DRAWING_CLASSES = (0xCB97, 0x902D)

# Words of the main image: NV_CTXSW_MAIN_IMAGE_*.
_IMAGE_CTL, _IMAGE_CTL_VALUE = 0x0C, 0xCAFE0000
_IMAGE_COMPUTE_PREEMPTION = 0x84
_IMAGE_MAGIC = ((0xFC, 0x600DC0DE), (0x100, 0xDEADCE11), (0x1FC, 0xFACEB00C))

# physAttr: NV2080_CTRL_GPU_INITIALIZE_CTX_APERTURE.
_APERTURES = {0: Aperture.VRAM, 1: Aperture.COHERENT, 2: Aperture.NONCOHERENT}


@dataclass
class PromotedBuffer:
    """One buffer of a context.

    Attributes:
        buffer: which.
        gpu_va: where it is mapped; None while no address was promoted.
        physical: memory that firmware has initialised; None for none.
    """

    buffer: Buffer
    gpu_va: int | None = None
    physical: Stretch | None = None


class MmuFaultEntry(NamedTuple):
    """A fault of the MMU as the debugger reads it."""

    gpu_va: int
    fault_type: int
    access: int


@dataclass(eq=False)
class GraphicsContext:
    """The GR context of a channel group, or of a channel without one.

    Attributes:
        buffers: what was promoted for it.
        compute_mode: where GR may leave its grids; WFI until a driver chooses (what firmware chooses for a
            GH100 is not known).
        objects: of GR classes, alive on its channels.
        faults: of the MMU, the newest last, as the debugger reads them.
        fault_info: of the last one that the debugger has not cleared; None for none.
    """

    buffers: dict[Buffer, PromotedBuffer] = field(default_factory=dict)
    compute_mode: Mode = Mode.WFI
    objects: list[RmObject] = field(default_factory=list)
    faults: list[MmuFaultEntry] = field(default_factory=list)
    fault_info: int | None = None

    def missing(self, rm: ResourceManager, channel: ChannelObject) -> str | None:
        """Why the context cannot be loaded onto GR for a channel: a sentence, or None if it can be."""
        absent = self.absent(NEEDED_FOR_COMPUTE)
        if absent:
            return f"no {absent[0].name} buffer was promoted"
        root = channel.vaspace.root if channel.vaspace is not None else None
        if root is None:
            return "the address space has no page directory"
        for buffer in NEEDED_FOR_COMPUTE:
            gpu_va = self.buffers[buffer].gpu_va
            if gpu_va is None or rm.gpu.mmu.walk(root, gpu_va).leaf is None:
                return f"the {buffer.name} buffer is not mapped at {gpu_va or 0:#x}"
        return None

    def absent(self, needed: tuple[Buffer, ...]) -> list[Buffer]:
        """Those of some buffers that cannot be used yet: not initialised, or without an address.

        The privileged access map is given by its physical address alone where the context may do more than it
        says.
        """
        return [buffer for buffer in needed if not self._is_ready(buffer)]

    def _is_ready(self, buffer: Buffer) -> bool:
        known = self.buffers.get(buffer)
        if known is None:
            return False
        rule = RULES[buffer]
        if rule.initialised and not rule.is_global and known.physical is None:
            return False
        return known.gpu_va is not None or (buffer is Buffer.PRIV_ACCESS_MAP and known.physical is not None)

    def memory(self) -> Iterator[tuple[str, Stretch]]:
        """The memory that firmware has initialised, by the names of the buffers: nobody else's business."""
        for known in self.buffers.values():
            if known.physical is not None:
                yield known.buffer.name, known.physical

    def write_image(self, rm: ResourceManager) -> None:
        """Write the golden image into the main buffer, with the context's own choices."""
        main = self.buffers[Buffer.MAIN].physical
        if main is None:
            return
        mode = (_IMAGE_COMPUTE_PREEMPTION, int(self.compute_mode))
        for offset, value in ((_IMAGE_CTL, _IMAGE_CTL_VALUE), mode, *_IMAGE_MAGIC):
            rm.memory.write(main, value.to_bytes(4, "little"), offset)

    def set_mode(self, rm: ResourceManager, mode: Mode) -> None:
        """Choose where GR may leave its grids; the image says so too."""
        self.compute_mode = mode
        main = self.buffers.get(Buffer.MAIN)
        if main is not None and main.physical is not None:
            rm.memory.write(main.physical, int(mode).to_bytes(4, "little"), _IMAGE_COMPUTE_PREEMPTION)

    def clear(self) -> None:
        """Forget every buffer."""
        self.buffers.clear()


# Promotion.


class Promotion(NamedTuple):
    """One entry of PROMOTE_CTX, looked through.

    Attributes:
        buffer: which.
        gpu_va: to promote; None for none.
        physical: memory to initialise; None for none.
    """

    buffer: Buffer
    gpu_va: int | None
    physical: Stretch | None


def read_promotion(rm: ResourceManager, context: GraphicsContext, entry: Record) -> Promotion:
    """An entry of PROMOTE_CTX.

    Raises:
        Refused: INVALID_ARGUMENT for a buffer that there is not or that is not asked for in this way,
            INVALID_ADDRESS for memory that is not there, INVALID_STATE for the memory of a context in use.
    """
    if entry.bufferId not in RULES:
        raise Refused(Status.INVALID_ARGUMENT, f"no buffer {entry.bufferId}")
    buffer = Buffer(entry.bufferId)
    if entry.bNonmapped and not entry.bInitialize:
        raise Refused(Status.INVALID_ARGUMENT, f"{buffer.name} is neither initialised nor mapped")
    gpu_va = None if entry.bNonmapped else entry.gpuVirtAddr
    if gpu_va == 0 or (gpu_va or 0) % PAGE_BYTES:
        raise Refused(Status.INVALID_ADDRESS, f"{buffer.name} at address {gpu_va:#x}")
    physical = _memory_to_initialise(rm, context, buffer, entry) if entry.bInitialize else None
    return Promotion(buffer, gpu_va, physical)


def _memory_to_initialise(
    rm: ResourceManager, context: GraphicsContext, buffer: Buffer, entry: Record
) -> Stretch:
    rule = RULES[buffer]
    aperture = _APERTURES.get(entry.physAttr & 3)
    if not rule.initialised or aperture is None:
        raise Refused(Status.INVALID_ARGUMENT, f"{buffer.name} is not initialised, or not there")
    if context.objects and not rule.is_global:
        raise Refused(Status.INVALID_STATE, f"{buffer.name} of a context with objects")
    if entry.size < rule.bytes or entry.gpuPhysAddr % PAGE_BYTES:
        raise Refused(
            Status.INVALID_ADDRESS, f"{buffer.name}: {entry.size:#x} bytes at {entry.gpuPhysAddr:#x}"
        )
    memory = Stretch(aperture, entry.gpuPhysAddr, entry.size)
    rm.memory.check(memory)
    return memory


def promote(
    rm: ResourceManager, channel: ChannelObject, asked: Promotion, others: Iterable[GraphicsContext]
) -> None:
    """Take a buffer into a channel's context; what is wrong with it is reported, as GR finds out only later.

    Args:
        rm: whose channel it is.
        channel: whose context and address space.
        asked: the buffer.
        others: all contexts that there are.
    """
    known = channel.context.buffers.setdefault(asked.buffer, PromotedBuffer(asked.buffer))
    if asked.physical is not None:
        _report_dirt(rm, asked.buffer, asked.physical, channel.handle)
        _report_sharing(rm, channel, asked, others)
        known.physical = asked.physical
    if asked.gpu_va is not None:
        known.gpu_va = asked.gpu_va
        root = channel.vaspace.root if channel.vaspace is not None else None
        if root is not None:
            _report_mapping(rm, root, known, channel.handle)


def _report_dirt(rm: ResourceManager, buffer: Buffer, memory: Stretch, handle: int) -> None:
    """Memory to initialise has to be cleared by the driver."""
    if rm.memory.read(memory, RULES[buffer].bytes).strip(b"\0"):
        rm.gpu.report(
            "dirty context buffer",
            f"the {buffer.name} buffer was not zero when it was to be initialised",
            address=memory.address,
            handle=handle,
        )


def _report_sharing(
    rm: ResourceManager, channel: ChannelObject, asked: Promotion, others: Iterable[GraphicsContext]
) -> None:
    """Two contexts in one memory run over each other."""
    if RULES[asked.buffer].is_global or asked.physical is None:
        return
    for other in others:
        theirs = other.buffers.get(asked.buffer)
        if other is not channel.context and theirs is not None and _overlap(theirs.physical, asked.physical):
            rm.gpu.report(
                "shared context buffer",
                f"two contexts have one {asked.buffer.name} buffer",
                address=asked.physical.address,
                handle=channel.handle,
            )


def _overlap(one: Stretch | None, other: Stretch) -> bool:
    if one is None or one.aperture is not other.aperture:
        return False
    return one.address < other.address + other.size_bytes and other.address < one.address + one.size_bytes


def _report_mapping(rm: ResourceManager, root: Pdb, known: PromotedBuffer, handle: int) -> None:
    """A buffer has to be mapped as a whole, privileged, and to the memory that was initialised."""
    start, rule = known.gpu_va or 0, RULES[known.buffer]
    for kind, why in _flaws(rm, root, known, rule):
        text = f"the {known.buffer.name} buffer is promoted at an address that {why}"
        rm.gpu.report(kind, text, gpu_va=start, handle=handle)


def _flaws(
    rm: ResourceManager, root: Pdb, known: PromotedBuffer, rule: BufferRule
) -> Iterator[tuple[str, str]]:
    start = known.gpu_va or 0
    leaves = list(rm.gpu.mmu.leaves(root, start, start + rule.bytes))
    if _covered(leaves, start) < start + rule.bytes:
        yield "unmapped context buffer", "is not mapped"
        return
    if not all(leaf.privileged for leaf in leaves):
        yield "unprivileged context buffer", "is not mapped privileged"
    if rule.written and any(leaf.read_only for leaf in leaves):
        yield "read-only context buffer", "is mapped read-only"
    if known.physical is not None and not _leads_to(leaves[0], start, known.physical):
        yield "misplaced context buffer", "leads to other memory than was initialised"
    if rule.self_aligned and start % (1 << (rule.bytes - 1).bit_length()):
        yield "misaligned context buffer", "is not a multiple of its size"


def _covered(leaves: list[Leaf], start: int) -> int:
    """Up to where pages follow one another from `start` on."""
    end = start
    for leaf in leaves:
        if leaf.gpu_va > end:
            break
        end = leaf.gpu_va + leaf.page_bytes
    return end


def _leads_to(leaf: Leaf, gpu_va: int, memory: Stretch) -> bool:
    same = leaf.aperture is memory.aperture or (leaf.aperture.is_host and memory.aperture.is_host)
    return same and leaf.address + gpu_va - leaf.gpu_va == memory.address


# Objects.


def admit(rm: ResourceManager, channel: ChannelObject, class_id: int) -> None:
    """Let an object of a GR class be made on a channel: its context is complete, and has its image.

    Raises:
        Refused: INVALID_STATE while buffers are missing, INVALID_ADDRESS where they are not mapped.
    """
    context = channel.context
    needed = NEEDED_TO_DRAW if class_id in DRAWING_CLASSES else NEEDED_FOR_COMPUTE
    absent = context.absent(needed if rm.has_golden_image else NEEDED_FOR_GOLDEN)
    if absent:
        names = ", ".join(buffer.name for buffer in absent)
        raise Refused(Status.INVALID_STATE, f"buffers of the GR context that were not promoted: {names}")
    unmapped = context.missing(rm, channel)
    if unmapped:
        raise Refused(Status.INVALID_ADDRESS, unmapped)
    if not context.objects:
        context.write_image(rm)
    rm.has_golden_image = True
