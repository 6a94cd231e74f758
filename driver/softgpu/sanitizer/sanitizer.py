"""The sanitizer of one GPU: what the units tell it, and what it concludes.

Every call is made with the GPU's lock held. What it finds is among the GPU's reports, by the names of
`kinds.KINDS`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.channel_memory import Refused
from barewire.softgpu.methods import HOST_CLASS, HOST_END, describe
from barewire.softgpu.page_tables import Aperture, Pdb, Walk
from barewire.softgpu.sanitizer import kinds
from barewire.softgpu.sanitizer.findings import Findings
from barewire.softgpu.sanitizer.launches import Launches
from barewire.softgpu.sanitizer.memory import VideoUses
from barewire.softgpu.sanitizer.operation import Operation, Stretch
from barewire.softgpu.sanitizer.order import Known, Order, Timeline
from barewire.softgpu.sanitizer.place import Place
from barewire.softgpu.sanitizer.races import HostUses
from barewire.softgpu.sanitizer.submissions import Peek, Submissions
from barewire.softgpu.sanitizer.tables import TablePages
from barewire.softgpu.sm.watch import UNWRITTEN, Event, Watch

if TYPE_CHECKING:
    from barewire.softgpu.channel import Channel
    from barewire.softgpu.chip import SoftGpu

WORD_BYTES = 4
PAGE_SHIFT = 12
MOST_DELAY_S = 0.0004  # from a doorbell to the work that it brought
MOST_STRETCHES = 64  # of one operation, that are looked at when mappings change
MOST_LISTED = 256  # operations of one channel, before those that are over are looked for
MOST_OPERATIONS = 1 << 14  # that reports can name
SEED = 4


@dataclass
class Watched:
    """What is known of one channel.

    Attributes:
        timeline: what its Host knows.
        submissions: what it was given.
        ring: where its ring was when it was first used: (aperture is the host's, address).
        operations: that it asked for and that the CPU may not know to have ended.
    """

    timeline: Timeline
    submissions: Submissions
    ring: tuple[bool, int] | None = None
    operations: list[Operation] = field(default_factory=list)

    def add(self, operation: Operation, cpu: Known) -> None:
        """One more, and those that are over long since are forgotten."""
        self.operations.append(operation)
        if len(self.operations) > MOST_LISTED:
            self.operations = [one for one in self.operations if not (one.ended and one.number in cpu)]


class Sanitizer:
    """See the package.

    Args:
        gpu: whose reports take what is found.

    Attributes:
        running: the channel whose words are executed now.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        self._gpu = gpu
        self._findings = Findings(gpu)
        self._peek = Peek(gpu)
        self._random = random.Random(SEED)
        self._number = 0
        self._video = VideoUses(gpu.vram)
        self.running: Channel | None = None
        self._forget()

    def _forget(self) -> None:
        self._order = Order()
        self._channels: dict[Channel, Watched] = {}
        self._live: dict[int, Operation] = {}
        self._named: dict[int, Operation] = {}
        self._host = HostUses()
        self._launches = Launches()
        self._tables = TablePages()
        self._compared: set[tuple[Pdb, int]] = set()
        self._cached: dict[Pdb, Operation] = {}  # the first grid since the data caches were invalidated

    def reset(self) -> None:
        """The GPU was reset: no channel, no operation, and nothing in memory that may be read."""
        self._forget()
        self._order.cpu = Known(self._number)
        self._video.forget()

    def close(self) -> None:
        """Give back what it has of this process."""
        self._video.close()

    # Where.

    def place_now(self) -> Place | None:
        """Where the channel stands whose words are executed now; None if none is."""
        return self.place(self.running) if self.running is not None else None

    def place(self, channel: Channel) -> Place:
        """Where a channel stands: the word that it executes now, or the last one."""
        left = len(channel.words) - channel.index + 1
        gpu_va = channel.segment_va - left * WORD_BYTES
        return Place(channel.token, channel.gp_get, gpu_va, _method(channel))

    # What the CPU and the MMU look at.

    def shown(self, vram_offset: int, size_bytes: int) -> None:
        """The CPU sees a stretch of video memory through a BAR from now on."""
        self._video.show(vram_offset, size_bytes)

    def table_read(self, vram_offset: int, size_bytes: int) -> None:
        """The MMU is about to read page tables."""
        first = self._video.unwritten(vram_offset, size_bytes)
        if first is not None:
            self._findings.tell(
                kinds.UNWRITTEN.name,
                "the MMU reads an entry of a page table that nobody has written",
                None,
                "page table",
                vram_offset=first,
            )

    # How the GPU behaves while it is watched: as it may, and as a driver would rather not have it.

    def delay_s(self) -> float:
        """From a doorbell to the work that it brought; half of the time nothing."""
        return max(0.0, self._random.uniform(-MOST_DELAY_S, MOST_DELAY_S))

    def mix(self, runlists: list[Any]) -> None:
        """Change the order of runlists that could run now."""
        self._random.shuffle(runlists)

    # What engines do.

    def begin(
        self,
        channel: Channel,
        name: str,
        engine: str = "",
        follows: Iterable[Operation] = (),
        **facts: Any,
    ) -> Operation:
        """An engine is given something to do, at the place where the channel stands now.

        What Host of the channel knows to have ended comes before it; nothing else does.

        Args:
            name: "copy", "grid", "inline write".
            engine: who does it; the channel's first if not given.
            follows: operations that have ended before this one begins and whose writes it sees, for reasons
                that Host does not know of: a dependent grid's, a copy that is not pipelined.
            facts: what reports tell of it, such as `kernel_va` and `qmd_va` of a grid.
        """
        watched = self._watched(channel)
        engine = engine or channel.engines[0].name
        self._number += 1
        knows = watched.timeline.known
        for before in follows:
            knows = knows.join(before.knows).add((before.number,))
        operation = Operation(
            self._number,
            name,
            self.place(channel),
            (channel.token, engine),
            channel.setup.pdb,
            knows,
            facts,
        )
        watched.timeline.begun(engine, operation.number)
        watched.add(operation, self._order.cpu)
        self._live[operation.number] = self._named[operation.number] = operation
        if len(self._named) > MOST_OPERATIONS:
            self._named.pop(next(iter(self._named)))
        return operation

    def touched(
        self,
        operation: Operation,
        aperture: Aperture,
        address: int,
        size_bytes: int,
        write: bool,
        gpu_va: int = 0,
    ) -> None:
        """An operation reads or writes a stretch of memory; to be told before it does.

        Args:
            gpu_va: by which address, if by one of the operation's address space.
        """
        if aperture is Aperture.SPARSE or aperture is Aperture.PEER:
            return
        if gpu_va and len(operation.mapped) < MOST_STRETCHES:
            operation.mapped.append(Stretch(gpu_va, aperture.is_host, address, size_bytes))
        if aperture.is_host:
            use = self._host.add(operation, address, size_bytes, write)
            if use is not None:
                self._race(operation, use.operation, write, use.write, iova=max(address, use.start))
            return
        if not write:
            self._look_for_unwritten(operation, address, size_bytes, gpu_va)
        conflict = self._video.use(operation, address, size_bytes, write)
        if conflict is not None:
            other = self._named.get(conflict.other)
            self._race(operation, other, write, conflict.other_wrote, vram_offset=conflict.vram_offset)

    def _look_for_unwritten(self, operation: Operation, address: int, size_bytes: int, gpu_va: int) -> None:
        first = self._video.unwritten(address, size_bytes)
        if first is None:
            return
        self._findings.tell(
            kinds.UNWRITTEN.name,
            f"a {operation.name} reads video memory that nobody has written",
            operation.place,
            (operation.stream, operation.name),
            gpu_va=gpu_va + first - address if gpu_va else 0,
            vram_offset=first,
            **operation.facts,
        )

    def _race(
        self, operation: Operation, other: Operation | None, write: bool, other_write: bool, **where: int
    ) -> None:
        self._findings.tell(
            kinds.RACE.name,
            _of_race(operation, other, write, other_write),
            operation.place,
            (operation.stream, other and other.stream, operation.name, write, other_write),
            other=str(other),
            **where,
            **operation.facts,
        )

    def watch(self, operation: Operation) -> Watch | None:
        """What the SMs tell of their accesses to, for `Launch.watch` of a grid; None once it is closed."""
        return self._video.watch(operation)

    def ended(self, operation: Operation, watch: Watch | None = None) -> None:
        """An operation touches nothing any more: it is done, or was ended by force.

        Nobody knows of it yet: a WFI (`idle`) or a release tells.

        Args:
            watch: a grid's, whose findings become reports.
        """
        operation.ended = True
        for event in watch.events if watch is not None else ():
            self._event(operation, event)
        for slot in self._launches.ended(operation, self._vram):
            self._slot_rewritten(operation, slot)

    def _event(self, operation: Operation, event: Event) -> None:
        """What a grid's lanes did."""
        place = operation.place._replace(kernel_va=operation.facts.get("kernel_va", 0), pc=event.pc)
        facts: dict[str, Any] = {
            **operation.facts,
            "gpu_va": event.gpu_va,
            "vram_offset": event.vram_offset,
            "cta": event.cta,
            "warp": event.warp,
            "lane": event.lane,
        }
        if event.kind == UNWRITTEN:
            self._findings.tell(
                kinds.UNWRITTEN.name,
                f"a {operation.name} reads video memory that nobody has written",
                place,
                (operation.stream, event.pc),
                event.count,
                **facts,
            )
            return
        other = self._named.get(event.other)
        self._findings.tell(
            kinds.RACE.name,
            _of_race(operation, other, event.write, event.other_wrote),
            place,
            (operation.stream, event.pc),
            event.count,
            other=str(other),
            **facts,
        )

    def launched_qmd(self, operation: Operation, stretches: Iterable[tuple[int, int]]) -> None:
        """A grid uses its QMD and bank 0, at (vram_offset, bytes) each, until it has ended.

        Who changes them meanwhile is reported, as is who launches the same QMD again before. The first
        stretch is the QMD's.
        """
        for index, slot in enumerate(stretches):
            before = self._launches.begin(operation, slot, self._vram)
            if before is None or before.operation.number in operation.knows:
                continue
            if index == 0:
                self._findings.tell(
                    kinds.QMD_IN_USE.name,
                    "a QMD was launched again, and nothing says that its grid before had ended",
                    operation.place,
                    (operation.stream, before.operation.stream),
                    vram_offset=slot[0],
                    other=str(before.operation),
                    **operation.facts,
                )

    def loads_through_caches(self, operation: Operation, invalidated: bool) -> None:
        """A grid begins.

        The model has no data caches: that any other grid since their invalidation may have left old lines
        there is its own choice.

        Args:
            invalidated: the SMs' data caches are, just before.
        """
        if operation.pdb is None:
            return
        before = self._cached.get(operation.pdb)
        if invalidated or before is None:
            self._cached[operation.pdb] = operation
            return
        self._findings.tell(
            kinds.STALE_DATA.name,
            "the grid's loads may find old data in the caches of SMs, where another grid has left it",
            operation.place,
            operation.facts.get("kernel_va"),
            other=str(before),
            **operation.facts,
        )

    def data_caches_invalidated(self, pdb: Pdb) -> None:
        """A channel of an address space invalidated the SMs' data caches."""
        self._cached.pop(pdb, None)

    def _slot_rewritten(self, operation: Operation, slot: tuple[int, int]) -> None:
        self._findings.tell(
            kinds.SLOT_REWRITTEN.name,
            "a QMD or its constants changed while the grid was not known to have ended",
            operation.place,
            operation.stream,
            vram_offset=slot[0],
            size_bytes=slot[1],
            **operation.facts,
        )

    def _vram(self, slot: tuple[int, int]) -> bytes:
        return self._gpu.vram.read(*slot)

    # What orders them.

    def idle(self, channel: Channel) -> None:
        """Host waited until the channel's engines were idle and their writes visible (WFI)."""
        watched = self._watched(channel)
        watched.timeline.waited()

    def released(
        self,
        channel: Channel,
        gpu_va: int,
        operations: Iterable[Operation] = (),
        host: bool = True,
        engine: str = "",
        adds: bool = False,
    ) -> None:
        """A semaphore was written, which tells others what has ended. To be told after it was.

        Args:
            gpu_va: of the semaphore, in the channel's address space.
            operations: that have ended, and whose writes are visible to who sees the semaphore: the grid
                itself for the release of a QMD with a membar.
            host: whether what Host of the channel knows is told too.
            engine: all that this engine has ended of the channel is visible, too.
            adds: it was a reduction: what the semaphore told before still counts.
        """
        timeline = self._watched(channel).timeline
        known = timeline.known if host else Known()
        for operation in operations:
            known = known.join(operation.knows).add((operation.number,))
        if engine:
            known = known.join(timeline.of(engine))
        found = self._semaphore(channel, gpu_va)
        if found is not None:
            self._order.tell(found[0], known, found[1], adds)
            self._prune()

    def acquired(self, channel: Channel, gpu_va: int) -> None:
        """A semaphore let the channel go on."""
        found = self._semaphore(channel, gpu_va)
        if found is not None:
            self._watched(channel).timeline.learn(self._order.told(*found))

    def _semaphore(self, channel: Channel, gpu_va: int) -> tuple[tuple[int, int], int] | None:
        """(its place, what it holds); None if it is nowhere."""
        try:
            place = next(iter(channel.memory.places(gpu_va, WORD_BYTES, True)), None)
            if place is None or place.aperture is Aperture.SPARSE:
                return None
            value = channel.memory.load(gpu_va, WORD_BYTES)
        except Refused:
            return None
        return (int(place.aperture.is_host), place.address), value

    def _prune(self) -> None:
        """Forget what can collide with nobody any more."""
        cpu = self._order.cpu
        if self._live:
            for number in [number for number in self._live if number in cpu and self._live[number].ended]:
                del self._live[number]
        floor = cpu.below
        for channel, watched in self._channels.items():
            if channel.has_work:
                floor = min(floor, watched.timeline.known.below)
        self._host.forget(floor)

    def rang(self, channel: Channel, first: int) -> None:
        """A doorbell rang and showed the ring's entries from `first` on, to before GP_PUT.

        The CPU knows what was written to memory by now, and so does what it asks for.
        """
        self._compared.clear()
        watched = self._watched(channel)
        watched.timeline.rung.append((channel.gp_put, self._order.cpu))
        watched.submissions.rang(channel, first, channel.gp_put)
        if watched.ring is None and channel.setup.pdb is not None:
            ring = self._peek.mapped(channel.setup.pdb, channel.setup.gpfifo_va)
            watched.ring = (ring.aperture.is_host, ring.address) if ring is not None else None

    # What a channel is given.

    def taken(self, channel: Channel, entry: int) -> None:
        """Host takes the entry at GP_GET from the ring."""
        watched = self._watched(channel)
        watched.timeline.entered(channel.gp_get, channel.setup.entries, channel.gp_put)
        watched.submissions.taken(channel.gp_get, entry)

    def fetched(self, channel: Channel, gpu_va: int, words: bytes) -> None:
        """Host fetches words."""
        self._watched(channel).submissions.fetched(gpu_va, words)

    def resumed(self, channel: Channel) -> None:
        """A channel goes on after it waited: what it has fetched is still the same?"""
        left = len(channel.words) - channel.index
        pdb = channel.setup.pdb
        if left and pdb is not None:
            gpu_va = channel.segment_va - left * WORD_BYTES
            self.fetched(channel, gpu_va, self._peek.read(pdb, gpu_va, left * WORD_BYTES))

    def _changed(self, channel: Channel, what: str, at: int) -> None:
        self._findings.tell(
            kinds.CHANGED.name,
            f"{what} is not what it was when the doorbell rang",
            None,
            channel.token,
            at=at,
        )

    # What may not happen meanwhile.

    def walked(self, pdb: Pdb, walk: Walk) -> None:
        """The MMU looked an address up in the tables."""
        self._tables.walked(pdb, walk)
        leaf = walk.leaf
        if leaf is None or leaf.aperture is not Aperture.VRAM or leaf.privileged or self._is_of_bar(pdb):
            return
        found = self._tables.meet(leaf.address, leaf.page_bytes, self._roots())
        if found is None:
            found = self._instance_within(leaf.address, leaf.page_bytes)
        if found is not None:
            what, address = found
            self._findings.tell(
                kinds.OVERLAPPING.name,
                f"an ordinary page shows {what}",
                None,
                (pdb, what, address),
                gpu_va=leaf.gpu_va,
                vram_offset=address,
            )

    def is_to_be_compared(self, pdb: Pdb, gpu_va: int) -> bool:
        """Whether a translation that the TLB remembers was not compared since a doorbell rang.

        Who changes tables does so before the doorbell of the work that it is for.
        """
        page = (pdb, gpu_va >> PAGE_SHIFT)
        if page in self._compared:
            return False
        self._compared.add(page)
        return True

    def tables_changed(self, pdb: Pdb) -> bool:
        """Whether page tables of an address space may have changed since this was asked last."""
        return self._tables.changed(pdb, self._gpu.vram.read)

    def _is_of_bar(self, pdb: Pdb) -> bool:
        apertures = self._gpu.apertures
        return pdb in (apertures.bar1.pdb, apertures.bar2.pdb)

    def _roots(self) -> set[Pdb]:
        """The address spaces that are in use."""
        roots = {channel.setup.pdb for channel in self._gpu.fifo.channels.values()}
        roots |= {self._gpu.apertures.bar1.pdb, self._gpu.apertures.bar2.pdb}
        return {root for root in roots if root is not None}

    def _instance_within(self, address: int, size_bytes: int) -> tuple[str, int] | None:
        """What firmware keeps of a channel in a stretch of video memory: (what, where)."""
        for channel in self._gpu.fifo.channels.values():
            for what, block in _of_firmware(channel):
                if block.aperture is Aperture.VRAM and address <= block.address < address + size_bytes:
                    return f"{what} of channel {channel.token:#x}", block.address
        return None

    def invalidated(self, pdb: Pdb | None, gpu_va: int | None, depth: int) -> None:
        """The MMU was told to forget."""
        self._tables.invalidated(pdb)
        self._compared.clear()
        for operation in self._unfinished():
            if operation.pdb is not None and (pdb is None or operation.pdb == pdb):
                self._look_at_mappings(operation)
        for channel, watched in self._channels.items():
            if pdb is None or channel.setup.pdb == pdb:
                self._look_at_ring(channel, watched)

    @property
    def running_operations(self) -> list[Operation]:
        """What engines are at now."""
        return [operation for operation in self._live.values() if not operation.ended]

    def _unfinished(self) -> list[Operation]:
        """Operations that the CPU cannot know to have ended."""
        return [operation for operation in self._live.values() if operation.number not in self._order.cpu]

    def _look_at_mappings(self, operation: Operation) -> None:
        for stretch in operation.mapped:
            now = self._peek.mapped(operation.pdb, stretch.gpu_va) if operation.pdb is not None else None
            if now is None or (now.aperture.is_host, now.address) != (stretch.host, stretch.address):
                self._taken_away(operation.place, f"a {operation.name}", stretch.gpu_va)

    def _look_at_ring(self, channel: Channel, watched: Watched) -> None:
        pdb = channel.setup.pdb
        if watched.ring is None or pdb is None or channel.error is not None or not channel.has_work:
            return
        now = self._peek.mapped(pdb, channel.setup.gpfifo_va)
        if now is None or (now.aperture.is_host, now.address) != watched.ring:
            who = "a channel with work left, whose ring it is"
            self._taken_away(self.place(channel), who, channel.setup.gpfifo_va)

    def _taken_away(self, place: Place, who: str, address: int) -> None:
        self._findings.tell(
            kinds.TAKEN_AWAY.name,
            f"memory was taken away that may still be used by {who}",
            place,
            (place, who),
            address=address,
        )

    def settled(self) -> None:
        """The host took memory away from the GPU."""
        for operation in self._unfinished():
            for stretch in operation.mapped:
                if stretch.host and not self._is_there(stretch.address):
                    self._taken_away(operation.place, f"a {operation.name}", stretch.address)

    def _is_there(self, iova: int) -> bool:
        try:
            self._gpu.host.address(iova, 1, False)
        except DmaRefused:
            return False
        return True

    def stopped(self, channel: Channel) -> None:
        """A channel is off its engines, and resource management says so: nothing of it touches memory.

        A grid that was left in the middle rests. Should it go on one day, it comes before everything all the
        same, which is the model's own choice.
        """
        watched = self._channels.get(channel)
        if watched is None:
            return
        self._order.cpu = self._order.cpu.add(operation.number for operation in watched.operations)
        watched.operations = [operation for operation in watched.operations if not operation.ended]
        self._prune()

    def channel_destroyed(self, channel: Channel) -> None:
        """A channel is gone for good: its engines are done with it."""
        watched = self._channels.get(channel)
        if watched is None:
            return
        for operation in watched.operations:
            operation.ended = True
        self.stopped(channel)
        del self._channels[channel]

    def _watched(self, channel: Channel) -> Watched:
        watched = self._channels.get(channel)
        if watched is None:
            submissions = Submissions(self._peek, lambda what, at: self._changed(channel, what, at))
            watched = self._channels[channel] = Watched(Timeline(self._order.cpu), submissions)
        return watched


def _of_firmware(channel: Channel) -> Iterator[tuple[str, Any]]:
    """The memory of a channel that only GPU and firmware may write: (what, aperture and address)."""
    if channel.setup.instance is not None:
        yield "the instance block", channel.setup.instance
    context = getattr(channel.setup.owner, "context", None)  # a channel made by hand has none
    buffers = getattr(context, "memory", None)
    for name, memory in buffers() if buffers is not None else ():
        yield f"the context buffer {name}", memory


def _of_race(operation: Operation, other: Operation | None, write: bool, other_write: bool) -> str:
    """What two operations do, in a sentence."""
    who = other.name if other is not None else "an earlier operation"
    ways, before = {False: "reads", True: "writes"}, {False: "read", True: "wrote"}
    return (
        f"the {operation.name} {ways[write]} what the {who} {before[other_write]}, and nothing orders the two"
    )


def _method(channel: Channel) -> str:
    """NVIDIA's name of the method that a channel executes."""
    if channel.method < HOST_END:
        return describe(HOST_CLASS, channel.method)
    if channel.subchannel >= len(channel.by_subchannel):
        return ""
    return describe(channel.by_subchannel[channel.subchannel].class_ids[0], channel.method)
