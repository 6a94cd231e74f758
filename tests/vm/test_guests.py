"""What keeps guests in order: which run, what they leave behind, archives that others make and remove.

Here a guest is a program of a few lines in place of QEMU.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from barewire.poll import poll

from tests.vm import guest, guests, lane

ROOT = Path(__file__).resolve().parents[2]
SLEEPS = """#!/bin/sh
echo $$ >"{noted}"
exec sleep 600
"""
SERVES = """
import sys
from pathlib import Path
from tests.vm import guests, lane

lane._write_initrd = lambda *_: None
lane.missing = lambda kernel: None
guests._main({name!r}, Path({folder!r}), {processor})
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache whose QEMU sleeps for ten minutes and notes its process, and a place for temporary files."""
    cache = tmp_path / "cache"
    (cache / "kernels" / "stable").mkdir(parents=True)
    (cache / "kernels" / "stable" / "vmlinuz").touch()
    (cache / "accelerator").write_text("tcg\n")
    (cache / "qemu").write_text(SLEEPS.format(noted=tmp_path / "qemu.pid"))
    (cache / "qemu").chmod(0o755)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "guest").mkdir(mode=0o700)
    monkeypatch.setenv(lane.CACHE, str(cache))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path


@pytest.fixture
def started(machine: Path) -> subprocess.Popen[bytes]:
    """A guest's process, whose QEMU is at work."""
    processor = min(os.sched_getaffinity(0))
    program = SERVES.format(name="binding", folder=str(machine / "guest"), processor=processor)
    return subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)


def qemu_of(machine: Path) -> int:
    """The process of the QEMU that sleeps."""
    noted = machine / "qemu.pid"
    poll(lambda: noted.exists() and noted.read_text().strip(), bool, timeout_s=60.0, why="no QEMU came")
    return int(noted.read_text())


def is_gone(pid: int) -> Callable[[], bool]:
    def look() -> bool:
        status = Path(f"/proc/{pid}/status")
        return not status.exists() or "\nState:\tZ" in status.read_text()

    return look


def wait_until_gone(pid: int) -> None:
    poll(is_gone(pid), bool, timeout_s=20.0, why=f"process {pid} is still there")


def test_a_guest_that_is_told_to_end_leaves_no_process_and_no_file(machine: Path, started: subprocess.Popen):
    qemu = qemu_of(machine)
    temporary = list((machine / "tmp").iterdir())

    started.terminate()
    code = started.wait(20)

    assert code == 128 + signal.SIGTERM
    assert is_gone(qemu)()
    assert len(temporary) == 1
    assert list((machine / "tmp").iterdir()) == []


def test_qemu_does_not_outlive_a_guests_process_that_is_killed(machine: Path, started: subprocess.Popen):
    qemu = qemu_of(machine)

    started.kill()
    started.wait(20)

    wait_until_gone(qemu)


def test_guests_end_with_the_tests_that_wanted_them(
    machine: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
):
    """Ctrl-C, a test that fails with -x, a time limit: those at work end, the others do not begin."""
    monkeypatch.setattr(lane, "missing", lambda kernel="stable": None)
    one = {min(os.sched_getaffinity(0))}
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: one)
    at_work = guests.Guests(["binding", "stable-group"], machine / "guest")
    request.addfinalizer(at_work.close)
    process = poll(lambda: list(at_work._running), bool, timeout_s=20.0, why="no guest began")[0]

    began = time.monotonic()
    at_work.close()

    assert time.monotonic() - began < guests.ENDING_S
    wait_until_gone(process.pid)
    assert [each.name for each in (machine / "guest").iterdir()] == ["stable-group"]


def test_a_guest_that_fails_says_why(machine: Path, monkeypatch: pytest.MonkeyPatch):
    (machine / "cache" / "kernels" / "stable" / "vmlinuz").unlink()
    monkeypatch.setattr(lane, "missing", lambda kernel="stable": None)  # not in the guest's process
    at_work = guests.Guests(["binding"], machine / "guest")
    try:
        with pytest.raises(RuntimeError, match="NotHere: there is no kernel"):
            at_work.outcome("binding")
    finally:
        at_work.close()


