"""Virtual machines for tests: a payload runs in a guest whose PCI devices are vfio-user servers out here.

`run` starts QEMU with one of the kernels that scripts/vm-setup fetched, and gives back what the payload
printed. The guest's memory is shared, so that a device reaches it. With an IOMMU in front, the guest's kernel
maps what the device may reach, one message to the server for each range.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.vm import guest
from tests.vm.archive import Archive

CACHE = "BAREWIRE_VM_CACHE"
ACCELERATOR = "BAREWIRE_VM_ACCELERATOR"
IOMMU = "intel-iommu,intremap=on,caching-mode=on,device-iotlb=off,aw-bits=48"
TCG = "tcg,thread=multi"
TIMEOUT_S = 240.0
RESULT = "result: "
# no_timer_check: whether the timer interrupts is tried for so short a time that a busy machine's guest fails.
COMMAND_LINE = "console=ttyS0 panic=-1 loglevel=5 intel_iommu=on no_timer_check"
KVM = Path("/dev/kvm")
OWN_CONFIG = Path(__file__).resolve().parents[2] / "scripts" / "vm-kernel.config"


class NotHere(Exception):
    """This machine cannot run the guest, and why."""


@dataclass(frozen=True)
class Result:
    """What a guest did.

    Attributes:
        output: what the payload printed, and programs that it started.
        console: the kernel's console, and at the end all of its messages.
        code: the payload's exit code; None if the guest ended before the payload did.
        seconds: from QEMU's start to its end.
        crashed: the signal that ended QEMU, which nobody sent; None if it ended as it should, or was ended.
    """

    output: str
    console: str
    code: int | None
    seconds: float
    crashed: int | None = None

    def results(self) -> list[dict[str, Any]]:
        """What the payload reported with `payload.report`, in order."""
        lines = self.output.splitlines()
        return [json.loads(line[len(RESULT) :]) for line in lines if line.startswith(RESULT)]


def cache() -> Path:
    """The folder that scripts/vm-setup fills."""
    named = os.environ.get(CACHE)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else home / "barewire" / "vm"


def missing(kernel: str = "stable") -> str | None:
    """Why no guest with this kernel can run here, in one sentence; None when one can."""
    if os.uname().machine != "x86_64":
        return "the guests are PCs: this machine is none"
    if not (cache() / "qemu").exists() or not (cache() / "accelerator").exists():
        return "no virtual machine is set up here: scripts/vm-setup does it"
    if not (cache() / "kernels" / kernel / "vmlinuz").exists():
        how = "scripts/vm-kernel builds it" if kernel == "own" else "scripts/vm-setup fetches it"
        return f"there is no kernel {kernel!r} for guests here: {how}"
    if kernel == "own" and not _same(cache() / "kernels" / kernel / "config", OWN_CONFIG):
        return "the own kernel here is of an older configuration: scripts/vm-kernel builds it anew"
    if shutil.which("ldd") is None:
        return "no ldd here to find the libraries that a guest's Python needs"
    return None


def release_of(kernel: str) -> str:
    """The version of a guest kernel, as `uname -r` says it there."""
    return (cache() / "kernels" / kernel / "release").read_text().strip()


def run(
    payload: str | Path,
    *,
    kernel: str = "stable",
    modules: Sequence[str] = ("vfio",),
    devices: Sequence[Path | str] = (),
    files: Mapping[str, Path | bytes] | None = None,
    iommu: bool = True,
    memory: str = "1G",
    processors: int = 1,
    arguments: str = "",
    device_options: Mapping[str, Any] | None = None,
    words: Sequence[str] = (),
    timeout_s: float = TIMEOUT_S,
) -> Result:
    """Run a Python program in a guest.

    Args:
        payload: its text, or where it lies.
        kernel: a folder of the cache's kernels/.
        modules: sets of modules that are loaded before: files beside the kernel; those there are.
        devices: sockets of vfio-user servers: each is a PCI device behind a root port of its own.
        files: what else the guest has, by its path there: a file or a folder of this machine, or bytes.
        iommu: whether an IOMMU stands before the devices.
        memory: of the guest, as QEMU takes it.
        processors: of the guest.
        arguments: more for the kernel's command line.
        device_options: more properties of each vfio-user-pci device.
        words: more for QEMU's command line, such as devices of its own; the ports are "port0", "port1", ...
        timeout_s: after which QEMU is ended; the result's code is None then.

    Raises:
        NotHere: see `missing`.
    """
    why = missing(kernel)
    if why is not None:
        raise NotHere(why)
    folder = Path(tempfile.mkdtemp(prefix="barewire-vm."))
    try:
        _write_initrd(folder / "initrd", payload, kernel, modules, files or {})
        command = [str(cache() / "qemu"), *_machine(memory, processors, iommu)]
        for number, socket in enumerate(devices):
            command += _device(number, socket, device_options or {})
        command += words
        append = f"{COMMAND_LINE} {arguments}".strip()
        command += ["-kernel", str(cache() / "kernels" / kernel / "vmlinuz")]
        command += ["-initrd", str(folder / "initrd"), "-append", append]
        command += ["-serial", f"file:{folder / 'console'}", "-serial", f"file:{folder / 'output'}"]
        return _run(command, folder, timeout_s)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def accelerator() -> str:
    """What QEMU runs the guest's instructions with: as set up, but for a KVM that is out of reach by now."""
    found = os.environ.get(ACCELERATOR) or (cache() / "accelerator").read_text().strip()
    if found == "kvm" and not os.access(KVM, os.R_OK | os.W_OK):
        return TCG
    return found


