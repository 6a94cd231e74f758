"""A GPU's life in a guest, as its user has it: bind, boot, work, faults, interrupts, resets, kills, unbind.

The payload of test_sessions.py. Each step is a function; what it returns is what the host checks.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import barewire as bw
import numpy as np
from barewire.device.opening import open_bus
from barewire.errors import BarewireError
from payload import command, driver_of, gpus, kernel_says, mark, perform

SETTINGS = json.loads(Path("/payload/settings.json").read_text())
ABI = SETTINGS["abi"]
(ADDRESS,) = gpus()
NAME = f"vfio:{ADDRESS}"
FIRMWARE = "/firmware"
MIB = 1 << 20
TREE = "NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR"
ALL = 0xFFFFFFFF
UNMAPPED_VA = 0xF0_1234_5000
FENCE_S = 20.0
# Where a process is killed: at the first words of steps of the boot, and at work.
KILLED_AT = ("start the FMC", "wait for GSP's", "open the resource", "at work", "in a wait")
RESETS = 5


@contextlib.contextmanager
def opened(**options: Any) -> Iterator[Any]:
    """The GPU, booted."""
    dev = bw.open(NAME, abi=ABI, firmware=FIRMWARE, **options)
    try:
        yield dev
    finally:
        dev.close()


def works(dev: Any) -> bool:
    """Whether an array comes back as it went, and a copy engine carries it."""
    data = np.arange(100_000, dtype=np.uint32)
    return bool((dev.array(data).numpy() == data).all())


def reserve_huge_pages() -> dict[str, Any]:
    """Huge pages, which a user would reserve at the start."""
    Path("/proc/sys/vm/nr_hugepages").write_text("48")
    return {"pages": int(Path("/proc/sys/vm/nr_hugepages").read_text())}


def dry_run() -> dict[str, Any]:
    """What binding would write; nothing is written."""
    said = command("bind", ADDRESS, "--dry-run")
    return {**said, "driver": driver_of(ADDRESS)}


def bind() -> dict[str, Any]:
    """Give the GPU to vfio-pci."""
    said = command("bind", ADDRESS)
    mark(ADDRESS, "bound")
    files = sorted(str(path) for path in Path("/dev/vfio").rglob("*") if not path.is_dir())
    return {**said, "driver": driver_of(ADDRESS), "files": files, "devices": bw.list_devices()}


def look_at_the_bus() -> dict[str, Any]:
    """What VFIO shows of the GPU, and what an access and a mapping cost."""
    bus = open_bus(NAME, abi=ABI)
    try:
        read = bus.bars[0].read32
        boot0 = read(0)
        began = time.perf_counter()
        for _ in range(1000):
            read(0)
        access_us = (time.perf_counter() - began) * 1e3
        began = time.perf_counter()
        memory = bus.dma_memory(16 * MIB)
        map_ms = (time.perf_counter() - began) * 1e3 / 16
        pieces = len(memory.segments)
        began = time.perf_counter()
        memory.close()
        unmap_ms = (time.perf_counter() - began) * 1e3 / 16
        bars = {index: bar.size_bytes for index, bar in bus.bars.items()}
        facts = {"abi": bus.abi, "protected": bus.protected, "bars": bars, "boot0": boot0, "segments": pieces}
        vectors = bus.interrupts.count
    finally:
        bus.close()
    mark(ADDRESS, "closed")
    times = {"access_us": access_us, "map_ms_per_mib": map_ms, "unmap_ms_per_mib": unmap_ms}
    return {**facts, "vectors": vectors, **{name: round(value, 3) for name, value in times.items()}}


def one_owner() -> dict[str, Any]:
    """A second open is refused, and names the first one's process."""
    bus = open_bus(NAME, abi=ABI)
    try:
        second = command("peek", "NV_PMC_BOOT_0", "--device", NAME)
    finally:
        bus.close()
    return {**second, "pid": os.getpid()}


def boot() -> dict[str, Any]:
    """Boot it and let it work."""
    with opened() as dev:
        mark(ADDRESS, "booted")
        facts = {"name": dev.facts.name, "vram": dev.facts.vram_bytes, "works": works(dev)}
    mark(ADDRESS, "down")
    return facts


def demo() -> dict[str, Any]:
    """The demo, as a user runs it."""
    return command("demo", "--device", NAME, "--json")


def fault() -> dict[str, Any]:
    """A copy from where nothing is mapped ends its channel, typed; the GPU works on."""
    with opened() as dev:
        words = dev.pinned(4096, np.uint32)
        channel = dev.channel(engine="copy")
        pushbuffer = channel.pushbuffer().copy(source=UNMAPPED_VA, destination=words.gpu_va, size_bytes=4096)
        raised = failing(channel, pushbuffer)
        return {"raised": raised, "works": works(dev)}


def failing(channel: Any, pushbuffer: Any) -> list[str]:
    """The classes of the error that some work ends with, most special first, and its words."""
    try:
        channel.submit(pushbuffer).wait(timeout_s=FENCE_S)
    except BarewireError as error:
        return [*(each.__name__ for each in type(error).__mro__), str(error)]
    return []


def unmapped_iova() -> dict[str, Any]:
    """Memory that the IOMMU maps no longer, though the GPU's page tables lead to it: it is refused."""
    with opened() as dev:
        memory = dev.rm.host_memory(64 << 10)
        gpu_va = dev.space.map(memory)
        target = dev.pinned(1 << 14, np.uint32)
        target.view[:] = 7
        pinned = next(each for each in dev.bus._memory if each.iova == iova_of(memory))
        segment = pinned.segments[0]
        mark(ADDRESS, "map")
        dev.bus._way.unmap(segment.iova, segment.size_bytes)
        mark(ADDRESS, "gone")
        channel = dev.channel(engine="copy")
        raised = failing(
            channel,
            channel.pushbuffer().copy(source=gpu_va, destination=target.gpu_va, size_bytes=4096),
        )
        untouched = bool((target.view == 7).all())
        dev.bus._way.map(pinned.address, segment.iova, segment.size_bytes)
    return {
        "raised": raised,
        "untouched": untouched,
        "iova": segment.iova,
        "kernel": kernel_says("DMAR", "fault", "iommu")[-6:],
    }


