"""The guests that tests look at: each runs once, and what became of it is told to all of them.

A guest and the server of its GPU are a process of their own, on a processor of their own, and as many run at
a time as there are processors, up to four; those that take longest begin. So no two servers, which are
Python, wait for each other; and a guest and its server, which take turns, do so by a switch of threads. On
two processors each turn would wake a sleeping one, which takes far longer where that is virtual itself.

    python -m tests.vm.guests NAME FOLDER     one of them, here: pickles its outcome into the folder
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from barewire.firmware import write_synthetic

from tests.vm import host, lane

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MIB = 1 << 20
MOST_AT_A_TIME = 4
ENDING_S = 15.0  # what a guest's process gets to end QEMU and to remove its files
STARTING_S = 60.0  # what it takes beside the guest itself, on a busy machine

# A remark of the model on what drivers tell RM of the board, and why it is no mistake of theirs: QEMU keeps
# to itself where the guest's kernel puts the BARs, so that those of the served GPU are nowhere.
ADDRESSES = "system information"

NOUVEAU_VRAM_BYTES = 2048 * MIB
NOUVEAU_BAR1_BYTES = 256 * MIB
# nouveau clears buffers word by word, 350,000 writes at a time. If QEMU sent them without waiting, a busy
# machine would have seconds of them to do when nouveau asks for the next answer, for which it waits two.
EACH_WRITE_WAITS = {"x-no-posted-writes": True}

# Devices of QEMU's own in the GPU's slot: a serial port, and a function that no driver of the guest's knows.
BESIDE = ["-chardev", "null,id=nobody"]
BESIDE += ["-device", "pci-serial,bus=port0,addr=0.1,chardev=nobody"]
BESIDE += ["-device", "pci-testdev,bus=port0,addr=0.2"]

SHORT_SESSION = ("reserve_huge_pages", "bind", "look_at_the_bus", "boot", "demo", "unbind")


class Report(NamedTuple):
    """Something that a guest did, which the model calls undefined or forbidden."""

    kind: str
    text: str


@dataclass
class Outcome:
    """What became of a guest.

    Attributes:
        result: what it said, and how it ended.
        wrong: what the model or its server did wrong.
        reports: what the model remarks on.
        masters: whether bus mastering was on, for each write of the command register.
        marks: what the host saw when the guest said where it was; see `payload.mark`.
        steps: what each step reported, by its name.
    """

    result: lane.Result
    wrong: list[str]
    reports: list[Report]
    masters: list[bool]
    marks: dict[str, host.Mark]
    steps: dict[str, dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.steps = {each["step"]: each for each in self.result.results()}

    def everything(self) -> str:
        """All that a guest said, for who has to find out why it failed."""
        return f"{self.result.output}\n{self.result.console}\n{self.reports}\n{self.wrong}"


class Guest(NamedTuple):
    """One guest.

    Attributes:
        kernel: see `lane.run`.
        run: serves a GPU to it from a folder, and runs it.
        usual_s: how long it takes, about: what orders them.
        limit_s: when QEMU is ended.
    """

    kernel: str
    run: Callable[[Path, str, float], Outcome]
    usual_s: float
    limit_s: float


def _outcome(view: host.HostView, result: lane.Result) -> Outcome:
    reports = [Report(each.kind, f"{each.text} {dict(each.facts)}") for each in view.gpu.endpoint.reports]
    return Outcome(result, view.wrong(), reports, view.masters, view.marks)


def session(folder: Path, kernel: str, limit_s: float, *, abi: str, steps: tuple[str, ...]) -> Outcome:
    """A GPU's life: test_sessions.py."""
    firmware = folder / "firmware"
    write_synthetic(firmware, ["gh100"])
    settings = json.dumps({"abi": abi, "steps": steps}).encode()
    with host.serving(folder) as view:
        files: dict[str, Path | bytes] = {
            "/firmware": firmware,
            "/lib/firmware": firmware,
            "/payload/settings.json": settings,
        }
        result = lane.run(
            HERE / "guest_session.py",
            kernel=kernel,
            devices=[view.socket],
            files=files,
            timeout_s=limit_s,
        )
        return _outcome(view, result)


def _binding(folder: Path, kernel: str, limit_s: float) -> Outcome:
    """Who may, and what does not end: test_binding.py."""
    with host.serving(folder) as view:
        result = lane.run(HERE / "guest_binding.py", kernel=kernel, devices=[view.socket], timeout_s=limit_s)
        return _outcome(view, result)


def _group(folder: Path, kernel: str, limit_s: float) -> Outcome:
    """A GPU with other functions in its slot, and so in its IOMMU group: test_group.py."""
    with host.serving(folder) as view:
        result = lane.run(
            HERE / "guest_group.py",
            kernel=kernel,
            devices=[view.socket],
            device_options={"multifunction": True, "addr": "0.0"},
            words=BESIDE,
            timeout_s=limit_s,
        )
        return _outcome(view, result)


def _alone(folder: Path, kernel: str, limit_s: float) -> Outcome:
    """No IOMMU: test_no_iommu.py."""
    firmware = folder / "firmware"
    write_synthetic(firmware, ["gh100"])
    with host.serving(folder) as view:
        result = lane.run(
            HERE / "guest_alone.py",
            kernel=kernel,
            iommu=False,
            devices=[view.socket],
            files={"/firmware": firmware},
            timeout_s=limit_s,
        )
        return _outcome(view, result)


