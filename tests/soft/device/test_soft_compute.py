"""Kernels on the software GPU, whatever its BAR1; what it tells of a program; what outlasts it."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path
from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire.device import opening
from barewire.errors import Freed, HostLimit, KernelTimeout, NoDevice, UsageError
from barewire.kernels.library import cubin_path
from barewire.softgpu import machine_memory
from barewire.transport.findings import Finding

GIB, MIB = 1 << 30, 1 << 20
SMALL = {"vram_bytes": GIB, "bar1_bytes": 64 * MIB}
COUNT, BLOCK = 4096, 128


def kernels_of(dev: Any, name: str = "micro") -> Any:
    return dev.load(cubin_path(name, dev.facts.sm_version))


def spin(dev: Any) -> Any:
    """A kernel that does not end for a minute; its launcher."""
    flag, outcome = dev.zeros(1, np.uint32), dev.zeros(2, np.uint32)
    launcher = kernels_of(dev)["spin_until"][1, 32]
    launcher(flag, np.uint32(1), np.uint64(60 * 10**9), outcome)
    return launcher


def computes(dev: Any) -> None:
    """A kernel, a graph, many launches and a second queue give what NumPy gives."""
    saxpy = kernels_of(dev)["saxpy"]
    values = np.random.default_rng(5).random(COUNT, dtype=np.float32)
    x, y = dev.array(values), dev.zeros(COUNT)
    for _ in range(3):
        saxpy[COUNT // BLOCK, BLOCK](x, y, np.float32(1))
    with dev.capture() as graph:
        for _ in range(2):
            saxpy[COUNT // BLOCK, BLOCK](x, y, np.float32(2))
    graph.launch()
    dev.synchronize()
    with dev.queue() as queue:
        saxpy.launch(grid=COUNT // BLOCK, block=BLOCK, args=(x, y, np.float32(1)), queue=queue)
    np.testing.assert_allclose(y.numpy(), 8 * values, rtol=1e-6)


@pytest.mark.parametrize("options", [{}, SMALL], ids=["all is seen", "a small BAR1"])
def test_kernels_run_and_nothing_undefined_happens(options: dict[str, Any]) -> None:
    with bw.open("soft:gh100", timeout_s=20.0, sanitize=True, **options) as dev:
        computes(dev)
        assert not list(dev.bus.endpoint.defects)

    assert dev.findings() == ()


def test_a_small_bar1_has_room_for_large_modules_and_graphs() -> None:
    with bw.open("soft:gh100", timeout_s=20.0, **SMALL) as dev:
        modules = [kernels_of(dev) for _ in range(20)]
        cell = dev.zeros(BLOCK)
        one = dev.array(np.ones(BLOCK, np.float32))
        graphs = []
        for module in modules[:5]:
            with dev.capture() as graph:
                for _ in range(200):
                    module["saxpy"][1, BLOCK](one, cell, np.float32(1))
            graphs.append(graph)
        for graph in graphs:
            graph.launch()

        assert (cell.numpy() == 1000).all()
        assert dev.rm.memory.window.pinned_bytes < SMALL["bar1_bytes"]


def test_arrays_are_made_while_a_graph_is_captured_whether_they_are_seen_or_not() -> None:
    with bw.open("soft:gh100", timeout_s=20.0, **SMALL) as dev:
        saxpy = kernels_of(dev)["saxpy"]
        total = dev.zeros(BLOCK)
        with dev.capture() as graph:
            fresh = dev.array(np.full(BLOCK, 3, np.float32))
            saxpy[1, BLOCK](fresh, total, np.float32(1))
        graph.launch()

        assert (total.numpy() == 3).all()


def test_an_endless_kernel_is_taken_off_and_the_device_goes_on() -> None:
    with bw.open("soft:gh100", timeout_s=20.0) as dev:
        began = time.monotonic()
        launcher = spin(dev)
        with pytest.raises(KernelTimeout) as endless:
            dev.synchronize(timeout_s=0.3)
        assert time.monotonic() - began < 5
        assert endless.value.kernel == launcher.kernel.name == "spin_until"
        computes(dev)


def test_what_is_undefined_is_told_with_its_place_also_after_the_end() -> None:
    with bw.open("soft:gh100", timeout_s=20.0, sanitize=True) as dev:
        saxpy = kernels_of(dev)["saxpy"]
        unwritten, y = dev.empty(BLOCK), dev.zeros(BLOCK)
        saxpy[1, BLOCK](unwritten, y, np.float32(1))
        dev.synchronize()
        found = dev.findings()

    assert found and all(isinstance(one, Finding) for one in found)
    assert {one.kind for one in found} == {"unwritten memory"}
    assert found[0].place and found[0].facts
    assert [one.kind for one in dev.findings()] == [one.kind for one in found]
    assert found[0].kind in str(found[0])


def test_who_has_no_findings_says_so() -> None:
    with pytest.raises(UsageError):
        bw.open("nv:0", sanitize=True)


def test_the_software_gpu_is_the_default_where_no_other_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "list_devices", lambda: ["soft:gh100"])
    with bw.open(vram_bytes=GIB, bar1_bytes=GIB) as dev:
        assert dev.name == "soft:gh100"


def test_devices_of_the_kernel_driver_come_before_the_software_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("nvidiactl", "nvidia0", "nvidia12", "nvidia-uvm"):
        (tmp_path / name).touch()
    monkeypatch.setattr(opening, "DEVICE_FILES", tmp_path)

    assert bw.list_devices() == ["nv:0", "nv:12", "soft:gh100"]
    (tmp_path / "nvidiactl").unlink()
    assert bw.list_devices() == ["soft:gh100"]


@pytest.mark.parametrize("name", ["soft:", "soft", "gh100", "", "nv:x", "nv:²"])
def test_names_that_are_no_device_are_refused(name: str) -> None:
    with pytest.raises(NoDevice):
        bw.open(name)
    with pytest.raises(UsageError):
        bw.open(7)  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{}, SMALL], ids=["all is seen", "a small BAR1"])
def test_views_of_video_memory_outlast_the_device(options: dict[str, Any]) -> None:
    dev = bw.open("soft:gh100", **options)
    memory = dev.rm.video_memory(MIB)
    whole = np.frombuffer(memory.map_cpu().view, np.uint8)
    part = memory.map_cpu(4096, 8192).view
    whole[:] = 9
    assert part[5000] == 9
    dev.close()

    assert not whole.any() and not any(part), "zeros of their own"
    whole[:] = 4
    del part
    gc.collect()
    assert (whole == 4).all()
    with pytest.raises(Freed):
        memory.map_cpu()


def test_a_process_without_room_for_another_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(size_bytes: int) -> int:
        raise MemoryError(f"the machine did not map {size_bytes:#x} bytes")

    threads = threading.active_count()
    with monkeypatch.context() as patch:
        patch.setattr(machine_memory, "reserve", no_room)
        with pytest.raises(HostLimit) as full:
            bw.open("soft:gh100")
    assert "bar1_bytes" in full.value.hint
    assert threading.active_count() == threads
    bw.open("soft:gh100").close()


def test_a_thread_that_waits_while_the_device_is_closed_gets_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("barewire.device.gpu.CLOSE_WAIT_S", 0.5)
    dev = bw.open("soft:gh100", timeout_s=20.0)
    spin(dev)
    told: list[BaseException] = []

    def wait() -> None:
        try:
            dev.synchronize()
        except BaseException as error:
            told.append(error)

    waiting = [threading.Thread(target=wait) for _ in range(3)]
    for thread in waiting:
        thread.start()
    time.sleep(0.05)
    dev.close()
    for thread in waiting:
        thread.join(10.0)

    assert not any(thread.is_alive() for thread in waiting)
    assert len(told) == 3 and all(isinstance(error, bw.BarewireError) for error in told)
