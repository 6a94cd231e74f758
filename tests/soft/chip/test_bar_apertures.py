"""BAR1, BAR2 and PRAMIN of the software GPU, by mapped memory and access by access."""

from __future__ import annotations

import ctypes
import itertools
import threading
import time

import pytest
from barewire.softgpu.mmu import Aperture, Pdb
from page_builder import Page, PageBuilder

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
BLOCK = "NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR{}_BLOCK_{}_ADDR"
POISON = b"\x00\xac\xd0\xba"
BAR1, BAR2 = 2, 4
VIRTUAL = 1 << 9


def mapped(gpu, index: int, offset: int, size_bytes: int) -> bytes:
    """What the host reads through the memory of a BAR."""
    address, _ = gpu.bar_memory(index)
    return ctypes.string_at(address + offset, size_bytes)


def put(gpu, index: int, offset: int, data: bytes) -> None:
    address, _ = gpu.bar_memory(index)
    ctypes.memmove(address + offset, data, len(data))


@pytest.fixture
def tables(gpu) -> PageBuilder:
    return PageBuilder(3, gpu.vram.write)


@pytest.fixture
def bind(gpu, regs, tables):
    """Bind a BAR to the tables by an instance block and the block registers."""

    def bind(number: int = 1) -> None:
        gpu.vram.write(0x9000 + 0x200, tables.root.to_bytes(8, "little"))
        regs[BLOCK.format(number, "LOW")] = 0x9000 | VIRTUAL
        regs[BLOCK.format(number, "HIGH")] = 0

    return bind


def both_ways(gpu, index: int, offset: int) -> tuple[bytes, bytes]:
    return mapped(gpu, index, offset, 8), gpu.bar_read(index, offset, 8).to_bytes(8, "little")


@pytest.mark.parametrize("offset", [0, 0x1234, 79 * GIB])
def test_after_power_on_bar1_is_linear(gpu, offset):
    gpu.vram.write(offset, b"contents")

    assert both_ways(gpu, BAR1, offset) == (b"contents", b"contents")
    put(gpu, BAR1, offset, b"by CPU..")
    gpu.bar_write(BAR1, offset + 4, 4, 0x21212121)
    assert gpu.vram.read(offset, 8) == b"by C!!!!"


def test_beyond_video_memory_there_is_poison(gpu):
    assert both_ways(gpu, BAR1, 100 * GIB) == (POISON * 2, POISON * 2)


def test_writes_to_nowhere_are_lost_and_reported(gpu):
    gpu.bar_write(BAR1, 100 * GIB, 4, 0)
    trapped = [report.kind for report in gpu.reports]
    put(gpu, BAR1, 100 * GIB, bytes(64))
    gpu.apertures.bar1.look_for_lost_writes()

    assert mapped(gpu, BAR1, 100 * GIB, 64) == POISON * 16
    assert trapped == ["BAR write lost"]
    assert [report.kind for report in gpu.reports] == ["BAR write lost"] * 2


def test_a_protected_region_is_not_seen(gpu):
    gpu.vram.write(64 * MIB, b"secret..")
    gpu.bar_memory(BAR1)
    gpu.vram.protect(64 * MIB, 65 * MIB)

    assert both_ways(gpu, BAR1, 64 * MIB) == (POISON * 2, POISON * 2)
    assert both_ways(gpu, BAR1, 65 * MIB - 8)[0] == POISON * 2
    assert both_ways(gpu, BAR1, 65 * MIB) == (bytes(8), bytes(8))
    gpu.vram.unprotect()
    assert both_ways(gpu, BAR1, 64 * MIB) == (b"secret..", b"secret..")


def test_a_bound_bar_shows_its_address_space(gpu, tables, bind):
    tables.map(0, 4 * KIB, Page(0x40_0000))
    tables.map(2 * MIB, 2 * MIB, Page(0x80_0000))
    gpu.vram.write(0x40_0000, b"page one")
    gpu.vram.write(0x9F_FFF8, b"page two")
    bind()

    assert both_ways(gpu, BAR1, 0) == (b"page one", b"page one")
    assert both_ways(gpu, BAR1, 4 * MIB - 8) == (b"page two", b"page two")
    assert both_ways(gpu, BAR1, 4 * KIB) == (POISON * 2, POISON * 2)
    assert both_ways(gpu, BAR1, 4 * MIB) == (POISON * 2, POISON * 2)


