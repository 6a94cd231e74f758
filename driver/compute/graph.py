"""Graphs: launches and copies that were captured once and are replayed with one doorbell.

Kernels that follow each other are chained by the hardware: each QMD names the next, and the compute
scheduler starts it when the one before has completed (`H100:` 0.54 us a kernel, against 1.9 us with a wait
between them). A copy between kernels is a hand-over to the copy queue and back.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from barewire.channel.queue import PUSHBUFFER_LIMIT_BYTES
from barewire.compute import qmd
from barewire.errors import ArgumentMismatch, Freed, UsageError, WrongDevice
from barewire.native._native import ffi, lib
from barewire.rounding import round_up, whole

if TYPE_CHECKING:
    from barewire.compute.module import Launcher
    from barewire.device import Device

# A node: its QMD, then bank 0.
NODE_ALIGNMENT = 256
BANK0_OFFSET = 0x180
POINTER_BYTES = 8
FIRST_RUN = 128


@dataclass
class LaunchNode:
    """One captured launch.

    Attributes:
        data: its parameter area.
        group: nodes of the same group do not wait for each other.
        arrays: what must not be freed while the graph is used.
        offset: where its slot lies in the graph's memory.
        names: offset of a parameter -> name of the argument whose address stands there.
    """

    launcher: Launcher
    data: bytes
    group: int
    arrays: tuple[Any, ...] = ()
    offset: int = 0
    names: dict[int, str] = field(default_factory=dict)


@dataclass
class CopyNode:
    """One captured copy; a name is empty where the GPU virtual address is not a named array's."""

    source: int
    destination: int
    size_bytes: int
    group: int
    arrays: tuple[Any, ...] = ()
    source_name: str = ""
    destination_name: str = ""


Node = LaunchNode | CopyNode


