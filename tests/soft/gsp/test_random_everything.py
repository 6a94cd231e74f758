"""A host gone mad: registers, configuration, page tables, rings, RPCs, memory that goes away, resets.

The GPU may refuse, fault, hang GSP or report; it never raises, never takes long over one access, never
touches memory that the host took back, and after a reset it boots again.
"""

from __future__ import annotations

import contextlib
import ctypes
import random
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from barewire.softgpu.gsp.resman import ResourceManager
from gsp_driver import ALLOC, CONTROL, FREE, GspDriver, HostMemory, TimedOut

MIB = 1 << 20
STEPS = 400
LONGEST_STEP_S = 20.0  # an engine that does not end is given a second; the rest is for a busy machine

CLIENT, DEVICE, SUBDEVICE, VASPACE, GROUP = 0xC1D00001, 0xDE1D0000, 0x5D1D0000, 0x90F10000, 0xA06C0000
FIRST_CHANNEL = 0xC86F0000
CHANNELS = 3
COPY2 = 11

# Video memory: tables, then a page each for instance, USERD and ring of each channel, pushbuffers, data.
TABLES, PAGES, PUSHBUFFERS, DATA = 0x10_0000, 0x20_0000, 0x40_0000, 0x60_0000
DATA_BYTES = 0x20_0000
VA = 0x10_0000_0000  # video memory's first 16 MiB from here on
HOST_VA = VA + 64 * MIB

DOORBELL = 0xBB0090
MASKED = (4, 0x44)  # command and power state: off means that nothing more is reached
WORDS = (0, 1, 2, 4, 7, 0x40, 0x80, 0xFFF, 0x1000, 0x80000000, 0xFFFFFFFF)
METHODS = (
    0x08, 0x10, 0x14, 0x18, 0x1C, 0x20, 0x28, 0x2C, 0x30, 0x34, 0x50, 0x5C, 0x60, 0x64, 0x68, 0x6C,
    0x78, 0x80, 0x240, 0x244, 0x248, 0x24C, 0x254, 0x258, 0x25C, 0x260, 0x264, 0x300, 0x400, 0x404, 0x408,
    0x40C, 0x410, 0x414, 0x418, 0x41C, 0x700, 0x704, 0x708, 0x70C, 0x710, 0x714, 0x718, 0x71C, 0x720, 0x728,
    0x72C, 0x730, 0x734, 0x738, 0x73C, 0x744,
)  # fmt: skip
CONTROLS = (
    0xA06F0103, 0xA06F0104, 0xA06F0112, 0xA06C0101, 0xA06C0103, 0xA06C0105, 0x00801813, 0x00801814,
    0x2080110B, 0x20801112, 0x906F0102, 0x906F0106, 0x2080220D, 0x20800301, 0x90F10106, 0x2080012B,
)  # fmt: skip