def test_an_access_across_two_pages_reaches_both(gpu, tables, bind):
    tables.map(0, 4 * KIB, Page(0x40_0000))
    tables.map(4 * KIB, 4 * KIB, Page(0x80_0000))
    bind()

    gpu.bar_write(BAR1, 4 * KIB - 4, 8, int.from_bytes(b"abcdefgh", "little"))

    assert gpu.vram.read(0x40_0FFC, 8) == b"abcd\0\0\0\0"
    assert gpu.vram.read(0x80_0000, 4) == b"efgh"
    assert gpu.bar_read(BAR1, 4 * KIB - 4, 8).to_bytes(8, "little") == b"abcdefgh"


def test_a_linear_bar_is_not_looked_at_for_an_invalidation(gpu, monkeypatch):
    gpu.bar_memory(BAR1)
    looked = []
    monkeypatch.setattr(gpu.apertures.bar1, "refresh", lambda: looked.append(1))

    gpu.mmu.invalidate()

    assert looked == []


def test_a_new_page_is_seen_after_an_invalidation(gpu, regs, tables, bind):
    bind()
    before = both_ways(gpu, BAR1, 0)
    tables.map(0, 4 * KIB, Page(0x40_0000))
    gpu.vram.write(0x40_0000, b"page one")
    stale = both_ways(gpu, BAR1, 0)
    regs["NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB"] = tables.root >> 8
    regs["NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB"] = 0
    regs["NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE"] = 1 << 31 | 1

    assert before == stale == (POISON * 2, POISON * 2)
    assert both_ways(gpu, BAR1, 0) == (b"page one", b"page one")


def test_a_moved_page_moves(gpu, tables, bind):
    tables.map(0, 4 * KIB, Page(0x40_0000))
    tables.map(4 * KIB, 4 * KIB, Page(0x40_1000))
    bind()
    put(gpu, BAR1, 0, b"x" * 8 * KIB)
    tables.map(4 * KIB, 4 * KIB, Page(0x80_0000))
    gpu.mmu.invalidate()
    put(gpu, BAR1, 4 * KIB, b"y" * 4 * KIB)

    assert gpu.vram.read(0x40_0000, 8 * KIB) == b"x" * 8 * KIB
    assert gpu.vram.read(0x80_0000, 4 * KIB) == b"y" * 4 * KIB
    tables.entry(4 * KIB, 4 * KIB, 0)
    gpu.mmu.invalidate()
    assert mapped(gpu, BAR1, 4 * KIB, 8) == POISON * 2


def test_accesses_that_trap_follow_the_tables_after_an_invalidation_and_not_before(gpu, tables, bind):
    tables.map(0, 4 * KIB, Page(0x40_0000))
    bind()
    gpu.bar_write(BAR1, 0x10, 4, 0x11111111)
    assert gpu.bar_read(BAR1, 0x10, 4) == 0x11111111

    tables.map(0, 4 * KIB, Page(0x80_0000))
    gpu.bar_write(BAR1, 0x10, 4, 0x22222222)
    assert gpu.bar_read(BAR1, 0x10, 4) == 0x22222222
    gpu.mmu.invalidate(Pdb(Aperture.VRAM, 0x77_0000))  # somebody else's
    gpu.bar_write(BAR1, 0x14, 4, 0x33333333)
    gpu.mmu.invalidate(tables.pdb)
    gpu.bar_write(BAR1, 0x18, 4, 0x44444444)

    assert gpu.vram.read(0x40_0010, 12) == b"\x22" * 4 + b"\x33" * 4 + bytes(4)
    assert gpu.vram.read(0x80_0010, 12) == bytes(8) + b"\x44" * 4
    assert gpu.bar_read(BAR1, 0x18, 4) == 0x44444444


