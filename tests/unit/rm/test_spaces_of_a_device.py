"""Address spaces of a device under a kernel driver: page tables of ours, and what makes the GPU forget them.

The GPU of these tests walks the page tables that RM was told of, remembers what it found, and does copies.
"""

from __future__ import annotations

import gc
import os
import random
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
from barewire.device import Device
from barewire.errors import (
    BarewireError,
    ChannelDead,
    ForkedChild,
    Freed,
    PermissionMissing,
    PollTimeout,
    UsageError,
)
from barewire.rm.external_space import ExternalAddressSpace
from barewire.rm.ioctl import NvResourceManager
from barewire.rm.space import FIRST_VA, RmAddressSpace
from fake_engine import Engine

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
UNSET = "control 0x801814"
SPACE = 0x90F1
CHANNEL = 0xC86F


@pytest.fixture
def engine(kernel) -> Iterator[Engine]:
    made = Engine(kernel)
    yield made
    made.stop()


@pytest.fixture
def device(kernel, engine) -> Iterator[Device]:
    """A device; whatever a test does, nothing is left of it."""
    made = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 5.0)
    yield made
    made.close()
    gc.collect()
    assert kernel.is_given_back
    assert kernel.complaints == []


def channels(kernel) -> list:
    return [known for known in kernel.objects if known.class_id == CHANNEL]


def fill(memory, seed: int) -> bytes:
    """Put something into memory by the CPU."""
    data = np.random.default_rng(seed).bytes(memory.size_bytes)
    with memory.map_cpu() as mapping:
        mapping.view[:] = data
    return data


def content(memory) -> bytes:
    with memory.map_cpu() as mapping:
        return bytes(mapping.view)


# Which there are


def test_the_usual_space_has_the_tables_of_rm(device):
    for space in (device.address_space(), device.address_space(tables="rm")):
        assert isinstance(space, RmAddressSpace)
        assert space.map(device.rm.video_memory(4096)) and space.compare().equal


def test_tables_of_our_own_are_asked_for(device):
    space = device.address_space(tables="own")

    assert isinstance(space, ExternalAddressSpace)
    space.map(device.rm.video_memory(4096))
    assert space.compare().equal


def test_tables_may_be_filled_before_any_space_has_them(device, engine, kernel):
    tables = device.page_tables()
    at = tables.map(memory := device.rm.video_memory(64 * KIB))
    assert [known for known in kernel.objects if known.class_id == SPACE and known.owned_by_its_client] == []

    space = device.address_space(tables=tables)
    assert space.tables is tables and list(space.mappings) == [at]
    target = device.rm.host_memory(64 * KIB)
    expected = fill(memory, 1)
    with device.channel(space) as channel:
        channel.copy(at, space.map(target), 64 * KIB).wait()
    assert content(target) == expected


def test_addresses_may_be_chosen_above_those_that_rings_can_have(device, kernel):
    first, end = 1 << 44, 1 << 45
    space = device.address_space(tables=device.page_tables(first, end))
    memory, target = device.rm.video_memory(64 * KIB), device.rm.host_memory(64 * KIB)
    source = space.map(memory)
    assert first <= source < end and space.compare().equal

    before = [known.handle for known in kernel.objects]
    with pytest.raises(UsageError, match=r"below 2\^40"):
        device.channel(space)
    gc.collect()
    assert [known.handle for known in kernel.objects] == before
    assert list(space.mappings) == [source]

    low = device.page_tables(FIRST_VA, 1 << 40)
    mapped = [low.map(each, at) for each, at in ((memory, (1 << 40) - MIB), (target, FIRST_VA))]
    expected = fill(memory, 4)
    with device.channel(device.address_space(tables=low)) as channel:
        channel.copy(*mapped, 64 * KIB).wait()
    assert content(target) == expected


@pytest.mark.parametrize("wrong", ["ours", 5, object(), ""])
def test_other_tables_are_refused(device, wrong):
    with pytest.raises(UsageError, match="tables"):
        device.address_space(tables=wrong)


def test_a_closed_device_makes_no_tables(kernel, engine):
    device = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 5.0)
    device.close()
    for use in (device.page_tables, device.address_space, lambda: device.address_space(tables="own")):
        with pytest.raises(Freed):
            use()
    assert kernel.is_given_back


def test_who_is_no_administrator_is_told_and_nothing_is_left(kernel, engine):
    kernel.admin = False
    device = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 5.0)
    before = [known.handle for known in kernel.objects]
    with pytest.raises(PermissionMissing, match="CAP_SYS_ADMIN"):
        device.address_space(tables="own")

    assert [known.handle for known in kernel.objects] == before
    device.close()
    assert kernel.is_given_back and kernel.complaints == [] and engine.forgotten == []


