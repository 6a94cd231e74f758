"""What the machine says of itself, read only: nvidia-smi, /proc, the kernel log. A second witness."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# What our own deliberate faults lead to: exceptions of the graphics engine, MMU faults, PBDMA errors, class
# errors; then their consequences. OGKM:src/common/sdk/nvidia/inc/nverror.h
CAUSED_XIDS = frozenset({13, 31, 32, 69})
CONSEQUENT_XIDS = frozenset({43, 45, 109})
ALLOWED_XIDS = CAUSED_XIDS | CONSEQUENT_XIDS

_XID = re.compile(r"NVRM: Xid \(PCI:[^)]*\): (\d+),?\s*(.*)")


@dataclass(frozen=True)
class Xid:
    """One Xid line of the kernel log."""

    number: int
    text: str


def query(names: str) -> list[str] | None:
    """What nvidia-smi says of GPU 0, or None where it is not installed or fails. It changes nothing."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [program, "-i", "0", f"--query-gpu={names}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return None
    lines = done.stdout.strip().splitlines()
    return [field.strip() for field in lines[0].split(",")] if done.returncode == 0 and lines else None


def sm_clock_mhz() -> int | None:
    """The SM clock now, or None."""
    answer = query("clocks.sm")
    return int(answer[0]) if answer and answer[0].isdigit() else None


def used_vram_mib() -> int | None:
    """Video memory in use by everyone, in MiB, or None."""
    answer = query("memory.used")
    return int(answer[0]) if answer and answer[0].isdigit() else None


def name_and_driver() -> tuple[str, str]:
    """GPU name and kernel driver version, empty where unknown."""
    answer = query("name,driver_version")
    if answer and len(answer) == 2:
        return answer[0], answer[1]
    try:
        version = re.search(r"\b(\d{3}\.\d+\.\d+)\b", Path("/proc/driver/nvidia/version").read_text())
    except OSError:
        return "", ""
    return "", version.group(1) if version else ""


def parse_xids(lines: Iterable[str]) -> list[Xid]:
    """The Xid lines among lines of a kernel log."""
    found = (_XID.search(line) for line in lines)
    return [Xid(int(match.group(1)), match.group(2).strip()) for match in found if match]


def lines_after(last: str | None, lines: list[str]) -> list[str]:
    """The lines behind the newest one that equals `last`; all of them if it is not in the log (any more)."""
    for position in range(len(lines) - 1, -1, -1):
        if lines[position] == last:
            return lines[position + 1 :]
    return lines


class KernelLog:
    """What the kernel has logged since this object was made (or since the last `fresh`)."""

    def __init__(self) -> None:
        self._last: str | None = None
        self.readable = self._lines() is not None
        self.fresh()

    def fresh(self) -> list[str]:
        """Lines that are new since the last call; none where the log is not readable."""
        lines = self._lines() or []
        new = lines_after(self._last, lines)
        self._last = lines[-1] if lines else self._last
        return new

    def fresh_xids(self, settle_s: float = 0.3) -> list[Xid]:
        """New Xids; RM logs a little after it has told the channel."""
        time.sleep(settle_s)
        return parse_xids(self.fresh())

    @staticmethod
    def _lines() -> list[str] | None:
        program = shutil.which("dmesg")
        if program is not None:
            done = subprocess.run([program], capture_output=True, text=True, errors="replace", check=False)
            if done.returncode == 0:
                return done.stdout.splitlines()
        try:
            descriptor = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return None
        lines = []
        try:
            while True:
                try:
                    lines.append(os.read(descriptor, 8192).decode(errors="replace").rstrip())
                except BrokenPipeError:
                    continue
                except BlockingIOError:
                    return lines
                except OSError:
                    return lines or None
        finally:
            os.close(descriptor)


def gpu_descriptors(pid: int | str = "self") -> list[str]:
    """The /dev/nvidia* files that a process has open, one entry for each descriptor."""
    targets = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(link)
        except OSError:
            continue
        if target.startswith("/dev/nvidia"):
            targets.append(target)
    return sorted(targets)


def gpu_mappings(pid: int | str = "self") -> int:
    """How many mappings of /dev/nvidia* files a process has."""
    return sum("/dev/nvidia" in line for line in Path(f"/proc/{pid}/maps").read_text().splitlines())


def private_kib(pid: int | str = "self") -> int:
    """Host memory that a process alone holds: Private_Clean + Private_Dirty, in KiB."""
    total = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(("Private_Clean:", "Private_Dirty:")):
            total += int(line.split()[1])
    return total
