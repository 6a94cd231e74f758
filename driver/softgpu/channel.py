"""A channel as Host keeps it: what it was made of, where it stands, and what took it off.

Facts: open-gpu-doc:manuals/ampere/ga100/dev_pbdma.ref (registers and interrupts), dev_ram.ref (RAMFC, USERD);
OGKM:src/nvidia/generated/g_kernel_channel_nvoc.h (privilege).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from barewire.softgpu.methods import HOST_END

if TYPE_CHECKING:
    from barewire.softgpu.channel_memory import Userd, VirtualMemory

DEFAULT_TIMESLICE_NS = (128 << 3) * 1024  # NV_RAMRL_ENTRY_TSG_TIMESLICE_*
XID_MMU_FAULT = 31
XID_PBDMA = 32


class Interrupt0(IntEnum):
    """NV_PPBDMA_INTR_0: bits."""

    GPFIFO = 13
    GPPTR = 14
    GPENTRY = 15
    PBPTR = 17
    PBENTRY = 18
    METHOD = 21
    DEVICE = 23
    SEMAPHORE = 25
    ACQUIRE = 26
    PBSEG = 30


class Interrupt1(IntEnum):
    """NV_PPBDMA_INTR_1: bits."""

    HCE_RE_ILLEGAL_OP = 0
    HCE_RE_ALIGNB = 1
    HCE_PRIV = 2
    HCE_ILLEGAL_MTHD = 3
    HCE_ILLEGAL_CLASS = 4
    CTXNOTVALID = 31


class ChannelError(Exception):
    """What takes a channel off its runlist.

    Attributes:
        xid: NVIDIA's number of it.
        text: what the kernel driver's log says of it after the channel's number; None for a fault.
        facts: registers, methods, data and addresses.
        fault: the MMU's fault, if it is one.
        lines: of the log, before the channel's own.
    """

    def __init__(
        self, xid: int, text: str | None, fault: Any = None, lines: tuple[str, ...] = (), **facts: Any
    ) -> None:
        super().__init__(text or "; ".join(lines) or str(fault))
        self.xid = xid
        self.text = text
        self.fault = fault
        self.lines = lines
        self.facts = facts


def host_error(bit: Interrupt0, why: str, **facts: Any) -> ChannelError:
    """PBDMA stops with a bit of NV_PPBDMA_INTR_0."""
    return ChannelError(XID_PBDMA, f" intr0 {1 << bit:08x}", interrupt=f"INTR_0_{bit.name}", why=why, **facts)


def host_copy_error(bit: Interrupt1, why: str, **facts: Any) -> ChannelError:
    """PBDMA stops with a bit of NV_PPBDMA_INTR_1."""
    return ChannelError(XID_PBDMA, f" intr1 {1 << bit:08x}", interrupt=f"INTR_1_{bit.name}", why=why, **facts)


@dataclass
class ChannelSetup:
    """What resource management decided about a channel.

    Attributes:
        chid: its number on its runlist; the doorbell's token is `runlist << 16 | chid`.
        runlist: the runlist.
        engines: names of the engines behind it, the one for subchannels 0 to 3 first: ("COPY2",),
            ("GR0", "COPY0").
        pdb: the page directory of its address space (`mmu.Pdb`).
        gpfifo_va: GPU address of its ring.
        entries: of the ring, a power of two.
        userd: where its USERD lies (has `aperture` and `address`).
        privileged: whether it may do what only RM's own channels may (NV_PPBDMA_CONFIG_AUTH_LEVEL).
        physical_copies: whether its copies may use physical addresses; None: if it is privileged.
        group: number of its channel group on the runlist; None for a group of its own.
        classes: objects that exist on it; None: the engines' classes count as made.
        instance: where its instance block lies (has `aperture` and `address`), for fault buffers.
        owner: whatever resource management knows it by.
    """

    chid: int
    runlist: int
    engines: tuple[str, ...]
    pdb: Any
    gpfifo_va: int
    entries: int
    userd: Any
    privileged: bool = False
    physical_copies: bool | None = None
    group: int | None = None
    classes: set[int] | None = None
    instance: Any = None
    owner: Any = None


class State(Enum):
    """Whether a channel could run now."""

    OFF = "not scheduled"
    IDLE = "nothing to do"
    READY = "work to do"
    WAITING = "an acquire failed"
    DEAD = "taken off by an error"


class Stop(Enum):
    """Why a channel stopped running."""

    IDLE = 1  # GP_GET reached GP_PUT
    WAIT = 2  # an acquire failed
    YIELD = 3
    TIME = 4  # there is more to do
    ENGINE = 5  # its engine is at work, and will tell when it is done


# Work that must end before the next method: says why it cannot go on yet, None once it is done.
Pending = Callable[[int], "Stop | None"]


class Engine(Protocol):
    """An engine as one channel sees it.

    Attributes:
        class_ids: of the objects that it takes methods for.
        name: as error texts have it.
        is_copy: whether it is a copy engine.
        busy: whether it was given work that nobody waited for.
        working: whether it is at something that goes on without Host, so that Host has to wait for it.
    """

    class_ids: tuple[int, ...]
    name: str
    is_copy: bool
    busy: bool

    @property
    def working(self) -> bool:
        """See above."""
        ...

    def bind(self, subchannel: int, class_id: int) -> None:
        """Methods of a subchannel are those of an object of this class from now on."""
        ...

    def method(self, address: int, data: int) -> bool:
        """Take a method; whether the channel has to stop after it.

        Raises:
            ChannelError: it refuses.
        """
        ...

    def settle(self) -> None:
        """Wait until it is idle, and let everything be seen."""
        ...

    def flushed(self) -> None:
        """A memory barrier was passed."""
        ...


class Group:
    """Channels that share a timeslice (a TSG)."""

    def __init__(self, number: int | None, timeslice_ns: int = DEFAULT_TIMESLICE_NS) -> None:
        self.number = number
        self.timeslice_ns = timeslice_ns
        self.channels: list[Channel] = []
        self.turn = 0


@dataclass(eq=False)
class Channel:
    """A channel's state, what RAMFC holds of it on hardware.

    Attributes:
        scheduled, enabled: whether it is on the runlist, and may run there.
        rung: whether its doorbell rang since GP_PUT was read.
        gp_get, gp_put: indices into the ring.
        by_subchannel: the engines that subchannels 0 to 4 lead to.
        extended_base: bits 56:40 of pushbuffer addresses, already in place.
        words, index: the part of the pushbuffer that was fetched, and the next of its words.
        method: the one that was executed last, of those that do something.
        segment_va, segment_left: where the rest of the segment is, in bytes and words.
        left, address, kind, subchannel: methods of the sequence that is open.
        host: the data of host methods, by address.
        pending: what has to end before the next method.
        engine_job: whether `pending` is the engine's work, which nothing interrupts.
        credits: doorbells that may find GP_PUT unchanged, as an earlier one took their entries too.
    """

    setup: ChannelSetup
    memory: VirtualMemory
    userd: Userd
    group: Group
    engines: list[Engine] = field(default_factory=list)
    by_subchannel: list[Engine] = field(default_factory=list)
    state: State = State.OFF
    scheduled: bool = False
    enabled: bool = True
    rung: bool = False
    gp_get: int = 0
    gp_put: int = 0
    gp_words: list[int] = field(default_factory=list)
    extended_base: int = 0
    words: list[int] = field(default_factory=list)
    index: int = 0
    method: int = 0
    segment_va: int = 0
    segment_left: int = 0
    segment_main: bool = True
    in_segment: bool = False
    left: int = 0
    address: int = 0
    kind: int = 0
    subchannel: int = 0
    mask: int = 0xFFF
    stored_mask: int = 0xFFF
    host: list[int] = field(default_factory=lambda: [0] * HOST_END)
    pending: Pending | None = None
    engine_job: bool = False
    credits: int = 0
    error: ChannelError | None = None

    @property
    def chid(self) -> int:
        """Its number on its runlist."""
        return self.setup.chid

    @property
    def token(self) -> int:
        """What its doorbell takes."""
        return self.setup.runlist << 16 | self.setup.chid

    def connect(self, engines: list[Engine]) -> None:
        """Let subchannels lead to engines: 4 to its own if that copies, else to the first that does."""
        copies = next((engine for engine in engines if engine.is_copy), engines[0])
        self.engines = engines
        self.by_subchannel = [engines[0]] * 4 + [copies]

    @property
    def has_work(self) -> bool:
        """Whether there is anything that was submitted and is not done."""
        return (
            self.pending is not None
            or self.index < len(self.words)
            or self.segment_left > 0
            or self.in_segment
            or self.gp_get != self.gp_put
        )

    def settle(self) -> None:
        """Find the state that follows from what it has to do."""
        if self.error is not None:
            self.state = State.DEAD
        elif not self.scheduled or not self.enabled:
            self.state = State.OFF
        else:
            self.state = State.READY if self.has_work else State.IDLE