# Copies through them


def test_copies_find_every_byte_through_pages_of_every_size(device, kernel, engine):
    space = device.address_space(tables="own")
    dice = random.Random(11)
    memories = [
        device.rm.video_memory(100 * KIB, page_size_bytes=4 * KIB),
        device.rm.video_memory(192 * KIB),
        device.rm.video_memory(4 * MIB),
        device.rm.host_memory(60 * KIB),
        device.rm.host_memory(2 * MIB, page_size_bytes=2 * MIB),
    ]
    shadows = [bytearray(fill(memory, seed)) for seed, memory in enumerate(memories)]
    at = [space.map(memory, FIRST_VA + number * 5 * GIB) for number, memory in enumerate(memories)]
    with device.channel(space) as channel:
        for _ in range(30):
            source, target = dice.randrange(5), dice.randrange(5)
            size = dice.randrange(1, 60 * KIB)
            start = dice.randrange(memories[source].size_bytes - size + 1)
            end = dice.randrange(memories[target].size_bytes - size + 1)
            channel.copy(at[source] + start, at[target] + end, size).wait()
            shadows[target][end : end + size] = bytes(shadows[source][start : start + size])

    assert [content(memory) for memory in memories] == [bytes(shadow) for shadow in shadows]
    assert engine.faults == []


def test_after_a_remap_copies_find_the_new_memory(device, engine):
    space = device.address_space(tables="own")
    first, second, target = (device.rm.video_memory(64 * KIB) for _ in range(3))
    old, new = fill(first, 1), fill(second, 2)
    source, destination = space.map(first), space.map(target)
    with device.channel(space) as channel:
        for memory, expected in ((first, old), (second, new), (first, old)):
            space.remap(source, memory)
            channel.copy(source, destination, 64 * KIB).wait()
            assert content(target) == expected
        space.unmap(source)
        assert space.map(second, source) == source
        channel.copy(source, destination, 64 * KIB).wait()
        assert content(target) == new


def test_the_gpu_of_these_tests_does_notice_a_missing_invalidation(kernel, engine):
    device = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 5.0)
    space = device.address_space(tables="own")
    first, second, target = (device.rm.video_memory(4096) for _ in range(3))
    source, destination = space.map(first), space.map(target)
    channel = device.channel(space)
    channel.copy(source, destination, 4096).wait()
    space.tables._invalidate = lambda what: None
    space.remap(source, second)
    channel.copy(source, destination, 4096).wait()
    device.close()

    assert any("after its mapping had changed" in complaint for complaint in kernel.complaints)


@pytest.mark.parametrize("write", [False, True])
def test_what_faults_ends_its_channel_and_another_space_works(device, engine, write):
    space = device.address_space(tables="own")
    memory = device.rm.video_memory(4096)
    at, sealed = space.map(memory), space.map(memory, read_only=True)
    channel = device.channel(space)
    with pytest.raises(ChannelDead):
        channel.copy(at, sealed, 64).wait() if write else channel.copy(at + MIB, at, 64).wait()
    assert engine.faults[-1][:2] == (channel.channel.handle, 31)
    assert engine.faults[-1][2].startswith(f"{sealed if write else at + MIB:#x} is ")
    channel.close()
    space.close()

    other = device.address_space(tables="own")
    target = device.rm.host_memory(4096)
    expected = fill(memory, 3)
    with device.channel(other) as channel:
        channel.copy(other.map(memory), other.map(target), 4096).wait()
    assert content(target) == expected


# What makes the GPU forget


def test_nothing_is_made_for_invalidation_before_it_is_needed(device, kernel, engine):
    before = len(channels(kernel))
    device.address_space().map(device.rm.video_memory(4096))
    space = device.address_space(tables="own")
    assert len(channels(kernel)) == before and engine.forgotten == []

    space.map(device.rm.video_memory(4096))
    assert len(channels(kernel)) == before + 1
    assert len(engine.forgotten) == 1


def test_one_queue_invalidates_for_all_spaces_and_names_the_root_of_each(device, kernel, engine):
    spaces = [device.address_space(tables="own") for _ in range(3)]
    memory = device.rm.video_memory(4096)
    at = [space.map(memory) for space in spaces]
    for space, gpu_va in zip(spaces, at, strict=True):
        space.unmap(gpu_va)

    assert len({told.channel for told in engine.forgotten}) == 1
    assert [told.root for told in engine.forgotten] == [space.root.address for space in spaces] * 2
    assert {told.aperture for told in engine.forgotten} == {"video"}
    assert [told.membar for told in engine.forgotten] == [False] * 3 + [True] * 3
    assert device._tlb.count == 6