def test_accesses_that_trap_follow_what_is_bound(gpu, regs, tables, bind):
    gpu.vram.write(0, b"linear..")
    gpu.vram.write(0x40_0000, b"page one")
    tables.map(0, 4 * KIB, Page(0x40_0000))
    seen = [gpu.bar_read(BAR1, 0, 8)]
    bind()
    seen.append(gpu.bar_read(BAR1, 0, 8))
    gpu.apertures.reset()
    seen.append(gpu.bar_read(BAR1, 0, 8))

    assert [word.to_bytes(8, "little") for word in seen] == [b"linear..", b"page one", b"linear.."]


def test_a_page_that_was_read_may_be_read_only_all_the_same(gpu, tables, bind):
    tables.map(0, 4 * KIB, Page(0x40_0000, read_only=True))
    bind()

    assert gpu.bar_read(BAR1, 0, 4) == 0
    gpu.bar_write(BAR1, 0, 4, 1)
    assert gpu.vram.read(0x40_0000, 4) == bytes(4)
    assert [report.kind for report in gpu.reports] == ["BAR write lost"]


def test_memory_that_is_protected_after_an_access_is_out_of_reach(gpu, tables, bind):
    tables.map(0, 4 * KIB, Page(0x40_0000))
    bind(2)
    for index, offset in ((BAR1, 0x40_0000), (BAR2, 0)):
        gpu.bar_write(index, offset, 4, 7)
        assert gpu.bar_read(index, offset, 4) == 7
    gpu.vram.protect(0x40_0800, 0x40_1000)

    for index, offset in ((BAR1, 0x40_0000), (BAR2, 0)):
        assert gpu.bar_read(index, offset, 4) == 7
        gpu.bar_write(index, offset + 0x800, 4, 9)
        assert gpu.bar_read(index, offset + 0x800, 4) == int.from_bytes(POISON, "little")
    assert gpu.vram.read(0x40_0800, 4) == bytes(4)


def test_who_touches_all_of_a_bar_is_remembered_a_part_of_it(gpu):
    for page in range(5000):
        gpu.bar_write(BAR1, page * 4 * KIB, 1, page & 0xFF)
        gpu.bar_read(BAR1, page * 4 * KIB, 1)

    assert len(gpu.apertures.bar1.readable) <= 4096
    assert len(gpu.apertures.bar1.writable) <= 4096
    assert gpu.vram.read(4999 * 4 * KIB, 1) == bytes([4999 & 0xFF])


def test_stale_translations_are_found_at_every_access(make_gpu):
    gpu = make_gpu(check_tlb=True)
    tables = PageBuilder(3, gpu.vram.write)
    tables.map(0, 4 * KIB, Page(0x40_0000))
    gpu.apertures.bar2.bind(tables.pdb)
    gpu.bar_read(BAR2, 0, 4)
    tables.map(0, 4 * KIB, Page(0x80_0000))

    gpu.bar_read(BAR2, 0, 4)

    assert [report.kind for report in gpu.reports] == ["stale translation"]


def test_pages_that_stay_are_not_disturbed_by_others_that_change(gpu, tables, bind):
    """A thread writes through one page all the while that its neighbours come and go."""
    tables.map(4 * KIB, 4 * KIB, Page(0x40_1000))
    bind()
    address, _ = gpu.bar_memory(BAR1)
    word = ctypes.c_uint64.from_address(address + 4 * KIB)
    seen = ctypes.c_uint64.from_address(gpu.vram.address(0x40_1000))
    lost, going = [], True

    def write() -> None:
        count = 0
        while going:
            count += 1
            word.value = count
            if seen.value != count:
                lost.append(count)

    writer = threading.Thread(target=write)
    writer.start()
    for turn in range(40):
        for neighbour in (0, 8 * KIB):
            if turn % 2:
                tables.entry(neighbour, 4 * KIB, 0)
            else:
                tables.map(neighbour, 4 * KIB, Page(0x40_0000 + neighbour))
        gpu.mmu.invalidate()
        time.sleep(0.001)
    going = False
    writer.join()

    assert lost == []
    assert mapped(gpu, BAR1, 0, 8) == POISON * 2


