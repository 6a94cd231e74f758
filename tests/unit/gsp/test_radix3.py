"""The page lists of the firmware image, walked by a reader of our own."""

from __future__ import annotations

import struct
import time

import pytest
from barewire.errors import BadFirmware, DmaError
from barewire.gsp import radix3
from barewire.gsp.dma import DmaPool, page_addresses
from fake_board import FakeBus
from fake_firmware import pattern


@pytest.fixture
def bus() -> FakeBus:
    made = FakeBus()
    made.config.set(4, 2, 6)
    return made


def walk(bus: FakeBus, root: int) -> list[int]:
    """The bus addresses of the image's pages: every entry that is not zero, level by level."""
    pages = [root]
    for _ in range(3):
        entries = [struct.unpack("<512Q", bus.gpu_read(page, 4096)) for page in pages]
        pages = [entry for page in entries for entry in page if entry]
    return pages


@pytest.mark.parametrize("pages", [1, 2, 511, 512, 513, 1024, 1025, 3000])
def test_the_lists_lead_to_every_page_of_the_image_in_order(bus, pages):
    image = pattern("image", pages * 4096)

    made = radix3.load(DmaPool(bus, 52), image)

    found = walk(bus, made.root_iova)
    assert len(found) == made.image_pages == pages
    assert made.leaf_pages == -(-pages // 512)
    assert b"".join(bus.gpu_read(page, 4096) for page in found) == image
    assert bus.complaints == []


def test_the_root_has_one_entry(bus):
    made = radix3.load(DmaPool(bus, 52), bytes(2000 * 4096))

    root = struct.unpack("<512Q", bus.gpu_read(made.root_iova, 4096))
    assert [bool(entry) for entry in root] == [True] + [False] * 511


def test_an_image_that_ends_within_a_page_is_padded_with_zeros(bus):
    made = radix3.load(DmaPool(bus, 52), b"\xab" * 5000)

    first, second = walk(bus, made.root_iova)
    assert made.image_bytes == 5000
    assert bus.gpu_read(first, 4096) + bus.gpu_read(second, 4096) == b"\xab" * 5000 + bytes(3192)


@pytest.mark.parametrize("size", [0, radix3.MOST_PAGES * 4096 + 1])
def test_an_image_that_no_lists_can_hold_is_refused_before_memory_is_taken(bus, size):
    with pytest.raises(BadFirmware, match="three levels"):
        radix3.load(DmaPool(bus, 52), Sized(size))  # type: ignore[arg-type]

    assert bus.most_memories == 0


class Sized:
    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size


def test_an_image_of_real_size_is_loaded_in_well_under_a_second(bus):
    bus.dma_memory(1 << 20).close()
    image = bytes(64_000_000)
    pool = DmaPool(bus, 52)

    start = time.perf_counter()
    radix3.load(pool, image)
    seconds = time.perf_counter() - start
    pool.close()

    assert seconds < 1.0


def test_giving_it_back_takes_it_from_the_gpu(bus):
    pool = DmaPool(bus, 52)
    made = radix3.load(pool, bytes(8192))

    radix3.give_back(pool)

    assert bus.memories == []
    bus.gpu_read(made.root_iova, 8)
    assert len(bus.complaints) == 1


def test_page_addresses_follow_the_segments(bus):
    scattered = bus.dma_memory(5 * 4096)
    in_one = bus.dma_memory(3 * 4096, contiguous=True)

    assert page_addresses(scattered).tolist() == [segment.iova for segment in scattered.segments]
    assert page_addresses(in_one).tolist() == [in_one.iova + 4096 * index for index in range(3)]


def test_segments_that_are_not_whole_pages_are_refused(bus):
    memory = bus.dma_memory(8192)
    memory.segments = (memory.segments[0]._replace(size_bytes=100), memory.segments[1])

    with pytest.raises(DmaError, match="whole pages"):
        page_addresses(memory)


def test_a_pool_gives_back_what_it_holds_once(bus):
    pool = DmaPool(bus, 52)
    pool.take("one", 1)
    two = pool.holding("two", b"data")

    assert pool.sizes() == {"one": 4096, "two": 4096}
    assert bytes(two.view[:5]) == b"data\0"
    pool.give_back("two", "two", "three")
    assert pool.sizes() == {"one": 4096}
    pool.close()
    pool.close()
    assert bus.memories == []