class Graph:
    """What `Device.capture` gives: fill it inside the `with`, launch it afterwards.

    with dev.capture(x=x, y=y) as graph:
        k[4, 256](x, y, np.float32(2))
    graph.launch(x=other)

    Making it raises:
        WrongDevice, Freed: what was named is not an array of the device, or was freed.
    """

    def __init__(self, device: Device, named: dict[str, Any]) -> None:
        for name, array in named.items():
            _expect_array(device, name, array)
        self.device = device
        self.nodes: list[Node] = []
        self._named = named
        self._group = 0
        self._independent = False
        self._sizes = {name: getattr(array, "size_bytes", 0) for name, array in named.items()}
        self._current: dict[str, int] = {}
        self._placed = True  # whether every segment holds the addresses in _current
        self._kept: tuple[Any, ...] | None = None  # arrays of all nodes; None after they changed
        self._segments: list[Segment] | None = None
        self._memory: Any = None
        self._last: Any = None
        self._freed = False
        self._frees = -1

    # Filling it

    def add_launch(self, launcher: Launcher, data: bytes, arguments: tuple[Any, ...]) -> None:
        """Take a launch instead of doing it; the arrays among its arguments and its code are kept."""
        self._expect_open()
        self.nodes.append(LaunchNode(launcher, data, self._next_group(), _used(launcher, arguments)))

    def add_copy(
        self, source: int, destination: int, size_bytes: int, *, arrays: tuple[Any, ...] = ()
    ) -> None:
        """Take a copy instead of doing it.

        Args:
            arrays: those that the addresses belong to; they are kept. An address alone keeps nothing: whoever
                gives one sees to it that the memory stays until the graph is not used any more.
        """
        self._expect_open()
        self.nodes.append(CopyNode(source, destination, size_bytes, self._next_group(), arrays))

    def _expect_open(self) -> None:
        if self._segments is not None:
            raise UsageError("the graph is complete: capture another one")

    def _next_group(self) -> int:
        if not self._independent:
            self._group += 1
        return self._group

    @contextmanager
    def independent(self) -> Iterator[None]:
        """Launches inside do not wait for each other, only for what came before."""
        self._group += 1
        self._independent = True
        try:
            yield
        finally:
            self._independent = False

    # Making it

    def finish(self) -> None:
        """Lay it out in video memory; called when the `with` ends.

        Raises:
            UsageError: there is nothing in it, or more independent launches than one submission starts.
        """
        if not self.nodes:
            raise UsageError("nothing was captured")
        self._current = {name: _address(array) for name, array in self._named.items()}
        if len(set(self._current.values())) < len(self._current):
            raise UsageError("two names were given to one array: capture with two arrays")
        try:
            self._lay_out()
        except BaseException:
            self.free()
            raise

    def _lay_out(self) -> None:
        launches = [node for node in self.nodes if isinstance(node, LaunchNode)]
        end = 0
        for node in launches:
            node.offset = end
            end += round_up(BANK0_OFFSET + node.launcher.plan.bank0_bytes, NODE_ALIGNMENT)
        self._memory = self.device.graph_memory(end) if end else None
        segments = split(self.nodes)
        for segment in segments:
            if segment.launches:
                self._prepare(segment)
        for captured in self.nodes:
            self._find_names(captured)
        for node in launches:
            self._write_node(node)
        for segment in segments:
            self._find_places(segment)
            self._link(segment)
        lib.bw_store_fence()
        self._segments = segments

    def _find_names(self, node: Node) -> None:
        """Where named arguments' addresses stand in a node; arrays that are not replaced are kept with it."""
        names = {gpu_va: name for name, gpu_va in self._current.items()}
        if isinstance(node, CopyNode):
            node.source_name = names.get(node.source, "")
            node.destination_name = names.get(node.destination, "")
        else:
            before, node.names = node.names, {}
            for parameter in node.launcher.kernel.info.params:
                if parameter.size_bytes != POINTER_BYTES:
                    continue
                value = int.from_bytes(node.data[parameter.offset :][:POINTER_BYTES], "little")
                if value in names:
                    old = before.get(parameter.offset, "")
                    # Two names may stand for one array at present: what was one of them stays it.
                    node.names[parameter.offset] = old if self._current.get(old) == value else names[value]
        node.arrays = tuple(array for array in node.arrays if array.gpu_va not in names)
        self._kept = None

    def _find_places(self, segment: Segment) -> None:
        """Where the named arguments' addresses stand among a segment's parameters."""
        found: dict[str, list[int]] = {}
        for node in segment.launches:
            for offset, name in node.names.items():
                found.setdefault(name, []).append(_argument_area(node) + offset)
        segment.places = {
            name: (ffi.new("uint32_t[]", offsets), len(offsets)) for name, offsets in found.items()
        }

    def _qmd_va(self, node: LaunchNode) -> int:
        return self._memory.gpu_va + node.offset

    def _write_node(self, node: LaunchNode) -> None:
        plan = node.launcher.plan
        qmd_va = self._qmd_va(node)
        self._write(node.offset + BANK0_OFFSET, plan.bank0.placed(qmd_va + BANK0_OFFSET, qmd_va) + node.data)

    def _write(self, offset: int, data: bytes) -> None:
        """Write to the graph's memory."""
        lib.bw_copy_to_wc(self._memory.cpu + offset, data, len(data))

    def _node_qmd(self, node: LaunchNode, following: LaunchNode | None, releases: bool) -> qmd.Qmd:
        plan = node.launcher.plan
        made = qmd.Qmd(plan.template.table)
        made.load(plan.template.words)
        dialect = qmd.DIALECTS[made.table.version]
        qmd.set_bank(made, dialect, 0, self._qmd_va(node) + BANK0_OFFSET, plan.bank0_bytes)
        made.set(dialect.release_enable[0], int(releases))
        qmd.set_address(made, dialect.release, self.device.compute.timeline_va if releases else 0)
        if following is not None:
            qmd.set_dependent(made, self._qmd_va(following))
        return made

    def _link(self, segment: Segment) -> None:
        """Write the QMDs of a run of launches, each naming the next; the last releases the timeline."""
        launches = segment.launches
        for node, following in zip(launches, [*launches[1:], None][: len(launches)], strict=True):
            releases = segment.ordered and following is None
            made = self._node_qmd(node, following if segment.linked else None, releases)
            self._write(node.offset, struct.pack(f"<{len(made.words)}I", *made.words))

    # Running it

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names that `launch` takes."""
        return tuple(self._named)

    def launch(self, **arguments: Any) -> None:
        """Replay it, with other arrays for the named arguments; those that are not named stay as they were
        last.

        Raises:
            ArgumentMismatch: no argument of that name was captured.
            Freed, WrongDevice: an array cannot be used, or the code of a kernel was unloaded.
            UsageError: a graph is being captured.
        """
        self._expect_usable()
        self._check(arguments)
        self._wait_for_last()
        if self._placed:
            addresses = {name: array.gpu_va for name, array in arguments.items()}
            changed = {name: gpu_va for name, gpu_va in addresses.items() if gpu_va != self._current[name]}
        else:
            changed = {name: _address(array) for name, array in {**self._named, **arguments}.items()}
        self._placed = False
        for segment in self._segments or ():
            self._last = self._start(segment, changed)
        self._placed = True
        self._current.update(changed)
        self._named.update(arguments)

    def _expect_usable(self) -> None:
        self.device.check()
        if self._freed:
            raise Freed("the graph was freed")
        if self._segments is None:
            raise UsageError("the graph is still being captured")
        if self.device.capturing is not None:
            raise UsageError("a graph cannot be used while another is being captured")

    def _check(self, arguments: dict[str, Any]) -> None:
        for name, array in arguments.items():
            if name not in self._named:
                known = ", ".join(self._named) or "none"
                raise ArgumentMismatch(
                    f"the graph has no argument {name!r}", hint=f"it was captured with {known}"
                )
            _expect_array(self.device, name, array)
            if getattr(array, "size_bytes", 0) < self._sizes[name]:
                raise ArgumentMismatch(f"argument {name!r} is smaller than the array it was captured with")
        if self.device.frees == self._frees and self._placed:
            return
        if self._kept is None:
            self._kept = tuple({id(array): array for node in self.nodes for array in node.arrays}.values())
        named = [array for name, array in self._named.items() if name not in arguments]
        if any(array.gpu_va is None for array in (*named, *self._kept)):
            raise Freed("an array that the graph uses was freed, or code of it unloaded")
        self._frees = self.device.frees

    def _wait_for_last(self) -> None:
        """An active QMD and its constants must not change; on a queue that was replaced none is active."""
        last = self._last
        if last is None or last.done or last.queue.error is not None:
            return
        if last.queue is self.device.compute or last.queue is self.device.copies:
            last.wait()

    def update(self, index: int, *arguments: Any) -> None:
        """Give the launch at `index` other arguments, of any kind; waits until the graph is not running.

        Raises:
            UsageError: the operation is a copy, there is none of that index, or a graph is being captured.
            ArgumentMismatch, Freed, WrongDevice: an argument does not fit.
        """
        self._expect_usable()
        index = whole(index, "number of an operation")
        node = self.nodes[index] if -len(self.nodes) <= index < len(self.nodes) else None
        if not isinstance(node, LaunchNode):
            raise UsageError(f"operation {index} of {self!r} is not a launch")
        data = node.launcher.kernel.pack(arguments)
        self._wait_for_last()
        before = node.names
        node.data, node.arrays = data, _used(node.launcher, arguments)
        self._find_names(node)
        if node.names != before:
            self._find_places(self._segment_of(node))
        self._write(_argument_area(node), data)

    def _segment_of(self, node: LaunchNode) -> Segment:
        return next(
            segment for segment in self._segments or () if any(other is node for other in segment.launches)
        )

    def _start(self, segment: Segment, changed: dict[str, int]) -> Any:
        """Put new addresses into a segment and submit it; those before it are running meanwhile.

        Args:
            changed: name of an argument -> its address from now on.
        """
        for node in segment.copies:
            node.source = changed.get(node.source_name, node.source)
            node.destination = changed.get(node.destination_name, node.destination)
            submission = self.device.copy(node.source, node.destination, node.size_bytes)
        if not segment.launches:
            return submission
        for name, gpu_va in changed.items():
            if name in segment.places:
                lib.bw_write64_at(self._memory.cpu, *segment.places[name], gpu_va)
        return self._start_launches(segment)

    def _start_launches(self, segment: Segment) -> Any:
        queue = self.device.compute
        self.device.catch_up(queue)
        queue.ensure_local(segment.local_bytes)
        return queue.push(segment.words, segment.payload_index, segment.payload_address)

    def _prepare(self, segment: Segment) -> None:
        """Make the pushbuffer that starts a run of launches."""
        queue = self.device.compute
        segment.linked = segment.ordered and qmd.can_chain(self.device.qmd_version)
        pushbuffer = queue.pushbuffer().raw(self._words(queue, segment))
        segment.local_bytes = max(node.launcher.plan.local_bytes for node in segment.launches)
        segment.payload_index = lib.BW_NO_PAYLOAD
        if segment.ordered:
            last = segment.launches[-1]
            dialect = qmd.DIALECTS[queue.qmd_version]
            word = last.launcher.plan.template.word_of(dialect.release_payload)[0]
            segment.payload_address = self._memory.cpu + last.offset + 4 * word
        else:
            pushbuffer.release(queue.timeline_va, 0)
            segment.payload_index = len(pushbuffer.words) - 3
        segment.words = pushbuffer.tobytes()
        if len(segment.words) > PUSHBUFFER_LIMIT_BYTES:
            raise UsageError(
                f"{len(segment.launches)} launches are more than one submission can start",
                hint="divide them into several independent groups",
            )

    def _words(self, queue: Any, segment: Segment) -> list[int]:
        words: list[int] = queue.sender.wait_and_invalidate
        heads = segment.launches[:1] if segment.linked else segment.launches
        send = queue.sender.alone if segment.ordered else queue.sender.schedule
        for node in heads:
            words += send(self._qmd_va(node))
        return words

    def free(self) -> None:
        """Give its memory back once it is not running."""
        self._freed = True
        memory, self._memory = self._memory, None
        if memory is not None:
            memory.free()

    def __repr__(self) -> str:
        return f"<Graph of {len(self.nodes)} operations on {self.device.name}>"

    def _repr_html_(self) -> str:
        """What it does, for notebooks."""
        from barewire.show import graph as shown

        return shown(self).html


@dataclass
class Segment:
    """A run of nodes that one submission starts.

    Attributes:
        ordered: launches follow each other; else they are independent.
        linked: they do so by naming each other, not by the channel's waiting between them.
        places: name of an argument -> where its address stands in the graph's memory, and how many places
            those are.
        words: the pushbuffer, little-endian.
        payload_index: of the timeline's value in it; else it stands in the last QMD, at `payload_address`.
    """

    launches: list[LaunchNode] = field(default_factory=list)
    copies: list[CopyNode] = field(default_factory=list)
    ordered: bool = True
    linked: bool = False
    places: dict[str, tuple[Any, int]] = field(default_factory=dict)
    words: bytes = b""
    payload_index: int = 0
    payload_address: int = 0
    local_bytes: int = 0


def _expect_array(device: Device, name: str, array: Any) -> None:
    """What is given for a named argument has to be an array of the device."""
    if not hasattr(array, "gpu_va") or getattr(array, "device", None) is not device:
        raise WrongDevice(f"argument {name!r} is not an array of this device")
    if array.gpu_va is None:
        raise Freed(f"argument {name!r} was freed")


def _address(array: Any) -> int:
    if array.gpu_va is None:
        raise Freed("an array that the graph was captured with was freed")
    return int(array.gpu_va)


def _used(launcher: Launcher, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """What has an address and must not be freed while a launch may be replayed: its code, its arrays."""
    arrays = tuple(argument for argument in arguments if hasattr(argument, "gpu_va"))
    return (launcher.kernel.module.code, *arrays)


def _argument_area(node: LaunchNode) -> int:
    """Offset of a launch's parameters in the graph's memory."""
    plan = node.launcher.plan
    return node.offset + BANK0_OFFSET + plan.bank0_bytes - plan.argument_bytes


def split(nodes: list[Node]) -> list[Segment]:
    """Runs of copies, of launches that follow each other, and of launches that are independent.

    The first run of launches that follow each other is short: the GPU works on it while the CPU puts new
    addresses into the rest.
    """
    sizes: dict[int, int] = {}
    for node in nodes:
        sizes[node.group] = sizes.get(node.group, 0) + 1
    segments: list[Segment] = []
    key: Any = None
    for node in nodes:
        alone = sizes[node.group] == 1
        if isinstance(node, CopyNode):
            mine: Any = "copies"
        else:
            mine = "ordered" if alone else node.group
        begun = len(segments) == 1 and len(segments[0].launches) == FIRST_RUN
        if mine != key or begun:
            segments.append(Segment(ordered=alone))
            key = mine
        if isinstance(node, CopyNode):
            segments[-1].copies.append(node)
        else:
            segments[-1].launches.append(node)
    return segments
