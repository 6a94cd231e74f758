"""What a device has, as a notebook shows it: nothing is read for it, and it works when all is closed."""

from __future__ import annotations

import re

import numpy as np
import pytest
from barewire import kernels, show
from barewire.errors import Freed, UsageError


def text(shown) -> str:
    return re.sub(r"<[^>]*>", " ", shown._repr_html_())


def test_a_device_says_what_it_is_before_and_after_its_end(device):
    assert "SMs" in text(device) and "open" in text(device)
    device.close()
    assert "closed" in text(device)


def test_a_queue_shows_its_timeline(device):
    queue = device.queue("copy")
    queue.synchronize()

    assert f"{queue.submitted} of {queue.submitted}" in text(queue)
    queue.close()
    assert "Freed" not in text(queue) and queue.name in text(queue)


def test_the_state_of_a_queue_is_its_ring_and_userd(device):
    queue = device.queue("copy")
    buffer = device.empty(64, np.uint32)
    queue.submit(
        queue.pushbuffer().fill(destination=buffer.address, value=7, element_bytes=4, count=64)
    ).wait(timeout_s=5)

    state = queue.state()

    put = {name: value for name, _, value in state.userd}["GP_PUT"]
    assert put == state.first + len(state.entries)
    assert "GP_PUT" in text(state) and f"{state.ring_va:#013x}" in text(state)
    assert queue.read_back(state.ring_va, 8) == queue.read_back(state.ring_va, 16)[:8]
    with pytest.raises(UsageError):
        queue.read_back(state.ring_va - 8, 8)
    queue.close()
    with pytest.raises(Freed):
        queue.state()
    with pytest.raises(Freed):
        queue.read_back(state.ring_va, 8)


def test_arrays_show_shape_and_place_and_that_they_were_freed(device):
    array, pinned = device.empty((3, 4), np.float32), device.pinned(16, np.uint8)

    assert "3 x 4" in text(array) and f"{array.gpu_va:#013x}" in text(array)
    assert "PinnedArray" in text(pinned)
    array.free()
    assert "freed" in text(array)


def test_a_module_lists_its_kernels_and_a_kernel_its_parameters(device):
    module = kernels.load(device, "micro")
    saxpy = module["saxpy_n"]

    assert "saxpy_n" in text(module)
    assert f"{saxpy.info.registers} for each thread" in text(saxpy)
    assert text(saxpy).count("c[0][") == len(saxpy.info.params)


def test_a_kernel_has_its_machine_code(device):
    code = kernels.load(device, "micro")["saxpy_n"].machine_code

    assert [offset for offset, _ in code][:3] == [0, 16, 32]
    assert any(line.startswith("EXIT") or " EXIT" in line for _, line in code)
    assert not code[-1][1].startswith("NOP")
    assert "EXIT" in text(code) and "EXIT" in repr(code)
    assert "__global__" in text(code.beside("__global__ void saxpy_n()"))
    assert isinstance(code.beside(""), show.Shown)


def test_a_graph_lists_what_it_does(device):
    store = kernels.load(device, "micro")["store"]
    target, other = device.empty(16, np.uint32), device.empty(16, np.uint32)
    with device.capture(target=target) as graph:
        store[1, 32](target, np.uint32(1))
        other.copy_from(target)

    assert "2 operations" in text(graph)
    assert "launch &lt;store[(1, 1, 1), (32, 1, 1)]&gt;" in text(graph)
    assert "copy 64 bytes" in text(graph) and "target" in text(graph)
    graph.free()


def test_facts_are_a_card(device):
    assert "sm_version" in text(device.facts)
