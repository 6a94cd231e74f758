"""A copy engine as one channel sees it: the methods of its class, launches, semaphores.

Facts: open-gpu-doc:classes/dma-copy/clc8b5.h, open-gpu-doc:manuals/ampere/ga102/dev_ce.ref; that widths and
origins count elements under a remap: mesa:src/nouveau/vulkan/nvk_cmd_copy.c; what Host checks
on its behalf: manuals/ampere/ga100/dev_pbdma.ref (INTR_1_HCE_*).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from barewire.softgpu import copy_launch, copy_moves, semaphores
from barewire.softgpu.channel import Channel, ChannelError, Interrupt1, Stop, host_copy_error
from barewire.softgpu.channel_memory import Memory, PhysicalMemory, Refused, ToldMemory, VirtualMemory
from barewire.softgpu.copy_launch import COPY_CLASS, BadLaunch, Launch, LaunchError
from barewire.softgpu.copy_layout import GOB_BYTES, BlockLinear, Remap
from barewire.softgpu.copy_moves import LINES_AT_ONCE
from barewire.softgpu.engines import Engine
from barewire.softgpu.fault_sources import FaultSource, copy_source, mmu_fault
from barewire.softgpu.methods import addresses, describe
from barewire.softgpu.page_tables import Access, Aperture, FaultType

if TYPE_CHECKING:
    from barewire.softgpu.fifo import Fifo
    from barewire.softgpu.sanitizer.operation import Operation

_AT = addresses(COPY_CLASS)
_LAST = max(_AT.values())
_HIGH_BITS = (1 << 25) - 1
_RENDER_ALIGNMENT = 16
_FALSE, _TRUE, _CONDITIONAL, _IF_EQUAL, _IF_NOT_EQUAL = range(5)
_APERTURES = (Aperture.VRAM, Aperture.COHERENT, Aperture.NONCOHERENT, Aperture.PEER)
_SCRUB_ALIGNMENT = 4096
_VA_END = 1 << 57
_MOST_SPANS = 64

_ENDED = object()

_UNKNOWN, _KEPT, _ACTS = range(3)


class CopyEngine:
    """One channel's view of a copy engine.

    Args:
        fifo: which hears of releases and interrupts.
        channel: whose methods come.
        engine: the engine.

    Attributes:
        busy: whether there were copies that nobody waited for; Host goes on while they run.
    """

    class_ids: tuple[int, ...] = (COPY_CLASS,)
    is_copy = True

    def __init__(self, fifo: Fifo, channel: Channel, engine: Engine) -> None:
        self._fifo = fifo
        self._gpu = fifo.gpu
        self._channel = channel
        self._engine = engine
        self.name = f"CE{engine.instance}"
        self.source: FaultSource = copy_source(engine)
        self.busy = False
        self._unflushed = False
        self._operation: Operation | None = None
        self._state = [0] * (_LAST + 1)
        self._enabled = True
        self._spans: list[tuple[int, int]] = []
        self._actions: dict[int, Callable[[int], bool]] = {
            _AT["LAUNCH_DMA"]: self._launch,
            _AT["SET_RENDER_ENABLE_C"]: self._render_enable,
            _AT["SET_SRC_ORIGIN"]: lambda data: self._origin("SRC", data),
            _AT["SET_DST_ORIGIN"]: lambda data: self._origin("DST", data),
        }
        self._kinds = bytearray(_LAST + 1)
        for address in _AT.values():
            self._kinds[address] = _ACTS if address in self._actions else _KEPT

    def method(self, address: int, data: int) -> bool:
        """Take a method; whether the channel has to stop after it.

        Raises:
            ChannelError: the class has no such method, or refuses its data, or memory cannot be reached.
        """
        kind = self._kinds[address] if address <= _LAST else _UNKNOWN
        if kind == _KEPT:
            self._state[address] = data
            return False
        if kind == _ACTS:
            self._state[address] = data
            return self._actions[address](data)
        raise host_copy_error(
            Interrupt1.HCE_ILLEGAL_MTHD,
            f"{describe(COPY_CLASS, address)} does not exist",
            method=address * 4,
            data=data,
        )

    @property
    def working(self) -> bool:
        """A copy is done before Host goes on."""
        return False

    def bind(self, subchannel: int, class_id: int) -> None:
        """It has one class."""

    def settle(self) -> None:
        """Wait until it is idle, and let everything be seen."""
        self.busy = self._unflushed = False
        self._spans.clear()

    def flushed(self) -> None:
        """A barrier was passed; what is in flight stays in flight."""
        self._unflushed = False

    def _get(self, name: str) -> int:
        return self._state[_AT[name]]

    def _address(self, upper: str, lower: str) -> int:
        return (self._state[_AT[upper]] & _HIGH_BITS) << 32 | self._state[_AT[lower]]

    def _origin(self, side: str, data: int) -> bool:
        self._state[_AT[f"{side}_ORIGIN_X"]] = data & 0xFFFF
        self._state[_AT[f"{side}_ORIGIN_Y"]] = data >> 16
        return False

    def _render_enable(self, mode: int) -> bool:
        address = self._address("SET_RENDER_ENABLE_A", "SET_RENDER_ENABLE_B")
        mode &= 7
        if mode > _IF_NOT_EQUAL:
            raise host_copy_error(Interrupt1.HCE_RE_ILLEGAL_OP, f"there is no render mode {mode}", data=mode)
        if mode <= _TRUE:
            self._enabled = mode == _TRUE
            return False
        if address % _RENDER_ALIGNMENT:
            raise host_copy_error(
                Interrupt1.HCE_RE_ALIGNB,
                f"{address:#x} is no multiple of {_RENDER_ALIGNMENT}",
                gpu_va=address,
            )
        try:
            first, second = (self._channel.memory.load(address + offset, 8) for offset in (0, 16))
        except Refused as refused:
            raise mmu_fault(self._channel, self.source, refused) from None
        results = {_CONDITIONAL: first != 0, _IF_EQUAL: first == second, _IF_NOT_EQUAL: first != second}
        self._enabled = results[mode]
        return False

    # Launches.

    def _launch(self, word: int) -> bool:
        try:
            job = self._job(copy_launch.decode(word))
            ended = next(job, _ENDED) is _ENDED
        except BadLaunch as bad:
            raise self._error(bad, word) from None
        except Refused as refused:
            raise mmu_fault(self._channel, self.source, refused) from None
        if not ended:
            self._channel.engine_job = True
            self._channel.pending = lambda until_ns: self._go_on(job, word, until_ns)
        return True  # in any case it is time to look at the clock

    def _go_on(self, job: Iterator[None], word: int, until_ns: int) -> Stop | None:
        try:
            for _ in job:
                if time.monotonic_ns() >= until_ns:
                    return Stop.TIME
        except BadLaunch as bad:
            raise self._error(bad, word) from None
        except Refused as refused:
            raise mmu_fault(self._channel, self.source, refused) from None
        return None

    def _error(self, bad: BadLaunch, word: int) -> ChannelError:
        return ChannelError(
            self._engine.xid,
            f", {self.name} LAUNCHERR {bad.error:08x} [{bad.error.name}]",
            register="NV_CE_LCE_LAUNCHERR",
            value=int(bad.error),
            why=bad.why,
            launch=word,
        )

    def _job(self, launch: Launch) -> Iterator[None]:
        """Everything that a launch does, in its order."""
        self._check_privilege(launch)
        if launch.transfer and self._enabled:
            yield from self._transfer(launch)
            self.busy = self._unflushed = True
        if launch.flush:
            self._unflushed = False
        if launch.semaphore:
            self._release(launch)
        if launch.interrupt or launch.semaphore == copy_launch.CONDITIONAL_INTERRUPT:
            self._fifo.notify(self._engine.name)

    def _check_privilege(self, launch: Launch) -> None:
        if not launch.source_physical and not launch.target_physical:
            return
        setup = self._channel.setup
        allowed = setup.privileged if setup.physical_copies is None else setup.physical_copies
        if not allowed:
            raise host_copy_error(Interrupt1.HCE_PRIV, "physical addresses need a privileged channel")

    def _transfer(self, launch: Launch) -> Iterator[None]:
        sanitizer = self._gpu.sanitizer
        if sanitizer is None:
            yield from self._move(launch)
            return
        self._operation = sanitizer.begin(
            self._channel,
            "copy",
            engine=self.name,
            follows=(self._operation,) if self._operation is not None else (),
            source=self._address(*_OFFSETS["SRC"]),
            target=self._address(*_OFFSETS["DST"]),
        )
        try:
            yield from self._move(launch)
        finally:
            sanitizer.ended(self._operation)

    def _move(self, launch: Launch) -> Iterator[None]:
        lines = self._get("LINE_COUNT") if launch.multi_line else 1
        elements = self._get("LINE_LENGTH_IN")
        if not lines or not elements:
            self._gpu.report("empty copy", "a copy of no bytes was launched", token=self._channel.token)
            return
        remap = self._remap() if launch.remap else None
        if launch.scrub:
            yield from self._scrub(launch, lines, elements)
            return
        reads = remap is None or remap.reads
        in_bytes = elements * (remap.input_bytes if remap else 1)
        out_bytes = elements * (remap.output_bytes if remap else 1)
        source = self._operand(launch, "SRC", lines, in_bytes, remap.input_bytes if remap else 1, reads)
        target = self._operand(launch, "DST", lines, out_bytes, remap.output_bytes if remap else 1, True)
        flat = self._flat(source, in_bytes, lines) and self._flat(target, out_bytes, lines)
        if flat:
            self._look_for_hazards(
                launch, source, in_bytes * lines if reads else 0, target, out_bytes * lines
            )
        if remap is not None and not remap.reads and not remap.keeps and isinstance(target, copy_moves.Pitch):
            yield from self._fill(target, lines, out_bytes, remap.pattern)
        elif remap is None and isinstance(source, copy_moves.Pitch) and isinstance(target, copy_moves.Pitch):
            yield from self._copy(source, target, lines, in_bytes)
        else:
            yield from copy_moves.copy_lines(source, target, lines, elements, remap)

    def _copy(
        self, source: copy_moves.Pitch, target: copy_moves.Pitch, lines: int, size: int
    ) -> Iterator[None]:
        if self._flat(source, size, lines) and self._flat(target, size, lines):
            size, lines = size * lines, 1
        for line in range(lines):
            if line % LINES_AT_ONCE == LINES_AT_ONCE - 1:
                yield
            yield from copy_moves.copy_flat(
                source.memory,
                source.address + line * source.pitch,
                target.memory,
                target.address + line * target.pitch,
                size,
            )

    def _fill(self, target: copy_moves.Pitch, lines: int, size: int, pattern: bytes) -> Iterator[None]:
        if self._flat(target, size, lines):
            size, lines = size * lines, 1
        for line in range(lines):
            if line % LINES_AT_ONCE == LINES_AT_ONCE - 1:
                yield
            yield from copy_moves.fill_flat(
                target.memory, target.address + line * target.pitch, size, pattern
            )

    def _scrub(self, launch: Launch, lines: int, size: int) -> Iterator[None]:
        """Zero video memory."""
        address = self._address("OFFSET_OUT_UPPER", "OFFSET_OUT_LOWER")
        memory = self._memory("DST", launch.target_physical)
        in_vram = isinstance(memory, PhysicalMemory) and memory.aperture is Aperture.VRAM
        if not in_vram or lines != 1 or launch.remap or not launch.target_pitch:
            raise BadLaunch(
                LaunchError.INVALID_OPERATION, "scrubbing takes one line of physical video memory"
            )
        if address % _SCRUB_ALIGNMENT or size % _SCRUB_ALIGNMENT:
            raise BadLaunch(LaunchError.INVALID_ALIGNMENT, "scrubbing takes whole pages")
        yield from copy_moves.fill_flat(self._told(memory), address, size, b"\0")

    @staticmethod
    def _flat(operand: copy_moves.Operand, size: int, lines: int) -> bool:
        """Whether the bytes of all lines follow each other."""
        return isinstance(operand, copy_moves.Pitch) and (lines == 1 or operand.pitch == size)

    def _look_for_hazards(
        self, launch: Launch, source: copy_moves.Operand, in_size: int, target: copy_moves.Operand, size: int
    ) -> None:
        """Report copies whose result depends on an order that nothing keeps."""
        if launch.source_physical or launch.target_physical:
            return
        if not isinstance(source, copy_moves.Pitch) or not isinstance(target, copy_moves.Pitch):
            return
        reads = (source.address, source.address + in_size)
        writes = (target.address, target.address + size)
        if _meet(reads, writes):
            self._gpu.report(
                "overlap", "source and destination of a copy overlap", source=reads[0], target=writes[0]
            )
        if launch.transfer == copy_launch.NON_PIPELINED:
            self._spans.clear()
        elif any(_meet(reads, span) or _meet(writes, span) for span in self._spans):
            self._gpu.report(
                "pipelined copy",
                "a pipelined copy uses what an earlier one may still write",
                target=writes[0],
            )
        self._spans.append(writes)
        del self._spans[:-_MOST_SPANS]

    # Operands.

    def _remap(self) -> Remap:
        return copy_launch.decode_remap(
            self._get("SET_REMAP_COMPONENTS"), self._get("SET_REMAP_CONST_A"), self._get("SET_REMAP_CONST_B")
        )

    def _told(self, memory: VirtualMemory | PhysicalMemory) -> Memory:
        """Memory whose uses the sanitizer hears of, if there is one."""
        sanitizer, operation = self._gpu.sanitizer, self._operation
        if sanitizer is None or operation is None:
            return memory
        return ToldMemory(
            memory,
            lambda place, write: sanitizer.touched(
                operation, place.aperture, place.address, place.size_bytes, write, place.gpu_va
            ),
        )

    def _memory(self, side: str, physical: bool) -> VirtualMemory | PhysicalMemory:
        if not physical:
            return self._channel.memory
        aperture = _APERTURES[self._get(f"SET_{side}_PHYS_MODE") & 3]
        if aperture is Aperture.PEER:
            access = Access.PHYSICAL_READ if side == "SRC" else Access.PHYSICAL_WRITE
            address = self._address(*_OFFSETS[side])
            raise Refused(address, FaultType.UNSUPPORTED_APERTURE, access)
        return PhysicalMemory(self._gpu, aperture)

    def _operand(
        self, launch: Launch, side: str, lines: int, size: int, element_bytes: int, used: bool
    ) -> copy_moves.Operand:
        physical = launch.source_physical if side == "SRC" else launch.target_physical
        pitched = launch.source_pitch if side == "SRC" else launch.target_pitch
        address = self._address(*_OFFSETS[side])
        if not used:
            return copy_moves.Pitch(self._channel.memory, 0, size)
        memory = self._told(self._memory(side, physical))
        if not pitched:
            return self._blocks(side, memory, address, lines, size, element_bytes)
        pitch = self._get(_PITCHES[side])
        pitch -= (pitch & 1 << 31) << 1
        if lines > 1 and size > abs(pitch):
            raise BadLaunch(_PITCH_ERRORS[side, pitch < 0], f"a line of {size} bytes at a pitch of {pitch}")
        return copy_moves.Pitch(memory, address, pitch)

    def _blocks(
        self, side: str, memory: Memory, address: int, lines: int, size: int, element_bytes: int
    ) -> copy_moves.Blocks:
        height, depth = copy_launch.decode_block(self._get(f"SET_{side}_BLOCK_SIZE"))
        surface = BlockLinear(
            self._get(f"SET_{side}_WIDTH") * element_bytes,
            self._get(f"SET_{side}_HEIGHT"),
            self._get(f"SET_{side}_DEPTH"),
            height,
            depth,
        )
        x, y = self._get(f"{side}_ORIGIN_X") * element_bytes, self._get(f"{side}_ORIGIN_Y")
        layer = self._get(f"SET_{side}_LAYER")
        if address % GOB_BYTES:
            raise BadLaunch(LaunchError.INVALID_ALIGNMENT, f"blocks begin at multiples of {GOB_BYTES}")
        if layer >= surface.depth:
            raise BadLaunch(LaunchError.LAYER_EXCEEDS_DEPTH, f"layer {layer} of {surface.depth}")
        if x + size > surface.width_bytes or y + lines > surface.height:
            raise BadLaunch(
                LaunchError.MEM2MEM_RECT_OUT_OF_BOUNDS, "the rectangle is larger than its surface"
            )
        last_row = surface.line_start(y + lines - 1, layer)
        if address + last_row + surface.gobs_wide * surface.block_bytes > _VA_END:
            access = Access.READ if side == "SRC" else Access.WRITE
            raise Refused(address, FaultType.VA_LIMIT, access)
        return copy_moves.Blocks(memory, address, surface, x, y, layer)

    # Semaphores.

    def _release(self, launch: Launch) -> None:
        address = self._address("SET_SEMAPHORE_A", "SET_SEMAPHORE_B")
        four_words = launch.semaphore == copy_launch.FOUR_WORDS
        size = launch.payload_bytes
        if address % (16 if four_words else size):
            raise BadLaunch(LaunchError.INVALID_ALIGNMENT, f"a semaphore at {address:#x}")
        flushed = not self._unflushed
        if self._unflushed:
            self._unflushed = False
            self._gpu.report(
                "release without flush",
                "a copy engine released a semaphore before its writes were flushed",
                token=self._channel.token,
            )
        memory = self._channel.memory
        payload = self._get("SET_SEMAPHORE_PAYLOAD")
        if size == 8:
            payload |= self._get("SET_SEMAPHORE_PAYLOAD_UPPER") << 32
        access = Access.WRITE
        if launch.reduction:
            access = Access.ATOMIC
            payload = self._reduced(launch, address, payload)
        if four_words:
            memory.store(address + 8, 8, self._gpu.clock.now_ns())
            size = 8 if not launch.reduction else size
        memory.store(address, size, payload, access)
        self._fifo.released = True
        if self._gpu.sanitizer is not None:
            engine = self.name if flushed else ""
            self._gpu.sanitizer.released(self._channel, address, engine=engine, adds=bool(launch.reduction))

    def _reduced(self, launch: Launch, address: int, payload: int) -> int:
        size = launch.payload_bytes
        try:
            semaphores.check_reduction(launch.reduction, size, launch.reduction_signed)
        except semaphores.BadOperation as why:
            raise BadLaunch(LaunchError.INVALID_VALUE, str(why)) from None
        self._channel.memory.address(address, size, Access.ATOMIC)
        value = self._channel.memory.load(address, size)
        return semaphores.reduce(launch.reduction, value, payload, size, launch.reduction_signed)


_OFFSETS = {"SRC": ("OFFSET_IN_UPPER", "OFFSET_IN_LOWER"), "DST": ("OFFSET_OUT_UPPER", "OFFSET_OUT_LOWER")}
_PITCHES = {"SRC": "PITCH_IN", "DST": "PITCH_OUT"}
_PITCH_ERRORS = {
    ("SRC", False): LaunchError.SRC_LINE_EXCEEDS_PITCH,
    ("SRC", True): LaunchError.SRC_LINE_EXCEEDS_NEG_PITCH,
    ("DST", False): LaunchError.DST_LINE_EXCEEDS_PITCH,
    ("DST", True): LaunchError.DST_LINE_EXCEEDS_NEG_PITCH,
}


def _meet(first: tuple[int, int], second: tuple[int, int]) -> bool:
    return first[0] < second[1] and second[0] < first[1]
