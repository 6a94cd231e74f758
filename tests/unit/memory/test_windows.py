"""The CPU's ways into video memory, on a software GPU."""

from __future__ import annotations

import os
import threading
from itertools import product

import pytest
from barewire.errors import DeviceLost, OutOfAddressSpace, PollTimeout, UsageError
from barewire.memory import windows
from barewire.memory.vram import Extent
from barewire.memory.windowed import WINDOW_BYTES, WindowedBar1
from barewire.memory.windows import LinearBar1, Pramin
from barewire.regs.board import load_board
from barewire.regs.registers import RegisterFile

MIB = 1 << 20
PLACES = (64 * MIB, 64 * MIB + 4096, 66 * MIB - 2, 1 << 30, (2 << 30) - 5, (3 << 30) + 0xFFFF)


def reads_back(window, read_of, address: int, size: int) -> None:
    """What is written through a window is in video memory and is read through it; nothing else changes."""
    data = os.urandom(size)
    around = read_of(address - 16, 16), read_of(address + size, 16)
    window.write(address, data)
    window.fence()

    assert read_of(address, size) == data
    assert window.read(address, size) == data
    assert (read_of(address - 16, 16), read_of(address + size, 16)) == around


def vram_of(soft):
    """How the software GPU itself sees its memory."""
    return lambda address, size: bytes(soft.gpu.vram.read(address, size))


def test_bar1_shows_memory_as_it_is(soft):
    assert isinstance(soft.memory.window, LinearBar1)
    for address, size in product(PLACES, (1, 4, 7, 4096, 70001)):
        reads_back(soft.memory.window, vram_of(soft), address, size)


def test_the_window_in_bar0_reaches_all_memory(soft):
    for address, size in product(PLACES, (1, 4, 7, 4096)):
        reads_back(soft.pramin, vram_of(soft), address, size)


def test_the_window_in_bar0_takes_any_bytes_as_data(soft):
    error_like = bytes.fromhex("00 11 df ba ff ff ff ff 00 01 d0 ba")
    soft.pramin.write(MIB, error_like)

    assert soft.pramin.read(MIB, len(error_like)) == error_like
    assert soft.pramin.read(MIB, 0) == b""
    soft.pramin.write(MIB, b"")


def test_the_window_in_bar0_is_moved_once_for_what_lies_within_it(soft):
    writes = []
    original = soft.registers.io.write32
    soft.registers.io.write32 = lambda offset, value: (writes.append(offset), original(offset, value))
    pramin = Pramin(soft.bus.bars[0], soft.registers)
    pramin.write(0, bytes(8192))
    assert len(writes) == 1
    pramin.read(MIB - 4, 8)
    assert len(writes) == 2
    soft.registers.io.write32 = original


def test_the_window_in_bar0_maps_nothing(soft):
    with pytest.raises(UsageError):
        soft.pramin.map([Extent(0, 4096)])


def test_memory_in_one_piece_is_mapped_through_a_large_bar1(soft):
    mapped = soft.memory.window.map([Extent(4 * MIB, MIB), Extent(5 * MIB, MIB)])
    soft.gpu.vram.write(5 * MIB, b"here")

    from barewire.native._native import ffi

    assert ffi.string(ffi.cast("char *", mapped.address + MIB), 4) == b"here"
    mapped.close()
    with pytest.raises(UsageError):
        soft.memory.window.map([Extent(4 * MIB, MIB), Extent(8 * MIB, MIB)])


def test_a_small_bar1_cannot_show_memory_as_it_is(small_bar):
    with pytest.raises(UsageError) as refused:
        LinearBar1(small_bar.bar1, small_bar.registers, 4 << 30)
    assert refused.value.bar1_bytes == 256 * MIB


def test_a_gpu_that_does_not_switch_bar1_is_told():
    class Stuck:
        def read32(self, offset):
            return 1

        def write32(self, offset, value):
            pass

    registers = RegisterFile(Stuck(), load_board("gh100"))
    before, windows.BIND_TIMEOUT_S = windows.BIND_TIMEOUT_S, 0.01
    try:
        with pytest.raises(PollTimeout) as late:
            windows.show_physical_memory(registers)
    finally:
        windows.BIND_TIMEOUT_S = before
    assert late.value.register == "NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR"


# A BAR1 that is smaller than video memory


def test_windows_in_a_small_bar1_reach_all_memory(small_bar):
    assert isinstance(small_bar.memory.window, WindowedBar1)
    for address, size in product(PLACES, (1, 4096, 70001, 3 * MIB)):
        reads_back(small_bar.memory.window, vram_of(small_bar), address, size)


def test_windows_move_when_there_are_no_more(small_bar):
    window = small_bar.memory.window
    for index in range(100):
        window.write(MIB + index * 32 * MIB, index.to_bytes(4, "little"))
    window.fence()

    read = vram_of(small_bar)
    assert [read(MIB + index * 32 * MIB, 4)[0] for index in range(100)] == list(range(100))
    assert [window.read(MIB + index * 32 * MIB, 4)[0] for index in range(100)] == list(range(100))


def test_scattered_memory_is_one_piece_in_a_mapping(small_bar):
    extents = [Extent(8 * MIB, 64 << 10), Extent(64 * MIB, 4096), Extent(32 * MIB, 2 * MIB)]
    memory = small_bar.memory.window.map(extents)
    from barewire.native._native import ffi

    data = os.urandom(memory.size_bytes)
    ffi.memmove(ffi.cast("char *", memory.address), data, len(data))
    small_bar.memory.tlb.flush()

    read = vram_of(small_bar)
    assert b"".join(read(extent.address, extent.size_bytes) for extent in extents) == data
    memory.close()
    memory.close()


