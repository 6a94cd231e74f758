"""Memory for tables that this process has mapped: cut into tables, read back through the mapping."""

from __future__ import annotations

import threading

import pytest
from barewire.errors import UsageError
from barewire.memory import tables
from barewire.memory.formats import GMMU_V3, Aperture, TablePointer
from barewire.memory.pagetable import PageTables
from barewire.memory.tables import CpuTables, HostTables, VideoTables
from barewire.memory.vram import VramAllocator
from compare_world import BLOCK_BYTES, FIRST_BUS_ADDRESS, KIB, MIB, Block, Blocks, store_in
from table_memory import PlainWindow


@pytest.fixture
def blocks() -> Blocks:
    return Blocks()


@pytest.fixture
def store(blocks) -> CpuTables:
    """Tables in video memory that this process has mapped."""
    return CpuTables(blocks, Aperture.VIDEO)


def test_a_table_is_named_by_its_bus_address_and_aligned_to_its_size(store, blocks):
    small, big = store.allocate(4096), store.allocate(256)

    assert small.pointer == TablePointer(Aperture.VIDEO, FIRST_BUS_ADDRESS)
    assert (small.size_bytes, big.size_bytes) == (4096, 256)
    assert big.address % 256 == 0 and big.address == FIRST_BUS_ADDRESS + 4096
    assert len(blocks.made) == 1


def test_what_is_written_is_in_the_mapped_memory_and_read_from_there(store, blocks):
    page = store.allocate(4096)
    store.write(page.pointer, 8, b"12345678")

    (block,) = blocks.made
    assert bytes(block._bytes)[8:16] == b"12345678"
    block._bytes[9] = 0x5A
    assert store.read(page.pointer, 8, 8) == b"1Z345678"


def test_a_root_of_a_few_entries_has_a_page_of_its_own(store):
    assert store.allocate(16).size_bytes == 4096


