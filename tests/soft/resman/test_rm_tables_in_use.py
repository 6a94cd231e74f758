"""Channels behind the tables that firmware made: they find ring, pushbuffer, semaphore and data."""

from __future__ import annotations

import struct
import time

import pytest
from barewire.softgpu.chip import SoftGpu, SoftOptions
from barewire.softgpu.page_tables import Access
from rm_side import (
    COPY2,
    INSTANCE,
    LIST_SYSTEM,
    OK,
    PAGE,
    READ_ONLY,
    SIZE_4K,
    SNOOP,
    USERD,
    DriverSide,
    RmHost,
    lay_out,
)
from rm_space import KIB, MEMORY, MIB, VA, Space

WAIT_S = 5.0
SUBCHANNEL, RUNLIST = 4, 1
HOST = RmHost.BASE
RING, PUSHBUFFER, SEMAPHORE, DATA = VA, VA + 64 * KIB, VA + 128 * KIB, VA + 16 * MIB
RC_TRIGGERED = 0x1004


@pytest.fixture(params=[False, True], ids=["plain", "sanitized"])
def rm(request):
    gpu = SoftGpu(SoftOptions(vram_bytes=4 << 30, bar1_bytes=1 << 28, check_tlb=True, sanitize=request.param))
    gpu.attach(RmHost())
    gpu.config_write(4, 2, 6)
    gpu.firmware.layout = lay_out(gpu.vram.size_bytes)
    gpu.resman.boot()
    side = DriverSide(gpu)
    side.open()
    yield side
    gpu.close()
    assert gpu.defects == []


@pytest.fixture
def queue(rm):
    return Queue(Space(rm))


def methods(first, *data, subchannel=SUBCHANNEL):
    return [1 << 29 | len(data) << 16 | subchannel << 13 | first >> 2, *data]


def halves(gpu_va):
    return gpu_va >> 32, gpu_va & 0xFFFF_FFFF


class Queue:
    """A channel on a copy engine whose memory lies behind the tables of an address space."""

    def __init__(self, space):
        self.space, self.rm, self.gpu = space, space.rm, space.gpu
        self.count = 0
        memory = self.rm.memory([MEMORY], 192 * KIB)
        self.rm.map(space.window, memory, RING, 192 * KIB)
        self.gpu.vram.write(MEMORY, bytes(192 * KIB))
        self.gpu.vram.write(INSTANCE, bytes(PAGE))
        self.gpu.vram.write(USERD, bytes(PAGE))
        self.handle = self.rm.channel(vaspace=space.handle, ring=RING, entries=64)
        self.rm.made(self.handle, 0xC8B5, struct.pack("<2I", 1, COPY2))
        self.rm.asked(self.handle, 0xA06F0103, b"\1\0")
        self.token = RUNLIST << 16 | self.rm.object_of(self.handle).chid

    def copy(self, source, target, size):
        """Copy, and let the semaphore count it."""
        self.submit(
            methods(0x0, 0xC8B5)
            + methods(0x400, *halves(source), *halves(target))
            + methods(0x418, size)
            + methods(0x300, 0x186)
        )

    def submit(self, words):
        self.count += 1
        release = methods(
            0x5C, SEMAPHORE & 0xFFFF_FFFF, SEMAPHORE >> 32, self.count, 0, 1 | 1 << 20, subchannel=0
        )
        words = [*words, *release]
        at = (self.count - 1) * 256
        self.gpu.vram.write(MEMORY + 64 * KIB + at, struct.pack(f"<{len(words)}I", *words))
        high, low = halves(PUSHBUFFER + at)
        self.gpu.vram.write(MEMORY + 8 * (self.count - 1), struct.pack("<2I", low, high | len(words) << 10))
        self.gpu.vram.write(USERD + 0x8C, struct.pack("<I", self.count))
        self.gpu.bar_write(0, self.gpu.offset("NV_VIRTUAL_FUNCTION_DOORBELL"), 4, self.token)

    def done(self):
        return struct.unpack("<I", self.gpu.vram.read(MEMORY + 128 * KIB, 4))[0] == self.count

    def wait(self):
        until(self.done)


