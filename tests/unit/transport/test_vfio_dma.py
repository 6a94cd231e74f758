"""Memory for a device behind an IOMMU: its addresses, the host's limits, huge pages, no IOMMU at all."""

from __future__ import annotations

import errno

import pytest
import small_device as small
from barewire.errors import DmaError, HostLimit, PermissionMissing, TransportError, UsageError
from barewire.transport.vfio.dma import LOWEST, PREFERRED, REACHED_BITS, DeviceAddresses
from fake_vfio import HUGE, PAGE, FakeKernel, Options
from hypothesis import given, settings
from hypothesis import strategies as st
from small_device import SmallDevice

GIB = 1 << 30


def machine(tmp_path, **options) -> FakeKernel:
    return FakeKernel(SmallDevice(), tmp_path, Options(**options))


def dma_sum(bus, iova: int, count: int) -> int:
    bar = bus.bars[0]
    bar.write32(small.DMA_IOVA_LOW, iova & 0xFFFFFFFF)
    bar.write32(small.DMA_IOVA_HIGH, iova >> 32)
    bar.write32(small.DMA_COUNT, count)
    return bar.read32(small.DMA_SUM)


RANGES = st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(1, 1 << 36)), min_size=1, max_size=4).map(
    lambda pairs: tuple((start, start + size - 1) for start, size in pairs)
)


