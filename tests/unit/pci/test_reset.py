"""Resetting a function by sysfs, on a machine that is a folder."""

from __future__ import annotations

import errno
import os
import signal
import struct

import pytest
from barewire.errors import DeviceBusy, DeviceLost, NoDevice, PollTimeout, TransportError, UsageError
from barewire.pci import reset as pci_reset
from barewire.pci.sysfs import Sysfs
from barewire.tools import binding, cli
from fake_sysfs import H100, FakeMachine, h100_machine


class Resetting:
    """A kernel whose reset does something to the configuration space."""

    def __init__(self, machine: FakeMachine) -> None:
        self.machine = machine
        self.writes: list[tuple[str, str]] = []
        self.after: bytes | None = None
        self.error: BaseException | None = None

    def write(self, path, text, timeout_s, stop=None) -> None:
        self.writes.append((path.name, text))
        if path.name == "reset_method":
            path.write_text(text + "\n")
        elif self.error is not None:
            raise self.error
        elif self.after is not None:
            (self.machine.function(H100) / "config").write_bytes(self.after)


def config(vendor: int = 0x10DE, device: int = 0x2330, bar0: int = 0xF6000000, status: int = 0x10) -> bytes:
    words = bytearray(256)
    struct.pack_into("<HHHH", words, 0, vendor, device, 0x0006, status)
    struct.pack_into("<I", words, 0x10, bar0)
    return bytes(words)


@pytest.fixture
def machine(tmp_path) -> FakeMachine:
    made = h100_machine(tmp_path)
    made.take_driver(H100)
    made.give_driver(H100, "vfio-pci")
    (made.function(H100) / "config").write_bytes(config())
    (made.function(H100) / "reset").write_text("")
    return made


@pytest.fixture
def kernel(machine) -> Resetting:
    return Resetting(machine)


def reset(machine: FakeMachine, kernel: Resetting, method: str | None = None) -> pci_reset.Reset:
    sysfs = Sysfs(machine.sys, machine.dev, machine.proc)
    return pci_reset.reset(sysfs, H100, method, writer=kernel, return_s=0.05)


def test_a_function_is_reset_as_the_kernel_chooses(machine, kernel):
    done = reset(machine, kernel)

    assert kernel.writes == [("reset", "1")]
    assert (done.method, done.changed) == (None, ())


def test_a_method_that_is_asked_for_is_put_back(machine, kernel):
    reset(machine, kernel, "bus")

    assert kernel.writes == [("reset_method", "bus"), ("reset", "1"), ("reset_method", "flr bus")]


def test_it_is_put_back_too_when_the_reset_fails(machine, kernel):
    kernel.error = OSError(errno.ENOTTY, "Inappropriate ioctl for device")

    with pytest.raises(TransportError, match="failed"):
        reset(machine, kernel, "bus")

    assert kernel.writes[-1] == ("reset_method", "flr bus")


def test_a_reset_that_does_not_end_is_a_time_out(machine, kernel):
    kernel.error = PollTimeout("the write did not end in time")

    with pytest.raises(PollTimeout):
        reset(machine, kernel)


def test_what_reads_otherwise_afterwards_is_told(machine, kernel):
    kernel.after = config(status=0x4010)

    assert reset(machine, kernel).changed == (4,)


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (b"\xff" * 256, "does not come back"),
        (config(vendor=0x0001), "does not come back"),
        (b"", "does not come back"),
        (config(device=0x2331), "another device"),
    ],
)
def test_a_function_that_does_not_come_back_is_lost(machine, kernel, after, says):
    kernel.after = after

    with pytest.raises(DeviceLost, match=says):
        reset(machine, kernel)


def test_bars_that_are_gone_are_noticed(machine, kernel):
    kernel.after = config(bar0=0)

    with pytest.raises(TransportError, match="addresses of its BARs"):
        reset(machine, kernel)


def test_one_that_does_not_answer_before_is_not_reset(machine, kernel):
    (machine.function(H100) / "config").write_bytes(b"\xff" * 64)

    with pytest.raises(DeviceLost):
        reset(machine, kernel)
    assert kernel.writes == []


def test_nothing_is_reset_under_a_drivers_feet(machine, kernel):
    machine.take_driver(H100)
    machine.give_driver(H100, "nvidia")

    with pytest.raises(DeviceBusy, match="driven by nvidia"):
        reset(machine, kernel)


def test_nothing_is_reset_in_somebodys_hands(machine, kernel):
    machine.add_process(99, "python3", opens=("vfio/12",))

    with pytest.raises(DeviceBusy) as busy:
        reset(machine, kernel)
    assert busy.value.pid == 99


def test_a_method_or_a_reset_that_is_not_there_is_a_mistake(machine, kernel):
    with pytest.raises(UsageError) as mistake:
        reset(machine, kernel, "pm")
    assert mistake.value.expected == "flr, bus"

    (machine.function(H100) / "reset").unlink()
    with pytest.raises(UsageError, match="no reset"):
        reset(machine, kernel)


def test_only_gpus_are_reset(machine, kernel):
    machine.add_function("0000:00:1f.2", 0xA102, vendor_id=0x8086, class_code=0x010601, below="")
    (machine.function("0000:00:1f.2") / "reset").write_text("")

    with pytest.raises(UsageError, match="no GPU"):
        pci_reset.reset(Sysfs(machine.sys, machine.dev, machine.proc), "0000:00:1f.2", writer=kernel)
    assert kernel.writes == []


def test_ctrl_c_during_a_reset_waits_until_the_method_is_as_it_was(machine, kernel):
    kernel.write_before = kernel.write

    def interrupted(*args, **options):
        kernel.write_before(*args, **options)
        os.kill(os.getpid(), signal.SIGINT)

    kernel.write = interrupted

    with pytest.raises(KeyboardInterrupt):
        reset(machine, kernel, "bus")

    assert kernel.writes == [("reset_method", "bus"), ("reset", "1"), ("reset_method", "flr bus")]


def test_a_function_that_is_not_there_is_no_device(machine, kernel):
    with pytest.raises(NoDevice):
        pci_reset.reset(Sysfs(machine.sys, machine.dev, machine.proc), "0000:09:00.0", writer=kernel)


def test_the_command_looks_first_and_says_what_it_did(machine, kernel, monkeypatch, capsys):
    class Binder:
        sysfs = Sysfs(machine.sys, machine.dev, machine.proc)
        writer = kernel

    monkeypatch.setattr(binding, "make_binder", Binder)

    assert cli.main(["reset", "--dry-run"]) == 0
    assert kernel.writes == []
    assert cli.main(["reset", H100, "--method", "flr"]) == 0
    assert "It came back" in capsys.readouterr().out
    assert cli.main(["reset", H100, "--method", "pm"]) == 2
