"""A software GPU that another process serves: what its clients leave behind, and what they see."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import barewire as bw
import numpy as np
import pytest
from barewire.device.opening import open_bus
from barewire.errors import DeviceLost, NoDevice, TransportError, UsageError

from tests.common.served import Running, read_document, serving

HERE = Path(__file__).resolve().parent
KILLS = 20  # at least; all steps in the full run
FULL = os.environ.get("BAREWIRE_FULL", "") not in ("", "0")


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("served")) as server:
        yield server


def eventually(condition, timeout_s: float = 10.0) -> bool:
    end = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def copies_are_right(dev) -> bool:
    data = np.arange(100_000, dtype=np.uint32)
    return bool((dev.array(data).numpy() == data).all())


def test_a_served_gpu_boots_and_works(running):
    with bw.open(running.device) as dev:
        assert copies_are_right(dev)
        assert dev.regs.NV_PMC_BOOT_0 is not None


def test_it_is_cold_for_each_client(running):
    for _ in range(2):
        with bw.open(running.device) as dev:
            assert copies_are_right(dev)


@pytest.mark.timeout(300)
def test_a_client_killed_at_any_step_leaves_the_gpu_to_the_next_one(running):
    with bw.open(running.device):
        pass
    assert eventually(lambda: not running.mapped_memory_of_clients())
    before = running.descriptors()
    steps = steps_of(running)
    assert len(steps) >= KILLS, steps
    chosen = steps if FULL else steps[:: len(steps) // KILLS]
    for first in range(0, len(chosen), 7):
        told = kill_at(running, *chosen[first : first + 7])
        assert all("done" not in line for line in told), told
        assert running.process.poll() is None
        assert eventually(lambda: running.descriptors() == before)
        assert eventually(lambda: not running.mapped_memory_of_clients())
    with bw.open(running.device) as dev:
        assert copies_are_right(dev)


def steps_of(running: Running) -> list[int]:
    """The steps of a client that is let come to its end."""
    (told,) = kill_at(running, 0)
    return list(range(1, int(told.split()[-1]) + 1))


def kill_at(running: Running, *steps: int) -> list[str]:
    words = [sys.executable, str(HERE / "kill_client.py"), str(running.socket), *map(str, steps)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_server_that_is_killed_is_a_lost_gpu(tmp_path):
    tmp_path.chmod(0o700)
    socket = tmp_path / "gpu"
    words = [sys.executable, "-m", "barewire.tools", "serve", "--json", "--socket", str(socket)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        read_document(process)
        dev = bw.open(f"vfio-user:{socket}")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        with pytest.raises(DeviceLost) as lost:
            for _ in range(100):
                dev.bus.bars[0].read32(0)
        assert "start it again" in lost.value.hint
        with contextlib.suppress(TransportError):
            dev.close()
    with pytest.raises(NoDevice):
        bw.open(f"vfio-user:{socket}")
    with serving(tmp_path) as again, bw.open(again.device) as dev:  # in place of the socket that was left
        assert copies_are_right(dev)


def test_a_server_for_one_client_ends_with_it(tmp_path):
    tmp_path.chmod(0o700)
    log = tmp_path / "log"
    with serving(tmp_path, "--once", "--log", str(log)) as running:
        bus = open_bus(running.device)
        assert bus.config.read(0, 4) == 0x233010DE
        bus.close()
        assert running.process.wait(20) == 0
    text = log.read_text()
    assert "< " in text and "VERSION" in text and "REGION_READ" in text


def test_a_gpu_with_a_small_bar1_tells_how_to_serve_it(tmp_path):
    """Its BAR1 goes by messages, and a queue needs memory of the GPU in this process."""
    with serving(tmp_path, "--vram", "1024", "--bar1", "256") as small:
        for _ in range(2):  # the second time nobody has it any more
            with pytest.raises(UsageError, match="by messages") as refused:
                bw.open(small.device)
            assert "--bar1 of at least its --vram" in refused.value.hint


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--log", "/nonexistent/log"), "cannot be written"),
        (("--bar1", "3"), "power of two"),
        (("--vram", "0"), "cannot be had"),
        (("--vram", "1024", "--bar1", "256", "--linear-bar1"), "smaller than the video memory"),
    ],
)
def test_what_cannot_be_served_is_told(tmp_path, options, said):
    tmp_path.chmod(0o700)
    words = [sys.executable, "-m", "barewire.tools", "serve", "--socket", str(tmp_path / "gpu"), *options]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)

    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "gpu").exists()