class MadHost:
    """The host, and what it knows of the GPU when it is in its right mind."""

    def __init__(self, driver: GspDriver, seed: int) -> None:
        self.driver = driver
        self.gpu: Any = driver.gpu
        self.gpu.resman = next(part for part in self.gpu.parts if isinstance(part, ResourceManager))
        self.chosen = random.Random(seed)
        self.apertures = [self.gpu.bar_memory(bar.index) for bar in self.gpu.bars[1:]]
        self.registers = [
            offset
            for unit in self.gpu.registers.units
            for first, last in unit.ranges
            for offset in range(first, min(last, first + 0x600) + 1, 4)
        ]
        self.longest = 0.0
        self.host_data: HostMemory | None = None

    # In its right mind.

    def boot(self) -> None:
        """From a reset to channels that run."""
        self.gpu.reset()
        self.driver.enable()
        self.driver.prepare()
        self.driver.boot()
        self.make_tables()
        self.make_channels()

    def make_tables(self) -> None:
        self.host_data = self.driver.host.allocate(1 * MIB)
        self.write_tables(self.host_data)

    def write_tables(self, host_data: HostMemory) -> None:
        write = self.gpu.vram.write
        for level, shift in enumerate((56, 47, 38, 29)):
            table, below = TABLES + 0x1000 * level, TABLES + 0x1000 * (level + 1)
            write(table, bytes(4096))
            write(table + 8 * (VA >> shift & 0x1FF if level else 0), struct.pack("<Q", below | 0x12))
        last, small, host = TABLES + 0x4000, TABLES + 0x5000, TABLES + 0x6000
        write(last, bytes(4096))
        for place in range(8):
            write(last + 16 * place, struct.pack("<Q", place * 2 * MIB | 0x681))
        write(last + 16 * 16 + 8, struct.pack("<Q", small | 0x12))
        write(last + 16 * 32 + 8, struct.pack("<Q", host | 0x12))
        write(small, b"".join(struct.pack("<Q", DATA + page * 4096 | 0x681) for page in range(512)))
        pages = host_data.pages
        write(host, b"".join(struct.pack("<Q", page | 5 | 1 << 3) for page in pages).ljust(4096, b"\0"))

    def make_channels(self) -> None:
        self.alloc(CLIENT, CLIENT, 0, struct.pack("<2I", CLIENT, 0xFFFFFFFF).ljust(0x78, b"\0"))
        self.alloc(CLIENT, DEVICE, 0x80, struct.pack("<2I", 0, CLIENT).ljust(0x38, b"\0"))
        self.alloc(DEVICE, SUBDEVICE, 0x2080, bytes(4))
        self.alloc(DEVICE, VASPACE, 0x90F1, struct.pack("<2I", 0, 8).ljust(0x30, b"\0"))
        self.control(DEVICE, 0x00801813, struct.pack("<Q6I", TABLES, 2, 0, VASPACE, 0, 0, 0))
        self.alloc(DEVICE, GROUP, 0xA06C, struct.pack("<4I4x", 0, 0, VASPACE, COPY2))
        for number in range(CHANNELS):
            self.make_channel(number)

    def make_channel(self, number: int) -> None:
        handle = FIRST_CHANNEL + number
        page = PAGES + 0x10000 * number
        self.gpu.vram.write(page, bytes(0x3000))
        self.alloc(GROUP if number else DEVICE, handle, 0xC86F, self.channel_params(number))
        self.alloc(handle, handle + 0x100, 0xC8B5, struct.pack("<2I", 1, COPY2))
        self.control(handle, 0xA06F0104, struct.pack("<I", COPY2))
        self.control(handle, 0xA06F0103, b"\1\0")

    def channel_params(self, number: int) -> bytes:
        page = PAGES + 0x10000 * number
        params = bytearray(0x170)
        struct.pack_into("<QII", params, 0x08, VA + page + 0x2000, 64, 0x20 if number else 0)
        struct.pack_into("<II", params, 0x18, 0, VASPACE)
        struct.pack_into("<I", params, 0x80, COPY2)
        places = ((page, 4096), (page + 0x1000, 0x200), (page, 0x200), (page + 0x3000, 0x5000))
        for at, (base, size) in zip((0x90, 0xA8, 0xC0, 0xD8), places, strict=True):
            struct.pack_into("<QQII", params, at, base, size, 2, 1)
        struct.pack_into("<I", params, 0xF4, 0x14)
        return bytes(params)

    def alloc(self, parent: int, handle: int, class_id: int, params: bytes) -> None:
        head = struct.pack("<8I", CLIENT, parent, handle, class_id, 0, len(params), 0, 0)
        self.driver.push_long(ALLOC, head + params)

    def control(self, handle: int, command: int, params: bytes) -> None:
        self.driver.push_long(
            CONTROL, struct.pack("<6I", CLIENT, handle, command, 0, len(params), 0) + params
        )

    def chid(self, number: int) -> int:
        return int.from_bytes(self.gpu.vram.read(PAGES + 0x10000 * number + 4 * 58, 4), "little")

    def submit(self, number: int, words: list[int]) -> None:
        page, at = PAGES + 0x10000 * number, PUSHBUFFERS + 0x10000 * number
        self.gpu.vram.write(at, struct.pack(f"<{len(words)}I", *words))
        put = int.from_bytes(self.gpu.vram.read(page + 0x1000 + 0x8C, 4), "little") % 64
        self.gpu.vram.write(page + 0x2000 + 8 * put, struct.pack("<Q", VA + at | len(words) << 42))
        self.gpu.vram.write(page + 0x1000 + 0x8C, struct.pack("<I", (put + 1) % 64))
        self.gpu.bar_write(0, DOORBELL, 4, 1 << 16 | self.chid(number))

    def works(self) -> None:
        """The last channel releases a semaphore, copies and releases another."""
        self.drain()
        at = VA + DATA
        copy = [
            *(0x20048100, at >> 32, at & 0xFFFFFFFF, at >> 32, (at & 0xFFFFFFFF) + 4096),
            *(0x20018106, 16, 0x200180C0, 0x186),
            *(0x20050017, at + 8192 & 0xFFFFFFFF, at >> 32, 77, 0, 1 | 1 << 20),
        ]
        self.gpu.vram.write(DATA, b"\x5c" * 16)
        self.submit(CHANNELS - 1, copy)
        self.driver.wait(lambda: self.gpu.vram.read(DATA + 8192, 1) == b"M", "the semaphore")
        assert self.gpu.vram.read(DATA + 4096, 16) == b"\x5c" * 16

    def drain(self) -> None:
        """Read what GSP says, until it says nothing more."""
        silent = 0
        while silent < 5:
            self.gpu.work.drain(0.5)
            silent = silent + 1 if self.driver.poll() is None else 0

    # Mad.

    def word(self) -> int:
        chosen = self.chosen
        kind = chosen.random()
        if kind < 0.4:
            return chosen.choice(WORDS)
        if kind < 0.7:
            base = chosen.choice((VA, VA + DATA, VA + 32 * MIB, HOST_VA, DATA, TABLES, 0))
            return base + chosen.randrange(0, DATA_BYTES, chosen.choice((1, 4, 4096))) & 0xFFFFFFFF
        return chosen.getrandbits(chosen.choice((8, 16, 32)))

    def do_something(self) -> None:
        steps, weights = zip(*self.deeds().items(), strict=True)
        step = self.chosen.choices(steps, weights)[0]
        start = time.monotonic()
        step()
        self.longest = max(self.longest, time.monotonic() - start)

    def deeds(self) -> dict[Callable[[], None], int]:
        return {
            self.touch_register: 200,
            self.touch_config: 20,
            self.touch_aperture: 60,
            self.spoil_tables: 60,
            self.spoil_channel: 30,
            self.run_methods: 150,
            self.run_words: 30,
            self.call: 60,
            self.spoil_queue: 10,
            self.take_memory: 8,
            self.give_memory: 8,
            self.revive: 120,
            self.flr: 2,
            self.begin_anew: 12,
        }

    def touch_register(self) -> None:
        offset = self.chosen.choice(self.registers)
        size = self.chosen.choice((4, 4, 4, 4, 1, 2, 8))
        if self.chosen.random() < 0.5:
            self.gpu.bar_write(0, offset, size, self.word() & (1 << 8 * size) - 1)
        else:
            assert 0 <= self.gpu.bar_read(0, offset, size) < 1 << 8 * size

    def touch_config(self) -> None:
        size = self.chosen.choice((1, 2, 4))
        at = self.chosen.randrange(0, 0x200, size)
        self.gpu.config_write(at, size, self.chosen.getrandbits(8 * size))
        for masked in MASKED:
            self.gpu.config_write(masked, 2, 6 if masked == 4 else 0)

    def touch_aperture(self) -> None:
        bar = self.chosen.randrange(2)
        address, size = self.apertures[bar]
        at = self.chosen.choice((0, size - 8, self.chosen.randrange(0, min(size, 32 * MIB), 4)))
        if self.chosen.random() < 0.5:
            index, width = self.gpu.bars[1 + bar].index, self.chosen.choice((1, 2, 4, 8))
            self.gpu.bar_write(index, at, width, self.word() & (1 << 8 * width) - 1)
            self.gpu.bar_read(index, at, width)
        else:
            with self.gpu.lock:  # another thread may let GSP map something else there just now
                place = ctypes.c_uint32.from_address(address + at)
                place.value = place.value ^ 1

    def spoil_tables(self) -> None:
        level = self.chosen.randrange(7)
        entry = self.chosen.choice(
            (0, 8, 0x12, 0x14, 0x681, 5, TABLES | 0x12, TABLES + 0x5000 | 0x12, TABLES + 0x4000 | 0x12)
        ) | self.chosen.choice((0, 0, DATA, self.chosen.getrandbits(64)))
        at = TABLES + 0x1000 * level + 8 * self.chosen.choice((0, 1, self.chosen.randrange(512)))
        self.gpu.vram.write(at, entry.to_bytes(8, "little"))
        self.gpu.bar_write(0, 0xB830A0, 4, TABLES >> 8)
        self.gpu.bar_write(0, 0xB830B0, 4, 0x80000001 | self.chosen.choice((0, 2)))

    def spoil_channel(self) -> None:
        at = PAGES + 0x10000 * self.chosen.randrange(CHANNELS) + self.chosen.randrange(0, 0x3000, 4)
        self.gpu.vram.write(at, struct.pack("<I", self.word()))
        self.gpu.bar_write(0, DOORBELL, 4, 1 << 16 | self.chid(self.chosen.randrange(CHANNELS)) & 0xFFF)

    def run_methods(self) -> None:
        words: list[int] = []
        for _ in range(self.chosen.randrange(1, 40)):
            method, data = self.chosen.choice(METHODS), self.word()
            if method == 0x300 and self.chosen.random() < 0.9:
                data = self.chosen.choice(
                    (0x186, 0x386, 0x586, 0x182, 0x106, 0x18E, 0x196, 0x1186, 0x286, 0x206)
                )
            if method in (0x240, 0x254, 0x400, 0x408, 0x60) and self.chosen.random() < 0.9:
                data = VA >> 32
            words += [1 << 29 | 1 << 16 | 4 << 13 | method >> 2, data]
        self.submit(self.chosen.randrange(CHANNELS), words)

    def run_words(self) -> None:
        words = [self.chosen.getrandbits(32) for _ in range(30)]
        self.submit(self.chosen.randrange(CHANNELS), words)

    def call(self) -> None:
        self.driver.poll()
        chosen = self.chosen
        handle = chosen.choice((CLIENT, DEVICE, SUBDEVICE, VASPACE, GROUP, FIRST_CHANNEL, FIRST_CHANNEL + 1))
        if self.driver.shared.get(0x41020) != self.driver.command_at and chosen.random() < 0.5:
            return  # GSP has not taken what was sent
        kind = chosen.random()
        if kind < 0.5:
            size = chosen.choice((0, 1, 3, 4, 8, 0x20, 0x170, chosen.randrange(0x2000)))
            self.control(handle, chosen.choice(CONTROLS), chosen.randbytes(size))
        elif kind < 0.7:
            self.driver.push_long(FREE, struct.pack("<4I", CLIENT, 0, max(handle, GROUP), 0))
        elif kind < 0.85:
            params = bytearray(self.channel_params(0))
            params[chosen.randrange(0x170)] = chosen.getrandbits(8)
            self.alloc(
                chosen.choice((GROUP, DEVICE)), FIRST_CHANNEL + chosen.randrange(4), 0xC86F, bytes(params)
            )
        else:
            self.driver.push_long(chosen.randrange(1, 210), chosen.randbytes(chosen.randrange(0x400)))

    def spoil_queue(self) -> None:
        offset = self.chosen.choice((0x1000, 0x41000)) + self.chosen.choice(
            (self.chosen.randrange(0, 0x24, 4), self.chosen.randrange(0x1000, 0x40000, 4))
        )
        if self.driver.shared.pages[0] in self.driver.host.mapped:
            self.driver.shared.put(offset, self.word() & 0xFFFFFFFF)
        self.gpu.bar_write(0, 0x110C00, 4, 0)

    def revive(self) -> None:
        """Let channels that may have ended begin anew, in tables that make sense."""
        if self.driver.shared.get(0x41020) == self.driver.command_at:
            number = self.chosen.randrange(CHANNELS)
            self.driver.poll()
            if self.host_data is not None and self.chosen.random() < 0.5:
                self.write_tables(self.host_data)
                self.gpu.bar_write(0, 0xB830B0, 4, 0x80000003)
            self.driver.push_long(FREE, struct.pack("<4I", CLIENT, 0, FIRST_CHANNEL + number, 0))
            self.make_channels()
            self.gpu.work.drain(0.2)
            while self.driver.poll() is not None:
                pass

    def take_memory(self) -> None:
        """Unmap it, let the GPU end what it is at, and give it back to the system."""
        memory = self.host_data
        self.host_data = None
        if memory is None:
            return
        memory.unmap()
        self.gpu.config_read(0, 2)
        self.driver.host.given.remove(memory)
        del memory.anchor
        memory.memory.close()

    def give_memory(self) -> None:
        if self.host_data is None:
            self.make_tables()

    def flr(self) -> None:
        self.gpu.config_write(0x69, 1, 0x80)
        self.driver.enable()

    def begin_anew(self) -> None:
        with contextlib.suppress(TimedOut):  # while it is still being read, as memory goes by itself here
            self.boot()


@pytest.mark.parametrize("seed", range(4))
def test_a_host_that_does_anything(make_driver: Callable[..., GspDriver], seed: int) -> None:
    driver = make_driver(vram_bytes=512 * MIB, bar1_bytes=64 * MIB)
    host = MadHost(driver, seed)
    host.boot()
    host.works()
    for _ in range(STEPS):
        host.do_something()
        assert driver.gpu.defects == []

    host.boot()
    host.works()
    assert host.longest < LONGEST_STEP_S