def ended_with_this_thread(name: str, command: list[str]) -> list[str]:
    """The command, so that it gets a signal once the thread that starts it is gone, however that went."""
    setpriv = shutil.which("setpriv")
    return command if setpriv is None else [setpriv, "--pdeathsig", name, "--", *command]


def _machine(memory: str, processors: int, iommu: bool) -> list[str]:
    how = accelerator()
    words = ["-accel", how, "-cpu", "host" if how == "kvm" else "max", "-smp", str(processors), "-m", memory]
    words += ["-object", f"memory-backend-memfd,id=ram,size={memory},share=on"]
    words += ["-machine", "q35,memory-backend=ram", "-nodefaults", "-no-user-config", "-no-reboot"]
    words += ["-display", "none", "-vga", "none", "-monitor", "none"]
    words += ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"]  # slots by PCI Express itself
    return [*words, "-device", IOMMU] if iommu else words


def _device(number: int, socket: Path | str, options: Mapping[str, Any]) -> list[str]:
    port = f"port{number}"
    server = {"type": "unix", "path": str(socket)}
    device = {"driver": "vfio-user-pci", "bus": port, "socket": server, **options}
    root = f"pcie-root-port,id={port},chassis={number + 1},slot={number + 1}"
    return ["-device", root, "-device", json.dumps(device)]


def _run(command: list[str], folder: Path, timeout_s: float) -> Result:
    """Run QEMU to its end, or till the time is over."""
    began = time.monotonic()
    with (folder / "qemu").open("wb") as said:
        process = subprocess.Popen(
            ended_with_this_thread("KILL", command),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=folder,
        )
        crashed = None
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout_s)
                crashed = -code if code < 0 else None
        finally:
            process.kill()
            process.wait()
    seconds = time.monotonic() - began
    texts = {name: _text(folder / name) for name in ("output", "console", "qemu")}
    ended = re.search(rf"^{re.escape(guest.END)} (\d+)$", texts["output"], re.MULTILINE)
    output = texts["output"][: ended.start()] if ended else texts["output"]
    if texts["qemu"].strip():
        texts["console"] += f"\nQEMU: {texts['qemu'].strip()}"
    return Result(output, texts["console"], int(ended.group(1)) if ended else None, seconds, crashed)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and one.read_bytes() == other.read_bytes()


def _text(path: Path) -> str:
    return path.read_text(errors="replace").replace("\r", "") if path.exists() else ""


def _write_initrd(
    path: Path, payload: str | Path, kernel: str, modules: Sequence[str], files: Mapping[str, Path | bytes]
) -> None:
    home = cache() / "kernels" / kernel
    kept = cache() / "guest"
    with path.open("wb") as file:
        for part in (guest.python_archive, guest.project_archive):
            with part(kept) as source:
                shutil.copyfileobj(source, file, 1 << 22)
        archive = Archive(file)
        guest.add_shell(archive, cache() / "tools" / "usr" / "bin" / "busybox")
        archive.add_bytes("/init", guest.init_script(), executable=True)
        archive.add_bytes("/modules/wanted", "\n".join(modules).encode())
        for each in modules:
            if (home / each).exists():
                archive.add_file(f"/modules/{each}", home / each)
                for name in (home / each).read_text().split():
                    archive.add_file(f"/modules/{name}.ko", home / "modules" / f"{name}.ko")
        text = payload.read_text() if isinstance(payload, Path) else payload
        archive.add_bytes("/payload/main.py", text.encode())
        archive.add_file("/payload/payload.py", Path(__file__).with_name("payload.py"))
        for place, content in files.items():
            if isinstance(content, bytes):
                archive.add_bytes(place, content)
            elif content.is_dir():
                archive.add_tree(place, content)
            else:
                archive.add_file(place, content)
        archive.close()
