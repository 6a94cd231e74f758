"""The software GPU as a whole: a GH100 put together from its units, and its edge to the host.

What is undefined or forbidden and was done all the same is in `SoftGpu.reports`; every mistake of the model
itself in `SoftGpu.defects`. Where the facts are from, each unit says.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from barewire import shield
from barewire.errors import UsageError
from barewire.regs.board import load_board
from barewire.softgpu.bus import BarShape, HostPort
from barewire.softgpu.clock import Clock
from barewire.softgpu.dma import DmaPort
from barewire.softgpu.registers import RegisterSpace
from barewire.softgpu.turns import TurnLock
from barewire.softgpu.unit import Unit
from barewire.softgpu.vram import Vram
from barewire.softgpu.work import Work

if TYPE_CHECKING:
    from barewire.softgpu.bars import Apertures, Pramin
    from barewire.softgpu.falcon import Falcon
    from barewire.softgpu.faults import Faults
    from barewire.softgpu.fifo import Fifo
    from barewire.softgpu.fsp import Fsp
    from barewire.softgpu.gr.graphics import Graphics
    from barewire.softgpu.gsp.boot import GspFirmware
    from barewire.softgpu.gsp.resman import ResourceManager
    from barewire.softgpu.interrupts import InterruptTree
    from barewire.softgpu.invalidate import InvalidateRegisters
    from barewire.softgpu.mmu import Mmu
    from barewire.softgpu.pci import PciFunction
    from barewire.softgpu.pmc import Pmc
    from barewire.softgpu.sanitizer.place import Place
    from barewire.softgpu.sanitizer.sanitizer import Sanitizer

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
MOST_BYTES = 1 << 40  # of video memory, and of a BAR
BAR0_BYTES = 16 * MIB


@dataclass(frozen=True)
class SoftOptions:
    """What a software GPU is like.

    Attributes:
        chip: the model; "gh100" is the one there is.
        vram_bytes: video memory, a multiple of 2 MiB.
        bar1_bytes: the aperture to video memory, a power of two.
        bar2_bytes: the second aperture, a power of two.
        bar0_is_64bit: whether BAR0 takes two BAR numbers; BAR1 and BAR2 are PCI's 2 and 4 then, else 1 and 3.
        fsp_ready_s: from a reset to the moment FSP says that it is ready.
        dirty_vram_bytes: of video memory hold garbage after every reset, from address 0 on. Nothing says what
            is in memory that was never written; all else of it is zero here, which hides who relies on that.
        check_tlb: compare every translation that the TLB gives with the tables, and report stale ones; slow.
        sanitize: look for everything that hardware leaves undefined, and report it with its place in the
            driver's stream; slow.
    """

    chip: str = "gh100"
    vram_bytes: int = 80 * GIB
    bar1_bytes: int = 128 * GIB
    bar2_bytes: int = 32 * MIB
    bar0_is_64bit: bool = True
    fsp_ready_s: float = 0.0
    dirty_vram_bytes: int = 0
    check_tlb: bool = False
    sanitize: bool = False

    def __post_init__(self) -> None:
        if self.chip != "gh100":
            raise UsageError(f"there is no software {self.chip}", hint="The software GPU is a gh100.")
        for name in ("bar1_bytes", "bar2_bytes"):
            size: int = getattr(self, name)
            if not MIB <= size <= MOST_BYTES or size & (size - 1):
                raise UsageError(f"{name} is {size}: a BAR's size is a power of two, 1 MiB to 1 TiB")
        if not 256 * MIB <= self.vram_bytes <= MOST_BYTES or self.vram_bytes % (2 * MIB):
            raise UsageError(f"vram_bytes is {self.vram_bytes}: 256 MiB to 1 TiB, in steps of 2 MiB")


@dataclass(frozen=True)
class Report:
    """Something undefined or forbidden that was done to the GPU.

    Attributes:
        kind: a few words that are the same for every such report ("unknown register").
        text: what was done, in one sentence.
        facts: offsets, values and addresses.
        place: where in the driver's stream it happened, where that is known.
        count: how often, one after another, with the same facts.
    """

    kind: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)
    place: Place | None = None
    count: int = 1


REPORTS_KEPT = 10_000
GARBAGE = 0xA5  # a byte; as a page table's entry it is valid and leads nowhere

# Units and services: attribute, module, class. They are made in this order, and those that answer registers
# are asked in this order. They are imported when the first GPU is made: they know the GPU's module.
PARTS: tuple[tuple[str, str, str], ...] = (
    ("pci", "barewire.softgpu.pci", "PciFunction"),
    ("pmc", "barewire.softgpu.pmc", "Pmc"),
    ("interrupts", "barewire.softgpu.interrupts", "InterruptTree"),
    ("faults", "barewire.softgpu.faults", "Faults"),
    ("mmu", "barewire.softgpu.mmu", "Mmu"),
    ("invalidation", "barewire.softgpu.invalidate", "InvalidateRegisters"),
    ("apertures", "barewire.softgpu.bars", "Apertures"),
    ("pramin", "barewire.softgpu.bars", "Pramin"),
    ("fsp", "barewire.softgpu.fsp", "Fsp"),
    ("falcon", "barewire.softgpu.falcon", "Falcon"),
    ("firmware", "barewire.softgpu.gsp.boot", "GspFirmware"),
    ("resman", "barewire.softgpu.gsp.resman", "ResourceManager"),
    ("fifo", "barewire.softgpu.fifo", "Fifo"),
    ("graphics", "barewire.softgpu.gr.graphics", "Graphics"),
)


class SoftGpu:
    """A software GH100 (an `Endpoint`).

    Every access, and every task of `work`, runs with `lock` held.

    Attributes:
        options: what it is like.
        bars: BAR0, BAR1 and BAR2 as they are after power-on; BAR1 can be made smaller.
        table: its registers by name.
        lock: held around every access and every task.
        reports: what was done to it that is undefined or forbidden.
        defects: what tasks of the model raised, which none should.
        vram, host, clock, work, registers: memory, DMA, time, tasks, BAR0.
        pci, pmc, interrupts, faults, mmu, invalidation, apertures, pramin, fsp, falcon, firmware, resman,
            fifo, graphics: the units.
        sanitizer: looks for what is undefined; None if it was not asked for.
    """

    pci: PciFunction
    pmc: Pmc
    interrupts: InterruptTree
    faults: Faults
    mmu: Mmu
    invalidation: InvalidateRegisters
    apertures: Apertures
    pramin: Pramin
    fsp: Fsp
    falcon: Falcon
    firmware: GspFirmware
    resman: ResourceManager
    fifo: Fifo
    graphics: Graphics

    def __init__(self, options: SoftOptions | None = None) -> None:
        self.options = options or SoftOptions()
        if self.options.sanitize:
            self.options = replace(self.options, check_tlb=True)
        self.table = load_board(self.options.chip)
        self.lock = TurnLock()
        self.reports: list[Report] = []
        self.defects: list[Exception] = []
        self.closed = False
        self.vram = Vram(self.options.vram_bytes)
        self.sanitizer = self._sanitizer() if self.options.sanitize else None
        self._soil_vram()
        self.clock = Clock()
        self.work = Work(self)
        self.host = DmaPort(self._may_master, self._dma_refused)
        self.registers = RegisterSpace(self, BAR0_BYTES)
        self.parts: list[Any] = []
        self.bars = self._bar_shapes()
        for attribute, module, name in PARTS:
            self._add_part(attribute, getattr(importlib.import_module(module), name))

    def _sanitizer(self) -> Sanitizer:
        from barewire.softgpu.sanitizer.sanitizer import Sanitizer

        return Sanitizer(self)

    def _add_part(self, attribute: str, made_by: Any) -> None:
        part = made_by(self)
        setattr(self, attribute, part)
        self.parts.append(part)
        if isinstance(part, Unit):
            self.registers.add(part)

    def _bar_shapes(self) -> tuple[BarShape, ...]:
        options = self.options
        second, third = (2, 4) if options.bar0_is_64bit else (1, 3)
        return (
            BarShape(0, BAR0_BYTES, False, options.bar0_is_64bit),
            BarShape(second, options.bar1_bytes, True, True),
            BarShape(third, options.bar2_bytes, True, True),
        )

    def _soil_vram(self) -> None:
        size = min(self.options.dirty_vram_bytes, self.options.vram_bytes)
        if size and self.sanitizer is None:  # which knows what was written, and makes garbage of the rest
            self.vram.fill(0, size, GARBAGE)

    def _may_master(self) -> bool:
        return self.pci.may_master

    def _dma_refused(self, iova: int, size_bytes: int, write: bool) -> None:
        way = "written" if write else "read"
        self.report("DMA refused", f"{way} where the host maps nothing", iova=iova, size_bytes=size_bytes)

    def offset(self, name: str, *indices: int) -> int:
        """Where BAR0 has a register."""
        return self.table.register(name).offset_of(*indices)

    def report(self, kind: str, text: str, place: Place | None = None, **facts: Any) -> None:
        """Write down that something undefined or forbidden was done.

        Args:
            place: where in the driver's stream; where the channel that runs now stands if not given.
        """
        if place is None and self.sanitizer is not None:
            place = self.sanitizer.place_now()
        last = self.reports[-1] if self.reports else None
        if last is not None and (last.kind, last.text, last.facts) == (kind, text, facts):
            self.reports[-1] = replace(last, count=last.count + 1)
        elif len(self.reports) < REPORTS_KEPT:
            self.reports.append(Report(kind, text, facts, place))

    # What the host does.

    def attach(self, host: HostPort) -> None:
        """Say who the host is; before anything else."""
        self.host.host = host

    def config_read(self, offset: int, size_bytes: int) -> int:
        """A configuration read of 1, 2 or 4 bytes; all ones once it is closed."""
        with self.lock:
            return self.pci.config_read(offset, size_bytes) if not self.closed else (1 << 8 * size_bytes) - 1

    def config_write(self, offset: int, size_bytes: int, value: int) -> None:
        """A configuration write of 1, 2 or 4 bytes."""
        with self.lock:
            if not self.closed:
                self.pci.config_write(offset, size_bytes, value)

    def bar_read(self, index: int, offset: int, size_bytes: int) -> int:
        """A memory read of 1, 2, 4 or 8 bytes; all ones where nobody answers."""
        with self.lock:
            if self.closed or not 0 <= offset <= self.pci.decoded.get(index, 0) - size_bytes:
                return (1 << 8 * size_bytes) - 1
            if index == 0:
                return self.registers.read(offset, size_bytes)
            return self.apertures.load(index, offset, size_bytes)

    def bar_write(self, index: int, offset: int, size_bytes: int, value: int) -> None:
        """A memory write of 1, 2, 4 or 8 bytes; lost where nobody answers."""
        with self.lock:
            if self.closed or not 0 <= offset <= self.pci.decoded.get(index, 0) - size_bytes:
                return
            if index == 0:
                self.registers.write(offset, value, size_bytes)
            else:
                self.apertures.store(index, offset, size_bytes, value)

    def bar_memory(self, index: int) -> tuple[int, int] | None:
        """(CPU address, bytes) of BAR1 or BAR2; None for BAR0, whose accesses trap."""
        with self.lock:
            return None if index == 0 or self.closed else self.apertures.memory(index)

    def settle(self) -> None:
        """Wait until nothing is under way that uses what the host has just taken away."""
        with self.lock:
            self.graphics.settle()
            if self.sanitizer is not None:
                self.sanitizer.settled()

    def keep(self, address: int, size_bytes: int) -> None:
        """Let part of BAR1 or BAR2 stay after close(), for who still looks at it."""
        self.apertures.keep(address, size_bytes)

    def let_go(self) -> None:
        """Nobody looks at what was kept any more."""
        self.apertures.let_go()

    def reset(self) -> None:
        """A conventional reset: a cold device afterwards."""
        with self.lock:
            if self.closed:
                return
            self.work.cancel_all()
            self.graphics.end_all()
            self.fifo.reset()  # what engines are at ends here, before memory and firmware change under them
            self.vram.unprotect()
            self._soil_vram()
            self.clock.reset()
            for part in self.parts:
                part.reset()

    def disconnect(self) -> None:
        """Leave the bus, as a GPU does that is lost."""
        with self.lock:
            self.work.cancel_all()
            self.graphics.end_all()
            self.pci.unplug()

    def close(self) -> None:
        """Stop the worker and give the memory back; a second time is nothing."""
        if self.closed:
            return
        shielded = shield.enter()
        try:
            self.closed = True
            self.graphics.end_all()
            self.work.close()
            with self.lock:
                self._close_parts()
        finally:
            if shielded:
                shield.leave()
                shield.put_back()

    def _close_parts(self) -> None:
        for part in reversed(self.parts):
            close = getattr(part, "close", None)
            if close is not None:
                close()
        if self.sanitizer is not None:
            self.sanitizer.close()
        self.vram.close()