@pytest.mark.parametrize(
    ("program", "crashed"),
    [("kill -SEGV $$", signal.SIGSEGV), ("exit 1", None), ("exec sleep 600", None)],
    ids=["a crash", "an error", "ended after its time"],
)
def test_a_qemu_that_crashes_is_told_from_one_that_ends(
    machine: Path, monkeypatch: pytest.MonkeyPatch, program: str, crashed: int | None
):
    (machine / "cache" / "qemu").write_text(f"#!/bin/sh\n{program}\n")
    monkeypatch.setattr(lane, "_write_initrd", lambda *_: None)
    monkeypatch.setattr(lane, "missing", lambda kernel="stable": None)

    assert lane.run("", timeout_s=1.0).crashed == crashed


@pytest.mark.parametrize("again", [None, signal.SIGSEGV])
def test_a_guest_whose_qemu_crashed_runs_once_more_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: int | None
):
    results = [lane.Result("", "", None, 1.0, crashed) for crashed in (signal.SIGSEGV, again, None)]
    outcomes = [guests.Outcome(result, [], [], [], {}) for result in results]
    folders: list[Path] = []

    def run_once(_: guests.Guests, name: str, folder: Path) -> guests.Outcome:
        folders.append(folder)
        return outcomes[len(folders) - 1]

    monkeypatch.setattr(guests.Guests, "_run_once", run_once)
    at_work = guests.Guests([], tmp_path)
    try:
        with pytest.warns(UserWarning, match="signal 11 in guest 'binding'"):
            outcome = at_work._run("binding", tmp_path / "binding")
    finally:
        at_work.close()

    assert outcome is outcomes[1]
    assert folders == [tmp_path / "binding", tmp_path / "binding-again"]


def archive_of(folder: Path, key: str, content: bytes) -> bytes:
    """An archive with one file, out of the cache."""
    with guest._made(folder, "kind", (key,), lambda archive: archive.add_bytes("/file", content)) as file:
        return file.read()


def test_an_archive_is_written_once(tmp_path: Path):
    first = archive_of(tmp_path, "key", b"first")

    assert archive_of(tmp_path, "key", b"second") == first
    assert archive_of(tmp_path, "other", b"second") != first


def test_an_archive_that_cannot_be_finished_leaves_nothing(tmp_path: Path):
    def fail(_: object) -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        guest._made(tmp_path, "kind", ("key",), fail)

    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_others_remove_stays_whole_for_who_has_it(tmp_path: Path):
    with guest._made(tmp_path, "kind", ("key",), lambda archive: archive.add_bytes("/a", b"whole")) as file:
        for number in range(guest.KEPT + 1):
            archive_of(tmp_path, str(number), b"")
        left = len(list(tmp_path.glob("kind-*")))
        content = file.read()

    assert left == guest.KEPT
    assert b"whole" in content


def test_an_archive_that_is_removed_just_now_is_made_anew(tmp_path: Path):
    """Not an empty file by its name."""
    first = archive_of(tmp_path, "key", b"content")
    for path in tmp_path.iterdir():
        path.unlink()

    assert archive_of(tmp_path, "key", b"content") == first


def test_what_a_killed_process_left_unfinished_is_removed_in_the_end(tmp_path: Path):
    old, new = tmp_path / "kind-0.1.partial", tmp_path / "kind-0.2.partial"
    old.touch()
    new.touch()
    long_ago = time.time() - 2 * guest.UNFINISHED_S
    os.utime(old, (long_ago, long_ago))

    archive_of(tmp_path, "key", b"")

    assert not old.exists()
    assert new.exists()


def test_kvm_that_is_out_of_reach_by_now_is_not_used(machine: Path, monkeypatch: pytest.MonkeyPatch):
    (machine / "cache" / "accelerator").write_text("kvm\n")
    monkeypatch.setattr(lane, "KVM", machine / "nowhere")

    assert lane.accelerator() == lane.TCG


def test_an_own_kernel_of_which_nothing_says_how_it_was_made_is_built_anew(machine: Path):
    (machine / "cache" / "kernels" / "own").mkdir()
    (machine / "cache" / "kernels" / "own" / "vmlinuz").touch()

    assert "scripts/vm-kernel builds it anew" in (lane.missing("own") or "")
