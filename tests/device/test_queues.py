"""Several queues, their order, their clocks, and graphs, on a GPU."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest


def test_a_queue_that_waits_sees_what_the_other_has_written(dev: Any, micro: Any) -> None:
    first, second = dev.queue(), dev.queue()
    clocks, value, copy = dev.zeros(2, np.uint64), dev.zeros(1, np.uint32), dev.zeros(1, np.uint32)
    dev.synchronize()
    for number in range(1, 20):
        micro["spin_for"].launch(grid=(1,), block=(32,), args=(np.uint64(500_000), clocks), queue=first)
        micro["store"].launch(grid=(1,), block=(32,), args=(value, np.uint32(number)), queue=first)
        second.wait_for(first)
        micro["add_constant"].launch(
            grid=(1,), block=(32,), args=(copy, value, np.uint32(100), np.uint32(1)), queue=second
        )
        second.synchronize()
        assert copy.numpy()[0] == number + 100


def test_queues_pass_work_to_and_fro(dev: Any, micro: Any) -> None:
    queues = [dev.queue() for _ in range(3)]
    counter = dev.zeros(1, np.uint32)
    dev.synchronize()

    for step in range(300):
        queue = queues[step % 3]
        queue.wait_for(queues[(step - 1) % 3])
        micro["increment"].launch(grid=(1,), block=(32,), args=(counter,), queue=queue)
    for queue in queues:
        queue.synchronize()

    assert counter.numpy()[0] == 300


def test_many_queues_at_once_all_do_their_work(dev: Any, micro: Any) -> None:
    queues = [dev.queue() for _ in range(8)]
    counters = [dev.zeros(1, np.uint32) for _ in queues]
    dev.synchronize()

    for _ in range(200):
        for queue, counter in zip(queues, counters, strict=True):
            micro["increment"].launch(grid=(1,), block=(32,), args=(counter,), queue=queue)
    for queue in queues:
        queue.synchronize()

    assert [int(counter.numpy()[0]) for counter in counters] == [200] * 8


def test_a_finished_submission_is_done_and_an_unfinished_is_not(dev: Any, micro: Any) -> None:
    queue = dev.queue()
    clocks = dev.zeros(2, np.uint64)
    dev.synchronize()

    micro["spin_for"].launch(grid=(1,), block=(32,), args=(np.uint64(50_000_000), clocks), queue=queue)
    event = queue.record()
    early = event.done
    event.wait(timeout_s=5)

    assert not early
    assert event.done


def test_timestamps_tell_how_long_a_kernel_took(dev: Any, micro: Any) -> None:
    queue = dev.queue()
    clocks = dev.zeros(2, np.uint64)
    dev.synchronize()

    before = queue.record()
    micro["spin_for"].launch(grid=(1,), block=(32,), args=(np.uint64(20_000_000), clocks), queue=queue)
    after = queue.record().wait()

    start, end = (int(value) for value in clocks.numpy())
    assert 19_990_000 <= after.time_ns - before.time_ns < 40_000_000
    assert before.time_ns <= start + 2000
    assert end <= after.time_ns + 2000


def test_timestamps_rise_over_more_events_than_there_are_places(dev: Any) -> None:
    queue = dev.queue()

    stamps = [queue.record().time_ns for _ in range(500)]

    assert stamps == sorted(stamps)


def test_waiting_with_a_deadline_gives_up_and_the_work_goes_on(dev: Any, micro: Any) -> None:
    from barewire.errors import PollTimeout

    queue = dev.queue()
    clocks = dev.zeros(2, np.uint64)
    dev.synchronize()
    micro["spin_for"].launch(grid=(1,), block=(32,), args=(np.uint64(300_000_000), clocks), queue=queue)
    event = queue.record()

    start = time.monotonic()
    with pytest.raises(PollTimeout):
        event.wait(timeout_s=0.05)
    assert time.monotonic() - start < 0.25

    event.wait(timeout_s=5)
    assert clocks.numpy()[1] > 0


# ---- graphs


@pytest.mark.parametrize("kernels", [1, 2, 3, 100, 1000])
def test_a_captured_chain_runs_in_order_with_new_arguments_each_time(dev: Any, kernels: int) -> None:
    from benchmarks.barewire_side import ChainGraph, bench_module

    ChainGraph(dev, bench_module(dev), kernels).rounds(6 if kernels <= 100 else 3)  # compares every round


@pytest.mark.parametrize("kernels", [1, 7, 1000])
def test_captured_kernels_that_are_independent_all_run(dev: Any, kernels: int) -> None:
    from benchmarks.barewire_side import FreeGraph, bench_module

    FreeGraph(dev, bench_module(dev), kernels).rounds(4)


def test_a_graph_with_copies_between_its_kernels_keeps_their_order(dev: Any, micro: Any) -> None:
    a, b, c = (dev.zeros(1000, np.uint32) for _ in range(3))
    with dev.capture() as graph:
        micro["add_constant"][(4,), (256,)](b, a, np.uint32(1), np.uint32(1000))
        c.copy_from(b)
        micro["add_constant"][(4,), (256,)](c, c, np.uint32(10), np.uint32(1000))
        b.copy_from(c)
    for number in range(5):
        a.copy_from(np.full(1000, number, dtype=np.uint32))
        graph.launch()
        dev.synchronize()
        assert set(b.numpy().tolist()) == {number + 11}


def test_capturing_runs_nothing(dev: Any, micro: Any) -> None:
    value = dev.zeros(1, np.uint32)
    with dev.capture() as graph:
        micro["increment"][(1,), (32,)](value)
    dev.synchronize()
    assert value.numpy()[0] == 0

    for _ in range(10):
        graph.launch()
    dev.synchronize()

    assert value.numpy()[0] == 10


def test_a_graph_follows_the_launches_before_it_and_leads_those_after(dev: Any, micro: Any) -> None:
    value = dev.zeros(1, np.uint32)
    with dev.capture() as graph:
        for _ in range(10):
            micro["increment"][(1,), (32,)](value)
    for _ in range(50):
        micro["increment"][(1,), (32,)](value)
        graph.launch()
        micro["increment"][(1,), (32,)](value)
    dev.synchronize()

    assert value.numpy()[0] == 50 * 12


def test_a_graph_refuses_an_argument_that_it_does_not_have(dev: Any, micro: Any, other: Any) -> None:
    from barewire.errors import ArgumentMismatch, Freed, WrongDevice

    value = dev.zeros(1, np.uint32)
    with dev.capture(value=value) as graph:
        micro["increment"][(1,), (32,)](value)

    with pytest.raises(ArgumentMismatch):
        graph.launch(valeu=value)
    with pytest.raises(WrongDevice):
        graph.launch(value=other.zeros(1, np.uint32))
    freed = dev.zeros(1, np.uint32)
    freed.free()
    with pytest.raises(Freed):
        graph.launch(value=freed)
    dev.synchronize()
    assert value.numpy()[0] == 0