def iova_of(memory: Any) -> int:
    """Where the device finds host memory of the resource manager."""
    return int(memory.pages()[0]) if callable(getattr(memory, "pages", None)) else int(memory.dma.iova)


def interrupt() -> dict[str, Any]:
    """Work that waits for a semaphore is let go; its interrupt wakes a thread that sleeps, by MSI-X."""
    with opened() as dev:
        interrupts = dev.bus.interrupts
        interrupts.enable(1)
        for leaf in range(16):
            dev.regs[f"{TREE}_LEAF({leaf})"] = ALL
            dev.regs[f"{TREE}_LEAF_EN_SET({leaf})"] = ALL
        dev.regs[f"{TREE}_TOP_EN_SET(0)"] = ALL
        quiet = interrupts.wait(0, 0.1)
        words = dev.pinned(1024, np.uint32)
        words.view[:] = 0
        channel = dev.channel(engine="copy")
        host_class = next(name for name in ("NVC86F", "NVC96F") if knows(channel, name))
        pushbuffer = channel.pushbuffer().acquire(words.gpu_va, 1)
        pushbuffer.copy(source=words.gpu_va, destination=words.gpu_va + 2048, size_bytes=64)
        pushbuffer.method(f"{host_class}_NON_STALL_INTERRUPT", 0)
        fence = channel.submit(pushbuffer)
        early = interrupts.wait(0, 0.2)
        let_go: list[float] = []

        def release() -> None:
            time.sleep(0.3)
            let_go.append(time.perf_counter())
            words.view[0] = 1

        thread = threading.Thread(target=release)
        thread.start()
        count = interrupts.wait(0, FENCE_S)
        woken = time.perf_counter()
        thread.join()
        fence.wait(timeout_s=FENCE_S)
        copied = int(words.view[512])
        dev.regs[f"{TREE}_TOP_EN_CLEAR(0)"] = ALL
        interrupts.disable()
        kind = interrupts.kind
    return {
        "quiet": quiet,
        "early": early,
        "count": count,
        "copied": copied,
        "kind": kind,
        "woken_ms": round((woken - let_go[0]) * 1e3, 2),
    }


def knows(channel: Any, host_class: str) -> bool:
    """Whether a channel's methods are of this class."""
    try:
        channel.pushbuffer().method(f"{host_class}_NON_STALL_INTERRUPT", 0)
    except BarewireError:
        return False
    return True


def resets() -> dict[str, Any]:
    """Reset and boot, again and again."""
    worked = []
    for _ in range(RESETS):
        bus = open_bus(NAME, abi=ABI)
        try:
            bus.reset()
        finally:
            bus.close()
        with opened() as dev:
            worked.append(works(dev))
    return {"worked": worked}


def kills() -> dict[str, Any]:
    """A process is killed with the GPU in its hands; the next one boots it."""
    ended, worked, masters = [], [], []
    for place in KILLED_AT:
        ended.append(kill_one(place))
        masters.append(bus_master())
        with opened() as dev:
            worked.append(works(dev))
    mark(ADDRESS, "kill")
    return {"ended": ended, "worked": worked, "masters": masters}


def bus_master() -> bool:
    """Whether the function may master the bus, by its own command register."""
    config = Path(f"/sys/bus/pci/devices/{ADDRESS}/config").read_bytes()
    return bool(config[4] & 4)


def kill_one(place: str) -> str:
    """Start a process that tells where it is, kill it there; "killed at ..." if it was."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        live_until_killed(writing)
    os.close(writing)
    where = ""
    with os.fdopen(reading) as told:
        for line in told:
            where = line.strip()
            if where.startswith(place):
                break
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return f"killed at {where}" if os.WIFSIGNALED(status) else f"ended with {status} after {where}"


def live_until_killed(writing: int) -> None:
    """What a process that is killed does; it never returns."""

    def tell(what: str) -> None:
        os.write(writing, f"{what}\n".encode())

    try:
        dev = bw.open(NAME, abi=ABI, firmware=FIRMWARE, progress=tell)
        words = dev.pinned(1024, np.uint32)
        words.view[:] = 0
        channel = dev.channel(engine="copy")
        tell("at work")
        for _ in range(20):
            works(dev)
        waiting = channel.submit(channel.pushbuffer().acquire(words.gpu_va, 1))
        tell("in a wait")
        waiting.wait(timeout_s=60.0)
    finally:
        os._exit(1)


def status() -> dict[str, Any]:
    """What barewire says of the GPU."""
    return command("status")


def unbind() -> dict[str, Any]:
    """Put everything back."""
    said = command("unbind", ADDRESS)
    mark(ADDRESS, "unbd")
    override = Path(f"/sys/bus/pci/devices/{ADDRESS}/driver_override").read_text().strip()
    return {**said, "driver": driver_of(ADDRESS), "override": override, "left": os.listdir("/dev/vfio")}


STEPS = {
    each.__name__: each
    for each in (
        reserve_huge_pages, dry_run, bind, look_at_the_bus, one_owner, boot, demo, fault, unmapped_iova,
        interrupt, resets, kills, status, unbind,
    )
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(perform([STEPS[name] for name in SETTINGS["steps"] or STEPS]))
