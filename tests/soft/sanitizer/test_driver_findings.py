"""What the sanitizer finds in programs of the driver, and that programs without a mistake are silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire import kernels
from barewire.native._native import lib
from barewire.softgpu.gr.qmd import QMD_BYTES
from barewire.softgpu.page_tables import Walk

WAIT_S = 20.0
THREADS = 32
SPIN_NS = 30_000_000
MIB = 1 << 20

Found = Callable[[], list[Any]]  # the reports so far


@pytest.fixture(scope="module")
def dev() -> Iterator[Any]:
    """One open device for all tests: each looks at its own findings."""
    with bw.open("soft:gh100", sanitize=True, timeout_s=60.0) as opened:
        yield opened


@pytest.fixture(scope="module")
def micro(dev: Any) -> Any:
    return kernels.load(dev, "micro")


@pytest.fixture
def found(dev: Any) -> Iterator[Found]:
    """What was found since the test began; at its end everything is over."""
    card = dev.bus.endpoint
    with card.lock:
        card.reports.clear()

    def reports() -> list[Any]:
        with card.lock:
            return list(card.reports)

    yield reports
    dev.synchronize()
    assert not card.defects


def kinds(reports: list[Any]) -> set[str]:
    return {report.kind for report in reports}


def spin(dev: Any, micro: Any, queue: Any) -> None:
    """Keep a queue busy for so long that what is given to others meanwhile is given meanwhile."""
    clocks = dev.zeros(2, np.uint64)
    dev.synchronize()
    args = (np.uint64(SPIN_NS), clocks)
    micro["spin_for"].launch(grid=(1,), block=(THREADS,), args=args, queue=queue)


def test_a_kernel_that_reads_what_nobody_wrote(dev: Any, micro: Any, found: Found) -> None:
    memory = dev.empty(4 * MIB, np.uint32)  # so large that it is no piece of an older one
    out = dev.zeros(64, np.uint32)
    micro["add_constant"][(1,), (THREADS,)](out, memory, np.uint32(1), np.uint32(64))
    dev.synchronize()
    (report,) = found()
    assert report.kind == "unwritten memory"
    assert memory.address <= report.facts["gpu_va"] < memory.address + 256
    assert report.place.kernel_va == micro.gpu_va + micro["add_constant"].info.code_offset
    assert 0 <= report.place.pc - report.place.kernel_va < micro["add_constant"].info.code_size_bytes
    (finding,) = [finding for finding in dev.findings() if finding.kind == report.kind]
    assert f"instruction at {report.place.pc:#x}" in str(finding.place)


def test_a_kernel_that_reads_past_the_end_of_what_was_copied(dev: Any, micro: Any, found: Found) -> None:
    memory, out = dev.empty(4 * MIB, np.uint32), dev.zeros(64, np.uint32)
    values = dev.array(np.arange(33, dtype=np.uint32))
    dev.copy(values.address, memory.address, values.size_bytes)
    micro["add_constant"][(1,), (THREADS,)](out, memory, np.uint32(1), np.uint32(33))
    dev.synchronize()
    assert found() == []
    micro["add_constant"][(1,), (THREADS,)](out, memory, np.uint32(1), np.uint32(64))
    dev.synchronize()
    (report,) = found()
    assert report.kind == "unwritten memory"
    assert report.facts["gpu_va"] >= memory.address + 33 * 4


def test_bytes_beside_unwritten_ones_may_be_read(dev: Any, found: Found) -> None:
    for size in (1, 2, 3, 5, 1023):
        memory = dev.empty(8 * MIB + size, np.uint8)
        dev.copy(dev.array(np.full(size, 0x91, np.uint8)).address, memory.address + 8 * MIB, size)
        back = dev.pinned(size, np.uint8)
        dev.copy(memory.address + 8 * MIB, back.gpu_va, size).wait(timeout_s=WAIT_S)
        assert (np.array(back.view) == 0x91).all()
    assert found() == []


def test_two_queues_that_count_in_one_cell(dev: Any, micro: Any, found: Found) -> None:
    first, second = dev.queue(), dev.queue()
    counter = dev.zeros(1, np.uint32)
    dev.synchronize()
    spin(dev, micro, first)
    for queue in (first, second):
        micro["increment"].launch(grid=(1,), block=(THREADS,), args=(counter,), queue=queue)
    first.synchronize(timeout_s=WAIT_S)
    second.synchronize(timeout_s=WAIT_S)
    assert kinds(found()) == {"race"}
    assert found()[0].place.pc


def test_two_queues_that_wait_for_each_other(dev: Any, micro: Any, found: Found) -> None:
    first, second = dev.queue(), dev.queue()
    counter = dev.zeros(1, np.uint32)
    dev.synchronize()
    for step in range(20):
        queue, before = (first, second) if step % 2 else (second, first)
        queue.wait_for(before)
        micro["increment"].launch(grid=(1,), block=(THREADS,), args=(counter,), queue=queue)
    queue.synchronize(timeout_s=WAIT_S)
    assert counter.numpy()[0] == 20
    assert found() == []


def test_launches_of_one_queue_follow_each_other(dev: Any, micro: Any, found: Found) -> None:
    counter = dev.zeros(1, np.uint32)
    for _ in range(300):
        micro["increment"][(1,), (THREADS,)](counter)
    assert counter.numpy()[0] == 300
    assert found() == []


def test_a_copy_that_does_not_wait_for_a_kernel(dev: Any, micro: Any, found: Found) -> None:
    out, back = dev.zeros(64, np.uint32), dev.pinned(64, np.uint32)
    channel, queue = dev.channel(engine="copy"), dev.queue()
    spin(dev, micro, queue)
    micro["store_ramp"].launch(
        grid=(2,), block=(THREADS,), args=(out, np.uint32(5), np.uint32(64)), queue=queue
    )
    copy = channel.pushbuffer().copy(source=out.address, destination=back.gpu_va, size_bytes=256)
    channel.submit(copy).wait(timeout_s=WAIT_S)
    queue.synchronize(timeout_s=WAIT_S)
    channel.close()
    assert kinds(found()) == {"race"}


def test_a_copy_that_waits_for_a_kernel(dev: Any, micro: Any, found: Found) -> None:
    out, back = dev.zeros(64, np.uint32), dev.pinned(64, np.uint32)
    channel, queue = dev.channel(engine="copy"), dev.queue()
    dev.synchronize()
    micro["store_ramp"].launch(
        grid=(2,), block=(THREADS,), args=(out, np.uint32(5), np.uint32(64)), queue=queue
    )
    channel.wait_for(queue)
    copy = channel.pushbuffer().copy(source=out.address, destination=back.gpu_va, size_bytes=256)
    channel.submit(copy).wait(timeout_s=WAIT_S)
    channel.close()
    np.testing.assert_array_equal(np.array(back.view), np.arange(5, 69, dtype=np.uint32))
    assert found() == []


def test_atomics_of_two_queues_are_no_race(dev: Any, micro: Any, found: Found) -> None:
    queues, counter = [dev.queue() for _ in range(3)], dev.zeros(1, np.uint32)
    dev.synchronize()
    for queue in queues:
        micro["count_threads"].launch(grid=(4,), block=(THREADS,), args=(counter,), queue=queue)
    for queue in queues:
        queue.synchronize(timeout_s=WAIT_S)
    assert counter.numpy()[0] == 3 * 4 * THREADS
    assert found() == []


def test_a_launch_slot_that_is_written_while_its_kernel_runs(dev: Any, micro: Any, found: Found) -> None:
    queue, card = dev.queue(), dev.bus.endpoint
    spin(dev, micro, queue)
    grid = None
    while grid is None:
        with card.lock:
            grid = next(iter(card.sanitizer.running_operations), None)
    last = queue.memory.video_cpu + grid.facts["qmd_va"] - queue.memory.video_va + QMD_BYTES - 4
    lib.bw_write32(last, lib.bw_read32(last) ^ 1)
    queue.synchronize(timeout_s=WAIT_S)
    assert kinds(found()) == {"launch slot rewritten"}


def test_code_that_was_overwritten_without_an_invalidation(dev: Any, found: Found) -> None:
    module = kernels.load(dev, "micro")
    kernel, out, other = module["store"], dev.zeros(64, np.uint32), dev.pinned(16, np.uint8)
    kernel[(1,), (THREADS,)](out, np.uint32(1))
    dev.synchronize()
    other.view[:] = 0
    dev.copy(other.gpu_va, module.gpu_va + kernel.info.code_offset, 16).wait(timeout_s=WAIT_S)
    kernel[(1,), (THREADS,)](out, np.uint32(2))
    dev.synchronize()
    assert kinds(found()) == {"stale code"}
    assert out.numpy()[0] == 2  # it ran as it was


def test_a_context_buffer_that_an_ordinary_page_shows(dev: Any, micro: Any, found: Found) -> None:
    card, counter = dev.bus.endpoint, dev.zeros(1, np.uint32)
    micro["increment"][(1,), (THREADS,)](counter)
    dev.synchronize()
    with card.lock:
        (channel, *_) = [one for one in card.fifo.channels.values() if one.setup.engines[0] == "GR0"]
        _, buffer = next(iter(channel.setup.owner.context.memory()))
        page = card.mmu.walk(channel.setup.pdb, counter.address).leaf
        shown = page._replace(address=buffer.address & ~(page.page_bytes - 1))
        card.sanitizer.walked(channel.setup.pdb, Walk(page, None, (), ()))
        assert found() == []
        card.sanitizer.walked(channel.setup.pdb, Walk(shown, None, (), ()))
    assert kinds(found()) == {"overlapping mappings"}


def test_a_program_without_mistakes_is_silent(dev: Any, micro: Any, found: Found) -> None:
    random = np.random.default_rng(3)
    x, y = random.standard_normal((2, 5000)).astype(np.float32)
    first, second = dev.array(x), dev.array(y)
    micro["saxpy_n"][(8,), (128,)](first, second, np.float32(2), np.uint64(5000))
    np.testing.assert_allclose(second.numpy(), 2 * x + y, rtol=1e-6)
    for size in (1, 3, 4097, 3 * MIB):
        data = random.integers(0, 256, size, dtype=np.uint8)
        np.testing.assert_array_equal(dev.array(data).numpy(), data)
    zeros = dev.zeros((3, 333), np.uint16)
    assert not zeros.numpy().any()
    first.free()
    with bw.open("soft:gh100", sanitize=True) as another:
        assert another.zeros(10).numpy().sum() == 0
        assert another.findings() == ()
    assert found() == []