def test_a_root_in_host_memory_is_one_whatever_kind_it_is_said_to_be(gpu, host, tables):
    root = host.pages()
    root.view[:] = gpu.vram.read(tables.root, 4 * KIB)
    gpu.apertures.bar1.bind(Pdb(Aperture.NONCOHERENT, root.iova))
    tables.map(0, 4 * KIB, Page(0x40_0000))
    root.view[:] = gpu.vram.read(tables.root, 4 * KIB)
    gpu.vram.write(0x40_0000, b"page one")

    gpu.mmu.invalidate(Pdb(Aperture.COHERENT, root.iova))

    assert both_ways(gpu, BAR1, 0) == (b"page one", b"page one")


def test_the_high_word_binds(gpu, regs, tables):
    gpu.vram.write(0, b"linear..")
    regs[BLOCK.format(1, "LOW")] = 0x9000 | VIRTUAL

    assert gpu.apertures.bar1.pdb is None
    assert mapped(gpu, BAR1, 0, 8) == b"linear.."


def test_binding_is_seen_to_end(regs, bind):
    bind()
    name = BLOCK.format(1, "LOW")

    assert [regs[name] & 3 for _ in range(3)] == [3, 0, 0]
    assert regs[name] == 0x9000 | VIRTUAL


def test_bar1_goes_back_to_linear(gpu, regs, bind):
    bind()
    gpu.vram.write(0x1000, b"linear..")
    regs[BLOCK.format(1, "LOW")] = 0
    regs[BLOCK.format(1, "HIGH")] = 0

    assert both_ways(gpu, BAR1, 0x1000) == (b"linear..", b"linear..")


def test_bar2_is_bound_apart_from_bar1(gpu, tables, bind):
    tables.map(0, 4 * KIB, Page(0x40_0000))
    gpu.vram.write(0x40_0000, b"page one")
    bind(2)

    assert mapped(gpu, BAR2, 0, 8) == b"page one"
    assert mapped(gpu, BAR1, 0x40_0000, 8) == b"page one"


def test_firmware_binds_a_root_without_an_instance_block(gpu, tables):
    tables.map(0, 64 * KIB, Page(0x40_0000))
    gpu.vram.write(0x40_0000, b"page one")

    gpu.apertures.bar2.bind(Pdb(Aperture.VRAM, tables.root))

    assert both_ways(gpu, BAR2, 0) == (b"page one", b"page one")


def test_a_block_without_a_page_directory_shows_nothing(gpu, regs):
    gpu.vram.write(0x9000 + 0x200, (1).to_bytes(8, "little"))
    regs[BLOCK.format(1, "LOW")] = 0x9000 | VIRTUAL
    regs[BLOCK.format(1, "HIGH")] = 0

    assert both_ways(gpu, BAR1, 0) == (POISON * 2, POISON * 2)
    assert "BAR block" in [report.kind for report in gpu.reports]


def test_an_access_that_faults_is_in_the_snapshot(gpu, regs, bind):
    bind()
    gpu.bar_read(BAR1, 0x12345000, 4)

    assert regs["NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_STATUS"] >> 31 == 1
    assert regs["NV_VIRTUAL_FUNCTION_PRIV_MMU_FAULT_ADDR_LO"] & ~0xFFF == 0x12345000
    assert gpu.faults.posted[-1].engine_id == 256


def test_a_page_larger_than_what_is_left_of_the_bar_is_cut(make_gpu):
    gpu = make_gpu(bar1_bytes=64 * MIB)
    tables = PageBuilder(3, gpu.vram.write)
    tables.map(0, 512 * MIB, Page(512 * MIB))
    gpu.vram.write(576 * MIB - 8, b"the end.")

    gpu.apertures.bar1.bind(tables.pdb)

    assert mapped(gpu, BAR1, 64 * MIB - 8, 8) == b"the end."


