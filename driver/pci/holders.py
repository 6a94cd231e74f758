"""Who uses a PCI function: processes with its files open or mapped, a screen, a mounted disk, a network.

A driver lets go of a device when its last user is gone; taking it away before that waits, or breaks what
runs there. So they are looked for first, and named.

Facts: Linux Documentation/filesystems/proc.rst (fd, maps, comm, mounts' escapes), ABI/testing/sysfs-bus-pci
(boot_vga), sysfs-class-drm connectors (status, enabled), drivers/tty/vt (vtconsole), include/uapi/linux/if.h,
networking/operstates.rst (an interface whose driver tells no state is "unknown", and may be at work);
OGKM:kernel-open/nvidia/nv-procfs.c (Device Minor), nv-pci.c (what removal waits for).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from barewire.pci.sysfs import ADDRESS, Sysfs, link_name, names_in, number_in, text_in

COMM_LETTERS = 15  # as many of a program's name as the kernel keeps
PERSISTENCE = "nvidia-persistenced"
SERVICE = re.compile(r":/system\.slice/(?:[^/]+\.slice/)?([\w.@:-]+\.service)(?:/|$)")
DEEPEST = 12  # folders below a function; USB's hubs go deep
MOST_FOLDERS = 20_000

INTERFACE_UP = 1 << 0  # IFF_UP

PROCESS = "process"
DAEMON = "persistence daemon"
DISPLAY = "display"
CONSOLE = "console"
DISK = "disk"
NETWORK = "network"
AGREE_TO_DARK = "agree to a dark screen: --dark-screen"


@dataclass(frozen=True)
class Holder:
    """Somebody who uses a function.

    Attributes:
        kind: "process", "persistence daemon", "display", "console", "disk" or "network".
        address: of the function.
        what: one line for people: "python3 (pid 4711) has /dev/nvidia0 open".
        remedy: what ends the use.
        pid, name: of a process.
        files: the device files that it has open or mapped.
    """

    kind: str
    address: str
    what: str
    remedy: str
    pid: int | None = None
    name: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """Who was found, and how many processes could not be looked at: they belong to other users."""

    holders: tuple[Holder, ...]
    unseen_processes: int

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the processes."""
        return tuple(holder.pid for holder in self.holders if holder.pid is not None)


@dataclass(frozen=True)
class Below:
    """What a driver made of a function: device files, disks and network interfaces, by name."""

    files: tuple[str, ...]
    disks: tuple[str, ...]
    networks: tuple[str, ...]


def look_for_holders(sysfs: Sysfs, addresses: Iterable[str]) -> Look:
    """Everybody who uses any of some functions."""
    found: list[Holder] = []
    wanted: dict[str, str] = {}
    for address in addresses:
        below = what_is_below(sysfs, address)
        for path in device_files(sysfs, address, below):
            wanted.setdefault(str(path), address)
        found += _display(sysfs, address)
        found += _disks(sysfs, address, below.disks)
        found += _networks(sysfs, address, below.networks)
    processes, unseen = _processes(sysfs, wanted)
    return Look((*processes, *found), unseen)


def what_is_below(sysfs: Sysfs, address: str) -> Below:
    """What a function's driver made: found by the `uevent` files below the function's folder."""
    files, disks, networks = set(), set(), set()
    for folder in _folders(sysfs.folder(address).resolve()):
        kind, name = link_name(folder / "subsystem"), _device_name(folder)
        if kind == "net":
            networks.add(folder.name)
        if name is not None:
            files.add(name)
            if kind == "block":
                disks.add(name)
    return Below(tuple(sorted(files)), tuple(sorted(disks)), tuple(sorted(networks)))


def _folders(top: Path) -> Iterator[Path]:
    """Those below a function that are its own: not those of functions behind it."""
    for number, (place, names, _) in enumerate(os.walk(top)):
        if number > MOST_FOLDERS:
            return
        folder = Path(place)
        deep = len(folder.parts) - len(top.parts) >= DEEPEST
        names[:] = [] if deep else sorted(name for name in names if not ADDRESS.fullmatch(name))
        if folder != top:
            yield folder


