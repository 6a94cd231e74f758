"""A software GPU with page tables by hand, channels without firmware, and words put together bit by bit."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from barewire.softgpu.channel import Channel, ChannelSetup, State
from barewire.softgpu.chip import SoftGpu, SoftOptions
from barewire.softgpu.page_tables import Aperture
from chip_host import ChipHost
from page_builder import Page, PageBuilder

KIB, MIB = 1 << 10, 1 << 20
HOST_CLASS, COPY_CLASS = 0xC86F, 0xC8B5
SUBCHANNEL = 4
ENTRIES = 64
FIRST_VA = 0x10_0000_0000
FIRST_VRAM = 16 * MIB
WAIT_S = 10.0


# Pushbuffer words (open-gpu-doc:manuals/ampere/ga100/dev_ram.ref).
def inc(method: int, *data: int, subchannel: int = SUBCHANNEL) -> list[int]:
    return [1 << 29 | len(data) << 16 | subchannel << 13 | method >> 2, *data]


def non_inc(method: int, *data: int, subchannel: int = SUBCHANNEL) -> list[int]:
    return [3 << 29 | len(data) << 16 | subchannel << 13 | method >> 2, *data]


def one_inc(method: int, *data: int, subchannel: int = SUBCHANNEL) -> list[int]:
    return [5 << 29 | len(data) << 16 | subchannel << 13 | method >> 2, *data]


def immediate(method: int, data: int, subchannel: int = SUBCHANNEL) -> list[int]:
    return [4 << 29 | data << 16 | subchannel << 13 | method >> 2]


def entry(gpu_va: int, words: int, *, wait: bool = False, subroutine: bool = False) -> int:
    high = gpu_va >> 32 & 0xFF | subroutine << 9 | words << 10 | wait << 31
    return high << 32 | gpu_va & 0xFFFFFFFC


# SEM_EXECUTE (open-gpu-doc:classes/host/clc76f.h).
ACQUIRE, RELEASE, STRICT_GEQ, CIRC_GEQ, AND, NOR, REDUCTION = range(7)
SWITCH, WAIT_FOR_IDLE, WIDE, TIMESTAMP, UNSIGNED = 1 << 12, 1 << 20, 1 << 24, 1 << 25, 1 << 31


def semaphore(gpu_va: int, payload: int, execute: int) -> list[int]:
    low, high = payload & 0xFFFFFFFF, payload >> 32 & 0xFFFFFFFF
    return inc(0x5C, gpu_va & 0xFFFFFFFF, gpu_va >> 32, low, high, execute, subchannel=0)


def release(gpu_va: int, payload: int) -> list[int]:
    return semaphore(gpu_va, payload, RELEASE | WAIT_FOR_IDLE)


# LAUNCH_DMA (open-gpu-doc:classes/dma-copy/clc8b5.h).
NON_PIPELINED, FLUSH, SRC_PITCH, DST_PITCH, MULTI_LINE, REMAP = 2, 1 << 2, 1 << 7, 1 << 8, 1 << 9, 1 << 10
ONE_WORD, FOUR_WORDS = 1 << 3, 2 << 3
SRC_PHYSICAL, DST_PHYSICAL = 1 << 12, 1 << 13
PLAIN = NON_PIPELINED | FLUSH | SRC_PITCH | DST_PITCH


LINE_LENGTH = 0x418


def offsets(source: int, target: int) -> list[int]:
    return inc(0x400, source >> 32, source & 0xFFFFFFFF, target >> 32, target & 0xFFFFFFFF)


def lines(source: int, target: int, pitch_in: int, pitch_out: int, size: int, count: int) -> list[int]:
    pitches = inc(0x410, pitch_in & 0xFFFFFFFF, pitch_out & 0xFFFFFFFF, size, count)
    return [*offsets(source, target), *pitches]


def launch(word: int = PLAIN) -> list[int]:
    return inc(0x300, word)


def copy(source: int, target: int, size: int, word: int = PLAIN) -> list[int]:
    return [*offsets(source, target), *inc(LINE_LENGTH, size), *launch(word)]


@dataclass
class Memory:
    """Memory that is mapped for the GPU.

    Attributes:
        gpu_va: where.
        bytes: what it holds.
        place: aperture and address of its first byte.
    """

    gpu_va: int
    bytes: np.ndarray
    place: Place

    @property
    def words(self) -> np.ndarray:
        return self.bytes.view(np.uint32)

    @property
    def longs(self) -> np.ndarray:
        return self.bytes.view(np.uint64)


class Place(NamedTuple):
    aperture: Aperture
    address: int


class Failure(NamedTuple):
    """What firmware would have been told."""

    owner: Any
    xid: int
    fault: Any
    text: str | None
    lines: tuple[str, ...] = ()


class ToldFirmware:
    """Stands where resource management is, and keeps what it is told."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self.robust = self

    def channel_error(
        self, channel: Any, xid: int, fault: Any = None, text: str | None = None, lines: tuple[str, ...] = ()
    ) -> None:
        self.failures.append(Failure(channel, xid, fault, text, lines))

    def reset(self) -> None:
        self.failures.clear()


