"""A machine as a folder: /sys, /dev and /proc as far as binding looks at them, and a kernel behind them.

The tree has the links that sysfs has. The kernel reacts to writes. It is strict: it refuses what a real one
refuses, with its errno, and can be told to fail or to be interrupted at any write, before or after it took
effect.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

H100 = "0000:01:00.0"
AUDIO = "0000:01:00.1"
PORT = "0000:00:01.0"
VFIO_DRIVERS = ("vfio-pci",)
BARS = (
    "0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200",
    "0x0000004000000000 0x0000005fffffffff 0x000000000014220c",
    "0x0000000000000000 0x0000000000000000 0x0000000000000000",
    "0x0000006000000000 0x0000006001ffffff 0x000000000014220c",
    "0x0000000000000000 0x0000000000000000 0x0000000000000000",
    "0x000000000000f000 0x000000000000f07f 0x0000000000040101",
    "0x00000000f7000000 0x00000000f707ffff 0x0000000000046200",
)


def no_such_device() -> OSError:
    return OSError(errno.ENODEV, os.strerror(errno.ENODEV))


@dataclass
class FakeKernel:
    """What writes do. A `Writer` for bind, without a child.

    Attributes:
        writes: (path below the root, text) of every write that was asked for.
        before: called with the number of a write before it happens; may raise.
        after: called once it has happened; may raise.
        probe_errors: errno of a driver's probe, by driver.
        lazy: drivers whose binding succeeds by the errno but not in fact.
    """

    machine: FakeMachine
    writes: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[int], None] = lambda number: None
    after: Callable[[int], None] = lambda number: None
    probe_errors: dict[str, int] = field(default_factory=dict)
    lazy: set[str] = field(default_factory=set)
    settled: int = 0

    def write(
        self, path: Path, text: str, timeout_s: float, stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._note(path, text, lambda: self._react(path, text.strip()))

    def chown(self, path: Path, uid: int, gid: int) -> None:
        self._note(path, f"{uid}:{gid}", lambda: self._own(path, uid, gid))

    def load_module(self, module: str, timeout_s: float, stop: Callable[[], bool] = lambda: False) -> None:
        self._note(self.machine.sys / "module", module, self.machine.add_vfio)

    def settle(self, timeout_s: float) -> None:
        self.settled += 1

    def _note(self, path: Path, text: str, act: Callable[[], None]) -> None:
        number = len(self.writes)
        self.writes.append((str(path.relative_to(self.machine.root)), text))
        self.before(number)
        act()
        self.after(number)

    def _own(self, path: Path, uid: int, gid: int) -> None:
        said = path.stat()
        before = self.machine.owners.get(path, (said.st_uid, said.st_gid))
        self.machine.owners[path] = tuple(n if n >= 0 else b for n, b in zip((uid, gid), before, strict=True))

    def _react(self, path: Path, said: str) -> None:
        if not path.exists():
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        if path.name == "driver_override":
            path.write_text(f"{said or '(null)'}\n")
        elif path.name in ("enable_unsafe_noiommu_mode", "control"):
            path.write_text(f"{said}\n")
        elif path.name == "unbind":
            if self.machine.driver(said) != path.parent.name:
                raise no_such_device()
            self.machine.take_driver(said)
        elif path.name == "bind":
            self._bind(path.parent.name, said)
        else:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def _bind(self, driver: str, address: str) -> None:
        machine = self.machine
        override = (machine.function(address) / "driver_override").read_text().strip()
        allowed = override == driver if override != "(null)" else address in machine.drivers[driver]
        if not machine.function(address).exists() or not allowed:
            raise no_such_device()
        if machine.driver(address) is not None:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        if driver in self.probe_errors:
            raise OSError(self.probe_errors[driver], os.strerror(self.probe_errors[driver]))
        if driver in VFIO_DRIVERS and machine.group_of(address) is None and not machine.unsafe:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if driver not in self.lazy:
            machine.give_driver(address, driver)


class FakeMachine:
    """A tree below a folder, with an H100 in a group of its own unless told otherwise."""

    def __init__(self, root: Path, cdev: bool = True) -> None:
        self.root = root
        self.cdev = cdev
        self.sys, self.dev, self.proc = root / "sys", root / "dev", root / "proc"
        self.drivers: dict[str, set[str]] = {}
        self.owners: dict[Path, tuple[int, ...]] = {}  # of files that were given to somebody
        self.kernel = FakeKernel(self)
        for folder in (
            "sys/bus/pci/devices",
            "sys/bus/pci/drivers",
            "sys/kernel/iommu_groups",
            "sys/module",
            "run",
        ):
            (root / folder).mkdir(parents=True)
        (self.dev / "vfio").mkdir(parents=True)
        self.put("dev/vfio/vfio", "")
        self.put("proc/sys/kernel/random/boot_id", "b3c8f4f0-0000-4000-8000-000000000001\n")
        self.put("proc/mounts", "")

    def put(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def function(self, address: str) -> Path:
        """The folder of a function, without links."""
        return (self.sys / "bus/pci/devices" / address).resolve()

    def add_driver(self, name: str) -> None:
        folder = self.sys / "bus/pci/drivers" / name
        folder.mkdir(parents=True, exist_ok=True)
        for each in ("bind", "unbind", "new_id"):
            (folder / each).write_text("")
        (self.sys / "module" / name.replace("-", "_")).mkdir(exist_ok=True)
        self.drivers[name] = set()

    def add_vfio(self) -> None:
        self.add_driver("vfio-pci")
        self.put("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n")

    @property
    def unsafe(self) -> bool:
        path = self.sys / "module/vfio/parameters/enable_unsafe_noiommu_mode"
        return path.exists() and path.read_text().strip() == "Y"

    def add_function(
        self,
        address: str = H100,
        device_id: int = 0x2330,
        *,
        vendor_id: int = 0x10DE,
        class_code: int = 0x030200,
        driver: str | None = None,
        group: int | None = 12,
        below: str = PORT,
        files: dict[str, str] | None = None,
    ) -> Path:
        """A function below a port; the driver claims its ids."""
        place = self.sys / "devices/pci0000:00"
        folder = place / address if address == below or not below else place / below / address
        folder.mkdir(parents=True)
        values = {
            "vendor": f"{vendor_id:#06x}",
            "device": f"{device_id:#06x}",
            "subsystem_vendor": f"{vendor_id:#06x}",
            "subsystem_device": "0x16c1",
            "class": f"{class_code:#08x}",
            "revision": "0xa1",
            "driver_override": "(null)",
            "numa_node": "0",
            "power_state": "D0",
            "power/runtime_status": "active",
            "power/control": "on",
            "reset_method": "flr bus",
            "resource": "\n".join(BARS),
            **(files or {}),
        }
        for name, text in values.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text + "\n")
        self._link(self.sys / "bus/pci/devices" / address, folder)
        if group is not None:
            members = self.sys / f"kernel/iommu_groups/{group}/devices"
            members.mkdir(parents=True, exist_ok=True)
            (members.parent / "type").write_text("DMA-FQ\n")
            self._link(members / address, folder)
            self._link(folder / "iommu_group", members.parent)
        if driver is not None:
            if driver not in self.drivers:
                self.add_driver(driver)
            self.drivers[driver].add(address)
            self.give_driver(address, driver)
        return folder

    def _link(self, at: Path, to: Path) -> None:
        at.symlink_to(os.path.relpath(to, at.parent))

    def driver(self, address: str) -> str | None:
        link = self.function(address) / "driver"
        return os.path.basename(os.readlink(link)) if link.is_symlink() else None

    def group_of(self, address: str) -> int | None:
        link = self.function(address) / "iommu_group"
        return int(os.path.basename(os.readlink(link))) if link.is_symlink() else None

    def give_driver(self, address: str, driver: str) -> None:
        folder, home = self.function(address), self.sys / "bus/pci/drivers" / driver
        self._link(folder / "driver", home)
        self._link(home / address, folder)
        if driver not in VFIO_DRIVERS:
            return
        self._let_sleep(address, "auto")
        if self.cdev:
            number = len(list(self.sys.rglob("vfio-dev/vfio*")))
            (folder / "vfio-dev" / f"vfio{number}").mkdir(parents=True)
            self.put(f"dev/vfio/devices/vfio{number}", "").chmod(0o600)
        group = self.group_of(address)
        if group is None:
            group = len(os.listdir(self.sys / "kernel/iommu_groups"))
            self._make_up_group(address, group)
        name = f"noiommu-{group}" if self._made_up(group) else str(group)
        if not (self.dev / "vfio" / name).exists():
            self.put(f"dev/vfio/{name}", "").chmod(0o600)

    def _let_sleep(self, address: str, control: str) -> None:
        path = self.function(address) / "power/control"
        if path.exists():
            path.write_text(f"{control}\n")

    def _made_up(self, group: int) -> bool:
        return (self.sys / f"kernel/iommu_groups/{group}/name").exists()

    def _make_up_group(self, address: str, group: int) -> None:
        folder = self.sys / f"kernel/iommu_groups/{group}"
        (folder / "devices").mkdir(parents=True)
        (folder / "name").write_text("vfio-noiommu\n")
        self._link(folder / "devices" / address, self.function(address))
        self._link(self.function(address) / "iommu_group", folder)

    def take_driver(self, address: str) -> None:
        folder, driver = self.function(address), self.driver(address)
        assert driver is not None
        (folder / "driver").unlink()
        (self.sys / "bus/pci/drivers" / driver / address).unlink()
        if driver in VFIO_DRIVERS:
            self._let_sleep(address, "on")
            self._take_vfio_files(address)

    def _take_vfio_files(self, address: str) -> None:
        folder, group = self.function(address), self.group_of(address)
        for cdev in (folder / "vfio-dev").glob("vfio*"):
            (self.dev / "vfio/devices" / cdev.name).unlink(missing_ok=True)
            cdev.rmdir()
        if (folder / "vfio-dev").exists():
            (folder / "vfio-dev").rmdir()
        devices = self.dev / "vfio/devices"
        if devices.exists() and not any(devices.iterdir()):
            devices.rmdir()
        self.owners = {path: owner for path, owner in self.owners.items() if path.exists()}
        assert group is not None
        members = os.listdir(self.sys / f"kernel/iommu_groups/{group}/devices")
        if any(self.driver(each) in VFIO_DRIVERS for each in members):
            return
        if self._made_up(group):
            (self.dev / f"vfio/noiommu-{group}").unlink()
            (folder / "iommu_group").unlink()
            made_up = self.sys / f"kernel/iommu_groups/{group}"
            (made_up / "devices" / address).unlink()
            (made_up / "devices").rmdir()
            (made_up / "name").unlink()
            made_up.rmdir()
        else:
            (self.dev / f"vfio/{group}").unlink(missing_ok=True)

    def add_process(
        self, pid: int, name: str, opens: tuple[str, ...] = (), maps: tuple[str, ...] = ()
    ) -> None:
        """A process with device files, named as below /dev, open or mapped."""
        folder = self.proc / str(pid)
        (folder / "fd").mkdir(parents=True)
        (folder / "comm").write_text(name[:15] + "\n")
        (folder / "cmdline").write_bytes(f"/usr/bin/{name}\0--flag\0".encode())
        for number, node in enumerate(opens):
            (folder / "fd" / str(3 + number)).symlink_to(self.dev / node)
        lines = [
            f"7f00000{n}0000-7f00000{n}1000 rw-s 00000000 00:05 9 {self.dev / m}" for n, m in enumerate(maps)
        ]
        (folder / "maps").write_text("\n".join(lines) + "\n")

    def picture(self) -> dict[str, tuple[str, int, int, int, bytes]]:
        """Everything below the root: kind, mode, owner, group, content."""
        seen = {}
        for path in sorted(self.root.rglob("*")):
            said = path.lstat()
            if path.is_symlink():
                kind, content = "link", os.readlink(path).encode()
            elif stat.S_ISREG(said.st_mode):
                kind, content = "file", path.read_bytes()
            else:
                kind, content = "folder", b""
            uid, gid = self.owners.get(path, (said.st_uid, said.st_gid))
            seen[str(path.relative_to(self.root))] = (kind, stat.S_IMODE(said.st_mode), uid, gid, content)
        return seen


def h100_machine(root: Path, *, sibling: bool = False, cdev: bool = True) -> FakeMachine:
    """An H100 that NVIDIA's driver has, and vfio-pci loaded; with `sibling` a sound function in its group."""
    machine = FakeMachine(root, cdev)
    machine.add_vfio()
    machine.add_function(PORT, 0x1901, vendor_id=0x8086, class_code=0x060400, driver="pcieport", group=11)
    machine.add_function(H100, driver="nvidia")
    if sibling:
        machine.add_function(AUDIO, 0x22BA, class_code=0x040300, driver="snd_hda_intel")
    return machine