def _nouveau(folder: Path, kernel: str, limit_s: float) -> Outcome:
    """nouveau has the GPU: nouveau/test_nouveau.py."""
    sizes = {"vram_bytes": NOUVEAU_VRAM_BYTES, "bar1_bytes": NOUVEAU_BAR1_BYTES}
    with host.serving(folder, linear_bar1=False, **sizes) as view:
        result = lane.run(
            HERE / "nouveau" / "programs.py",
            kernel=kernel,
            modules=("nouveau",),
            devices=[view.socket],
            files={
                "/payload/uapi.py": HERE / "nouveau" / "uapi.py",
                "/payload/micro.cubin": ROOT / "kernels" / "cubin" / "sm_90" / "micro.cubin",
                "/lib/firmware/nvidia": lane.cache() / "firmware" / "nvidia",
            },
            iommu=False,
            memory="2G",
            device_options=EACH_WRITE_WAITS,
            timeout_s=limit_s,
        )
        return _outcome(view, result)


GUESTS = {
    "nouveau": Guest("newest", _nouveau, 130, 400),
    "stable-group": Guest("stable", partial(session, abi="group", steps=()), 70, 420),
    "own-cdev": Guest("own", partial(session, abi="cdev", steps=()), 60, 420),
    "newest-group": Guest("newest", partial(session, abi="group", steps=SHORT_SESSION), 30, 240),
    "binding": Guest("stable", _binding, 20, 240),
    "group": Guest("stable", _group, 20, 240),
    "alone": Guest("own", _alone, 12, 180),
}


def missing(name: str) -> str | None:
    """Why a guest cannot run here, in one sentence; None when it can."""
    why = lane.missing(GUESTS[name].kernel)
    if why is None and name == "nouveau" and not (lane.cache() / "firmware" / "nvidia").is_dir():
        why = "there is no firmware for the guest's GPU here: scripts/vm-setup fetches it"
    return why


class Guests:
    """Guests at work, in processes of their own.

    Args:
        names: of those that are wanted; those that cannot run here are left out.
        folder: nobody else's.
    """

    def __init__(self, names: Iterable[str], folder: Path) -> None:
        names = sorted(
            (each for each in names if missing(each) is None), key=lambda each: -GUESTS[each].usual_s
        )
        processors = sorted(os.sched_getaffinity(0))[:MOST_AT_A_TIME]
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for processor in processors:
            self._free.put(processor)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ending = False
        self._pool = ThreadPoolExecutor(len(processors), thread_name_prefix="guest")
        self._outcomes: dict[str, Future[Outcome]] = {
            name: self._pool.submit(self._run, name, folder / name) for name in names
        }

    def outcome(self, name: str) -> Outcome:
        """What became of a guest; waits for it.

        Raises:
            RuntimeError: its process failed; with all that it said.
        """
        return self._outcomes[name].result(sum(each.limit_s + STARTING_S for each in GUESTS.values()))

    def close(self) -> None:
        """End those that still run; nothing of them is left."""
        self._ending = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in list(self._running):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        self._pool.shutdown()

    def _run(self, name: str, folder: Path) -> Outcome:
        outcome = self._run_once(name, folder)
        if outcome.result.crashed is None:
            return outcome
        # Seen once in some hundred guests: the vfio-user client of QEMU 11.1 wrote through a null pointer.
        why = f"QEMU ended by signal {outcome.result.crashed} in guest {name!r}, which runs again"
        warnings.warn(why, stacklevel=1)
        return self._run_once(name, folder.with_name(f"{name}-again"))

    def _run_once(self, name: str, folder: Path) -> Outcome:
        folder.mkdir(mode=0o700)
        processor = self._free.get()
        try:
            self._wait_for(name, folder, processor)
        finally:
            self._free.put(processor)
        with (folder / "outcome").open("rb") as file:
            outcome = pickle.load(file)
        assert isinstance(outcome, Outcome)
        return outcome

    def _wait_for(self, name: str, folder: Path, processor: int) -> None:
        command = [sys.executable, "-m", __name__, name, str(folder), str(processor)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                lane.ended_with_this_thread("TERM", command),
                cwd=ROOT,
                env={**os.environ, "TMPDIR": str(folder)},  # what is left after SIGKILL goes with the folder
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            self._running.add(process)
            try:
                if self._ending:
                    process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(GUESTS[name].limit_s + STARTING_S)
            finally:
                _end(process)
                self._running.discard(process)
        if process.returncode != 0:
            said = (folder / "log").read_text(errors="replace")
            raise RuntimeError(f"the process of guest {name!r} ended with {process.returncode}:\n{said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process, gently first: it has QEMU to end, and files to remove."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(ENDING_S)
    if process.poll() is None:
        process.kill()
        process.wait()


def _main(name: str, folder: Path, processor: int) -> None:
    signal.signal(signal.SIGTERM, _leave)
    os.sched_setaffinity(0, {processor})  # the server's threads and QEMU come after this
    guest = GUESTS[name]
    outcome = guest.run(folder, guest.kernel, guest.limit_s)
    partial_file = folder / "outcome.partial"
    with partial_file.open("wb") as file:
        pickle.dump(outcome, file)
    partial_file.rename(folder / "outcome")
    shutil.rmtree(folder / "firmware", ignore_errors=True)


def _leave(number: int, _: object) -> NoReturn:
    """Unwind: what was begun is ended on the way."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    from tests.vm import guests  # what is pickled has to be of the module, not of __main__

    guests._main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