def until(done):
    end = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < end, "the GPU did not get there"
        time.sleep(0.0005)


def test_a_copy_goes_through_tables_of_every_size_of_pages(queue):
    rm, gpu, window = queue.rm, queue.gpu, queue.space.window
    content = bytes(number * 7 & 0xFF for number in range(200 * KIB))
    gpu.vram.write(MEMORY + 4 * MIB, content)
    large = rm.memory([MEMORY + 4 * MIB], 2 * MIB)
    scattered = rm.memory([MEMORY + 8 * MIB + PAGE * (number * 37 % 64) for number in range(64)])
    big = rm.memory([MEMORY + 12 * MIB], 256 * KIB)
    host = rm.memory([HOST], 256 * KIB, class_id=LIST_SYSTEM)
    rm.map(window, large, DATA, 2 * MIB, flags=READ_ONLY)
    rm.map(window, scattered, DATA + 2 * MIB, 256 * KIB)
    rm.map(window, big, DATA + 2 * MIB + 256 * KIB, 256 * KIB)
    rm.map(window, host, DATA + 4 * MIB, 256 * KIB, flags=SNOOP)

    for source, target in (
        (0, 2 * MIB + 0x123),
        (2 * MIB + 0x123, 4 * MIB + 0x11),
        (4 * MIB + 0x11, 2 * MIB + 256 * KIB),
    ):
        queue.copy(DATA + source, DATA + target, len(content))
        queue.wait()

    assert gpu.vram.read(MEMORY + 12 * MIB, len(content)) == content
    assert bytes(rm.host.memory[0x11 : 0x11 + len(content)]) == content
    assert gpu.vram.read(MEMORY + 8 * MIB, PAGE)[0x123:] == content[: PAGE - 0x123]
    assert gpu.reports == []


def test_remapped_addresses_lead_to_the_new_memory_at_once(queue):
    rm, gpu, window = queue.rm, queue.gpu, queue.space.window
    for number in range(2):
        gpu.vram.write(MEMORY + (4 + number) * MIB, bytes([number + 1]) * PAGE)
    target = rm.memory([MEMORY + 8 * MIB])
    rm.map(window, target, DATA)

    for number in range(2):
        where = rm.map(window, rm.memory([MEMORY + (4 + number) * MIB]), DATA + PAGE, flags=SIZE_4K)
        queue.copy(where, DATA, PAGE)
        queue.wait()
        assert gpu.vram.read(MEMORY + 8 * MIB, PAGE) == bytes([number + 1]) * PAGE
        assert rm.unmap(window, where) == OK

    assert gpu.reports == []


@pytest.mark.parametrize("access", [Access.READ, Access.WRITE])
def test_an_access_that_the_tables_do_not_allow_ends_the_channel(queue, access):
    rm, gpu, window = queue.rm, queue.gpu, queue.space.window
    gpu.vram.write(MEMORY + 4 * MIB, bytes(range(256)) * 16)
    rm.map(window, rm.memory([MEMORY + 4 * MIB]), DATA, flags=READ_ONLY)

    ends = (DATA + PAGE, DATA) if access is Access.READ else (DATA, DATA)
    queue.copy(*ends, PAGE)
    until(lambda: any(function == RC_TRIGGERED for function, _ in rm.events))

    payload = dict(rm.events)[RC_TRIGGERED]
    low, high, fault = struct.unpack_from("<3I", payload, 0x1C)
    assert struct.unpack_from("<I", payload, 0x10)[0] == 31
    assert high << 32 | low == (DATA + PAGE if access is Access.READ else DATA)
    assert fault == (2 if access is Access.READ else 6)
    assert gpu.vram.read(MEMORY + 4 * MIB, PAGE) == bytes(range(256)) * 16


def test_a_channel_is_freed_before_the_tables_it_runs_on(queue):
    rm, gpu = queue.rm, queue.gpu
    queue.submit([])
    queue.wait()

    assert rm.free(queue.handle) == OK
    assert rm.free(queue.space.window) == OK
    assert rm.free(queue.space.handle) == OK

    assert gpu.resman.table_memory.in_use == 0
    assert gpu.reports == []
