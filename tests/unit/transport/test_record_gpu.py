"""A whole session with a GPU, recorded and replayed: boot, channels, copies in and out, unload."""

from __future__ import annotations

import numpy as np
from barewire.device.bare_metal import bring_up
from barewire.device.gpu import Device
from barewire.firmware import synthetic_firmware
from barewire.transport.record import RecordedBus
from barewire.transport.recording import read_recording
from barewire.transport.replay import ReplayBus
from barewire.transport.soft import SoftBus

COUNT = 1 << 18


def session(bus) -> list[bytes]:
    """What came back from the GPU."""
    device = Device(bring_up(bus, firmware=synthetic_firmware("gh100")), "soft:gh100")
    numbers = np.arange(COUNT, dtype=np.uint32)
    first = device.array(numbers)
    got = [first.numpy().tobytes()]
    for factor in (3, 5):
        got.append(device.array(numbers * factor).numpy().tobytes())
    device.synchronize()
    device.close()
    return got


def test_a_gpu_s_session_replays_without_the_gpu(tmp_path):
    path = tmp_path / "session"
    expected = [(np.arange(COUNT, dtype=np.uint32) * factor).tobytes() for factor in (1, 3, 5)]
    bus = RecordedBus(SoftBus.open({"chip": "gh100", "vram_bytes": 8 << 30, "bar1_bytes": 16 << 30}), path)

    assert session(bus) == expected
    assert read_recording(path).complete
    with ReplayBus(path) as replay:
        assert session(replay) == expected
        assert replay.remaining == 0