def test_what_is_forgotten_goes_up_to_the_table_that_changed(device, engine):
    space = device.address_space(tables="own")
    memory = device.rm.video_memory(4096)
    for offset in (0, 4 * KIB, 2 * MIB, GIB, 300 * GIB):
        space.map(memory, FIRST_VA + offset)

    levels = [told.level for told in engine.forgotten]
    assert levels == ["UP_TO_PDE4", "PTE_ONLY", "UP_TO_PDE0", "UP_TO_PDE1", "UP_TO_PDE2"]


def test_its_queue_is_in_the_devices_own_space_and_privileged_by_who_runs_it(device, kernel, engine):
    space = device.address_space(tables="own")
    space.map(device.rm.video_memory(4096))
    queue = device._forgetting

    assert queue.memory.space is device.space
    assert queue.channel.handle == engine.forgotten[0].channel


def test_a_dead_queue_is_replaced_and_closed(device, kernel, engine):
    space = device.address_space(tables="own")
    memory = device.rm.video_memory(4096)
    space.map(memory)
    count = len(channels(kernel))
    for _ in range(3):
        dead = device._forgetting
        engine.kill(dead.channel.handle)
        at = space.map(memory)

        assert device._forgetting is not dead and device._forgetting.alive
        assert engine.forgotten[-1].channel == device._forgetting.channel.handle
        assert len(channels(kernel)) == count, "channels of dead queues stay behind"
        assert dead not in device._queues
        assert space.walk(at).leaf is not None
    assert space.compare().equal


def test_a_queue_that_dies_of_an_invalidation_leaves_the_tables_as_they_were(device, kernel, engine):
    space = device.address_space(tables="own")
    memory = device.rm.video_memory(4096)
    at = space.map(memory)
    kernel.admin = False
    with pytest.raises(ChannelDead):
        space.map(memory)
    assert list(space.mappings) == [at]
    kernel.admin = True

    assert space.compare().equal
    assert space.map(memory) != at
    assert space.compare().equal


def test_a_gpu_that_does_not_answer_is_waited_for_until_the_deadline(device, engine):
    space = device.address_space(tables="own")
    memory = device.rm.video_memory(4096)
    at = space.map(memory)
    device._tlb.timeout_s = 0.05
    engine.stalled = True
    started = time.monotonic()
    with pytest.raises(PollTimeout):
        space.map(memory)
    assert time.monotonic() - started < 2
    engine.stalled = False

    assert list(space.mappings) == [at]
    assert space.map(memory) and space.compare().equal


def test_threads_that_map_at_once_share_one_queue(device, kernel, engine):
    spaces = [device.address_space(tables="own") for _ in range(4)]
    memory = device.rm.video_memory(4096)
    before = len(channels(kernel))
    errors = []

    def use(space):
        try:
            for _ in range(8):
                space.unmap(space.map(memory))
        except BarewireError as error:
            errors.append(error)

    in_threads(*(lambda space=space: use(space) for space in spaces))
    assert errors == []
    assert len(channels(kernel)) == before + 1
    assert len(engine.forgotten) == 4 * 8 * 2


def in_threads(*steps) -> None:
    """Do things at once; none may hang."""
    threads = [threading.Thread(target=step, daemon=True) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive(), "a thread hangs"


# The end


def test_a_space_is_closed_after_its_channels(device, kernel):
    space = device.address_space(tables="own")
    channel = device.channel(space)
    with pytest.raises(UsageError, match="before its channels"):
        space.close()
    channel.close()
    space.close()
    space.close()

    assert space.closed and kernel.complaints == []


def test_a_device_that_is_closed_ends_spaces_that_are_still_open(kernel, engine):
    device = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 5.0)
    spaces = [device.address_space(tables=tables) for tables in ("own", "rm", "own", None)]
    memory = device.rm.video_memory(64 * KIB)
    made = [device.channel(space) for space in spaces]
    at = [space.map(memory) for space in spaces]
    made[0].copy(at[0], at[0] + 32 * KIB, 32 * KIB)
    del kernel.log[:]
    invalidated = len(engine.forgotten)
    device.close()

    assert kernel.is_given_back and kernel.complaints == [] and engine.faults == []
    ends = [line for line in kernel.log if line in (UNSET, f"free {SPACE:#x}", f"free {CHANNEL:#x}")]
    last_channel = len(ends) - ends[::-1].index(f"free {CHANNEL:#x}")
    assert ends.count(UNSET) == 2 and UNSET not in ends[:last_channel], "a root goes after all channels"
    assert f"free {SPACE:#x}" not in ends[:last_channel]
    assert len(engine.forgotten) == invalidated, "there is no channel left that could remember"
    for space in spaces:
        space.close()
    assert all(space.closed for space in (spaces[0], spaces[2]))


