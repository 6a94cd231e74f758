"""Graphs: captured once, replayed in order, with other arguments."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from barewire.channel.queue import PUSHBUFFER_LIMIT_BYTES
from barewire.compute.graph import FIRST_RUN
from barewire.errors import ArgumentMismatch, ChannelDead, Freed, PollTimeout, UsageError, WrongDevice

NOTHING = np.uint64(0)


def test_captured_launches_run_when_the_graph_is_launched_and_not_before(device, kernels, gpu):
    cell = device.zeros(1, np.uint32)
    kernels["increment"][1, 32](cell)
    device.synchronize()
    grids = gpu.grids

    with device.capture() as graph:
        for _ in range(10):
            kernels["increment"][1, 32](cell)
    device.synchronize()
    assert gpu.grids == grids
    graph.launch()
    kernels["increment"][1, 32](cell)

    assert cell.numpy()[0] == 12


@pytest.mark.parametrize("count", [1, 2, 3, 100, 1000])
def test_a_graph_runs_in_order_as_often_as_it_is_launched(device, kernels, gpu, count):
    cells = device.zeros(count + 1, np.uint32)
    with device.capture() as graph:
        for step in range(count):
            kernels["chain_step"][1, 32](cells, NOTHING, step)
    entries = gpu.entries

    for _ in range(3):
        cells.fill(0)
        graph.launch()
        assert np.array_equal(cells.numpy(), np.arange(count + 1))

    assert gpu.entries - entries < 30


def test_named_arguments_are_replaced_and_stay_as_they_were_last(device, kernels):
    one, two = device.zeros(1, np.uint32), device.zeros(1, np.uint32)
    with device.capture(cell=one) as graph:
        for _ in range(5):
            kernels["increment"][1, 32](one)

    graph.launch()
    graph.launch(cell=two)
    graph.launch()
    graph.launch(cell=one)

    assert graph.parameters == ("cell",)
    assert (one.numpy()[0], two.numpy()[0]) == (10, 10)


def test_arguments_are_not_replaced_under_a_graph_that_still_runs(device, kernels, gpu):
    cells = [device.zeros(1, np.uint32) for _ in range(4)]
    with device.capture(cell=cells[0]) as graph:
        for _ in range(20):
            kernels["increment"][1, 32](cells[0])

    for _ in range(25):
        for cell in cells:
            graph.launch(cell=cell)

    assert [cell.numpy()[0] for cell in cells] == [500] * 4


def test_two_names_are_replaced_each_where_it_stands(device, kernels):
    x, y = device.array(np.full(64, 2, np.float32)), device.zeros(64)
    with device.capture(x=x, y=y) as graph:
        kernels["saxpy"][2, 32](x, y, np.float32(3))
        kernels["saxpy"][2, 32](x, y, np.float32(4))
    other_x, other_y = device.array(np.full(64, 10, np.float32)), device.zeros(64)

    graph.launch()
    graph.launch(x=other_x)
    graph.launch(y=other_y)

    assert np.array_equal(y.numpy(), np.full(64, 14 + 70))
    assert np.array_equal(other_y.numpy(), np.full(64, 70))


def test_two_names_may_stand_for_one_array_for_a_while(device, kernels):
    one, two, both = (device.zeros(1, np.uint32) for _ in range(3))
    with device.capture(one=one, two=two) as graph:
        kernels["increment"][1, 32](one)
        kernels["store"][1, 32](two, 9)
        kernels["increment"][1, 32](two)
    other = [device.zeros(1, np.uint32) for _ in range(2)]

    graph.launch(one=both, two=both)
    graph.launch(one=other[0], two=other[1])
    graph.launch(two=two)

    assert both.numpy()[0] == 10
    assert [array.numpy()[0] for array in other] == [2, 10]
    assert (one.numpy()[0], two.numpy()[0]) == (0, 10)


def test_two_names_of_copies_may_stand_for_one_array_for_a_while(device):
    sources = [device.array(np.full(4, value, np.uint32)) for value in (1, 2, 3, 4)]
    one, two = device.zeros(4, np.uint32), device.zeros(4, np.uint32)
    with device.capture(one=sources[0], two=sources[1]) as graph:
        one.copy_from(sources[0])
        two.copy_from(sources[1])

    graph.launch(one=sources[2], two=sources[2])
    assert (one.numpy()[0], two.numpy()[0]) == (3, 3)
    graph.launch(one=sources[3])
    assert (one.numpy()[0], two.numpy()[0]) == (4, 3)


def test_copies_in_a_graph_are_in_order_with_its_launches(device, kernels):
    a, b = device.zeros(1, np.uint32), device.zeros(1, np.uint32)
    with device.capture() as graph:
        for _ in range(6):
            kernels["increment"][1, 32](a)
            b.copy_from(a)
            kernels["increment_from"][1, 32](a, b)

    graph.launch()
    graph.launch()

    assert a.numpy()[0] == 24
    assert b.numpy()[0] == 23


def test_named_arrays_of_copies_are_replaced_too(device):
    source, target = device.array(np.full(4, 1, np.uint32)), device.zeros(4, np.uint32)
    with device.capture(source=source) as graph:
        target.copy_from(source)

    graph.launch(source=device.array(np.full(4, 9, np.uint32)))

    assert target.numpy().tolist() == [9] * 4


def test_independent_launches_come_after_what_is_before_and_before_what_is_after(device, kernels):
    cells, total = [device.zeros(1, np.uint32) for _ in range(50)], device.zeros(1, np.uint32)
    with device.capture() as graph:
        for cell in cells:
            kernels["store"][1, 32](cell, 100)
        with graph.independent():
            for cell in cells:
                kernels["increment"][1, 32](cell)
        for cell in cells:
            kernels["increment_from"][1, 32](total, cell)

    for _ in range(3):
        graph.launch()
        assert [cell.numpy()[0] for cell in cells] == [101] * 50
        assert total.numpy()[0] == 102


def test_a_graph_of_independent_launches_alone(device, kernels):
    cells = [device.zeros(1, np.uint32) for _ in range(200)]
    with device.capture() as graph, graph.independent():
        for cell in cells:
            kernels["increment"][1, 32](cell)

    graph.launch()
    graph.launch()

    assert [cell.numpy()[0] for cell in cells] == [2] * 200


def test_graphs_and_launches_take_turns_in_order(device, kernels):
    cell = device.zeros(1, np.uint32)
    with device.capture() as twice:
        kernels["increment"][1, 32](cell)
        kernels["increment"][1, 32](cell)
    with device.capture() as reset:
        kernels["store"][1, 32](cell, 0)

    expected = 0
    for step in range(120):
        twice.launch()
        for _ in range(step % 5):
            kernels["increment"][1, 32](cell)
        expected += 2 + step % 5
        if step % 50 == 49:
            reset.launch()
            expected = 0

    assert cell.numpy()[0] == expected


def test_one_launch_of_a_graph_may_get_other_arguments(device, kernels):
    out = device.zeros(3, np.uint32)
    cell = device.zeros(1, np.uint32)
    with device.capture() as graph:
        kernels["store"][1, 32](out, 1)
        kernels["increment"][1, 32](out)
        kernels["increment"][1, 32](out)

    graph.launch()
    graph.update(0, out, 40)
    graph.launch()
    first = out.numpy()[0]
    graph.update(-1, cell)
    graph.launch()

    assert first == 42
    assert out.numpy()[0] == 41
    assert cell.numpy()[0] == 1


def test_an_update_is_checked(device, kernels):
    array, other = device.zeros(1, np.uint32), device.zeros(1, np.uint32)
    with device.capture() as graph:
        kernels["store"][1, 32](array, 1)
        other.copy_from(array)

    for wrong in (1, 2, -3):
        with pytest.raises(UsageError):
            graph.update(wrong, array, 1)
    with pytest.raises(ArgumentMismatch):
        graph.update(0, array)
    other.free()
    with pytest.raises(Freed):
        graph.update(0, other, 1)


def test_a_graph_s_arguments_are_checked(device, kernels, opened):
    cell = device.zeros(1, np.uint32)
    with device.capture(cell=cell) as graph:
        kernels["increment"][1, 32](cell)
    freed = device.zeros(1, np.uint32)
    freed.free()
    submitted = device.compute.submitted

    with pytest.raises(ArgumentMismatch):
        graph.launch(sell=cell)
    with pytest.raises(WrongDevice):
        graph.launch(cell=opened.open().zeros(1, np.uint32))
    with pytest.raises(WrongDevice):
        graph.launch(cell=np.zeros(1, np.uint32))
    with pytest.raises(Freed):
        graph.launch(cell=freed)

    assert device.compute.submitted == submitted


def test_a_capture_that_makes_no_sense_is_refused(device, kernels):
    cell = device.zeros(1, np.uint32)
    with pytest.raises(UsageError), device.capture():
        pass
    with device.capture() as graph:
        kernels["increment"][1, 32](cell)
        with pytest.raises(UsageError), device.capture():
            pass
        with pytest.raises(UsageError):
            graph.launch()
    graph.launch()

    assert cell.numpy()[0] == 1


def test_a_capture_that_fails_leaves_the_device_as_it_was(device, kernels):
    cell = device.zeros(1, np.uint32)

    with pytest.raises(ZeroDivisionError), device.capture():
        kernels["increment"][1, 32](cell)
        raise ZeroDivisionError
    kernels["increment"][1, 32](cell)

    assert cell.numpy()[0] == 1


def test_wrong_arguments_in_a_capture_are_refused_there(device, kernels):
    cell = device.zeros(1, np.uint32)

    with device.capture() as graph:
        kernels["increment"][1, 32](cell)
        with pytest.raises(ArgumentMismatch):
            kernels["increment"][1, 32](cell, 1)
    graph.launch()

    assert cell.numpy()[0] == 1


def test_host_arrays_are_not_captured(device):
    """Their bytes pass through memory that is used again: a replay would copy anything."""
    array = device.zeros(100_000, np.uint8)
    pinned = device.pinned(100_000, np.uint8)

    with device.capture():
        array.copy_from(pinned)
        with pytest.raises(UsageError):
            array.numpy()
        with pytest.raises(UsageError):
            array.copy_from(np.zeros(100_000, np.uint8))


def test_arrays_may_be_made_in_a_capture(device, kernels):
    with device.capture() as graph:
        small, large = device.array([5], np.uint32), device.array(np.full(50_000, 6, np.uint32))
        cleared = device.zeros(10, np.uint32)
        kernels["increment"][1, 32](small)
        kernels["increment"][1, 32](large)
        kernels["increment"][1, 32](cleared)
    graph.launch()

    assert (small.numpy()[0], large.numpy()[0], cleared.numpy()[0]) == (6, 7, 1)
    assert (large.numpy()[1:] == 6).all()


def test_a_graph_has_local_memory_and_large_arguments(device, kernels):
    out, words = device.zeros(1000, np.uint32), np.arange(1000, dtype=np.uint32)
    local = device.zeros(32, np.uint32)
    with device.capture() as graph:
        kernels["local_memory"][1, 32](local, 9)
        kernels["large_argument"][1, 32](out, words.tobytes())

    graph.launch()

    assert local.numpy().tolist() == [9] * 32
    assert np.array_equal(out.numpy(), words)


def test_a_graph_runs_again_after_a_fault(device, kernels, gpu):
    cell = device.zeros(1, np.uint32)
    with device.capture() as graph:
        kernels["increment"][1, 32](cell)
        kernels["increment"][1, 32](cell)
    graph.launch()
    kernels["fault_trap"][1, 32]()
    with pytest.raises(Exception, match=r"Xid 13|trap"):
        device.synchronize()

    graph.launch()
    graph.launch()

    assert cell.numpy()[0] == 6
    gpu.take_faults()


def test_a_graph_s_memory_comes_back_once_it_is_not_running(device, kernels, gpu):
    cell = device.zeros(1, np.uint32)
    device.synchronize()
    used = gpu.rm.video_bytes

    for _ in range(3):
        with device.capture() as graph:
            for _ in range(6000):
                kernels["increment"][1, 32](cell)
        graph.launch()
        graph.free()
        graph.free()
    device.synchronize()

    assert cell.numpy()[0] == 18000
    assert gpu.rm.video_bytes == used


def test_a_freed_graph_is_refused(device, kernels):
    cell = device.zeros(1, np.uint32)
    with device.capture(cell=cell) as graph:
        kernels["increment"][1, 32](cell)
    graph.free()

    with pytest.raises(Freed):
        graph.launch()
    with pytest.raises((Freed, UsageError)):
        graph.update(0, cell)
    assert cell.numpy()[0] == 0


def test_a_graph_of_unloaded_code_is_refused(device, kernels):
    cell = device.zeros(1, np.uint32)
    with device.capture() as graph:
        kernels["increment"][1, 32](cell)
    graph.launch()
    kernels.unload()

    with pytest.raises(Freed):
        graph.launch()
    assert cell.numpy()[0] == 1


def test_arrays_of_captured_copies_are_kept(device):
    source, target = device.array(np.full(4, 7, np.uint32)), device.zeros(4, np.uint32)
    reference = weakref.ref(source)
    with device.capture() as graph:
        device.capturing.add_copy(source.gpu_va, target.gpu_va, source.size_bytes, arrays=(source, target))
    del source

    graph.launch()

    assert reference() is not None
    assert target.numpy().tolist() == [7] * 4
    reference().free()
    with pytest.raises(Freed):
        graph.launch()


def test_named_arrays_of_captured_copies_may_go_once_they_are_replaced(device):
    source, target = device.zeros(4, np.uint32), device.zeros(4, np.uint32)
    with device.capture(source=source) as graph:
        device.capturing.add_copy(source.gpu_va, target.gpu_va, 16, arrays=(source, target))
    other = device.array(np.full(4, 7, np.uint32))

    graph.launch(source=other)
    source.free()
    graph.launch()

    assert target.numpy().tolist() == [7] * 4


def test_a_graph_that_could_not_be_started_gets_its_arguments_again(device, kernels, monkeypatch):
    """What a failed start put into the graph must not stay there."""
    one, two, copied = (device.zeros(1, np.uint32) for _ in range(3))
    with device.capture(cell=one) as graph:
        kernels["increment"][1, 32](one)
        copied.copy_from(one)
        kernels["increment"][1, 32](one)
    graph.launch()
    start = graph._start
    for failing in range(3):
        started = []

        def fail(segment, changed, failing=failing, started=started):
            if len(started) == failing:
                started.append(segment)
                with monkeypatch.context() as patch:
                    patch.setattr(type(device.compute), "push", _refuse)
                    patch.setattr(type(device.copies), "copy", _refuse)
                    return start(segment, changed)
            started.append(segment)
            return start(segment, changed)

        with monkeypatch.context() as patch:
            patch.setattr(graph, "_start", fail)
            with pytest.raises(PollTimeout):
                graph.launch(cell=two)
        two.fill(0)
        one.fill(0)

        graph.launch()

        assert (one.numpy()[0], two.numpy()[0], copied.numpy()[0]) == (2, 0, 1)


def _refuse(*_: object) -> None:
    raise PollTimeout("there is no room")


def test_a_graph_that_was_in_flight_at_a_fault_runs_again(device, kernels, gpu):
    one, two = device.zeros(1, np.uint32), device.zeros(1, np.uint32)
    with device.capture(cell=one) as graph:
        kernels["increment"][1, 32](one)
        kernels["increment"][1, 32](one)
    device.synchronize()
    with gpu.held():
        kernels["fault_trap"][1, 32]()
        graph.launch()
    with pytest.raises(ChannelDead):
        device.synchronize()
    gpu.take_faults()

    graph.launch()
    graph.update(0, two)
    graph.launch(cell=two)

    assert (one.numpy()[0], two.numpy()[0]) == (2, 2)


def test_a_graph_is_not_used_while_another_is_captured(device, kernels):
    cell = device.zeros(1, np.uint32)
    with device.capture() as graph:
        kernels["increment"][1, 32](cell)

    with device.capture():
        kernels["increment"][1, 32](cell)
        with pytest.raises(UsageError, match="captured"):
            graph.launch()
        with pytest.raises(UsageError, match="captured"):
            graph.update(0, cell)

    assert cell.numpy()[0] == 0


def test_a_graph_of_a_closed_device_is_refused(device, kernels):
    cell = device.zeros(1, np.uint32)
    with device.capture() as graph:
        kernels["increment"][1, 32](cell)
    device.close()

    with pytest.raises(Freed, match="closed"):
        graph.launch()
    with pytest.raises(Freed, match="closed"):
        graph.update(0, cell)


def test_arguments_that_an_update_replaced_are_let_go(device, kernels):
    first, second = device.zeros(1, np.uint32), device.zeros(1, np.uint32)
    with device.capture() as graph:
        kernels["increment"][1, 32](first)
    graph.launch()
    device.synchronize()

    graph.update(0, second)
    first.free()
    graph.launch()
    assert second.numpy()[0] == 1

    second.free()
    with pytest.raises(Freed):
        graph.launch()


def test_an_update_changes_where_named_arguments_stand(device, kernels):
    named, other, replaced = (device.zeros(1, np.uint32) for _ in range(3))
    with device.capture(cell=named) as graph:
        kernels["increment"][1, 32](named)
        kernels["increment"][1, 32](other)

    graph.update(0, other)
    graph.update(1, named)
    graph.launch(cell=replaced)

    assert [array.numpy()[0] for array in (named, other, replaced)] == [0, 1, 1]


def test_an_argument_may_go_back_to_the_array_it_was_captured_with(device, kernels):
    small, large = device.zeros(1, np.uint32), device.zeros(100, np.uint32)
    with device.capture(cell=small) as graph:
        kernels["increment"][1, 32](small)

    graph.launch(cell=large)
    graph.launch(cell=small)

    assert (small.numpy()[0], large.numpy()[0]) == (1, 1)


def test_more_independent_launches_than_one_submission_starts_are_refused_at_the_end_of_the_capture(
    device, kernels, gpu
):
    launcher = kernels["empty"][1, 32]
    device.synchronize()
    used = gpu.rm.video_bytes

    with pytest.raises(UsageError, match="launches"), device.capture() as graph, graph.independent():
        for _ in range(FIRST_RUN + PUSHBUFFER_LIMIT_BYTES // 12):
            launcher()

    with pytest.raises(UsageError):
        graph.launch()
    device.synchronize()
    assert gpu.rm.video_bytes == used


def test_only_arrays_of_the_device_can_be_named(device, kernels, opened):
    freed = device.zeros(1)
    freed.free()

    for wrong in (np.zeros(1), 5, None, opened.open().zeros(1), freed):
        with pytest.raises((Freed, WrongDevice)), device.capture(x=wrong):
            kernels["empty"][1, 32]()
    assert device.capturing is None
