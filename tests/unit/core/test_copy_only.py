"""A device whose resource manager offers copies only: what works, and what is refused by name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from barewire.device.copy_only import CopyDevice
from barewire.errors import BarewireError, EngineMissing, Freed, MmuFault
from fake_gpu import FakeGpu
from fake_manager import FakeManager


@pytest.fixture
def copying() -> Iterator[CopyDevice]:
    """A device without compute on a fake GPU."""
    gpu = FakeGpu(FakeManager())
    device = CopyDevice(gpu.rm, "fake:copies", 20.0)
    yield device
    device.close()
    gpu.end()
    assert gpu.rm.complaints == []
    assert gpu.rm.groups == []


def test_arrays_go_in_come_out_and_are_filled(copying: CopyDevice):
    values = np.arange(70_000, dtype=np.float32)
    array = copying.array(values)
    np.testing.assert_array_equal(array.numpy(), values)

    array.fill(np.float32(2.5))
    assert (array.numpy() == np.float32(2.5)).all()
    assert not copying.zeros((3, 5)).numpy().any()


def test_pinned_arrays_are_copied_directly(copying: CopyDevice):
    first, second = copying.pinned(1000, np.uint8), copying.pinned(1000, np.uint8)
    first.view[:] = np.arange(1000) % 251
    copying.copy(first.gpu_va, second.gpu_va, 1000).wait()

    np.testing.assert_array_equal(first.view, second.view)


def test_queues_and_channels_are_for_copies_unless_told_otherwise(copying: CopyDevice):
    for made in (copying.queue(), copying.queue("copy"), copying.channel(), copying.channel(engine="copy")):
        made.roundtrip()
        made.close()


@pytest.mark.parametrize(
    "use",
    [
        lambda device: device.compute,
        lambda device: device.load(b""),
        lambda device: device.capture(),
        lambda device: device.queue("compute"),
        lambda device: device.channel(engine="compute"),
    ],
    ids=["compute", "load", "capture", "queue", "channel"],
)
def test_what_needs_a_compute_engine_is_refused_by_name(copying: CopyDevice, use):
    with pytest.raises(EngineMissing) as missing:
        use(copying)

    assert missing.value.engine == "compute"
    assert "fake:copies" in str(missing.value)


def test_events_come_after_all_copies(copying: CopyDevice):
    before = copying.record()
    copying.array(np.arange(50_000))
    after = copying.record()

    assert before.time_ns <= after.time_ns


def test_synchronize_waits_and_reports_the_fault_of_a_copy(copying: CopyDevice):
    array = copying.array(np.arange(100))
    copying.synchronize()
    dead = copying.copies
    copying.copy(array.address, 0x5000_0000, 64)
    with pytest.raises(MmuFault):
        copying.synchronize()

    assert copying.copies is not dead, "the copy queue is renewed"
    np.testing.assert_array_equal(copying.array(np.arange(9)).numpy(), np.arange(9))
    copying.synchronize()


def test_arrays_that_are_dropped_are_freed_when_their_copies_are_done(copying: CopyDevice):
    for _ in range(40):
        copying.array(np.zeros(1 << 20, np.uint8))
    copying.synchronize()

    assert copying.rm.video_bytes <= 64 << 20


def test_a_closed_device_refuses_everything(copying: CopyDevice):
    array = copying.array(np.arange(10))
    copying.close()
    for use in (copying.synchronize, copying.record, array.numpy, copying.queue, lambda: copying.load(b"")):
        with pytest.raises(Freed):
            use()
    with pytest.raises(BarewireError):
        _ = copying.compute
    copying.close()


def test_registers_and_bus_are_said_to_be_elsewhere(copying: CopyDevice):
    for name in ("regs", "bus"):
        with pytest.raises(EngineMissing):
            getattr(copying, name)
