"""A fake GPU: a thread that executes what channels' rings hold, with readers of its own.

Words are read by `barewire.channel.decoder` and `barewire.compute.qmd_decoder`, which share no code with the
builders. Kernels are Python functions. The GPU is as lazy as a real one may be: a grid or a copy that nothing
waits for runs as late as possible, and grids that nothing orders run in any order, so that a missing wait
shows. It is strict: what a real GPU would fault on ends the channel with an Xid in its error notifier, and
what is undefined is a complaint.
"""

from __future__ import annotations

import random
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from types import GeneratorType

import numpy as np
from barewire.channel.decoder import decode_gpfifo_entry, decode_pushbuffer
from barewire.errors import BadPushbuffer
from fake_manager import DebuggerFault, FakeChannel, FakeManager, SmState
from fake_memory import READ, WRITE, GpuFault, PageTables
from fake_qmd import QMD_WORDS, Qmd, QmdReader

IDLE_SLEEP_S = 50e-6
STALE_ENTRY = 0x1_0000_0001  # control operation ILLEGAL: what stands in an entry that was fetched already
INVALIDATING = ("INVALIDATE_COPY_SCHEDULE", "INVALIDATE_PREFETCH_COPY_SCHEDULE")
SCHEDULING = (*INVALIDATING, "SCHEDULE", "PREFETCH_SCHEDULE")
COMPONENT_TYPES = {1: np.uint8, 2: np.uint16, 4: np.uint32}
MASK32 = 0xFFFFFFFF

# Bank 0 of sm_90: H100: as the vendor's driver wrote it in 19 recorded launches.
PARAMETERS = 0x210
Program = Callable[["Launch"], "Iterator[None] | None"]


class WarpError(GpuFault):
    """A kernel did what the SM refuses: Xid 13."""

    def __init__(self, why: str, warp_esr: int = 0, global_esr: int = 0) -> None:
        super().__init__(13, why)
        self.warp_esr = warp_esr
        self.global_esr = global_esr


class Launch:
    """What a kernel sees of its launch."""

    def __init__(self, gpu: FakeGpu, tables: PageTables, grid: Grid, bank0: bytes) -> None:
        self._tables = tables
        self.gpu = gpu
        self.grid = grid.qmd.shape.grid
        self.block = grid.qmd.shape.block
        self.cluster = grid.qmd.shape.cluster
        self.shape = grid.qmd.shape
        self.bank0 = bank0
        self.parameters = bank0[PARAMETERS:]

    @property
    def threads(self) -> int:
        grid, block = self.grid, self.block
        return grid[0] * grid[1] * grid[2] * block[0] * block[1] * block[2]

    def arguments(self, form: str) -> tuple:
        """The parameters, laid out as C lays out a structure."""
        return struct.unpack_from("@" + form, self.parameters)

    def array(self, gpu_va: int, dtype: type, count: int, access: int = WRITE) -> np.ndarray:
        """Memory of the GPU; accessing what is not mapped ends the kernel."""
        if gpu_va % np.dtype(dtype).itemsize:
            raise WarpError(f"{gpu_va:#x} is misaligned", warp_esr=0x0F)
        return self._tables.array(gpu_va, dtype, count, access)


class Grid:
    """A QMD that was scheduled and has not completed."""

    def __init__(self, qmd_va: int, qmd: Qmd, bank0: bytes) -> None:
        self.qmd_va = qmd_va
        self.qmd = qmd
        self.bank0 = bank0


