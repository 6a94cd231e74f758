"""Writes that are made by a child and can be given up, and signals that wait meanwhile."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from barewire.errors import PermissionMissing, PollTimeout, TransportError
from barewire.pci.writing import Latch, PatientWriter, refused

LONG_S = 20.0  # a child has to start Python


@pytest.fixture
def writer() -> PatientWriter:
    return PatientWriter(last_wait_s=5)


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_write_arrives_as_it_is(writer, tmp_path):
    path = tmp_path / "driver_override"
    path.write_text("")

    writer.write(path, "vfio-pci", LONG_S)

    assert path.read_text() == "vfio-pci"


def test_a_refusal_has_the_kernels_errno(writer, tmp_path):
    with pytest.raises(OSError) as refusal:
        writer.write(tmp_path / "absent", "x", LONG_S)

    assert refusal.value.errno == errno.ENOENT
    assert refusal.value.filename == str(tmp_path / "absent")


def test_a_python_that_does_not_start_is_no_refusal_of_the_kernels(writer, tmp_path, monkeypatch):
    """Its exit code 1 is not EPERM: "run it as root" would help nobody."""
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))

    with pytest.raises(TransportError, match="Python cannot be run") as broken:
        writer.write(tmp_path / "bind", "x", LONG_S)

    assert str(program) in broken.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_refusal_by_the_write_itself_has_it_too(writer):
    with pytest.raises(OSError) as refusal:
        writer.write(Path("/dev/full"), "x", LONG_S)

    assert refusal.value.errno == errno.ENOSPC


def test_a_write_that_never_ends_is_given_up_in_time(writer, tmp_path):
    os.mkfifo(tmp_path / "unbind")  # nobody reads: opening it waits for ever
    start = time.monotonic()

    with pytest.raises(PollTimeout, match="did not end in time"):
        writer.write(tmp_path / "unbind", "0000:01:00.0", 0.3)

    assert time.monotonic() - start < 5
    assert writer.left_behind == []


def test_a_write_is_given_up_at_once_when_somebody_wants_to_stop(writer, tmp_path):
    os.mkfifo(tmp_path / "unbind")
    start = time.monotonic()

    with pytest.raises(PollTimeout, match="was interrupted"):
        writer.write(tmp_path / "unbind", "x", 60, stop=lambda: time.monotonic() - start > 0.1)

    assert time.monotonic() - start < 10


def test_a_child_that_no_signal_ends_is_left_behind_and_named(tmp_path, monkeypatch):
    """As one that is in the kernel: it does not end when it is killed."""
    os.mkfifo(tmp_path / "unbind")
    monkeypatch.setattr(subprocess.Popen, "kill", lambda self: None)
    writer = PatientWriter(last_wait_s=0.05)

    with pytest.raises(PollTimeout) as given_up:
        writer.write(tmp_path / "unbind", "x", 0.05)
    monkeypatch.undo()
    (child,) = writer.left_behind

    assert given_up.value.pid == child.pid
    assert str(child.pid) in given_up.value.hint
    child.kill()
    child.wait(timeout=LONG_S)


def test_a_child_that_somebody_kills_is_no_success(writer, tmp_path):
    os.mkfifo(tmp_path / "unbind")
    made: list[subprocess.Popen] = []
    start = subprocess.Popen.__init__

    def noted(self, *args, **options):
        start(self, *args, **options)
        made.append(self)
        self.send_signal(signal.SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", noted)
        with pytest.raises(TransportError, match="was killed"):
            writer.write(tmp_path / "unbind", "x", LONG_S)
    assert len(made) == 1


def test_ctrl_c_at_the_terminal_does_not_reach_the_child(writer, tmp_path):
    seen: list[bool] = []
    start = subprocess.Popen.__init__

    def noted(self, *args, **options):
        seen.append(options["start_new_session"])
        start(self, *args, **options)

    (tmp_path / "bind").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", noted)
        writer.write(tmp_path / "bind", "x", LONG_S)

    assert seen == [True]


def test_a_module_that_cannot_be_loaded_is_an_error(writer, tmp_path, monkeypatch):
    (tmp_path / "modprobe").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "modprobe").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(TransportError, match="`modprobe vfio-pci` failed"):
        writer.load_module("vfio-pci", LONG_S)

    (tmp_path / "modprobe").write_text("#!/bin/sh\nexit 0\n")
    writer.load_module("vfio-pci", LONG_S)
    (tmp_path / "modprobe").write_text("no program")
    with pytest.raises(TransportError, match="cannot be run"):
        writer.load_module("vfio-pci", LONG_S)
    (tmp_path / "modprobe").unlink()
    with pytest.raises(TransportError, match="cannot be run"):
        writer.load_module("vfio-pci", LONG_S)
    writer.settle(1.0)  # udevadm is not there either, and need not be


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EACCES, PermissionMissing),
        (errno.EPERM, PermissionMissing),
        (errno.EROFS, PermissionMissing),  # a container's /sys
        (errno.EIO, TransportError),
    ],
)
def test_a_refusal_has_its_type(number, kind):
    error = refused(OSError(number, os.strerror(number), "/x"), "`echo` failed", "hint")

    assert type(error) is kind
    assert (error.errno, error.path) == (number, "/x")


# Signals


def test_signals_wait_and_are_delivered_once():
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    try:
        with Latch() as latch:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
            assert latch.pending()
            assert came == []
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Latch() as latch:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not latch.pending()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_while_handlers_are_put_back_leaves_none_of_ours(monkeypatch):
    """Each handler that is put back may be called at once, and raise."""
    before = {each: signal.getsignal(each) for each in Latch.SIGNALS}
    put_back = signal.signal

    def strike(number, handler):
        put_back(number, handler)
        if number == signal.SIGINT and handler is before[number]:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), Latch():
        monkeypatch.setattr(signal, "signal", strike)

    assert {each: signal.getsignal(each) for each in Latch.SIGNALS} == before


def test_what_is_forgotten_is_not_delivered():
    with Latch() as latch:
        os.kill(os.getpid(), signal.SIGTERM)
        latch.forget()


def test_on_another_thread_there_is_nothing_to_wait_for():
    seen: list[bool] = []

    def work() -> None:
        with Latch() as latch:
            seen.append(latch.pending())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=LONG_S)
    assert seen == [False]


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from barewire.pci.bind import Binder
from barewire.pci.plan import Agreed
from barewire.pci.state import States
from barewire.pci.sysfs import Sysfs
root = Path(sys.argv[1])
sysfs = Sysfs(root / "sys", root / "dev", root / "proc")
binder = Binder(sysfs, states=States(sysfs, root / "run/barewire"))
plan = binder.plan("0000:01:00.0", Agreed())
def say(step):
    if step.path.name == "unbind":
        print("unbinding", flush=True)
binder.bind(plan, say)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_program_that_is_ended_in_a_stuck_unbind_ends_soon_and_has_restored(tmp_path, number):
    """With real children and signals: the unbind hangs, the process is told to end."""
    from fake_sysfs import H100, h100_machine

    machine = h100_machine(tmp_path)
    unbind = machine.sys / "bus/pci/drivers/nvidia/unbind"
    unbind.unlink()
    os.mkfifo(unbind)
    folder = str(Path(__file__).parent)
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"unbinding\n"
    override = machine.function(H100) / "driver_override"
    assert override.read_text().startswith("vfio-pci")

    child.send_signal(number)
    child.communicate(timeout=60)

    assert child.returncode == (-number)
    assert not (tmp_path / "run/barewire").exists()
    assert not override.read_text().startswith("vfio-pci")
    assert machine.driver(H100) == "nvidia"
