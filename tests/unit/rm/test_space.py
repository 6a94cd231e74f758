"""GPU virtual address spaces of RM."""

from __future__ import annotations

import pytest
from barewire.errors import Freed, OutOfAddressSpace, UsageError, WrongDevice
from barewire.rm.ioctl import NvResourceManager
from barewire.rm.space import END_VA, FIRST_VA


@pytest.mark.parametrize("reservation", ["none", "lazy", "full"])
def test_memory_is_mapped_below_forty_bits_wherever_there_is_room(rm, kernel, reservation):
    space = rm.address_space(reservation)
    first, second = rm.video_memory(3 << 20), rm.host_memory(4096)
    at = [space.map(first), space.map(second), space.map(first)]

    assert len(set(at)) == 3
    assert all(FIRST_VA <= gpu_va < END_VA for gpu_va in at)
    assert all(gpu_va % (2 << 20) == 0 for gpu_va in (at[0], at[2])), "large pages need aligned addresses"
    assert set(space.mappings) == set(at)
    assert space.mappings[at[1]].memory is second
    assert kernel.complaints == []


def test_the_cheap_reservation_reserves_nothing_and_the_lazy_one_says_so(rm, kernel):
    classes = {}
    for reservation in ("none", "lazy", "full"):
        space = rm.address_space(reservation)
        made = next(known for known in kernel.objects if known.handle == space.virtual_handle)
        classes[reservation] = (made.class_id, int.from_bytes(made.params[8:12], "little") >> 10 & 1)

    assert classes["none"][0] == 0x70
    assert classes["lazy"] == (0x50A0, 1)
    assert classes["full"] == (0x50A0, 0)


def test_an_address_can_be_chosen(rm):
    space = rm.address_space()
    memory = rm.video_memory(2 << 20)

    assert space.map(memory, gpu_va=FIRST_VA + (64 << 20)) == FIRST_VA + (64 << 20)
    with pytest.raises(OutOfAddressSpace):
        space.map(memory, gpu_va=FIRST_VA + (64 << 20))
    with pytest.raises(OutOfAddressSpace):
        space.map(memory, gpu_va=END_VA)
    with pytest.raises(UsageError):
        space.map(memory, gpu_va=FIRST_VA + 4096)


def test_part_of_a_memory_is_mapped_in_whole_pages(rm, kernel):
    space = rm.address_space()
    memory = rm.video_memory(256 << 10)
    gpu_va = space.map(memory, offset=64 << 10, size_bytes=4096)

    assert space.mappings[gpu_va].size_bytes == 4096
    assert space.addresses.taken == {gpu_va: 64 << 10}, "RM maps whole pages of the memory"
    assert kernel.complaints == []
    for offset, size in ((4096, None), (256 << 10, None), (0, 300 << 10), (-65536, None)):
        with pytest.raises(UsageError):
            space.map(memory, offset=offset, size_bytes=size)


def test_addresses_are_used_again_after_unmapping(rm, kernel):
    space = rm.address_space()
    memory = rm.video_memory(4096)
    gpu_va = space.map(memory)
    space.unmap(gpu_va)

    assert space.map(memory) == gpu_va
    assert len(kernel.gpu_mappings) == 1
    with pytest.raises(UsageError):
        space.unmap(gpu_va + 4096)


def test_an_alignment_can_be_asked_for(rm):
    space = rm.address_space()
    space.map(rm.video_memory(4096))

    assert space.map(rm.video_memory(4096), alignment=1 << 30) % (1 << 30) == 0


def test_a_mapping_that_rm_refuses_takes_no_addresses(rm, kernel):
    space = rm.address_space()
    before = space.addresses.free_bytes
    memory = rm.video_memory(4096)
    kernel.fail_ioctl, kernel.fail_how = kernel.ioctls, "status"

    with pytest.raises(Exception, match="RM_MAP_MEMORY_DMA"):
        space.map(memory)
    assert space.addresses.free_bytes == before
    assert space.mappings == {}


def test_memory_of_another_device_is_refused(rm, kernel):
    with NvResourceManager.open(0, kernel=kernel) as other, pytest.raises(WrongDevice):
        rm.address_space().map(other.video_memory(4096))


def test_closing_a_space_undoes_its_mappings(rm, kernel):
    space = rm.address_space()
    memory = rm.video_memory(4096)
    space.map(memory)
    space.close()
    space.close()

    assert not kernel.gpu_mappings and kernel.complaints == []
    with pytest.raises(Freed):
        space.map(memory)


def test_a_read_only_mapping_says_so(rm, kernel):
    seen = []
    original = kernel._map_dma
    kernel._map_dma = lambda file, data: (
        seen.append(int.from_bytes(data[0x20:0x24], "little")),
        original(file, data),
    )
    space = rm.address_space()
    space.map(rm.video_memory(4096), read_only=True)
    space.map(rm.host_memory(4096))

    assert seen[0] & 3 == 1
    assert seen[1] & 3 == 0 and seen[1] >> 4 & 1, "host memory is snooped"
    assert all(flags >> 15 & 1 for flags in seen), "the address is ours to choose"


def test_an_unknown_reservation_is_refused(rm):
    with pytest.raises(UsageError):
        rm.address_space("some")
