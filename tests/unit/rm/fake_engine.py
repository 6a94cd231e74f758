"""The GPU under the fake kernel driver: a thread that does what channels ask, through their page tables.

Host's semaphores and TLB invalidation, and copies of a copy engine; pushbuffers are read by
`barewire.channel.decoder`, which shares nothing with what writes them. It remembers translations of address
spaces whose tables are not RM's, until it is told to forget them: what it should have forgotten it complains
of. What is not mapped, or read-only, ends the channel as the kernel driver tells of it: Xid 31.
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

from barewire.channel.decoder import decode_gpfifo_entry, decode_pushbuffer
from fake_kernel import CHANNEL, FakeKernel, Object, u32, u64
from fake_tables import Page, page_at

GP_PUT = 0x8C
FAULT, NOT_ALLOWED = 31, 32  # Xids
RELEASE, ACQUIRE, ACQUIRE_GEQ = 1, 0, 3
TLB_INVALIDATE = 9  # OPERATION of MEM_OP_D
APERTURES = {0: "video", 2: "host", 3: "host"}


class Fault(Exception):
    """What ends a channel.

    Attributes:
        xid: what kind it is.
    """

    def __init__(self, xid: int, why: str) -> None:
        super().__init__(why)
        self.xid = xid


class Forgotten(NamedTuple):
    """A TLB invalidation that was done."""

    channel: int
    aperture: str
    root: int
    level: str
    membar: bool


class Runner:
    """One channel."""

    def __init__(self, engine: Engine, channel: Object) -> None:
        self.engine, self.kernel, self.channel = engine, engine.kernel, channel
        client = next(each for each in self.kernel.clients.values() if channel.handle in each.objects)
        objects = client.objects
        self.space = objects[u32(objects[channel.parent].params, 8)]
        self.userd, self.userd_at = objects[u32(channel.params, 32)], u64(channel.params, 64)
        self.notifier = objects.get(u32(channel.params, 0))
        self.ring, self.entries = u64(channel.params, 8), u32(channel.params, 16)
        self.get = 0
        self.values: dict[str, int] = {}
        self.steps = self._steps()
        self.dead = False

    def run(self) -> None:
        """What can be done now."""
        try:
            for busy in self.steps:
                if not busy:
                    return
        except Fault as fault:
            self.die(fault)

    def die(self, fault: Fault) -> None:
        """The error notifier as the kernel driver writes it."""
        self.dead = True
        self.engine.faults.append((self.channel.handle, fault.xid, str(fault)))
        if self.notifier is not None:
            memory, at = self._place(self.notifier, 0)
            memory.write(at, struct.pack("<QIHH", time.monotonic_ns(), fault.xid, 0, 0xFFFF))

    def _steps(self) -> Iterator[bool]:
        """Executes for ever; yields whether there was anything to do."""
        while True:
            memory, at = self._place(self.userd, self.userd_at + GP_PUT)
            (put,) = struct.unpack("<I", memory.read(at, 4))
            if put == self.get:
                yield False
                continue
            (raw,) = struct.unpack("<Q", self.read(self.ring + 8 * self.get, 8))
            self.get = (self.get + 1) % self.entries
            entry = decode_gpfifo_entry(raw)
            data = self.read(entry.gpu_va, 4 * entry.length_words)
            words = struct.unpack(f"<{entry.length_words}I", data)
            for operation in decode_pushbuffer(words):
                if operation.method is None or operation.value is None:
                    continue
                name = operation.name.split("_", 1)[1]
                self.values[name] = operation.value
                if name == "SEM_EXECUTE":
                    yield from self._semaphore(operation.value)
                elif name == "MEM_OP_D" and operation.value >> 27 == TLB_INVALIDATE:
                    self._forget(operation.value)
                elif name == "LAUNCH_DMA":
                    self._copy(operation.value)
            yield True

    def _semaphore(self, execute: int) -> Iterator[bool]:
        at = self.values["SEM_ADDR_HI"] << 32 | self.values["SEM_ADDR_LO"]
        payload, operation = self.values["SEM_PAYLOAD_LO"], execute & 7
        if operation == RELEASE:
            stamp = struct.pack("<IQ", 0, time.monotonic_ns()) if execute >> 25 & 1 else b""
            self.write(at, struct.pack("<I", payload) + stamp)
            return
        while True:
            ahead = struct.unpack("<I", self.read(at, 4))[0] - payload & 0xFFFFFFFF
            if ahead == 0 or (operation == ACQUIRE_GEQ and ahead < 1 << 31):
                return
            yield False

    def _forget(self, word: int) -> None:
        """MEM_OP: OGKM:clc86f.h."""
        if not self.kernel.admin:
            raise Fault(NOT_ALLOWED, "MEM_OP in a channel that is not privileged")
        first, third = self.values["MEM_OP_A"], self.values["MEM_OP_C"]
        if third & 1:
            raise Fault(NOT_ALLOWED, "everybody's translations are nobody's business")
        root = third >> 12 << 12 | (word & 0x7FFFFFF) << 32
        levels = "ALL", "PTE_ONLY", *(f"UP_TO_PDE{number}" for number in range(6))
        aperture = APERTURES[third >> 10 & 3]
        self.engine.forgotten.append(
            Forgotten(self.channel.handle, aperture, root, levels[third >> 7 & 7], bool(first >> 11 & 1))
        )
        if aperture == "video":
            self.engine.forget(root)

    def _copy(self, launch: int) -> None:
        """LAUNCH_DMA: open-gpu-doc:classes/dma-copy/clc8b5.h."""
        values = self.values
        if launch & 3:
            source = values["OFFSET_IN_UPPER"] << 32 | values["OFFSET_IN_LOWER"]
            target = values["OFFSET_OUT_UPPER"] << 32 | values["OFFSET_OUT_LOWER"]
            self.write(target, self.read(source, values["LINE_LENGTH_IN"]))
        if launch >> 3 & 3 == 1:
            at = values["SET_SEMAPHORE_A"] << 32 | values["SET_SEMAPHORE_B"]
            self.write(at, struct.pack("<I", values["SET_SEMAPHORE_PAYLOAD"]))

    # Memory

    def read(self, va: int, size_bytes: int) -> bytes:
        return b"".join(memory.read(at, count) for memory, at, count in self._pieces(va, size_bytes, False))

    def write(self, va: int, data: bytes) -> None:
        done = 0
        for memory, at, count in list(self._pieces(va, len(data), True)):
            memory.write(at, data[done : done + count])
            done += count

    def _pieces(self, va: int, size_bytes: int, writing: bool):
        end = va + size_bytes
        while va < end:
            page = self.engine.page(self.space, va)
            if page is None:
                raise Fault(FAULT, f"{va:#x} is not mapped")
            if writing and page.read_only:
                raise Fault(FAULT, f"{va:#x} is read-only")
            count = min(end, page.va + page.page_bytes) - va
            memory = self.kernel.video if page.aperture == "video" else self.kernel.host
            yield memory, page.place + va - page.va, count
            va += count

    def _place(self, memory: Object, offset: int):
        index, within = divmod(offset, memory.page)
        where = self.kernel.video if memory.class_id == 0x40 else self.kernel.host
        return where, memory.places[index] + within


class Engine:
    """Runs until it is stopped.

    Attributes:
        forgotten: TLB invalidations, in order.
        faults: (channel, Xid, why) of what ended channels.
        stalled: does nothing for now.
    """

    def __init__(self, kernel: FakeKernel) -> None:
        self.kernel = kernel
        self.forgotten: list[Forgotten] = []
        self.faults: list[tuple[int, int, str]] = []
        self.stalled = False
        self._runners: dict[Object, Runner] = {}
        self._known: dict[tuple[int, int], Page] = {}  # (root, address of 4 KiB) -> what it remembers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fake GPU")
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.0002):
            with self.kernel.lock:
                living = [known for known in self.kernel.objects if known.class_id == CHANNEL]
                self._runners = {
                    channel: self._runners.get(channel) or Runner(self, channel) for channel in living
                }
                for runner in self._runners.values():
                    if not runner.dead and not self.stalled:
                        runner.run()

    def page(self, space: Object, va: int) -> Page | None:
        """The page at an address, as the GPU remembers it."""
        if space.tables is not None:
            return page_at(self.kernel.video, space.tables.root, va)
        assert space.root is not None, "a channel without a page directory"
        found = page_at(self.kernel.video, space.root, va)
        known = self._known.get((space.root, va // 4096))
        if known is not None and known != found:
            self.kernel.complaints.append(f"{va:#x} was used after its mapping had changed")
            return known
        if found is not None:
            self._known[space.root, va // 4096] = found
        return found

    def forget(self, root: int) -> None:
        self._known = {key: page for key, page in self._known.items() if key[0] != root}

    def kill(self, handle: int, xid: int = 13) -> None:
        """End a channel as if its engine had faulted."""
        with self.kernel.lock:
            runner = next(each for channel, each in self._runners.items() if channel.handle == handle)
            runner.die(Fault(xid, "killed"))