def _device_name(folder: Path) -> str | None:
    """The name of a device's file below /dev; None if it has none."""
    for line in (text_in(folder / "uevent") or "").splitlines():
        key, _, value = line.partition("=")
        if key == "DEVNAME" and value and ".." not in value:
            return value.removeprefix("/dev/")
    return None


def device_files(sysfs: Sysfs, address: str, below: Below | None = None) -> tuple[Path, ...]:
    """The files by which programs use a function: NVIDIA's, those of DRM, sound, disks, and VFIO's."""
    below = what_is_below(sysfs, address) if below is None else below
    files = {sysfs.dev / name for name in below.files}
    files |= set(sysfs.vfio_files(address)) if sysfs.driver(address) == "vfio-pci" else set()
    if sysfs.driver(address) == "nvidia":
        minor = nvidia_minor(sysfs, address)
        names = [f"nvidia{minor}"] if minor is not None else names_in(sysfs.dev)
        files |= {sysfs.dev / name for name in names if re.fullmatch(r"nvidia\d+", name)}
    return tuple(sorted(files))


def nvidia_minor(sysfs: Sysfs, address: str) -> int | None:
    """The N of /dev/nvidiaN, as NVIDIA's driver tells it; None where it does not."""
    text = text_in(sysfs.proc / "driver/nvidia/gpus" / address / "information") or ""
    found = re.search(r"^Device Minor:\s*(\d+)\s*$", text, re.MULTILINE)
    return int(found.group(1)) if found else None


def _processes(sysfs: Sysfs, wanted: dict[str, str]) -> tuple[list[Holder], int]:
    """Every process with one of some files; how many may not be looked at."""
    if not wanted:
        return [], 0
    found, unseen = [], 0
    for pid in sorted(int(name) for name in names_in(sysfs.proc) if name.isdecimal()):
        folder = sysfs.proc / str(pid)
        try:
            numbers = os.listdir(folder / "fd")
        except PermissionError:
            unseen += 1
            continue
        except OSError:  # it ended meanwhile
            continue
        used = {path for number in numbers if (path := _wanted_path(_target(folder / "fd" / number), wanted))}
        used |= _mapped(folder, wanted)
        if used:
            found.append(_process(pid, folder, sorted(used), wanted))
    return found, unseen


def _target(link: Path) -> str:
    try:
        return os.readlink(link).removesuffix(" (deleted)")
    except OSError:
        return ""


def _wanted_path(target: str, wanted: dict[str, str]) -> str | None:
    """Which of the files a path is; one below another root ends like it."""
    if target in wanted:
        return target
    return next((path for path in wanted if target.endswith(path)), None) if "/dev/" in target else None


def _mapped(folder: Path, wanted: dict[str, str]) -> set[str]:
    lines = (text_in(folder / "maps") or "").splitlines()
    targets = {line.split(None, 5)[5].removesuffix(" (deleted)") for line in lines if "/dev/" in line}
    return {path for target in targets if (path := _wanted_path(target, wanted))}


def _process(pid: int, folder: Path, files: list[str], wanted: dict[str, str]) -> Holder:
    name = process_name(folder)
    daemon = name == PERSISTENCE
    service = PERSISTENCE if daemon else system_service(folder)
    stop = f"systemctl stop {service}" if service else f"kill {pid}"
    return Holder(
        kind=DAEMON if daemon else PROCESS,
        address=wanted[files[0]],
        what=f"{name} (pid {pid}) has {', '.join(files)} open",
        remedy=f"end it: `{stop}`",
        pid=pid,
        name=name,
        files=tuple(files),
    )


def system_service(folder: Path) -> str | None:
    """The service of the system that a process is of: it would only be started again if it were killed."""
    for line in (text_in(folder / "cgroup") or "").splitlines():
        found = SERVICE.search(line)
        if found:
            return found.group(1)
    return None