def test_more_memory_is_taken_when_a_block_is_full_and_given_back_when_it_is_empty(store, blocks):
    pages = [store.allocate(4096) for _ in range(BLOCK_BYTES // 4096 + 1)]
    assert len(blocks.made) == 2
    assert pages[-1].address == FIRST_BUS_ADDRESS + MIB

    store.free(pages[-1])
    assert [block.closed for block in blocks.made] == [0, 1]
    for page in pages[:-1]:
        store.free(page)
    assert [block.closed for block in blocks.made] == [1, 1]
    assert (store.taken_bytes, store.blocks) == (0, ())


def test_tables_share_blocks_and_say_which(store):
    for _ in range(3):
        store.allocate(4096)
    store.allocate(256)

    assert store.taken_bytes == 3 * 4096 + 256
    assert store.blocks == ((Aperture.VIDEO, FIRST_BUS_ADDRESS, FIRST_BUS_ADDRESS + BLOCK_BYTES),)


def test_closing_gives_every_block_back_once(store, blocks):
    for _ in range(40):
        store.allocate(4096)
    store.close()
    store.close()

    assert len(blocks.made) == 3
    assert [block.closed for block in blocks.made] == [1, 1, 1]


@pytest.mark.parametrize(
    ("table", "offset", "size_bytes"),
    [
        (TablePointer(Aperture.HOST, FIRST_BUS_ADDRESS), 0, 8),
        (TablePointer(Aperture.VIDEO, FIRST_BUS_ADDRESS - 4096), 0, 8),
        (TablePointer(Aperture.VIDEO, FIRST_BUS_ADDRESS), -8, 8),
        (TablePointer(Aperture.VIDEO, FIRST_BUS_ADDRESS), BLOCK_BYTES - 8, 16),
        (TablePointer(Aperture.VIDEO, FIRST_BUS_ADDRESS + BLOCK_BYTES), 0, 8),
        (TablePointer(Aperture.VIDEO, 1 << 63), 0, 8),
    ],
)
def test_nothing_else_is_read_or_written(store, table, offset, size_bytes):
    store.allocate(4096)

    with pytest.raises(UsageError):
        store.read(table, offset, size_bytes)
    with pytest.raises(UsageError):
        store.write(table, offset, bytes(size_bytes))


def test_the_last_word_of_a_block_is_a_tables_too(store, blocks):
    pages = [store.allocate(4096) for _ in range(BLOCK_BYTES // 4096)]
    store.write(pages[-1].pointer, 4088, b"the last")

    assert store.read(pages[-1].pointer, 4088, 8) == b"the last"
    assert bytes(blocks.made[0]._bytes)[-8:] == b"the last"


def test_video_tables_refuse_a_pointer_into_host_memory_and_write_nothing():
    window = PlainWindow()
    store = VideoTables(VramAllocator([(0, 8 * MIB)]), window)
    host = TablePointer(Aperture.HOST, store.allocate(4096).address)

    with pytest.raises(UsageError):
        store.read(host, 0, 8)
    with pytest.raises(UsageError):
        store.write(host, 0, bytes(8))
    assert window.log == []


def test_what_is_no_table_cannot_be_freed(store):
    page = store.allocate(4096)
    for wrong in (page._replace(address=page.address + 256), page._replace(address=0)):
        with pytest.raises(UsageError):
            store.free(wrong)
    store.free(page)
    with pytest.raises(UsageError):
        store.free(page)


def test_a_block_that_is_too_small_for_a_table_is_given_back():
    made = []

    def tiny():
        made.append(Block(FIRST_BUS_ADDRESS, 256))
        return made[-1]

    store = CpuTables(tiny, Aperture.HOST)
    with pytest.raises(UsageError):
        store.allocate(4096)
    assert [block.closed for block in made] == [1]
    assert store.allocate(256).aperture is Aperture.HOST


def test_memory_that_cannot_be_had_leaves_nothing_behind():
    def none():
        raise MemoryError

    store = CpuTables(none, Aperture.HOST)
    with pytest.raises(MemoryError):
        store.allocate(4096)
    assert store.blocks == ()


def test_stores_leave_the_cpu_at_a_fence_and_before_what_is_read(store, monkeypatch):
    """Write-combined memory: a load does not find what waits in the CPU."""
    order = []

    class Native:
        @staticmethod
        def bw_store_fence() -> None:
            order.append("fence")

        @staticmethod
        def bw_copy_to_wc(*_) -> None:
            order.append("write")

    page = store.allocate(4096)
    monkeypatch.setattr(tables, "lib", Native)
    store.write(page.pointer, 0, bytes(8))
    store.fence()
    store.read(page.pointer, 0, 8)
    assert order == ["write", "fence", "fence"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind_can_be_written(store, kind):
    page = store.allocate(4096)
    store.write(page.pointer, 16, kind(b"whole 64-bit words are written !"))

    assert store.read(page.pointer, 16, 32) == b"whole 64-bit words are written !"


def test_many_threads_take_and_give_back_tables(store, blocks):
    errors = []

    def work(number: int) -> None:
        try:
            for _ in range(100):
                pages = [store.allocate(256 if number % 2 else 4096) for _ in range(5)]
                for page in pages:
                    store.write(page.pointer, 0, number.to_bytes(8, "little"))
                assert all(store.read(page.pointer, 0, 1)[0] == number for page in pages)
                for page in pages:
                    store.free(page)
        except Exception as error:  # whatever it is, the test fails with it
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert store.blocks == () and all(block.closed == 1 for block in blocks.made)


def test_the_builder_puts_its_tables_there(store):
    made = PageTables(GMMU_V3, store)

    assert made.root == TablePointer(Aperture.VIDEO, FIRST_BUS_ADDRESS)
    assert store.read(made.root, 0, 16) == bytes(16)
    made.close()
    assert store.taken_bytes == 0


def test_host_memory_for_tables_comes_from_the_bus(soft):
    store = HostTables(soft.bus)
    page = store.allocate(4096)

    assert store.blocks == ((Aperture.HOST, page.address, page.address + 64 * KIB),)
    store.write(page.pointer, 0, b"as the device finds it")
    assert soft.bus.endpoint.host.read(page.address, 22) == b"as the device finds it"
    store.free(page)
    assert store.blocks == ()


def test_video_memory_says_what_was_taken_for_tables():
    store = VideoTables(VramAllocator([(4 * MIB, 8 * MIB)]), PlainWindow())
    assert store.blocks == ()
    page = store.allocate(256)

    assert store.blocks == ((Aperture.VIDEO, 4 * MIB, 6 * MIB),)
    store.free(page)
    assert store.blocks == ()


@pytest.mark.parametrize("where", ["video", "host"])
def test_stores_of_both_kinds_start_with_what_nobody_wrote(where):
    store = store_in(where)

    assert store.read(store.allocate(4096).pointer, 0, 8) == b"\xab" * 8