class FifoMachine:
    """The GPU, its memory and its channels."""

    def __init__(self, **options: Any) -> None:
        self.gpu = SoftGpu(SoftOptions(vram_bytes=4 << 30, **options))
        self.host = ChipHost()
        self.gpu.attach(self.host)
        self.gpu.config_write(4, 2, 6)
        self.told = ToldFirmware()
        self.gpu.resman = self.told  # type: ignore[assignment]
        self.tables = PageBuilder(3, self.gpu.vram.write)
        self._next_va = FIRST_VA
        self._next_vram = FIRST_VRAM
        self._next_chid = 1

    @property
    def reports(self) -> list[str]:
        return [report.kind for report in self.gpu.reports]

    @property
    def failures(self) -> list[Failure]:
        return self.told.failures

    def close(self) -> None:
        self.gpu.close()
        assert self.gpu.defects == []

    def space(self, size: int, align: int = 2 * MIB) -> int:
        """GPU addresses that nothing is mapped at."""
        at = -(-self._next_va // align) * align
        self._next_va = at + size + align
        return at

    def take_vram(self, size: int, align: int = 4 * KIB) -> int:
        at = -(-self._next_vram // align) * align
        self._next_vram = at + size
        return at

    def vram(self, size: int, page_bytes: int = 4 * KIB, gpu_va: int | None = None, **flags: Any) -> Memory:
        """Video memory."""
        size = -(-size // page_bytes) * page_bytes
        at = self.take_vram(size, page_bytes)
        gpu_va = self.space(size, max(page_bytes, 2 * MIB)) if gpu_va is None else gpu_va
        for offset in range(0, size, page_bytes):
            self.tables.map(gpu_va + offset, page_bytes, Page(at + offset, **flags))
        return Memory(gpu_va, np.frombuffer(self.gpu.vram.view(at, size), np.uint8), Place(Aperture.VRAM, at))

    def host_memory(self, size: int, scattered: bool = False) -> Memory:
        """Host memory of 4 KiB pages; scattered: no two are neighbours for the device."""
        count = -(-size // (4 * KIB))
        pages = self.host.pages(count)
        gpu_va = self.space(size)
        for index in range(count):
            self.tables.map(
                gpu_va + index * 4 * KIB, 4 * KIB, Page(pages.iova + index * 4 * KIB, Aperture.COHERENT)
            )
        return Memory(gpu_va, np.frombuffer(pages.view, np.uint8), Place(Aperture.COHERENT, pages.iova))

    def channel(
        self, engine: str = "COPY2", runlist: int = 1, scheduled: bool = True, **setup: Any
    ) -> FifoRig:
        """A channel with a ring and a pushbuffer of its own."""
        rig = FifoRig(self, engine, runlist, self._next_chid, setup)
        self._next_chid += 1
        if scheduled:
            with self.gpu.lock:
                self.gpu.fifo.schedule(rig.channel, True)
        return rig

    def wait(self, done: Any, timeout_s: float = WAIT_S) -> None:
        end = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < end, "the GPU did not get there"
            time.sleep(0.0002)


class FifoRig:
    """One channel, and what a driver would keep for it."""

    def __init__(
        self, machine: FifoMachine, engine: str, runlist: int, chid: int, setup: dict[str, Any]
    ) -> None:
        self.machine = machine
        self.gpu = machine.gpu
        self.ring = machine.vram(4 * KIB)
        self.userd = machine.vram(4 * KIB)
        self.pushbuffer = machine.vram(1 * MIB, 2 * MIB)
        self.put = 0
        self._pushed = 0
        made = ChannelSetup(
            chid=chid,
            runlist=runlist,
            engines=(engine,),
            pdb=machine.tables.pdb,
            gpfifo_va=self.ring.gpu_va,
            entries=ENTRIES,
            userd=self.userd.place,
            **setup,
        )
        with self.gpu.lock:
            self.channel: Channel = self.gpu.fifo.create(made)

    @property
    def gp_get(self) -> int:
        return int(self.userd.words[0x88 // 4])

    def userd_word(self, offset: int) -> int:
        return int(self.userd.words[offset // 4])

    def store(self, words: list[int]) -> int:
        """Put words where the pushbuffer is; their GPU address."""
        size = 4 * len(words)
        if self._pushed + size > self.pushbuffer.bytes.size:
            self._pushed = 0
        at = self._pushed
        self._pushed += size
        self.pushbuffer.bytes[at : at + size] = np.frombuffer(
            struct.pack(f"<{len(words)}I", *words), np.uint8
        )
        return self.pushbuffer.gpu_va + at

    def add(self, word: int) -> None:
        """Put a GP entry into the ring."""
        self.ring.longs[self.put] = word
        self.put = (self.put + 1) % ENTRIES

    def ring_bell(self, put: int | None = None) -> None:
        """Write GP_PUT and the doorbell."""
        self.userd.words[0x8C // 4] = self.put if put is None else put
        self.gpu.bar_write(0, self.gpu.offset("NV_VIRTUAL_FUNCTION_DOORBELL"), 4, self.channel.token)

    def submit(self, *parts: list[int]) -> None:
        """Put words into one segment and ring."""
        words = [word for part in parts for word in part]
        self.add(entry(self.store(words), len(words)))
        self.ring_bell()

    def run(self, *parts: list[int]) -> None:
        """Submit and wait until the channel has nothing left."""
        self.submit(*parts)
        self.finish()

    def finish(self) -> None:
        self.machine.wait(lambda: self.channel.state in (State.IDLE, State.DEAD))

    def waits(self) -> None:
        """It stands before an acquire."""
        self.machine.wait(lambda: self.channel.state is State.WAITING)

    def failed_to_launch(self, number: int) -> None:
        """The channel ended with a LAUNCHERR of that number on copy engine 2; nothing else went wrong."""
        (failure,) = self.machine.failures
        assert failure.xid == 41
        assert failure.text is not None and f"LAUNCHERR {number:08x}" in failure.text
        assert self.channel.state is State.DEAD
