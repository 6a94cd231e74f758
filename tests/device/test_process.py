"""Devices and processes: two at once, forks, closing in every way, exits in every way."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest
from device_held import gone_back_to, held


def test_two_devices_in_one_process_do_not_disturb_each_other(dev: Any, other: Any) -> None:
    from barewire import kernels

    count = 100_000
    sides = []
    for device, start in ((dev, 1), (other, 1000)):
        data = np.arange(start, start + count, dtype=np.uint32)
        sides.append(
            (device, kernels.load(device, "micro"), device.array(data), device.zeros(count, np.uint32), data)
        )
    for round_number in range(20):
        for device, module, source, target, _ in sides:
            module["add_constant"][(64,), (256,)](target, source, np.uint32(round_number), np.uint32(count))
            assert device.facts.name
    for device, _, _, target, data in sides:
        device.synchronize()
        np.testing.assert_array_equal(target.numpy(), data + np.uint32(19))


def test_closing_one_device_leaves_the_other_working(dev: Any, beside_name: str) -> None:
    import barewire as bw

    brief = bw.open(beside_name)
    brief.array(np.arange(1000))
    brief.close()

    np.testing.assert_array_equal(dev.array(np.arange(50)).numpy(), np.arange(50))


def test_a_closed_device_refuses_work_and_closes_twice_without_harm(beside_name: str) -> None:
    import barewire as bw

    device = bw.open(beside_name)
    array = device.array(np.arange(10))
    device.close()
    device.close()

    with pytest.raises(bw.BarewireError):
        device.array(np.arange(3))
    with pytest.raises(bw.BarewireError):
        array.numpy()


def test_a_closed_device_leaves_no_descriptor_and_no_mapping(beside_name: str) -> None:
    import barewire as bw
    from barewire import kernels

    before = held(beside_name)
    device = bw.open(beside_name)
    module = kernels.load(device, "micro")
    array = device.zeros(100, np.uint32)
    pinned = device.pinned(1 << 20, np.uint8)
    queue = device.queue()
    module["increment"][(1,), (32,)](array)
    device.synchronize()
    inside = held(beside_name)
    del pinned, queue
    device.close()

    assert inside > before
    assert gone_back_to(before, beside_name)


def test_a_device_that_is_forgotten_is_closed(beside_name: str) -> None:
    import barewire as bw

    before = held(beside_name)
    device = bw.open(beside_name)
    device.array(np.arange(1000))
    del device
    gc.collect()

    assert gone_back_to(before, beside_name)


def test_a_forked_child_gets_a_typed_error_and_the_parent_works_on(dev: Any, micro: Any) -> None:
    from barewire.errors import ForkedChild

    array = dev.zeros(32, np.uint32)
    dev.synchronize()
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child
        said = []
        for attempt in (
            lambda: micro["store"][(1,), (32,)](array, np.uint32(5)),
            lambda: dev.array(np.arange(4)),
            lambda: array.numpy(),
        ):
            try:
                attempt()
                said.append("nothing")
            except ForkedChild:
                said.append("ForkedChild")
            except BaseException as error:
                said.append(type(error).__name__)
        os.write(writable, " ".join(said).encode())
        os._exit(0)
    os.close(writable)
    os.waitpid(child, 0)
    answers = os.read(readable, 1000).decode().split()
    os.close(readable)

    assert answers == ["ForkedChild"] * 3
    micro["store"][(1,), (32,)](array, np.uint32(6))
    dev.synchronize()
    assert array.numpy()[0] == 6


def test_a_forked_child_that_exits_normally_frees_nothing_of_its_parent(dev: Any, micro: Any) -> None:
    array = dev.array(np.arange(1000, dtype=np.uint32))
    dev.synchronize()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child
        gc.collect()
        os._exit(0)
    os.waitpid(child, 0)

    np.testing.assert_array_equal(array.numpy(), np.arange(1000, dtype=np.uint32))


@pytest.mark.parametrize(
    ("ending", "code"),
    [("", 0), ("dev.close()", 0), ("raise SystemExit(3)", 3), ("1 / 0", 1), ("import os; os._exit(4)", 4)],
)
def test_every_way_out_of_a_process_leaves_video_memory_as_it_was(
    dev: Any, beside_name: str, ending: str, code: int
) -> None:
    program = textwrap.dedent(
        f"""
        import numpy as np
        import barewire as bw
        dev = bw.open({beside_name!r})
        array = dev.array(np.ones(1 << 26, dtype=np.uint8))
        {ending}
        """
    )
    before = dev.rm.free_vram_bytes()

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == code, done.stderr
    assert dev.rm.free_vram_bytes() >= before
    if code in (0, 3, 4):
        assert not done.stderr


def test_a_device_is_a_context_manager(beside_name: str) -> None:
    import barewire as bw

    with bw.open(beside_name) as device:
        array = device.array(np.arange(5))
        assert array.numpy().tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(bw.BarewireError):
        device.array(np.arange(5))
