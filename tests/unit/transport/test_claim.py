"""One owner of a device at a time: the lock, who holds it, and what is left of an owner that died."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import barewire as bw
import pytest
from barewire.errors import DeviceBusy, PermissionMissing, UsageError
from barewire.transport import claim
from barewire.transport.claim import Claim

HOLDER = """
import sys
from pathlib import Path
from barewire.transport.claim import Claim
claim = Claim("0000:01:00.0", Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_owner_is_told_who_the_first_is(tmp_path: Path) -> None:
    first = Claim("0000:01:00.0", tmp_path)
    with pytest.raises(DeviceBusy) as busy:
        Claim("0000:01:00.0", tmp_path)

    assert int(busy.value.pid) == os.getpid()
    Claim("0000:02:00.0", tmp_path).close()  # another device is another's
    first.close()
    first.close()
    Claim("0000:01:00.0", tmp_path).close()


def test_an_owner_that_died_owns_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(DeviceBusy) as busy:
            Claim("0000:01:00.0", tmp_path)
        assert int(busy.value.pid) == holder.pid
        holder.kill()
    Claim("0000:01:00.0", tmp_path).close()


def test_a_file_that_says_nothing_sensible_is_no_owner(tmp_path: Path) -> None:
    (tmp_path / "barewire-slot.lock").write_bytes(b"\xff" * 100)

    Claim("slot", tmp_path).close()


def test_a_lock_that_cannot_be_opened_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(PermissionMissing):
        Claim("slot", tmp_path / "nowhere")


def test_the_next_owner_may_be_another_user(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        Claim("slot", tmp_path).close()
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "barewire-slot.lock").stat().st_mode) == 0o666


@pytest.mark.skipif(os.getuid() != 0, reason="takes several users")
@pytest.mark.parametrize("mode", [0o666, 0o644], ids=["a file for everybody", "a file to read"])
def test_a_file_that_somebody_else_left_in_a_folder_for_everybody_is_no_obstacle(mode: int) -> None:
    """As root leaves it in /run/lock; fs.protected_regular refuses O_CREAT there."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o1777)
    path = folder / "barewire-slot.lock"
    path.write_text("4711\n")
    path.chmod(mode)
    child = os.fork()
    if not child:
        try:
            os.setresuid(65534, 65534, 65534)
            owner = Claim("slot", folder)
            with pytest.raises(DeviceBusy):
                Claim("slot", folder)
            owner.close()
            os._exit(0)
        except BaseException:
            os._exit(1)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    shutil.rmtree(folder)
    assert ended == 0


@pytest.mark.parametrize("call", ["flock", "ftruncate", "pwrite"])
def test_a_lock_that_cannot_be_written_leaves_no_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    before = len(os.listdir("/proc/self/fd"))
    with monkeypatch.context() as patch:
        patch.setattr(claim.fcntl if call == "flock" else claim.os, call, fail)
        with contextlib.suppress(PermissionMissing):
            Claim("slot", tmp_path).close()
    assert len(os.listdir("/proc/self/fd")) == before
    Claim("slot", tmp_path).close()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "x" * 65, 7, None])
def test_what_is_no_name_is_refused(tmp_path: Path, name: object) -> None:
    with pytest.raises(UsageError):
        Claim(name, tmp_path)  # type: ignore[arg-type]


def test_a_device_in_a_slot_has_one_owner_and_gives_it_back_when_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "lock_folder", lambda: tmp_path)
    slot = f"test-{os.getpid()}"
    with bw.open("soft:gh100", slot=slot):
        with pytest.raises(DeviceBusy):
            bw.open("soft:gh100", slot=slot)
        bw.open("soft:gh100").close()  # without a slot it is a card of its own
    bw.open("soft:gh100", slot=slot).close()