def test_a_small_bar_shows_the_first_part_of_video_memory(make_gpu):
    gpu = make_gpu(bar1_bytes=256 * MIB)
    gpu.vram.write(256 * MIB - 8, b"the end.")

    assert gpu.bar_memory(BAR1)[1] == 256 * MIB
    assert mapped(gpu, BAR1, 256 * MIB - 8, 8) == b"the end."


def test_the_addresses_stay_for_the_life_of_the_device(gpu, bind):
    before = gpu.bar_memory(BAR1)
    bind()
    gpu.reset()

    assert gpu.bar_memory(BAR1) == before
    assert gpu.bar_memory(0) is None


def test_pramin_shows_a_mib_of_video_memory(gpu, regs):
    gpu.vram.write(0x1234_5678 & ~0xFFFF | 0x40, b"instance")
    regs["NV_XAL_EP_BAR0_WINDOW"] = 0x1234

    assert gpu.bar_read(0, 0x700040, 8).to_bytes(8, "little") == b"instance"
    gpu.bar_write(0, 0x7FFFFC, 4, 0x44434241)
    assert gpu.vram.read(0x1234_0000 + 0xFFFFC, 4) == b"ABCD"
    assert gpu.bar_read(0, 0x700041, 1) == ord("n")


def test_pramin_does_not_reach_protected_regions(gpu, regs):
    gpu.vram.protect(0, 1 * MIB)
    gpu.bar_write(0, 0x700000, 4, 1)

    assert gpu.bar_read(0, 0x700000, 4) == 0xBAD0AC00
    assert gpu.vram.read(0, 4) == bytes(4)
    assert [report.kind for report in gpu.reports] == ["PRAMIN"] * 2


def test_tables_that_lead_to_one_another_do_not_hold_the_gpu_up(gpu, monkeypatch):
    """128 GiB of 4 KiB pages by one table of each level: nobody has that many mappings."""
    levels = [0x10_0000 + 0x1000 * level for level in range(6)]
    for table, below in itertools.pairwise(levels):
        half = (below | 2).to_bytes(8, "little")
        gpu.vram.write(table, (bytes(8) + half) * 256 if table == levels[4] else half * 512)
    gpu.vram.write(levels[5], b"".join((page % 7 * 4096 | 1).to_bytes(8, "little") for page in range(512)))
    gpu.bar_memory(BAR1)
    monkeypatch.setattr("barewire.softgpu.bars.MOST_TABLE_BYTES", 64 * KIB)
    gpu.apertures.bar1.bind(Pdb(Aperture.VRAM, levels[0]))

    assert [report.kind for report in gpu.reports] == ["BAR mapping"]
    assert mapped(gpu, BAR1, 64 * GIB, 4) == POISON
    gpu.apertures.bar1.bind(None)
    assert mapped(gpu, BAR1, levels[0], 8) == (levels[1] | 2).to_bytes(8, "little")


def test_a_sparse_page_reads_as_zero_and_swallows_writes(gpu, tables, bind):
    tables.entry(0x20_0000, 2 * MIB, 1 << 3)
    bind()
    gpu.bar_write(BAR1, 0x20_0000, 4, 7)

    assert gpu.bar_read(BAR1, 0x20_0000, 8) == 0
    assert gpu.reports == []


def test_a_mapping_that_failed_half_way_is_made_anew(gpu, tables, monkeypatch):
    first = mapped(gpu, BAR1, 0, 4)

    def fail(start: int, end: int) -> None:
        raise MemoryError("too many")

    tables.map(0, 4 * KIB, Page(0x60_0000))
    gpu.vram.write(0x60_0000, b"page")
    with monkeypatch.context() as broken:
        broken.setattr(gpu.apertures.bar1._mapping, "_show_poison", fail)
        gpu.apertures.bar1.bind(tables.pdb)
    assert first == bytes(4)
    gpu.apertures.bar1.refresh()

    assert mapped(gpu, BAR1, 0, 4) == b"page"
    assert mapped(gpu, BAR1, 1 * MIB, 4) == POISON