def test_nothing_is_submitted_once_the_device_is_closed(kernel, engine):
    device = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 5.0)
    space = device.address_space(tables="own")
    space.map(memory := device.rm.video_memory(4096))
    tlb, count = device._tlb, device._tlb.count
    told = len(engine.forgotten)
    device.close()
    for use in (lambda: space.map(memory), space.compare, lambda: space.map_sparse(4096)):
        with pytest.raises(Freed):
            use()
    tlb.invalidate(SimpleNamespace(root=space.root, depth=0, revoked=True))

    assert (tlb.count, len(engine.forgotten)) == (count, told)
    assert kernel.is_given_back


def test_a_fork_touches_nothing_of_its_parents_space(device, kernel, engine):
    space = device.address_space(tables="own")
    memory = device.rm.video_memory(4096)
    at = space.map(memory)
    calls, told = kernel.ioctls, len(engine.forgotten)
    child = os.fork()
    if child == 0:
        refused = 0
        for use in (lambda: space.map(memory), lambda: space.unmap(at), space.compare, space.close):
            try:
                use()
            except ForkedChild:
                refused += 1
        device.close()
        os._exit(0 if refused == 4 and kernel.ioctls == calls else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (kernel.ioctls, len(engine.forgotten)) == (calls, told)
    assert space.map(memory) and space.compare().equal


def test_a_space_that_nobody_refers_to_does_not_stop_the_end(kernel, engine):
    device = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 5.0)
    for _ in range(3):
        space = device.address_space(tables="own")
        space.map(device.rm.video_memory(4096))
    del space
    gc.collect()
    device.close()

    assert kernel.is_given_back and engine.faults == []


def test_tables_that_no_space_has_go_with_the_device(kernel, engine):
    device = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 5.0)
    tables = device.page_tables()
    tables.map(device.rm.video_memory(4096))
    device.close()
    tables.close()

    assert kernel.is_given_back and kernel.complaints == []


def test_memory_of_a_closed_channel_comes_back_when_its_space_was_closed_at_once(device, kernel):
    for _ in range(3):
        space = device.address_space(tables="own")
        device.channel(space).close()
        space.close()
        device.synchronize()
    gc.collect()
    used = kernel.vram_used
    for _ in range(5):
        space = device.address_space(tables="own")
        device.channel(space).close()
        space.close()
        device.synchronize()
    gc.collect()

    assert kernel.vram_used <= used


def test_closing_while_another_thread_maps_hangs_nowhere(kernel, engine):
    for round_ in range(4):
        device = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 5.0)
        space = device.address_space(tables="own")
        memory = device.rm.video_memory(4096)
        mapping = threading.Event()

        def use(space=space, memory=memory, mapping=mapping):
            try:
                while True:
                    mapping.set()
                    space.unmap(space.map(memory))
            except BarewireError:
                return

        def end(device=device, mapping=mapping, round_=round_):
            mapping.wait()
            time.sleep(round_ * 0.004)
            device.close()

        in_threads(use, end)
        gc.collect()
        assert kernel.is_given_back


def test_who_waits_for_an_invalidation_is_let_go_when_the_device_is_closed(kernel, engine):
    device = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 0.2)
    space = device.address_space(tables="own")
    memory = device.rm.video_memory(4096)
    space.map(memory)
    device._tlb.timeout_s = 30.0
    device._forgetting.release_waiters = lambda: None  # the memory may be gone before the thread looks
    engine.stalled = True
    started = time.monotonic()

    def use():
        with pytest.raises(Freed):
            space.map(memory)

    def end():
        time.sleep(0.05)
        device.close()

    in_threads(use, end)
    assert time.monotonic() - started < 5
    gc.collect()
    assert kernel.is_given_back


def test_the_first_mapping_may_find_the_device_closed_meanwhile(kernel, engine):
    """Between looking whether the device is open and making the queue, another thread closes it."""
    device = Device(NvResourceManager.open(0, kernel=kernel), "nv:0", 5.0)
    space = device.address_space(tables="own")
    memory = device.rm.video_memory(4096)
    inside, closing = threading.Event(), threading.Event()
    make, close_queues = device._make_queue, device._close_queues

    def make_slowly(*arguments):
        inside.set()
        closing.wait()
        time.sleep(0.05)
        return make(*arguments)

    def close_slowly(*arguments):
        time.sleep(0.2)
        close_queues(*arguments)

    device._make_queue, device._close_queues = make_slowly, close_slowly

    def use():
        with pytest.raises(BarewireError):
            for _ in range(1000):
                space.unmap(space.map(memory))

    def end():
        inside.wait()
        closing.set()
        device.close()

    in_threads(use, end)
    gc.collect()
    assert device._forgetting.ended, "a queue was made that nobody closed"
    assert kernel.is_given_back and engine.faults == []