def process_name(folder: Path) -> str:
    """A program's name; from its command line where the kernel's copy is cut off."""
    comm = text_in(folder / "comm") or "?"
    if len(comm) < COMM_LETTERS:
        return comm
    first = (text_in(folder / "cmdline") or "").split("\0")[0].split(" ")[0]
    whole = os.path.basename(first)
    return whole if whole.startswith(comm) else comm


def _display(sysfs: Sysfs, address: str) -> Iterator[Holder]:
    folder = sysfs.folder(address)
    screens = [
        connector.name.partition("-")[2]
        for connector in sorted(folder.glob("drm/card*/card*-*"))
        if text_in(connector / "status") == "connected" and text_in(connector / "enabled") == "enabled"
    ]
    if screens:
        yield Holder(
            DISPLAY,
            address,
            f"it drives the screen at {', '.join(screens)}",
            f"end the desktop (`systemctl isolate multi-user.target`), or {AGREE_TO_DARK}",
        )
    if text_in(folder / "boot_vga") == "1":
        yield Holder(
            DISPLAY,
            address,
            "the firmware started with its screen (boot_vga)",
            f"choose another GPU as the first one in the firmware, or {AGREE_TO_DARK}",
        )
    for frame_buffer in _consoles(sysfs, folder.resolve()):
        yield Holder(
            CONSOLE,
            address,
            f"the text console is on its frame buffer {frame_buffer}",
            AGREE_TO_DARK,
        )


def _consoles(sysfs: Sysfs, folder: Path) -> Iterator[str]:
    """Frame buffers of a function, if text consoles are on frame buffers."""
    consoles = (sysfs.root / "class/vtconsole").glob("vtcon*")
    if not any("frame buffer" in (text_in(c / "name") or "") and number_in(c / "bind") for c in consoles):
        return
    for frame_buffer in sorted((sysfs.root / "class/graphics").glob("fb[0-9]*")):
        device = (frame_buffer / "device").resolve()
        if device == folder or folder in device.parents:
            yield frame_buffer.name


def _disks(sysfs: Sysfs, address: str, disks: tuple[str, ...]) -> Iterator[Holder]:
    """Disks that are mounted, swapped to, or part of another disk."""
    lines = (text_in(sysfs.proc / "mounts") or "").splitlines()
    mounted = {words[0]: unescaped(words[1]) for line in lines if len(words := line.split()) > 1}
    swaps = {line.split()[0] for line in (text_in(sysfs.proc / "swaps") or "").splitlines() if line.split()}
    for disk in disks:
        path = str(sysfs.dev / disk)
        if path in mounted:
            yield Holder(
                DISK, address, f"{path} is mounted at {mounted[path]}", f"`umount {quote(mounted[path])}`"
            )
        if path in swaps:
            yield Holder(DISK, address, f"{path} is swapped to", f"`swapoff {path}`")
        for above in names_in(sysfs.root / "class/block" / disk / "holders"):
            yield Holder(DISK, address, f"{path} is part of {above}", f"stop {above} (`dmsetup`, `mdadm`)")


def unescaped(text: str) -> str:
    """A path of /proc/mounts, where spaces and the like are octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), text)


def _networks(sysfs: Sysfs, address: str, names: tuple[str, ...]) -> Iterator[Holder]:
    for name in names:
        state = text_in(sysfs.root / "class/net" / name / "operstate")
        flags = number_in(sysfs.root / "class/net" / name / "flags") or 0
        if state == "up" or (state == "unknown" and flags & INTERFACE_UP):
            yield Holder(
                NETWORK, address, f"the network interface {name} is up", f"`ip link set {name} down`"
            )


def nvidia_modeset(sysfs: Sysfs) -> bool:
    """Whether nvidia-drm was loaded with modeset: then it is a user itself of every GPU that NVIDIA's has."""
    return text_in(sysfs.root / "module/nvidia_drm/parameters/modeset") == "Y"