@settings(max_examples=200, deadline=None)
@given(RANGES, st.lists(st.tuples(st.booleans(), st.integers(1, 1 << 24)), max_size=40))
def test_addresses_are_inside_of_the_ranges_apart_and_whole_pages(ranges, steps):
    addresses = DeviceAddresses(ranges, PAGE)
    held: dict[int, int] = {}
    for give_back, size in steps:
        if give_back and held:
            iova = next(iter(held))
            addresses.give_back(iova)
            del held[iova]
            continue
        try:
            iova = addresses.take(size)
        except DmaError:
            continue
        end = iova + -(-size // PAGE) * PAGE
        assert iova % PAGE == 0
        assert iova >= LOWEST
        assert end <= 1 << REACHED_BITS
        assert any(first <= iova and end - 1 <= last for first, last in ranges)
        for other, other_end in held.items():
            assert end + PAGE <= other or other_end + PAGE <= iova
        held[iova] = end
    assert addresses.taken == {iova: end - iova for iova, end in held.items()}


def test_addresses_above_four_gigabytes_are_taken_first_and_low_ones_at_last():
    addresses = DeviceAddresses(((0, (1 << 32) - 1), (1 << 32, (1 << 32) + (4 << 20) - 1)))

    assert addresses.take(1 << 20) == PREFERRED
    found = [addresses.take(1 << 20) for _ in range(4)]
    assert any(iova < PREFERRED for iova in found)


def test_an_address_that_was_given_back_is_not_given_again_at_once():
    addresses = DeviceAddresses(((0, (1 << 40) - 1),))

    first = addresses.take(PAGE)
    addresses.give_back(first)

    assert addresses.take(PAGE) != first


def test_a_small_space_is_used_again_once_it_is_full_and_tells_when_it_is():
    addresses = DeviceAddresses(((1 << 20, (1 << 20) + 8 * PAGE - 1),))

    taken = [addresses.take(PAGE) for _ in range(4)]
    with pytest.raises(DmaError):
        addresses.take(PAGE)
    addresses.give_back(taken[1])

    assert addresses.take(PAGE) == taken[1]


def test_what_fits_only_off_its_boundary_is_given_there():
    addresses = DeviceAddresses(((1 << 20, (1 << 20) + (3 << 20)),))

    assert addresses.take(3 << 20) % PAGE == 0


def test_large_memory_begins_where_the_iommus_large_pages_do():
    addresses = DeviceAddresses(((0, (1 << 46) - 1),))
    addresses.take(PAGE)

    assert addresses.take(HUGE) % HUGE == 0
    assert addresses.take(GIB) % GIB == 0


def test_memory_is_one_segment_zeroed_and_reached_by_the_device(tmp_path):
    kernel = machine(tmp_path)
    with kernel.open_bus() as bus:
        memory = bus.dma_memory(3 * PAGE + 1)

        assert memory.size_bytes == 4 * PAGE
        assert memory.segments == ((memory.iova, 4 * PAGE),)
        assert bytes(memory.view) == bytes(4 * PAGE)
        memory.view[PAGE : PAGE + 3] = b"\1\2\3"
        assert dma_sum(bus, memory.iova_of(PAGE), 3) == 6
        assert dma_sum(bus, memory.iova + memory.size_bytes, 1) == small.REFUSED
        with pytest.raises(UsageError):
            memory.iova_of(4 * PAGE)
        iova = memory.iova
        memory.close()
        memory.close()
        assert dma_sum(bus, iova, 1) == small.REFUSED
    assert kernel.protests == []


@pytest.mark.parametrize("size", [0, -1, 1.5, "4096"])
def test_memory_of_no_size_is_refused(tmp_path, size):
    with machine(tmp_path).open_bus() as bus, pytest.raises(UsageError):
        bus.dma_memory(size)


def test_what_is_looked_at_outlives_the_bus(tmp_path):
    kernel = machine(tmp_path)
    with kernel.open_bus() as bus:
        part = bus.dma_memory(PAGE).view[:4]
        part[:] = b"left"

    assert bytes(part) == b"left"
    assert not kernel.dma


def test_huge_pages_are_used_where_the_machine_has_some(tmp_path):
    kernel = machine(tmp_path, huge_pages=2)
    with kernel.open_bus() as bus:
        huge = bus.dma_memory(HUGE + PAGE)
        small_one = bus.dma_memory(PAGE)
        too_large = bus.dma_memory(3 * HUGE)

        assert (huge.huge, small_one.huge, too_large.huge) == (True, False, False)
        for memory in (huge, too_large):
            assert memory.address % HUGE == 0
            assert memory.iova % HUGE == 0
            memory.view[memory.size_bytes - 1] = 7
            assert dma_sum(bus, memory.iova_of(memory.size_bytes - 1), 1) == 7
    assert kernel.left == {}


@pytest.mark.parametrize("way", ["group", "cdev"])
def test_the_limit_of_locked_memory_is_seen_before_the_kernel_is_asked(tmp_path, way):
    kernel = machine(tmp_path, locked_limit=16 * PAGE, cdev=True)
    with kernel.open_bus(abi=way) as bus:
        bus.dma_memory(12 * PAGE)
        asked = len(kernel.requests)

        with pytest.raises(HostLimit) as over:
            bus.dma_memory(5 * PAGE)

        assert len(kernel.requests) == asked
        assert (over.value.needed, over.value.limit) == (17 * PAGE, 16 * PAGE)
        assert "ulimit -l 68" in over.value.hint
        bus.dma_memory(4 * PAGE)
    assert kernel.left == {}


def test_a_process_that_may_lock_any_amount_is_not_limited(tmp_path):
    kernel = machine(tmp_path, locked_limit=PAGE, capable=True)
    with kernel.open_bus() as bus:
        assert bus.dma_memory(64 * PAGE).segments


def test_the_kernels_own_refusal_to_lock_says_the_same(tmp_path, monkeypatch):
    kernel = machine(tmp_path, locked_limit=PAGE)
    with kernel.open_bus() as bus:
        monkeypatch.setattr(kernel, "memlock_limit", lambda: None)
        with pytest.raises(HostLimit, match="pins no more"):
            bus.dma_memory(4 * PAGE)
        assert bus._pinner.addresses.taken == {}
    assert kernel.left == {}


def test_the_limit_of_mappings_is_seen_before_the_kernel_is_asked(tmp_path):
    kernel = machine(tmp_path, entries=2)
    with kernel.open_bus() as bus:
        held = [bus.dma_memory(PAGE) for _ in range(2)]
        with pytest.raises(HostLimit) as over:
            bus.dma_memory(PAGE)
        assert (over.value.needed, over.value.limit) == (3, 2)
        held[0].close()
        bus.dma_memory(PAGE)


@pytest.mark.parametrize("way", ["group", "cdev"])
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EINVAL, DmaError),
        (errno.EEXIST, DmaError),
        (errno.EFAULT, DmaError),
        (errno.ENOSPC, HostLimit),
        (errno.ENOMEM, HostLimit),
        (errno.EIO, DmaError),
    ],
)
def test_a_mapping_that_is_refused_leaves_nothing_behind(tmp_path, way, number, kind):
    kernel = machine(tmp_path, cdev=True)
    with kernel.open_bus(abi=way) as bus:
        kernel.fail["IOMMU_IOAS_MAP" if way == "cdev" else "VFIO_IOMMU_MAP_DMA"] = number

        with pytest.raises(kind) as refused:
            bus.dma_memory(PAGE)

        assert refused.value.errno == number
        assert bus._pinner.addresses.taken == {}
        assert [each for each in kernel.memory_maps if not each.closed] == []


