"""Launches on the software GPU's streaming multiprocessors.

    memory = FlatMemory(1 << 20)
    machine = Machine(90, memory)
    report = machine.launch(Launch(entry_va=..., grid=(4, 1, 1), block=(256, 1, 1), register_count=16, ...))

A launch runs to its end on threads of the host, without the interpreter's lock. Code, constants and data
are read through the memory's port: whatever stands between GPU addresses and host memory. What goes wrong on
an SM is in the report's fault, by the name that the warp error status register has for it; `Report.check`
raises it.

Facts: linux-nvgpu:drivers/gpu/nvgpu/include/nvgpu/hw/ga10b/hw_gr_ga10b.h (NVIDIA, MIT): error numbers; CUDA
C++ programming guide, "Compute capabilities": what an SM can hold.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from barewire.errors import (
    AddressOutOfRange,
    IllegalInstruction,
    KernelFault,
    KernelTimeout,
    LaunchTooLarge,
    MisalignedAccess,
    MmuFault,
    ResourceError,
    Trap,
    UnknownChip,
    UsageError,
)
from barewire.softgpu.sm import _sm
from barewire.softgpu.sm.code_cache import CodeCache
from barewire.softgpu.sm.control import Control
from barewire.softgpu.sm.port import Memory
from barewire.softgpu.sm.watch import Watch

LANES = 32
CONSTANT_BANKS = 18
INSTRUCTION_SETS = {"best": 0, "generic": 1, "avx2": 2, "avx512": 3}
INSTRUCTION_SET_VARIABLE = "BAREWIRE_SM_ISA"
WINDOW_BYTES = 1 << 24
LOCAL_GRANULE_BYTES = 16
WIDEST_ATOMIC_BYTES = 16
WARP_ESR_MASK = 0xFF
NANOSECONDS = 1_000_000_000
# How a fault names what the MMU refused. An atomic operation also reads and writes: it is named first.
ACCESSES = {8: "execute", 4: "atomic", 2: "write", 1: "read"}

Triple = tuple[int, int, int]


@dataclass(frozen=True)
class Limits:
    """What one SM holds at a time: threads, CTAs, bytes of shared memory, registers."""

    threads: int
    ctas: int
    shared_bytes: int
    registers: int = 65536


LIMITS: dict[int, Limits] = {
    75: Limits(threads=1024, ctas=16, shared_bytes=64 << 10),
    80: Limits(threads=2048, ctas=32, shared_bytes=164 << 10),
    86: Limits(threads=1536, ctas=16, shared_bytes=100 << 10),
    89: Limits(threads=1536, ctas=24, shared_bytes=100 << 10),
    90: Limits(threads=2048, ctas=32, shared_bytes=228 << 10),
    100: Limits(threads=2048, ctas=32, shared_bytes=228 << 10),
    120: Limits(threads=1536, ctas=24, shared_bytes=100 << 10),
}

EXECUTED = (80, 86, 89, 90)  # the architectures whose code was compared with what it must give


@dataclass(frozen=True)
class FaultKind:
    """One way for a warp to err: its name, what the warp did, and the class of error.

    Names are NVIDIA's, of the warp error status register. An H100 calls a trap an illegal instruction and a
    stack that overflows an address out of range (`H100:` recorded faults): the three that we tell apart have
    names of ours, and numbers above the register's.
    """

    name: str
    meaning: str
    error: type[KernelFault] | type[MmuFault]


FAULTS: dict[int, FaultKind] = {
    0x01: FaultKind("STACK_ERROR", "misused its call stack", KernelFault),
    0x04: FaultKind("PC_WRAP", "ran past the end of the code window", KernelFault),
    0x05: FaultKind("MISALIGNED_PC", "jumped to a misaligned address", KernelFault),
    0x06: FaultKind("PC_OVERFLOW", "jumped outside the code window", KernelFault),
    0x07: FaultKind("MISALIGNED_IMMC_ADDR", "read a misaligned constant", MisalignedAccess),
    0x08: FaultKind("MISALIGNED_REG", "used misaligned registers", IllegalInstruction),
    0x09: FaultKind("ILLEGAL_INSTR_ENCODING", "met an unknown instruction", IllegalInstruction),
    0x0B: FaultKind("ILLEGAL_INSTR_PARAM", "used an illegal parameter", IllegalInstruction),
    0x0C: FaultKind("INVALID_CONST_ADDR", "read beyond a constant bank", AddressOutOfRange),
    0x0D: FaultKind("OOR_REG", "used a register beyond those it was given", IllegalInstruction),
    0x0E: FaultKind("OOR_ADDR", "accessed an address out of range", AddressOutOfRange),
    0x0F: FaultKind("MISALIGNED_ADDR", "accessed a misaligned address", MisalignedAccess),
    0x10: FaultKind("INVALID_ADDR_SPACE", "accessed the wrong kind of memory", AddressOutOfRange),
    0x20: FaultKind("MMU_NACK", "accessed an address that the MMU refused", MmuFault),
    0x21: FaultKind("ARRIVE", "misused a barrier", KernelFault),
    0x109: FaultKind("TRAP", "executed a trap", Trap),
    0x10E: FaultKind("STACK_OVERFLOW", "overflowed its stack", AddressOutOfRange),
    0x209: FaultKind("BREAKPOINT", "executed a breakpoint", Trap),
    0x82: FaultKind(
        "NOT_EXECUTED", "met an instruction that the software GPU does not execute yet", KernelFault
    ),
}


@dataclass(frozen=True)
class Fault:
    """The first fault of a launch, which ended it.

    Attributes:
        name: NVIDIA's, of the warp error status register; or STACK_OVERFLOW, TRAP, BREAKPOINT.
        kind: one of FAULTS.
        warp: in its CTA.
        lanes: a mask of the lanes that erred.
        pc: the GPU virtual address of the instruction.
        address: what was accessed, where the fault is about an address: a GPU virtual address, or the offset
            in the window of shared or local memory.
        access: what the MMU refused: "read", "write", "atomic" or "execute"; None for other faults.
    """

    name: str
    kind: int
    sm: int
    cta: Triple
    warp: int
    lanes: int
    pc: int
    address: int
    access: str | None = None

    @property
    def warp_esr(self) -> int:
        """The number that the warp error status register would hold."""
        return self.kind & WARP_ESR_MASK

    def error(self) -> KernelFault | MmuFault:
        """The fault as an error to raise."""
        kind = FAULTS[self.kind]
        return kind.error(
            f"a warp on SM {self.sm} {kind.meaning}",
            warp_error=self.name,
            pc=self.pc,
            address=self.address,
            cta=self.cta,
            warp=self.warp,
            lanes=f"{self.lanes:#010x}",
        )


@dataclass(frozen=True)
class Report:
    """How a launch went.

    Attributes:
        fault: what ended it, or None.
        faults: the first fault of every SM that erred, that one before the others.
        warp_instructions: instructions that warps executed.
        thread_instructions: the same, times the lanes that were active.
        most_resident: the most CTAs that were resident at one time.
        cta_bytes: memory of the host that one resident CTA takes beyond its shared and local memory.
        timed_out: its time was over before it was.
        stuck: nobody could go on: lanes wait at barriers to which nobody comes.
        stopped: its control ended it.
    """

    fault: Fault | None
    warp_instructions: int
    thread_instructions: int
    most_resident: int
    cta_bytes: int
    timed_out: bool
    stuck: bool
    stopped: bool = False
    faults: tuple[Fault, ...] = ()

    def check(self) -> Report:
        """Itself, if the launch ran to its end.

        Raises:
            KernelFault, MmuFault: as the fault says.
            KernelTimeout: it did not end, or never would have.
        """
        if self.fault is not None:
            raise self.fault.error()
        if self.stopped:
            raise KernelTimeout("the kernel was stopped before it ended")
        if self.stuck:
            raise KernelTimeout(
                "the kernel hangs: its lanes wait for others that will not come",
                hint="Look for a barrier that only some of a block's threads reach.",
            )
        if self.timed_out:
            raise KernelTimeout("the kernel did not end in time")
        return self


@dataclass(frozen=True)
class Launch:
    """What the SMs are told of a launch, as a launch descriptor says it.

    Attributes:
        register_count: of a thread.
        shared_bytes: of a CTA, with what is reserved at the begin of shared memory.
        local_bytes: of a thread; it is the end of its window.
        cluster: CTAs of a cluster; its barrier, and the memory of its other CTAs, are not executed yet.
        barrier_count: how many of the barriers 0..15 may be used: 16 at most.
        constant_banks: bank number -> (gpu_va, size_bytes); those that are not here are zeros.
        shared_window: where shared memory begins among generic addresses.
        local_window: where a thread's local memory does.
        timeout_s: give up after so long; None: never.
        timer_offset_ns: what the GPU's timer shows, less the host's monotonic clock; None: the time of day.
        control: pauses and stops it while it runs.
        code: where its decoded code is kept for other launches in the same address space.
        watch: is told what it does with video memory; its events are there when the launch has ended.
    """

    entry_va: int
    grid: Triple
    block: Triple
    register_count: int
    cluster: Triple = (1, 1, 1)
    shared_bytes: int = 0
    local_bytes: int = 0
    barrier_count: int = 16
    constant_banks: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    shared_window: int = 0x7F01_0000_0000
    local_window: int = 0x7F00_0000_0000
    timeout_s: float | None = None
    timer_offset_ns: int | None = None
    control: Control | None = None
    code: CodeCache | None = None
    watch: Watch | None = None


def _address_of(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


class FlatMemory:
    """One range of GPU virtual addresses, in one piece of host memory.

    Args:
        size_bytes: how large.
        gpu_va: where it begins, a multiple of 16.

    Raises:
        UsageError: it is no multiple.
    """

    def __init__(self, size_bytes: int, gpu_va: int = 0x10_0000_0000) -> None:
        if gpu_va % WIDEST_ATOMIC_BYTES:
            raise UsageError("memory begins at a multiple of 16", gpu_va=gpu_va)
        self.gpu_va = gpu_va
        self.data = np.zeros(size_bytes, np.uint8)

    def view(self, gpu_va: int, size_bytes: int) -> np.ndarray:
        """The bytes at an address, to read and write.

        Raises:
            UsageError: they are not all inside.
        """
        offset = gpu_va - self.gpu_va
        if offset < 0 or offset + size_bytes > len(self.data):
            raise UsageError("not in this memory", gpu_va=gpu_va, size_bytes=size_bytes)
        return self.data[offset : offset + size_bytes]

    def fill_port(self, port: Any) -> Any:
        """See Memory."""
        host = _address_of(self.data)
        memory = _sm.ffi.new(
            "struct sm_flat_memory *",
            {"gpu_va": self.gpu_va, "size_bytes": len(self.data), "host": host},
        )
        _sm.lib.sm_use_flat_memory(port, memory)
        return memory


@dataclass(frozen=True)
class Page:
    """What stands behind a range of GPU virtual addresses.

    Attributes:
        gpu_va, size_bytes: the range.
        host: the bytes that it stands for, as many.
        writable: whether kernels may write there.
        executable: whether they may fetch code from there.

    Raises:
        UsageError: the array cannot be the range's bytes: too few, not in one piece, not to be written though
            the page is, or at an address with other low bits than the range's (wide atomics need them).
    """

    gpu_va: int
    size_bytes: int
    host: np.ndarray
    writable: bool = True
    executable: bool = True

    def __post_init__(self) -> None:
        held, flags = self.host, self.host.flags
        aligned = (_address_of(held) - self.gpu_va) % WIDEST_ATOMIC_BYTES == 0
        fits = held.nbytes >= self.size_bytes and flags.c_contiguous
        if not (aligned and fits and (flags.writeable or not self.writable)):
            raise UsageError(
                "this array cannot stand behind the page",
                gpu_va=self.gpu_va,
                size_bytes=self.size_bytes,
                array_bytes=held.nbytes,
                in_one_piece=flags.c_contiguous,
                aligned=aligned,
                writeable=flags.writeable,
            )


class TranslatedMemory:
    """Memory by a function that translates addresses: what a page table walker is put behind.

    The function is asked once for a page and then remembered, by each thread of the host, until `invalidate`.

    Args:
        translate: from an address and whether it is to be written, to a page; None refuses the access.
    """

    def __init__(self, translate: Callable[[int, bool], Page | None]) -> None:
        self._translate = translate
        self._generation = _sm.ffi.new("uint32_t *")

    def invalidate(self) -> None:
        """Forget what was translated, also in launches that are running."""
        self._generation[0] = (self._generation[0] + 1) & 0xFFFFFFFF

    def fill_port(self, port: Any) -> Any:
        """See Memory."""
        answers = _Answers(self._translate)
        handle = _sm.ffi.new_handle(answers)
        port.translate = _sm.lib.sm_python_translate
        port.context = handle
        port.generation = self._generation
        return answers, handle


class _Answers:
    """What a translated memory says during one launch; it keeps the pages, whose bytes must live as long."""

    def __init__(self, translate: Callable[[int, bool], Page | None]) -> None:
        self._translate = translate
        self._pages: list[Page] = []

    def answer(self, gpu_va: int, access: int, page: Any) -> int:
        """Fill a `struct sm_page`; 0 if the access is allowed."""
        writes = bool(access & (_sm.lib.SM_ACCESS_WRITE | _sm.lib.SM_ACCESS_ATOMIC))
        found = self._translate(gpu_va, writes)
        if found is None or (writes and not found.writable):
            return 1
        if access & _sm.lib.SM_ACCESS_EXECUTE and not found.executable:
            return 1
        self._pages.append(found)
        page.begin = found.gpu_va
        page.bytes = found.size_bytes
        page.host = _address_of(found.host)
        page.access = _sm.lib.SM_ACCESS_READ
        if found.writable:
            page.access |= _sm.lib.SM_ACCESS_WRITE | _sm.lib.SM_ACCESS_ATOMIC
        if found.executable:
            page.access |= _sm.lib.SM_ACCESS_EXECUTE
        return 0


@_sm.ffi.def_extern(error=1)
def sm_python_translate(context: Any, gpu_va: int, access: int, page: Any) -> int:
    """What C calls: the memory behind the handle answers. An exception refuses the access, and is printed."""
    answers: _Answers = _sm.ffi.from_handle(context)
    return answers.answer(gpu_va, access, page)


class Machine:
    """The SMs of a GPU. Several threads may launch at the same time.

    Args:
        arch: their compute capability as one number: 90 for 9.0.
        memory: what stands behind GPU virtual addresses.
        sm_count: how many SMs there are: it bounds how many CTAs are resident at a time.
        threads: of the host; by default one for each of its cores.
        isa: the host's instruction set to use: generic, avx2 or avx512; by default the best there is, or what
            the environment variable BAREWIRE_SM_ISA says.
        trial: try an architecture that is not in EXECUTED, some of whose instructions are missing or wrong.

    Raises:
        UnknownChip: no such architecture, or one whose code is not executed.
        UsageError: the host has not that instruction set.
    """

    def __init__(
        self,
        arch: int,
        memory: Memory,
        sm_count: int = 132,
        threads: int | None = None,
        isa: str | None = None,
        trial: bool = False,
    ) -> None:
        if arch not in LIMITS or not (arch in EXECUTED or trial):
            executed = ", ".join(f"sm_{number}" for number in EXECUTED)
            raise UnknownChip(f"the SMs execute code of {executed}; that of sm_{arch} is decoded only")
        wanted = isa or os.environ.get(INSTRUCTION_SET_VARIABLE) or "best"
        if wanted not in INSTRUCTION_SETS or _sm.lib.sm_isa_name(INSTRUCTION_SETS[wanted]) == _sm.ffi.NULL:
            raise UsageError(f"this host has no instruction set {wanted!r}", known=sorted(INSTRUCTION_SETS))
        self.arch = arch
        self.memory = memory
        self.sm_count = sm_count
        self.threads = threads or len(os.sched_getaffinity(0))
        self._isa = INSTRUCTION_SETS[wanted]

    @property
    def isa(self) -> str:
        """The host's instruction set in use."""
        return _sm.ffi.string(_sm.lib.sm_isa_name(self._isa)).decode()

    def ctas_per_sm(self, launch: Launch) -> int:
        """How many CTAs of a launch one SM can hold at a time.

        Raises:
            LaunchTooLarge: not even one.
        """
        limits = LIMITS[self.arch]
        threads = launch.block[0] * launch.block[1] * launch.block[2]
        warps = -(-threads // LANES)
        fits = (
            limits.ctas,
            limits.threads // max(threads, 1),
            limits.shared_bytes // max(launch.shared_bytes, 1),
            limits.registers // max(warps * LANES * launch.register_count, 1),
        )
        if min(fits) < 1:
            raise LaunchTooLarge(
                "an SM cannot hold one CTA of this launch",
                threads=threads,
                register_count=launch.register_count,
                shared_bytes=launch.shared_bytes,
            )
        return min(fits)

    def launch(self, launch: Launch) -> Report:
        """Run a launch to its end, whichever it is.

        Raises:
            LaunchTooLarge: it does not fit on an SM, or its numbers make no sense.
            ResourceError: the host has no memory for it.
        """
        described = _sm.ffi.new("struct sm_launch *")
        port_owner = self.memory.fill_port(_sm.ffi.addressof(described, "port"))
        self._describe(described, launch)
        answer = _sm.ffi.new("struct sm_report *")
        result = _sm.lib.sm_run(described, answer)
        del port_owner
        if result == _sm.lib.SM_BAD_LAUNCH:
            raise LaunchTooLarge("the launch's numbers make no sense", launch=launch)
        if result == _sm.lib.SM_NO_MEMORY:
            raise ResourceError("the host has no memory for the launch")
        faults = tuple(_fault(answer.faults[i]) for i in range(answer.fault_count))
        return Report(
            fault=faults[0] if result == _sm.lib.SM_FAULTED else None,
            faults=faults,
            warp_instructions=answer.warp_instructions,
            thread_instructions=answer.thread_instructions,
            most_resident=answer.most_resident,
            cta_bytes=answer.cta_bytes,
            timed_out=result == _sm.lib.SM_TIMED_OUT,
            stuck=result == _sm.lib.SM_STUCK,
            stopped=result == _sm.lib.SM_STOPPED,
        )

    def _describe(self, described: Any, launch: Launch) -> None:
        if launch.timer_offset_ns is not None:
            described.has_timer = 1
            described.timer_offset_ns = launch.timer_offset_ns
        if launch.control is not None:
            described.control = launch.control.handle
        if launch.code is not None:
            described.code = launch.code.handle
        if launch.watch is not None:
            described.watch = launch.watch.handle
        described.arch = self.arch
        described.sm_count = self.sm_count
        described.threads = self.threads
        described.isa = self._isa
        described.ctas_per_sm = self.ctas_per_sm(launch)
        described.entry_va = launch.entry_va
        described.grid = list(launch.grid)
        described.block = list(launch.block)
        described.cluster = list(launch.cluster)
        described.register_count = launch.register_count
        described.shared_bytes = launch.shared_bytes
        described.local_bytes = -(-launch.local_bytes // LOCAL_GRANULE_BYTES) * LOCAL_GRANULE_BYTES
        described.barrier_count = launch.barrier_count
        described.shared_window_va = launch.shared_window
        described.local_window_va = launch.local_window
        described.timeout_ns = 0 if launch.timeout_s is None else int(launch.timeout_s * NANOSECONDS)
        for bank, (gpu_va, size_bytes) in launch.constant_banks.items():
            if not 0 <= bank < CONSTANT_BANKS:
                raise LaunchTooLarge(f"there is no constant bank {bank}")
            described.constant_banks[bank].gpu_va = gpu_va
            described.constant_banks[bank].size_bytes = size_bytes


def _fault(fault: Any) -> Fault:
    return Fault(
        name=FAULTS[fault.kind].name,
        kind=fault.kind,
        sm=fault.sm,
        cta=(fault.cta[0], fault.cta[1], fault.cta[2]),
        warp=fault.warp,
        lanes=fault.lanes,
        pc=fault.pc,
        address=fault.address,
        access=next((name for bit, name in ACCESSES.items() if fault.access & bit), None),
    )