def test_mappings_stay_while_windows_come_and_go(small_bar):
    window = small_bar.memory.window
    pinned = [window.map([Extent((1 + index) * 64 * MIB, 8 * MIB)]) for index in range(8)]
    from barewire.native._native import ffi

    for index, mapped in enumerate(pinned):
        ffi.memmove(ffi.cast("char *", mapped.address), bytes([index]) * 16, 16)
    for index in range(64):
        window.write((2 << 30) + index * WINDOW_BYTES, b"window")
    for index, mapped in enumerate(pinned):
        assert ffi.buffer(ffi.cast("char *", mapped.address), 16)[:] == bytes([index]) * 16
    assert window.pinned_bytes == 64 * MIB
    for mapped in pinned:
        mapped.close()
    assert window.pinned_bytes == 0


def test_a_mapping_gets_the_room_that_windows_have(small_bar):
    window = small_bar.memory.window
    window.map([Extent(512 * MIB, 1 * MIB)]).close()
    for index in range(100):
        window.write((1 << 30) + index * WINDOW_BYTES, index.to_bytes(4, "little"))
    large = window.map([Extent(512 * MIB, 240 * MIB)])
    from barewire.native._native import ffi

    ffi.memmove(ffi.cast("char *", large.address), b"large", 5)
    small_bar.memory.tlb.flush()
    assert vram_of(small_bar)(512 * MIB, 5) == b"large"
    assert [window.read((1 << 30) + index * WINDOW_BYTES, 1)[0] for index in range(100)] == list(range(100))
    large.close()


def test_a_bar1_without_room_says_so_and_goes_on(small_bar):
    window = small_bar.memory.window
    window.write(3 << 30, b"a window in the way")
    large = window.map([Extent(512 * MIB, 250 * MIB)])

    with pytest.raises(OutOfAddressSpace) as full:
        window.map([Extent(1 << 30, 16 * MIB)])
    assert full.value.pinned_bytes == 250 * MIB
    assert full.value.bar1_bytes == 256 * MIB
    assert window.read(3 << 30, 19) == b"a window in the way"
    large.close()
    window.map([Extent(1 << 30, 16 * MIB)]).close()


def test_a_window_that_the_gpu_does_not_take_is_undone_and_told_with_the_next(small_bar):
    window, tlb = small_bar.memory.window, small_bar.memory.tlb
    original, told = tlb.invalidate, []

    def fail(what, *, hub_only=False):
        raise PollTimeout("it hangs")

    tlb.invalidate = fail
    for address in (8 * MIB, 1 << 30):
        with pytest.raises(PollTimeout):
            window.map([Extent(address, 4096)])
    assert window.pinned_bytes == 0
    tlb.invalidate = lambda what, *, hub_only: (told.append(what), original(what, hub_only=hub_only))
    mapped = window.map([Extent(8 * MIB, MIB)])
    del tlb.invalidate

    assert told[0].revoked, "what was undone is forgotten too"
    assert told[0].size_bytes > mapped.size_bytes
    mapped.close()
    window.close()
    assert small_bar.memory.allocator.taken == {}


def test_closing_gives_back_tables_and_the_root(small_bar):
    window, allocator = small_bar.memory.window, small_bar.memory.allocator
    window.map([Extent(8 * MIB, MIB)])
    window.write(1 << 30, b"x")
    assert allocator.taken
    window.close()
    window.close()

    assert allocator.taken == {}
    assert small_bar.pramin.read(0x10000, 16) == bytes(16)


def test_closing_goes_through_when_the_gpu_is_gone(small_bar):
    memory = small_bar.memory.video_memory(MIB)
    mapping = memory.map_cpu()
    small_bar.bus.disconnect()

    with pytest.raises(DeviceLost):
        small_bar.memory.window.close()
    small_bar.memory.close()
    assert small_bar.memory.closed
    mapping.close()
    memory.close()
    small_bar.memory.close()


def test_threads_that_move_windows_and_map_memory_do_not_meet(small_bar):
    """Both invalidate by the same registers."""
    space = small_bar.memory.address_space()
    memory = small_bar.memory.video_memory(MIB)
    wrong = []

    def move_windows() -> None:
        for turn in range(40):
            address = (1 << 30) + turn * 32 * MIB
            small_bar.memory.window.write(address, turn.to_bytes(4, "little"))
            if small_bar.memory.window.read(address, 4)[0] != turn:
                wrong.append(turn)

    thread = threading.Thread(target=move_windows)
    thread.start()
    for turn in range(40):
        gpu_va = space.map(memory)
        memory.write(turn.to_bytes(4, "little"))
        if small_bar.see(space, gpu_va, 4)[0] != turn:
            wrong.append(-turn)
        space.unmap(gpu_va)
    thread.join()
    space.close()
    assert wrong == []


def test_many_threads_read_what_they_wrote(small_bar):
    window = small_bar.memory.window
    wrong = []

    def work(number: int) -> None:
        for turn in range(20):
            address = (1 << 30) + (turn * 8 + number) * 8 * MIB
            window.write(address, bytes([number, turn]) * 64)
            if window.read(address, 128) != bytes([number, turn]) * 64:
                wrong.append((number, turn))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
