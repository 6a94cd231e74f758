"""The fake GPU is strict: what a real one would refuse, or leave undefined, it tells."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from barewire import errors
from barewire.compute import qmd

COPY_SCHEDULE, SCHEDULE, PREFETCH_SCHEDULE = 10, 2, 9


class Node:
    """One launch of `increment` written by hand: QMD at +0, bank 0 at +0x200."""

    def __init__(self, device, kernels, cell, **fields: int) -> None:
        self.device = device
        self.memory = device.graph_memory(4096)
        plan = kernels["increment"].shape(1, 32).plan
        self.qmd = qmd.Qmd(plan.template.table).load(plan.template.words)
        qmd.set_bank(self.qmd, qmd.DIALECTS["V04_00"], 0, self.gpu_va + 0x200, 0x218)
        self.qmd.set("RELEASE_ENABLE", 0)
        for name, value in fields.items():
            self.qmd.set(name, value)
        self.tables = device.space.tables
        self.write()
        bank0 = plan.bank0.data.ljust(0x210, b"\0") + struct.pack("<QQ", cell.address, 0)
        self.tables.write(self.gpu_va + 0x200, bank0)

    @property
    def gpu_va(self) -> int:
        return self.memory.gpu_va

    def write(self, at: int = 0) -> None:
        self.tables.write(self.gpu_va + at, struct.pack("<96I", *self.qmd.words))

    def send(self, pushbuffer, action: int = COPY_SCHEDULE):
        return pushbuffer.method("NVCBC0_SEND_PCAS_A", self.gpu_va >> 8).immediate(
            "NVCBC0_SEND_SIGNALING_PCAS2_B", action
        )


@pytest.fixture
def channel(device, gpu):
    gpu.lenient = True
    with device.queue() as queue:
        yield queue
        gpu.take_faults()


@pytest.fixture
def cell(device):
    made = device.zeros(1, np.uint32)
    device.synchronize()
    return made


def take_complaints(gpu) -> str:
    said, gpu.rm.complaints = gpu.rm.complaints, []
    return "; ".join(said)


def test_a_node_written_by_hand_runs(device, kernels, channel, cell):
    node = Node(device, kernels, cell)

    channel.submit(node.send(channel.pushbuffer())).wait(5)
    channel.submit(node.send(channel.pushbuffer())).wait(5)

    assert cell.numpy()[0] == 2


def test_an_inline_qmd_runs_as_one_in_memory_does(device, kernels, channel, cell):
    node = Node(device, kernels, cell)
    node.tables.write(node.gpu_va, bytes(384))
    pushbuffer = channel.pushbuffer()
    shifted = node.gpu_va >> 8

    pushbuffer.method(
        "NVCBC0_SET_INLINE_QMD_ADDRESS_A", 1 << 30 | shifted >> 32, shifted & 0xFFFFFFFF, *node.qmd.words
    )
    channel.submit(node.send(pushbuffer, SCHEDULE)).wait(5)

    assert cell.numpy()[0] == 1


def test_a_qmd_that_is_active_may_not_be_sent_again(device, kernels, channel, cell, gpu):
    node = Node(device, kernels, cell)

    with pytest.raises(errors.ChannelDead):
        channel.submit(node.send(node.send(channel.pushbuffer()))).wait(5)

    assert "active" in str(gpu.take_faults()[0])


def test_kernels_that_nothing_orders_run_in_any_order(device, kernels, channel, cell, gpu):
    order: list[int] = []
    nodes = [Node(device, kernels, cell) for _ in range(20)]
    tables = device.space.tables
    gpu.programs[tables, kernels.gpu_va + kernels["increment"].info.code_offset] = lambda launch: (
        order.append(launch.bank0[0x1F8])
    )
    for index, node in enumerate(nodes):
        tables.write(node.gpu_va + 0x200 + 0x1F8, bytes([index]))
    plain, waiting = channel.pushbuffer(), channel.pushbuffer()
    for node in nodes:
        node.send(plain)
        node.send(waiting.immediate("NVCBC0_WAIT_FOR_IDLE"))

    channel.submit(plain).wait(5)
    unordered, order[:] = list(order), []
    channel.submit(waiting).wait(5)

    assert sorted(unordered) == list(range(20)) != unordered
    assert order == list(range(20))


def test_a_release_that_waits_for_nothing_overtakes_kernels(device, kernels, channel, cell, gpu):
    node, flag, seen = Node(device, kernels, cell), device.pinned(4, np.uint64), []
    flag.view[:] = 0
    place = kernels.gpu_va + kernels["increment"].info.code_offset
    gpu.programs[device.space.tables, place] = lambda launch: seen.append(int(flag.view[0]))

    for waits in (False, True):
        flag.view[:] = 0
        pushbuffer = node.send(channel.pushbuffer())
        pushbuffer.release(flag.address, 1, wait_for_idle=waits, timestamp=True)
        channel.submit(pushbuffer).wait(5)

    assert seen == [1, 0]
    assert flag.view[1] > 0


def test_a_stale_copy_in_the_scheduler_is_told(device, kernels, channel, cell, gpu):
    first, second = Node(device, kernels, cell), Node(device, kernels, cell)
    qmd.set_dependent(first.qmd, second.gpu_va)
    first.write()
    channel.submit(first.send(channel.pushbuffer())).wait(5)
    assert take_complaints(gpu) == ""

    second.qmd.set("CTA_THREAD_DIMENSION0", 64)
    second.write()
    channel.submit(first.send(channel.pushbuffer())).wait(5)
    assert "stale" in take_complaints(gpu)
    renewed = (
        channel.pushbuffer().immediate("NVCBC0_WAIT_FOR_IDLE").immediate("NVCBC0_INVALIDATE_SKED_CACHES")
    )
    channel.submit(first.send(renewed)).wait(5)

    assert take_complaints(gpu) == ""
    assert cell.numpy()[0] == 6


def test_a_bank_that_changes_under_a_kernel_is_told(device, kernels, channel, cell, gpu):
    node = Node(device, kernels, cell)
    tables, place = device.space.tables, kernels.gpu_va + kernels["increment"].info.code_offset
    gpu.programs[tables, place] = lambda launch: tables.write(node.gpu_va + 0x210, bytes(8))

    channel.submit(node.send(channel.pushbuffer())).wait(5)

    assert "bank 0" in take_complaints(gpu)


def test_a_schedule_that_this_chip_does_not_take_never_completes(device, kernels, channel, cell):
    node = Node(device, kernels, cell, RELEASE_ENABLE=0)

    channel.submit(node.send(channel.pushbuffer(), PREFETCH_SCHEDULE)).wait(5)

    assert cell.numpy()[0] == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"SHADER_LOCAL_MEMORY_HIGH_SIZE": 1024},
        {"QMD_MAJOR_VERSION": 3},
        {"QMD_TYPE": 0},
        {"CTA_THREAD_DIMENSION0": 1025},
        {"CTA_THREAD_DIMENSION1": 0},
        {"GRID_WIDTH": 0},
        {"SHARED_MEMORY_SIZE": 1000},
        {"REGISTER_COUNT": 255, "CTA_THREAD_DIMENSION0": 1024},
        {"INVALIDATE_SHADER_CONSTANT_CACHE": 0},
        {"SASS_VERSION": 0x80},
    ],
    ids=repr,
)
def test_a_qmd_that_the_scheduler_refuses_ends_the_channel(device, kernels, channel, cell, gpu, fields):
    node = Node(device, kernels, cell, **fields)

    with pytest.raises(errors.ChannelDead) as told:
        channel.submit(node.send(channel.pushbuffer())).wait(5)

    assert told.value.xid == 13
    assert gpu.take_faults()


def test_a_program_that_is_not_there_ends_the_channel(device, kernels, channel, cell, gpu):
    node = Node(device, kernels, cell, PROGRAM_ADDRESS_LOWER=0x1000)

    with pytest.raises(errors.ChannelDead):
        channel.submit(node.send(channel.pushbuffer())).wait(5)
    gpu.take_faults()


def test_an_entry_that_nobody_wrote_ends_the_channel(device, channel, gpu):
    """GP_PUT moves on, and the ring was not written."""
    channel.synchronize()
    backend = channel.channel

    backend.gp_put.value += 1
    gpu.rm.bell.value = channel.ring.token
    with pytest.raises(errors.PushbufferError):
        channel.wait_value(channel.submitted + 1, 5)

    assert "nobody wrote" in str(gpu.take_faults()[0])


def test_a_doorbell_with_a_token_of_no_channel_is_told(device, gpu, eventually):
    gpu.rm.bell.value = 0xBAD

    assert eventually(lambda: bool(gpu.rm.complaints))
    assert "0xbad" in take_complaints(gpu)


def test_memory_closed_while_it_is_mapped_is_told(device, gpu):
    memory = gpu.rm.host_memory(4096)
    gpu_va = device.space.map(memory)

    memory.close()

    assert "mapped" in take_complaints(gpu)
    device.space.unmap(gpu_va)