class Stream:
    """One channel's work: its place in the ring, the methods' state, and what its engine has not done yet."""

    def __init__(self, gpu: FakeGpu, channel: FakeChannel) -> None:
        self.gpu = gpu
        self.channel = channel
        self.tables = channel.group.space.tables
        self.get = 0
        self.put = 0
        self.bound: dict[int, int] = {}
        self.state: dict[str, int] = {}
        self.inline: list[int] = []
        self.inline_qmd: dict[int, int] = {}
        self.grids: list[Grid] = []
        self.copies: list[Callable[[], None]] = []
        self.work = self._work()

    def ring_bell(self) -> None:
        """Host looks at GP_PUT when the doorbell was rung."""
        put = self.channel.gp_put.value
        if put >= self.channel.ring_entries:
            self.gpu.rm.complain(f"GP_PUT is {put} in a ring of {self.channel.ring_entries}")
            put = self.get
        self.put = put

    # Host

    def _work(self) -> Iterator[bool]:
        """Executes for ever; yields whether there was anything to do."""
        while True:
            if self.get == self.put:
                busy = bool(self.grids or self.copies)
                yield from self.drain()
                yield busy
                continue
            address = self.channel.ring_gpu_va + 8 * self.get
            (raw,) = struct.unpack("<Q", self.tables.read(address, 8))
            self.tables.write(address, struct.pack("<Q", STALE_ENTRY))
            entry = decode_gpfifo_entry(raw)
            if entry.is_control:
                raise GpuFault(32, f"GPFIFO entry {self.get} holds {entry}: nobody wrote it")
            self.get = (self.get + 1) % self.channel.ring_entries
            self.gpu.entries += 1
            words = self.tables.words(entry.gpu_va, entry.length_words)
            for step in self.gpu.compile(words, self.bound):
                waiting = step.do(self, step.argument, words if step.index is None else words[step.index])
                if waiting is not None:
                    yield from waiting
            yield True

    def bind(self, subchannel: int, class_id: int) -> None:
        classes = self.gpu.rm.facts.classes
        allowed = {"compute": classes.compute, "copy": classes.copy}[self.channel.group.engine]
        if class_id != allowed or class_id != self.channel.object_class:
            raise GpuFault(13, f"class {class_id:#x} cannot be bound on this channel")
        self.bound[subchannel] = class_id

    def semaphore(self, _: object, execute: int) -> Iterator[bool] | None:
        """SEM_EXECUTE: open-gpu-doc:manuals/ampere/ga100/dev_pbdma, NV_UDMA_SEM_EXECUTE."""
        state = self.state
        gpu_va = state["SEM_ADDR_HI"] << 32 | state["SEM_ADDR_LO"]
        payload = state["SEM_PAYLOAD_LO"]
        operation, wide = execute & 7, bool(execute >> 24 & 1)
        if gpu_va % (8 if wide else 4):
            raise GpuFault(32, f"the semaphore {gpu_va:#x} is misaligned")
        if wide:
            payload |= state["SEM_PAYLOAD_HI"] << 32
        if operation == 1:
            return self._release(gpu_va, payload, wide, bool(execute >> 25 & 1), bool(execute >> 20 & 1))
        if operation not in (0, 3) or wide:
            raise GpuFault(32, f"no semaphore operation {operation}")
        return self._acquire(gpu_va, payload, circular=operation == 3)

    def _release(self, gpu_va: int, payload: int, wide: bool, stamped: bool, waits: bool) -> Iterator[bool]:
        if waits:
            yield from self.drain()
        self.write_semaphore(gpu_va, payload, wide, stamped)

    def _acquire(self, gpu_va: int, payload: int, circular: bool) -> Iterator[bool]:
        def reached() -> bool:
            ahead = (self.tables.word(gpu_va) - payload) & MASK32
            return ahead < 1 << 31 if circular else ahead == 0

        if not reached():
            yield from self.drain()
        while not reached():
            yield False

    def write_semaphore(self, gpu_va: int, payload: int, wide: bool = False, stamped: bool = False) -> None:
        if stamped:
            if gpu_va % 16:
                raise GpuFault(32, f"the semaphore {gpu_va:#x} with a timestamp is misaligned")
            self.tables.write(gpu_va, struct.pack("<QQ", payload, self.gpu.now_ns()))
        elif wide:
            self.tables.write(gpu_va, struct.pack("<Q", payload))
        else:
            self.tables.write(gpu_va, struct.pack("<I", payload & MASK32))

    def drain(self, *_: object) -> Iterator[bool]:
        """Let the engine do all it was given. Grids that nothing orders run in any order."""
        while self.copies:
            self.copies.pop(0)()
        while self.grids:
            grid = self.grids.pop(self.gpu.random.randrange(len(self.grids)))
            yield from self.run_grid(grid)

    # Compute

    def send_pcas(self, action: str, _: int) -> None:
        if action not in SCHEDULING:
            raise GpuFault(13, f"SEND_PCAS with action {action}")
        if action == "PREFETCH_SCHEDULE":
            return  # H100: a QMD V04_00 that is sent with action 9 never completes
        qmd_va = self.state["SEND_PCAS_A"] << 8
        if self.inline_qmd:
            self._take_inline_qmd(qmd_va)
        elif action in INVALIDATING:
            self.gpu.sked.pop((self.tables, qmd_va), None)
        self.schedule(qmd_va)

    def _take_inline_qmd(self, qmd_va: int) -> None:
        state = self.state
        given_va = (
            (state["SET_INLINE_QMD_ADDRESS_A"] & 0x1FF) << 32 | state["SET_INLINE_QMD_ADDRESS_B"]
        ) << 8
        count = QMD_WORDS if state["SET_INLINE_QMD_ADDRESS_A"] >> 30 & 1 else 64
        if given_va != qmd_va:
            raise GpuFault(13, f"the inline QMD is for {given_va:#x}, {qmd_va:#x} is sent")
        if sorted(self.inline_qmd) != list(range(count)) or count != QMD_WORDS:
            raise GpuFault(13, f"{len(self.inline_qmd)} words of an inline QMD were loaded")
        if (self.tables, qmd_va) in self.gpu.active:
            raise GpuFault(13, f"the QMD at {qmd_va:#x} is active and was loaded again (SKEDCHECK22)")
        words = tuple(self.inline_qmd[index] for index in range(count))
        self.inline_qmd = {}
        self.tables.write(qmd_va, struct.pack(f"<{count}I", *words))
        self.gpu.sked[self.tables, qmd_va] = words

    def load(self, qmd_va: int) -> tuple[int, ...]:
        """The scheduler's copy of a QMD, which is not always what memory holds."""
        found = self.gpu.sked.get((self.tables, qmd_va))
        in_memory = self.tables.words(qmd_va, QMD_WORDS)
        if found is None:
            self.gpu.sked[self.tables, qmd_va] = found = in_memory
        elif found != in_memory:
            self.gpu.rm.complain(f"the scheduler's copy of the QMD at {qmd_va:#x} is stale")
        return found

    def schedule(self, qmd_va: int) -> None:
        key = (self.tables, qmd_va)
        if key in self.gpu.active:
            raise GpuFault(13, f"the QMD at {qmd_va:#x} is active already (SKEDCHECK22)")
        qmd = self.gpu.reader.read(self.load(qmd_va))
        shape = qmd.shape
        bank0 = self.tables.read(qmd.bank0_va, shape.bank0_bytes)
        self._check(qmd_va, qmd, bank0)
        if qmd.next_va is not None:
            if shape.dependent_action != "QMD_SCHEDULE":
                raise GpuFault(13, f"a dependent QMD with action {shape.dependent_action}")
            if shape.prefetches:
                self.load(qmd.next_va)
        self.gpu.active.add(key)
        self.grids.append(Grid(qmd_va, qmd, bank0))

    def _check(self, qmd_va: int, qmd: Qmd, bank0: bytes) -> None:
        shape = qmd.shape
        for gpu_va, size in shape.banks:
            self.tables.find(gpu_va, size, READ)
        if shape.local_bytes:
            self._check_local(shape.local_bytes)
        if self.gpu.lenient:
            return
        numbers = {
            "block": (struct.unpack_from("<3I", bank0, 0x0), shape.block),
            "grid": (struct.unpack_from("<3I", bank0, 0xC), shape.grid),
            "shared window": (struct.unpack_from("<Q", bank0, 0x18)[0], self._window("SHARED")),
            "local window": (struct.unpack_from("<Q", bank0, 0x20)[0], self._window("LOCAL")),
            # Inline QMDs have another home than the one that chains use: the word may name either.
            "QMD": (struct.unpack_from("<Q", bank0, 0x38)[0] & ~0x7FF, qmd_va & ~0x7FF),
            "bank 0": (struct.unpack_from("<Q", bank0, 0xC0)[0], qmd.bank0_va),
            "program": (struct.unpack_from("<Q", bank0, 0x118)[0], shape.program_va),
            "cluster": (struct.unpack_from("<3I", bank0, 0x144), shape.cluster),
            "parameters": (struct.unpack_from("<Q", bank0, 0x198)[0], qmd.bank0_va + PARAMETERS),
        }
        for name, (told, found) in numbers.items():
            if told != found:
                self.gpu.rm.complain(f"bank 0 says {name} {told}, it is {found}")

    def _window(self, which: str) -> int:
        name = f"SET_SHADER_{which}_MEMORY_WINDOW"
        return self.state.get(f"{name}_A", 0) << 32 | self.state.get(f"{name}_B", 0)

    def _check_local(self, local_bytes: int) -> None:
        """The channel's local memory must hold that of every thread that may be resident."""
        state, facts = self.state, self.gpu.rm.facts
        if "SET_SHADER_LOCAL_MEMORY_A" not in state:
            raise GpuFault(13, "local memory without SET_SHADER_LOCAL_MEMORY (SKEDCHECK05)")
        name = "SET_SHADER_LOCAL_MEMORY_NON_THROTTLED"
        per_tpc = state[f"{name}_A"] << 32 | state[f"{name}_B"]
        if per_tpc < local_bytes * 2048 * 2 or per_tpc % 0x8000:
            raise GpuFault(
                13, f"{per_tpc} bytes of local memory for a TPC are too few for {local_bytes} a thread"
            )
        gpu_va = state["SET_SHADER_LOCAL_MEMORY_A"] << 32 | state["SET_SHADER_LOCAL_MEMORY_B"]
        self.tables.find(gpu_va, per_tpc * facts.tpc_count, WRITE)

    def run_grid(self, grid: Grid) -> Iterator[bool]:
        """Run a kernel to its end, then tell and start what follows."""
        qmd, key = grid.qmd, (self.tables, grid.qmd_va)
        program_va = qmd.shape.program_va
        found = self.gpu.programs.get((self.tables, program_va))
        self.tables.find(program_va, 16, READ)
        if found is None:
            raise WarpError(f"no program at {program_va:#x}", warp_esr=0x09)
        try:
            running = found(Launch(self.gpu, self.tables, grid, grid.bank0))
            if isinstance(running, GeneratorType):
                for _ in running:
                    yield False
        except GpuFault as fault:
            fault.program_va = program_va  # type: ignore[attr-defined]
            raise
        if self.tables.read(qmd.bank0_va, len(grid.bank0)) != grid.bank0:
            self.gpu.rm.complain(f"bank 0 of the QMD at {grid.qmd_va:#x} changed while it was active")
        if self.tables.words(grid.qmd_va, QMD_WORDS) != qmd.words:
            self.gpu.rm.complain(f"the QMD at {grid.qmd_va:#x} changed while it was active")
        self.gpu.active.discard(key)
        self.gpu.grids += 1
        if qmd.next_va is not None:
            self.schedule(qmd.next_va)
        if qmd.releases:
            behind = self.tables.words(qmd.release_va, 1)[0] - qmd.payload & MASK32  # the counter wraps
            if 0 < behind < 1 << 31:
                self.gpu.rm.complain(f"the QMD at {grid.qmd_va:#x} takes a timeline back to {qmd.payload}")
            self.write_semaphore(qmd.release_va, qmd.payload, stamped=not qmd.shape.one_word_release)

    def invalidate_sked(self, *_: object) -> None:
        if self.grids:
            self.gpu.rm.complain("the scheduler's caches were invalidated while grids run")
        self.gpu.sked.clear()

    def inline_qmd_words(self, run: tuple[int, int, int], words: tuple[int, ...]) -> None:
        first, start, count = run
        for offset in range(count):
            self.inline_qmd[first + offset] = words[start + offset]

    def start_inline(self, *_: object) -> None:
        self.inline = []

    def inline_words(self, run: tuple[int, int], words: tuple[int, ...]) -> None:
        start, count = run
        self.inline += words[start : start + count]
        size = self.state["LINE_LENGTH_IN"] * self.state.get("LINE_COUNT", 1)
        if len(self.inline) < -(-size // 4):
            return
        gpu_va = self.state["OFFSET_OUT_UPPER"] << 32 | self.state["OFFSET_OUT"]
        self.tables.write(gpu_va, struct.pack(f"<{len(self.inline)}I", *self.inline)[:size])

    def report(self, _: object, value: int) -> Iterator[bool] | None:
        """SET_REPORT_SEMAPHORE_D of the compute class, release only."""
        if value & 3:
            raise GpuFault(13, f"SET_REPORT_SEMAPHORE_D {value:#x}")
        gpu_va = self.state["SET_REPORT_SEMAPHORE_A"] << 32 | self.state["SET_REPORT_SEMAPHORE_B"]
        return self._release(gpu_va, self.state["SET_REPORT_SEMAPHORE_C"], False, not value >> 28 & 1, True)

    # Copy engine

    def launch_copy(self, fields: None, value: int) -> None:
        """LAUNCH_DMA: open-gpu-doc:classes/dma-copy/clc8b5.h. The work is done later."""
        state = dict(self.state)
        transfer, semaphore = value & 3, value >> 3 & 3
        if transfer:
            if not value >> 7 & 1 or not value >> 8 & 1:
                raise GpuFault(13, "a copy that is not between pitch-linear memory")
            if transfer == 1:
                raise GpuFault(13, "a pipelined copy: nothing orders it")
            lines = state["LINE_COUNT"] if value >> 9 & 1 else 1
            remap = bool(value >> 10 & 1)
            self.copies.append(lambda: self._transfer(state, lines, remap))
        if semaphore not in (0, 1, 2):
            raise GpuFault(13, "a conditional interrupt")
        if semaphore:
            if not value >> 2 & 1:
                self.gpu.rm.complain("a copy's semaphore without a flush may be seen before the data")
            gpu_va = state["SET_SEMAPHORE_A"] << 32 | state["SET_SEMAPHORE_B"]
            payload = state["SET_SEMAPHORE_PAYLOAD"]
            self.copies.append(lambda: self.write_semaphore(gpu_va, payload, stamped=semaphore == 2))

    def _transfer(self, state: dict[str, int], lines: int, remap: bool) -> None:
        length = state["LINE_LENGTH_IN"]
        target = state["OFFSET_OUT_UPPER"] << 32 | state["OFFSET_OUT_LOWER"]
        if remap:
            self._fill(state, target, length, lines)
            return
        source = state["OFFSET_IN_UPPER"] << 32 | state["OFFSET_IN_LOWER"]
        self.gpu.copied_bytes += length * lines
        for line in range(lines):
            pitch_in, pitch_out = (state[f"PITCH_{way}"] if line else 0 for way in ("IN", "OUT"))
            given = self.tables.array(source + line * pitch_in, np.uint8, length, READ)
            self.tables.array(target + line * pitch_out, np.uint8, length)[:] = given

    def _fill(self, state: dict[str, int], target: int, elements: int, lines: int) -> None:
        components = state["SET_REMAP_COMPONENTS"]
        size = (components >> 16 & 3) + 1
        if components & 7 != 4 or components >> 24 & 3 or size not in COMPONENT_TYPES or lines != 1:
            raise GpuFault(13, f"a remap {components:#x} that is not a fill with constant A")
        mask = (1 << 8 * size) - 1
        self.tables.array(target, COMPONENT_TYPES[size], elements)[:] = state["SET_REMAP_CONST_A"] & mask

    def set_state(self, name: str, value: int) -> None:
        self.state[name] = value


class Step:
    """One thing that a pushbuffer does: a function of Stream, its argument, and where its value stands."""

    __slots__ = ("argument", "do", "index")

    def __init__(self, do: Callable, argument: object, index: int | None) -> None:
        self.do = do
        self.argument = argument
        self.index = index


class _Const:
    """Gives an immediate's value, which stands in the header, to a step."""

    def __init__(self, do: Callable, value: int) -> None:
        self._do = do
        self._value = value

    def __call__(self, stream: Stream, argument: object, _: object) -> object:
        return self._do(stream, argument, self._value)


def _nothing(*_: object) -> None:
    """Methods that a fake GPU need not know more of."""


HOST_STATE = ("SEM_ADDR_LO", "SEM_ADDR_HI", "SEM_PAYLOAD_LO", "SEM_PAYLOAD_HI")
COMPUTE_STATE = (
    "SEND_PCAS_A",
    *(f"SET_SHADER_{kind}_MEMORY_WINDOW_{half}" for kind in ("SHARED", "LOCAL") for half in "AB"),
    *(f"SET_SHADER_LOCAL_MEMORY_{half}" for half in "AB"),
    *(f"SET_SHADER_LOCAL_MEMORY_NON_THROTTLED_{part}" for part in "ABC"),
    *(f"SET_INLINE_QMD_ADDRESS_{half}" for half in "AB"),
    *(f"SET_REPORT_SEMAPHORE_{part}" for part in "ABC"),
    "OFFSET_OUT_UPPER",
    "OFFSET_OUT",
    "LINE_LENGTH_IN",
    "LINE_COUNT",
)
COPY_STATE = (
    *(f"OFFSET_{way}_{half}" for way in ("IN", "OUT") for half in ("UPPER", "LOWER")),
    "PITCH_IN",
    "PITCH_OUT",
    "LINE_LENGTH_IN",
    "LINE_COUNT",
    "SET_SEMAPHORE_A",
    "SET_SEMAPHORE_B",
    "SET_SEMAPHORE_PAYLOAD",
    "SET_REMAP_CONST_A",
    "SET_REMAP_CONST_B",
    "SET_REMAP_COMPONENTS",
)
ACTIONS: dict[tuple[str, str], Callable] = {
    **{("host", name): Stream.set_state for name in HOST_STATE},
    **{("compute", name): Stream.set_state for name in COMPUTE_STATE},
    **{("copy", name): Stream.set_state for name in COPY_STATE},
    ("host", "SEM_EXECUTE"): Stream.semaphore,
    ("host", "WFI"): Stream.drain,
    ("host", "NOP"): _nothing,
    ("compute", "WAIT_FOR_IDLE"): Stream.drain,
    ("compute", "INVALIDATE_SKED_CACHES"): Stream.invalidate_sked,
    ("compute", "INVALIDATE_SHADER_CACHES"): _nothing,
    ("compute", "INVALIDATE_SHADER_CACHES_NO_WFI"): _nothing,
    ("compute", "LAUNCH_DMA"): Stream.start_inline,
    ("compute", "SET_REPORT_SEMAPHORE_D"): Stream.report,
    ("compute", "NO_OPERATION"): _nothing,
    ("copy", "LAUNCH_DMA"): Stream.launch_copy,
    ("copy", "NOP"): _nothing,
}


class FakeGpu:
    """One fake GPU.

    Attributes:
        programs: Python functions by (page tables, program address).
        entries, grids, copied_bytes: how much was done so far.
        faults: what ended channels so far; a test that expects some takes them with `take_faults`.
        lenient: whether bank 0 may say something else than the QMD.
    """

    def __init__(self, manager: FakeManager, seed: int = 0) -> None:
        self.rm = manager
        manager.gpu = self
        self.programs: dict[tuple[PageTables, int], Program] = {}
        self.sked: dict[tuple[PageTables, int], tuple[int, ...]] = {}
        self.active: set[tuple[PageTables, int]] = set()
        self.reader = QmdReader()
        self.random = random.Random(seed)
        self.entries = 0
        self.grids = 0
        self.copied_bytes = 0
        self.faults: list[GpuFault] = []
        self.lenient = False
        self._compiled: dict[tuple, list[tuple]] = {}
        self._streams: dict[FakeChannel, Stream] = {}
        self._lock = threading.RLock()
        self._held = False
        self._held_channels: set[FakeChannel] = set()
        self._ended = False
        self._last_ns = 0
        self._thread = threading.Thread(target=self._run, name="fake GPU", daemon=True)
        self._thread.start()

    # What tests do with it

    @contextmanager
    def held(self, *queues) -> Iterator[None]:
        """The GPU does nothing inside, or nothing for some queues."""
        channels = {queue.channel for queue in queues}
        with self._lock:
            self._held = not channels
            self._held_channels = channels
        try:
            yield
        finally:
            self._held, self._held_channels = False, set()

    def take_faults(self) -> list[GpuFault]:
        """The faults so far, which the test expected."""
        with self._lock:
            taken, self.faults = self.faults, []
        return taken

    # Time

    def now_ns(self) -> int:
        """The GPU's clock: nanoseconds in steps of 32, never the same twice."""
        now = time.monotonic_ns() & ~31
        self._last_ns = max(now, self._last_ns + 32)
        return self._last_ns

    def _show_time(self) -> None:
        now = time.monotonic_ns() & ~31
        self.rm.time_high.value = now >> 32
        self.rm.time_low.value = now & MASK32

    # The thread

    def remove(self, channel: FakeChannel) -> None:
        """Called when a channel is closed."""
        with self._lock:
            stream = self._streams.pop(channel, None)
            if stream is not None:
                self._forget(stream)

    def end(self) -> None:
        """Stop for good."""
        self._ended = True
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._ended:
            if self._held or not self._look():
                time.sleep(IDLE_SLEEP_S)

    def _look(self) -> bool:
        """One step of every channel; whether any did something."""
        with self._lock:
            if self._held:
                return False
            self._show_time()
            if self.rm.bell.value:
                self._answer_bell()
            streams = [stream for stream in self._streams.values() if not stream.channel.dead]
            self.random.shuffle(streams)
        did = [self._step(stream) for stream in streams]
        return any(did)

    def _answer_bell(self) -> None:
        token = self.rm.bell.value
        self.rm.bell.value = 0
        channels = list(self.rm.channels)
        if not self.rm.was_issued(token):
            self.rm.complain(f"the doorbell was rung with {token:#x}, a token of no channel")
        for channel in channels:
            if not channel.group.scheduled or channel.dead:
                continue
            if channel not in self._streams:
                self._streams[channel] = Stream(self, channel)
            self._streams[channel].ring_bell()

    def _step(self, stream: Stream) -> bool:
        with self._lock:
            channel = stream.channel
            if channel.closed or channel.dead or self._held or channel in self._held_channels:
                return False
            if channel.stopped:
                self._forget(stream)
                channel.die(45)
                return True
            try:
                return next(stream.work)
            except GpuFault as fault:
                self._kill(stream, fault)
            except Exception as error:
                self.rm.complain(f"the fake GPU itself failed: {error!r}")
                self._kill(stream, GpuFault(13, repr(error)))
            return True

    def _forget(self, stream: Stream) -> None:
        self.active = {key for key in self.active if key[0] is not stream.tables}

    def _kill(self, stream: Stream, fault: GpuFault) -> None:
        channel = stream.channel
        self.faults.append(fault)
        self._forget(stream)
        if fault.xid == 31:
            channel.mmu_faults = [DebuggerFault(fault.gpu_va, fault.fault_type, fault.access)]
        program_va = getattr(fault, "program_va", 0)
        if isinstance(fault, WarpError) or (fault.xid == 31 and program_va):
            warp_esr = getattr(fault, "warp_esr", 0x20)
            global_esr = getattr(fault, "global_esr", 0)
            channel.sm_states = [SmState(3, global_esr, warp_esr, program_va + 0x50, fault.gpu_va, 0)]
        channel.die(fault.xid)

    # Pushbuffers

    def compile(self, words: tuple[int, ...], bound: dict[int, int]) -> list[Step]:
        """The steps of a pushbuffer. Those with the same headers have the same steps, so they are kept."""
        key = (len(words), words[0], tuple(bound.items()))
        for headers_of, headers, steps in self._compiled.get(key, ()):
            if headers_of(words) == headers:
                return steps
        try:
            operations = decode_pushbuffer(words, bound, self.rm.facts.classes.gpfifo)
        except BadPushbuffer as error:
            raise GpuFault(32, f"the pushbuffer cannot be parsed: {error}") from error
        steps = self._steps(operations)
        data = {
            operation.index
            for operation in operations
            if operation.is_method and operation.kind != "immediate"
        }
        places = [index for index in range(len(words)) if index not in data]
        if not any(step.do is _bind for step in steps):
            headers_of = itemgetter(*places)
            self._compiled.setdefault(key, []).append((headers_of, headers_of(words), steps))
        return steps

    def _steps(self, operations: list) -> list[Step]:
        steps: list[Step] = []
        for operation in operations:
            if not operation.is_method:
                if operation.kind != "nop":
                    raise GpuFault(32, f"a control entry: {operation}")
                continue
            if operation.method is None:
                known = operation.method_offset >= 0x100
                raise GpuFault(13 if known else 32, f"unknown method {operation.method_offset:#x}")
            name = operation.method.name
            if name == "SET_OBJECT":
                steps.append(Step(_bind, operation.subchannel, operation.index))
            elif name == "LOAD_INLINE_QMD_DATA":
                _extend(steps, Stream.inline_qmd_words, operation.element, operation.index)
            elif name == "LOAD_INLINE_DATA":
                _extend(steps, Stream.inline_words, None, operation.index)
            elif name in ("SEND_SIGNALING_PCAS2_B", "SEND_SIGNALING_PCAS_B"):
                steps.append(_pcas_step(operation))
            else:
                steps.append(_plain_step(operation))
        return steps


def _bind(stream: Stream, subchannel: int, value: int) -> None:
    stream.bind(subchannel, value & 0xFFFF)


def _extend(steps: list[Step], do: Callable, element: int | None, index: int) -> None:
    """Add a word to a run of inline words, or begin one."""
    last = steps[-1] if steps else None
    if last is not None and last.do is do:
        *first, start, count = last.argument  # type: ignore[misc]
        if start + count == index and (element is None or first[0] + count == element):
            last.argument = (*first, start, count + 1)
            return
    argument = (index, 1) if element is None else (element, index, 1)
    steps.append(Step(do, argument, None))


def _pcas_step(operation) -> Step:
    if operation.kind != "immediate":
        return Step(_send_by_value, operation, operation.index)
    return Step(_Const(Stream.send_pcas, 0), _action_of(operation.fields), 0)


def _action_of(fields: dict) -> str:
    if "PCAS_ACTION" in fields:
        return str(fields["PCAS_ACTION"])
    invalidate, schedule = fields["INVALIDATE"].value, fields["SCHEDULE"].value
    return ("INVALIDATE_COPY_SCHEDULE" if invalidate else "SCHEDULE") if schedule else "NOP"


def _send_by_value(stream: Stream, operation, value: int) -> None:
    stream.send_pcas(_action_of(operation.method.decode(value)), value)


def _plain_step(operation) -> Step:
    name = operation.method.name
    do = ACTIONS.get((operation.engine, name))
    if do is None:
        raise GpuFault(13, f"the fake GPU does not know {operation.name}")
    if operation.kind == "immediate":
        return Step(_Const(do, operation.value), name, 0)
    return Step(do, name, operation.index)
