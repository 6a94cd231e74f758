"""`bw.open("soft:gh100")`: from power-on to copies and back, in every shape, and what is left afterwards."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire.device import opening
from barewire.errors import (
    BarewireError,
    DeviceError,
    DeviceLost,
    FirmwareMissing,
    ForkedChild,
    Freed,
    NoDevice,
    OutOfVram,
    RpcError,
    RpcTimeout,
    UsageError,
    WrongDevice,
)
from barewire.firmware.synthetic import write_synthetic
from barewire.gsp.boot import BootTimeouts

GIB, MIB = 1 << 30, 1 << 20
SCHEDULE_GROUP = 0xA06C0101


def works(dev: Any, size: int = 200_000) -> None:
    data = np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8)
    np.testing.assert_array_equal(dev.array(data).numpy(), data)


def model_of(dev: Any) -> Any:
    """The software GPU itself, for what no driver can see or arrange."""
    return dev.bus.endpoint


def our_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]


@pytest.fixture
def dev() -> Iterator[Any]:
    with bw.open("soft:gh100", timeout_s=10.0) as opened:
        yield opened


SHAPES = {
    "as it comes": {},
    "BAR1 a window of 256 MiB": {"bar1_bytes": 256 * MIB},
    "BAR0 of 32 bits": {"bar0_is_64bit": False},
    "1 GiB of video memory": {"vram_bytes": GIB, "bar1_bytes": GIB},
    "garbage in video memory": {"dirty_vram_bytes": 64 * MIB},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_board_boots_copies_and_leaves_no_complaint(shape: str) -> None:
    with bw.open("soft:gh100", **SHAPES[shape]) as opened:
        works(opened)
        channel = opened.channel(opened.address_space())
        channel.roundtrip()
        channel.close()
        model = model_of(opened)

    assert [str(report) for report in model.reports] == []
    assert list(model.defects) == []


def test_what_a_device_took_is_given_back_when_it_is_closed() -> None:
    before = our_threads()
    opened = bw.open("soft:gh100")
    works(opened)
    bus = opened.bus
    opened.close()

    assert our_threads() == before
    assert bus.closed
    assert not bus.iommu._mapped
    opened.close()


def test_opening_and_closing_ten_times_leaves_nothing_behind() -> None:
    def once() -> None:
        with bw.open("soft:gh100") as opened:
            works(opened)

    def held() -> tuple[int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    once()
    before = held()
    for _ in range(10):
        once()

    assert held() == before


def test_the_facts_are_those_of_the_board(dev: Any) -> None:
    facts = dev.facts

    assert (facts.chip, facts.chipset, facts.sm_version) == ("gh100", 0x180, 90)
    assert facts.driver_version == "570.144"
    assert facts.vram_bytes == 80 * GIB
    assert facts.sm_count == 132
    assert facts.copy_engines
    assert "soft:gh100" in repr(dev)


def test_registers_are_read_by_name(dev: Any) -> None:
    assert dev.regs.NV_PMC_BOOT_0.major_revision == 0xA
    assert dev.regs.NV_PMC_BOOT_0 >> 20 == 0x180


def test_the_gpus_clock_goes_forward_in_steps_of_32_ns(dev: Any) -> None:
    times = [dev.gpu_time_ns for _ in range(5)]

    assert times == sorted(times)
    assert all(each % 32 == 0 for each in times)


def test_every_step_of_the_boot_is_told_as_it_begins() -> None:
    steps: list[str] = []
    with bw.open("soft:gh100", progress=steps.append):
        assert "start the FMC by FSP" in steps


def test_firmware_is_taken_from_a_folder(tmp_path: Path) -> None:
    write_synthetic(tmp_path)
    with bw.open("soft:gh100", firmware=tmp_path) as opened:
        works(opened)

    with pytest.raises(FirmwareMissing):
        bw.open("soft:gh100", firmware=tmp_path / "elsewhere")
    assert our_threads() == []


@pytest.mark.parametrize("name", ["soft:", "soft:ad102", "nv:x", "vfio", ""])
def test_strings_that_name_no_device_are_refused(name: str) -> None:
    with pytest.raises((NoDevice, UsageError)):
        bw.open(name)


def test_options_that_do_not_exist_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match="nonsense"):
        bw.open("soft:gh100", nonsense=1)
    with pytest.raises(UsageError, match="vram_bytes"):
        bw.open("nv:0", vram_bytes=GIB)


@pytest.mark.parametrize(
    "options", [{"firmware": 5}, {"timeouts": {"call_s": 1}}, {"vram_bytes": "much"}], ids=str
)
def test_options_of_the_wrong_kind_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        bw.open("soft:gh100", **options)
    assert our_threads() == []


def test_a_bus_is_opened_without_booting_anything() -> None:
    bus = opening.open_bus("soft:gh100")
    try:
        assert bus.config.read(0, 2) == 0x10DE
    finally:
        bus.close()
    with pytest.raises(NoDevice):
        opening.open_bus("nv:0")


def test_two_gpus_work_side_by_side_and_share_no_memory() -> None:
    with bw.open("soft:gh100") as first, bw.open("soft:gh100") as second:
        works(first)
        works(second)
        with pytest.raises(WrongDevice):
            first.space.map(second.rm.video_memory(4096))


def test_video_memory_that_is_exhausted_is_said_to_be_and_comes_back() -> None:
    with bw.open("soft:gh100", vram_bytes=GIB, bar1_bytes=GIB) as opened:
        with pytest.raises(OutOfVram):
            opened.empty(2 * GIB, np.uint8)
        held = []
        with pytest.raises(OutOfVram):
            while True:
                held.append(opened.empty(64 * MIB, np.uint8))
        assert len(held) > 5
        held.clear()
        gc.collect()
        works(opened)


def test_many_channels_at_once(dev: Any) -> None:
    channels = [dev.channel(engine="copy") for _ in range(20)]
    for channel in channels:
        channel.roundtrip()
    numbers = {channel.channel.token for channel in channels}
    for channel in channels:
        channel.close()

    assert len(numbers) == 20
    works(dev)


def test_no_doorbell_rings_for_a_channel_that_was_closed_at_once(dev: Any) -> None:
    for _ in range(30):
        channel = dev.channel(engine="copy")
        for _ in range(3):
            channel.roundtrip()
        channel.close()

    assert [str(report) for report in model_of(dev).reports] == []


def test_the_error_of_a_fault_has_rms_own_words(dev: Any) -> None:
    channel = dev.channel(engine="copy")
    with pytest.raises(BarewireError) as died:
        channel.submit(channel.pushbuffer().release(0x77_0000_0000, 1)).wait()

    assert died.value.xid == 31
    assert "0x77_00000000" in died.value.log
    channel.close()


# The GPU, or its firmware, goes away


def test_a_gpu_that_falls_off_the_bus_is_reported_and_let_go_quickly() -> None:
    opened = bw.open("soft:gh100", timeout_s=10.0)
    works(opened)
    opened.bus.disconnect()

    start = time.monotonic()
    with pytest.raises(DeviceLost):
        opened.copy(opened.space.map(opened.rm.host_memory(4096)), 0, 0)
        opened.copies.roundtrip()
    with pytest.raises(DeviceLost):
        _ = opened.gpu_time_ns
    opened.close()
    assert time.monotonic() - start < 3.0
    assert our_threads() == []


def test_a_firmware_that_crashes_ends_every_queue_and_a_new_device_is_well() -> None:
    with bw.open("soft:gh100", timeout_s=10.0) as opened:
        works(opened)
        model_of(opened).firmware.mishaps.add(control=SCHEDULE_GROUP, action="crash")
        with pytest.raises(RpcError) as crashed:
            opened.channel()
        assert crashed.value.function == "GSP_RM_CONTROL"
        with pytest.raises(DeviceError):
            for _ in range(100):
                opened.copies.roundtrip()
                time.sleep(0.01)

    with bw.open("soft:gh100") as opened:
        works(opened)


def test_a_firmware_that_does_not_answer_is_waited_for_once_and_not_per_object() -> None:
    opened = bw.open("soft:gh100", timeouts=BootTimeouts(call_s=0.5))
    works(opened)
    model_of(opened).firmware.mishaps.add(action="drop", times=1000)
    with pytest.raises(RpcTimeout) as late:
        opened.channel()
    assert late.value.function == "GSP_RM_ALLOC"

    start = time.monotonic()
    opened.close()
    assert time.monotonic() - start < 8.0  # unloading is tried once more, then the GPU is reset


def test_a_call_that_is_refused_leaves_the_device_well(dev: Any) -> None:
    for control in (0xA06F0104, SCHEDULE_GROUP, 0x00801813):
        model_of(dev).firmware.mishaps.add(control=control, action="fail", status=0x1A)
        with pytest.raises(BarewireError):
            dev.channel(dev.address_space())
    works(dev)
    channel = dev.channel()
    channel.roundtrip()
    channel.close()


# Processes


def test_a_forked_child_is_refused_and_opens_a_device_of_its_own(dev: Any) -> None:
    array = dev.array(np.arange(10))
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            code = _in_child(dev, array)
        finally:
            os.write(writer, bytes([code]))
            os._exit(0)
    os.close(writer)
    assert os.read(reader, 1) == b"\0"
    os.waitpid(child, 0)
    os.close(reader)
    works(dev)


def _in_child(dev: Any, array: Any) -> int:
    uses = (dev.synchronize, array.numpy, dev.address_space, lambda: dev.copies, lambda: dev.gpu_time_ns,
            dev.compute.roundtrip, lambda: dev.rm.video_memory(4096), lambda: dev.regs,
            dev.rm.close)  # fmt: skip
    for number, use in enumerate(uses, 2):
        try:
            use()
        except ForkedChild:
            continue
        return number
    dev.close()
    with bw.open("soft:gh100") as own:
        works(own)
    return 0


def test_a_device_that_nobody_closed_ends_with_its_process() -> None:
    script = (
        "import barewire as bw, numpy as np\n"
        "dev = bw.open('soft:gh100')\n"
        "array = dev.array(np.arange(1000))\n"
        "channel = dev.channel()\n"
        "print('done')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")


def test_a_device_that_is_dropped_lets_its_gpu_go() -> None:
    opened = bw.open("soft:gh100")
    bus = opened.bus
    manager = opened.rm
    opened.close()
    with pytest.raises(Freed):
        manager.video_memory(4096)
    assert bus.closed
