"""Opening and closing, many times, many at once, and killed half-way: nothing may be left behind.

What RM says is free is read by a fresh client before and after; nvidia-smi is the second witness.

python -m tests.hardware.cycles worker COUNT [DEVICE]    COUNT open-launch-close cycles, then one JSON object
python -m tests.hardware.cycles together [DEVICE]        open, wait for a line on stdin, work, close
python -m tests.hardware.cycles victim [DEVICE]          cycles until it is killed
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hardware import health, machine
from tests.hardware.machine import ALLOWED_XIDS, KernelLog
from tests.hardware.report import Figure, Report, figure

ROOT = Path(__file__).resolve().parents[2]
CYCLES = 1000
WORKERS = 10
TOGETHER = 20
VICTIMS = 20
VICTIM_LIFE_S = 15.0
REST_S = 75.0  # what comes after the cycles takes no longer
WARM_CYCLES = 50  # of 100: after these a process has the memory that it needs
LAUNCHES = 20
SETTLE_S = 0.5  # after the last process has gone
RSS_GROWTH_KIB = 4096


@dataclass(frozen=True)
class Left:
    """What RM counts on the whole GPU: bytes of video memory that are free, and channel groups that exist."""

    free_bytes: int
    channel_groups: int


def ask_rm(device: str) -> Left:
    """What RM says, asked by a fresh process that has no channel, so that nothing of this one counts."""
    code = (
        "from barewire.rm.ioctl import NvResourceManager as R\n"
        f"rm = R.open({int(device.partition(':')[2] or 0)})\n"
        "print(rm.free_vram_bytes(), rm.channel_groups_in_use())\nrm.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise RuntimeError(f"RM could not be asked: {done.stderr[-500:]}")
    free_bytes, channel_groups = done.stdout.split()
    return Left(int(free_bytes), int(channel_groups))


def compute_processes() -> list[int] | None:
    """Processes that nvidia-smi sees on the GPU, or None where it cannot say."""
    command = ["nvidia-smi", "--query-compute-apps=pid", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return [int(line) for line in done.stdout.split() if line.isdigit()] if done.returncode == 0 else None


# ---- what the processes do


def one_cycle(device: str, value: int) -> None:
    """Open, launch, look at every result, close."""
    import barewire as bw
    import numpy as np
    from barewire import kernels

    dev = bw.open(device)
    try:
        module = kernels.load(dev, "micro")
        out = dev.zeros(4096, np.uint32)
        for n in range(LAUNCHES):
            module["store_ramp"][(16,), (256,)](out, np.uint32(value + n), np.uint32(4096))
        dev.synchronize(timeout_s=20)
        if not np.array_equal(
            out.numpy(), np.arange(4096, dtype=np.uint32) + np.uint32(value + LAUNCHES - 1)
        ):
            raise RuntimeError("a wrong result")
    finally:
        dev.close()


def worker(count: int, device: str) -> dict[str, Any]:
    """Many cycles in one process; says what was left in it."""
    times, kib_warm = [], 0
    descriptors_before = machine.gpu_descriptors()
    for cycle in range(count):
        start = time.monotonic()
        one_cycle(device, cycle)
        times.append(time.monotonic() - start)
        if cycle + 1 == min(WARM_CYCLES, count):
            kib_warm = machine.private_kib()
    return {
        "cycles": count,
        "seconds": times,
        "descriptors_left": len(machine.gpu_descriptors()) - len(descriptors_before),
        "mappings_left": machine.gpu_mappings(),
        "growth_kib": machine.private_kib() - kib_warm,
    }


def together(device: str) -> dict[str, Any]:
    """Open, say so, wait for the others, work, close."""
    import barewire as bw
    import numpy as np
    from barewire import kernels

    dev = bw.open(device)
    try:
        print("open", flush=True)
        sys.stdin.readline()
        module = kernels.load(dev, "micro")
        counter = dev.zeros(1, np.uint32)
        for _ in range(500):
            module["count_threads"][(8,), (128,)](counter)
        dev.synchronize(timeout_s=30)
        return {"right": int(counter.numpy()[0]) == 500 * 8 * 128}
    finally:
        dev.close()


def victim(device: str) -> None:
    """Be busy in every way at every moment, until the end comes (or the one who should bring it is gone)."""
    import barewire as bw
    import numpy as np
    from barewire import kernels

    deadline = time.monotonic() + VICTIM_LIFE_S
    while time.monotonic() < deadline:
        dev = bw.open(device)
        module = kernels.load(dev, "micro")
        clocks, big = dev.zeros(2, np.uint64), np.zeros(1 << 24, dtype=np.uint8)
        for _ in range(10):
            module["spin_for"][(132,), (128,)](np.uint64(10_000_000), clocks)
            array = dev.array(big)
            dev.synchronize(timeout_s=20)
            array.free()
        dev.close()


# ---- what the part asks


def run(report: Report, device: str, deadline: float) -> None:
    """Cycles, many at once, then the killed ones."""
    health.ask(device)  # whatever the first user of a GPU leaves for all times is there now
    before = ask_rm(device)
    smi_before = machine.used_vram_mib()
    report.figure("free video memory before", Figure(before.free_bytes, "bytes"))
    report.figure("channel groups before", Figure(before.channel_groups, "groups"))

    with report.step("open-launch-close cycles"):
        _many_cycles(report, device, deadline - REST_S)
        expect_nothing_left(report, "after the cycles", device, before, smi_before)
    with report.step("processes at once"):
        _all_at_once(report, device)
        expect_nothing_left(report, "after 20 processes at once", device, before, smi_before)
    with report.step("killed processes"):
        _killed(report, device)
        expect_nothing_left(report, "after 20 killed processes", device, before, smi_before)


def expect_nothing_left(report: Report, when: str, device: str, before: Left, smi_before: int | None) -> None:
    """RM counts no more as taken than it did before, and nvidia-smi agrees."""
    time.sleep(SETTLE_S)
    after = ask_rm(device)
    whole = after.free_bytes >= before.free_bytes
    groups = after.channel_groups <= before.channel_groups
    report.check(f"no video memory is missing {when}", whole, f"{before}, then {after}")
    report.check(f"no channel group is left {when}", groups, f"{before}, then {after}")
    smi_after = machine.used_vram_mib()
    if smi_before is not None and smi_after is not None:
        report.check(
            f"nvidia-smi sees no more memory used {when}",
            smi_after <= smi_before,
            f"{smi_before} MiB, then {smi_after} MiB",
        )
    left = compute_processes()
    if left is not None:
        report.check(f"nvidia-smi sees no process {when}", not left, f"{left}")


def _start(*arguments: str, stdin: int | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.hardware.cycles", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _many_cycles(report: Report, device: str, deadline: float) -> None:
    start = time.monotonic()
    processes = [_start("worker", str(CYCLES // WORKERS), device) for _ in range(WORKERS)]
    answers = []
    try:
        for process in processes:
            output, errors = process.communicate(timeout=max(1.0, deadline - time.monotonic()))
            if process.returncode:
                report.check("a worker's cycles", False, errors[-800:])
            else:
                answers.append(json.loads(output.strip().splitlines()[-1]))
    except subprocess.TimeoutExpired:
        report.check(f"{CYCLES} cycles in time", False, f"{len(answers)} of {WORKERS} workers were ready")
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
                process.communicate()
    cycles = sum(answer["cycles"] for answer in answers)
    seconds = [value for answer in answers for value in answer["seconds"]]
    report.check(
        f"{CYCLES} open-launch-close cycles",
        cycles == CYCLES,
        f"{cycles} in {time.monotonic() - start:.0f} s",
    )
    if not seconds:
        return
    report.figure(f"one cycle, {WORKERS} processes side by side", figure(seconds, "s"))
    descriptors = max(answer["descriptors_left"] for answer in answers)
    mappings = max(answer["mappings_left"] for answer in answers)
    growth = max(answer["growth_kib"] for answer in answers)
    report.check("no file descriptor is left", descriptors == 0, f"{descriptors} of /dev/nvidia*")
    report.check("no mapping is left", mappings == 0, f"{mappings} of /dev/nvidia*")
    report.check(
        "host memory does not grow with the cycles",
        growth <= RSS_GROWTH_KIB,
        f"{growth} KiB in {CYCLES // WORKERS - WARM_CYCLES} cycles",
    )


def _all_at_once(report: Report, device: str) -> None:
    processes = [_start("together", device, stdin=subprocess.PIPE) for _ in range(TOGETHER)]
    try:
        lines = [process.stdout.readline() if process.stdout else "" for process in processes]
        opened = sum(line.strip() == "open" for line in lines)
        answers = 0
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired, ValueError, IndexError, OSError):
                output, _ = process.communicate("go\n", timeout=60)
                answers += json.loads(output.strip().splitlines()[-1])["right"] is True
        detail = f"{opened} open at once, {answers} right"
        report.check(f"{TOGETHER} processes at once", opened == TOGETHER and answers == TOGETHER, detail)
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _killed(report: Report, device: str) -> None:
    log, moments, times = KernelLog(), random.Random(7), []
    for number in range(VICTIMS):
        process = _start("victim", device)
        try:
            delay = moments.uniform(0.15, 1.6)
            time.sleep(delay)
            early = process.poll()
        finally:
            process.kill()
            _, errors = process.communicate()
        if early is not None:
            report.check(f"victim {number} was alive when it was killed", False, errors[-500:])
        state, xids = health.ask(device), log.fresh_xids(0.0)
        times.append(state.elapsed_s)
        strange = [xid for xid in xids if xid.number not in ALLOWED_XIDS]
        name = f"well after SIGKILL {number + 1} of {VICTIMS}"
        detail = f"killed after {delay:.2f} s; {state.detail} Xids {[xid.number for xid in xids]}"
        if not report.check(name, state.well and not strange, detail):
            return
    report.figure("a fresh process is at its first results after a SIGKILL", figure(times, "s"))


def main(arguments: list[str]) -> int:
    """The roles that the part gives to its processes."""
    role, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if role == "worker" and rest:
        print(json.dumps(worker(int(rest[0]), rest[1] if len(rest) > 1 else "nv:0")))
    elif role == "together":
        print(json.dumps(together(rest[0] if rest else "nv:0")))
    elif role == "victim":
        victim(rest[0] if rest else "nv:0")
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