def test_no_memory_is_a_dma_error(tmp_path, monkeypatch):
    kernel = machine(tmp_path)

    def none(size_bytes: int, huge: bool) -> object:
        raise OSError(errno.ENOMEM, "none")

    with kernel.open_bus() as bus:
        monkeypatch.setattr(kernel, "memory", none)
        with pytest.raises(DmaError, match="no memory"):
            bus.dma_memory(PAGE)


def test_memory_that_cannot_be_unmapped_is_never_anybody_elses(tmp_path):
    kernel = machine(tmp_path)
    bus = kernel.open_bus()
    memory = bus.dma_memory(PAGE)
    kernel.fail["VFIO_IOMMU_UNMAP_DMA"] = errno.EIO

    with pytest.raises(TransportError):
        memory.close()

    assert [each for each in kernel.memory_maps if not each.closed]
    assert memory.iova in bus._pinner.addresses.taken
    bus.close()


def test_a_kernel_that_does_not_tell_ranges_is_asked_for_none_of_the_interrupts(tmp_path):
    kernel = machine(tmp_path, ranges=None)
    with kernel.open_bus() as bus:
        assert bus._way.limits.ranges[0] == (0, 0xFEDF_FFFF)
        assert bus.dma_memory(PAGE).segments


def test_a_narrow_iommu_is_kept_to(tmp_path):
    kernel = machine(tmp_path, ranges=((0, 0xFEDF_FFFF), (0xFEF0_0000, (1 << 39) - 1)))
    with kernel.open_bus() as bus:
        assert all(bus.dma_memory(HUGE).iova < 1 << 39 for _ in range(8))
    assert kernel.protests == []


# Without an IOMMU.


def test_a_device_without_an_iommu_is_refused_unless_asked_for(tmp_path):
    kernel = machine(tmp_path, no_iommu=True)

    with pytest.raises(PermissionMissing, match="DMA unprotected") as refused:
        kernel.open_bus()

    assert "unsafe_no_iommu" in refused.value.hint
    assert kernel.left == {}
    assert kernel.requests == []


def test_without_an_iommu_memory_is_of_huge_pages_where_they_are(tmp_path):
    places = {}

    def frame_of(address: int) -> int:
        return places.setdefault(address, (7, 8, 20)[len(places)] * HUGE)

    kernel = machine(tmp_path, no_iommu=True, huge_pages=3, capable=True, frame_of=frame_of)
    with kernel.open_bus(unsafe_no_iommu=True) as bus:
        assert not bus.protected
        memory = bus.dma_memory(3 * HUGE)

        assert memory.segments == ((7 * HUGE, 2 * HUGE), (20 * HUGE, HUGE))
        assert memory.iova_of(2 * HUGE + 5) == 20 * HUGE + 5
        with pytest.raises(UsageError):
            _ = memory.iova
        assert "VFIO_IOMMU_MAP_DMA" not in kernel.requests
    assert kernel.left == {}


def test_without_an_iommu_contiguous_is_what_lies_in_one_piece(tmp_path):
    kernel = machine(
        tmp_path, no_iommu=True, huge_pages=2, capable=True, frame_of=lambda address: address * 2
    )
    with kernel.open_bus(unsafe_no_iommu=True) as bus:
        assert bus.dma_memory(HUGE, contiguous=True).iova
        with pytest.raises(DmaError, match="contiguous"):
            bus.dma_memory(2 * HUGE, contiguous=True)


@pytest.mark.parametrize(
    ("huge_pages", "capable", "text"), [(0, True, "huge pages"), (1, False, "tell where")]
)
def test_without_an_iommu_what_is_missing_is_named(tmp_path, huge_pages, capable, text):
    kernel = machine(tmp_path, no_iommu=True, huge_pages=huge_pages, capable=capable)
    with kernel.open_bus(unsafe_no_iommu=True) as bus, pytest.raises(DmaError, match=text):
        bus.dma_memory(PAGE)
    assert kernel.left == {}
