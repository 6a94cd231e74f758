"""What binding does, step by step, as data: it can be shown before it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from barewire.pci.sysfs import Sysfs


@dataclass(frozen=True)
class Timeouts:
    """After how many seconds a write is given up.

    Attributes:
        unbind: a driver's farewell. NVIDIA's takes up to several seconds on a GPU with much memory.
        bind: a driver's probe, which boots the GPU with some.
        override: a line of text; it waits only where something else is stuck.
        settle: what appears in sysfs and /dev once a driver is bound; udev may be slow.
        load: of a module.
        turn: of another process that binds or restores.
    """

    unbind: float = 30.0
    bind: float = 120.0
    override: float = 5.0
    settle: float = 5.0
    load: float = 30.0
    turn: float = 30.0


@dataclass(frozen=True)
class Write:
    """A text that is written to a file of sysfs.

    Attributes:
        why: what it does, for people.
        timeout_s: after how long it is given up.
        address: of the function whose driver is looked at before and after; None if it is of no function.
        before, after: that driver.
    """

    path: Path
    text: str
    why: str
    timeout_s: float
    address: str | None = None
    before: str | None = None
    after: str | None = None

    @property
    def command(self) -> str:
        """The same for a shell."""
        return f"echo {self.text.strip()} > {self.path}".replace("echo  >", "echo >")


@dataclass(frozen=True)
class Give:
    """The files by which VFIO offers a function, given to somebody.

    Attributes:
        uid, gid: whom; -1 leaves it as it is.
        path: one file; None for those that the function has once it is bound.
    """

    address: str
    uid: int
    gid: int
    path: Path | None = None
    why: str = "VFIO's files get their owner"

    @property
    def whom(self) -> str:
        """As chown takes it."""
        user = str(self.uid) if self.uid >= 0 else ""
        return f"{user}:{self.gid}" if self.gid >= 0 else user

    @property
    def command(self) -> str:
        """The same for a shell."""
        return f"chown {self.whom} {self.path or f'(the files of {self.address} in /dev/vfio)'}"


@dataclass(frozen=True)
class LoadModule:
    """A kernel module that is loaded. It stays: others may use it by the time of restoring."""

    module: str
    timeout_s: float
    why: str = "the driver is loaded"

    @property
    def command(self) -> str:
        """The same for a shell."""
        return f"modprobe {self.module}"


Step: TypeAlias = Write | Give | LoadModule


def override_write(
    sysfs: Sysfs, address: str, override: str | None, driver: str | None, timeouts: Timeouts
) -> Write:
    """Which driver alone may bind, while `driver` has the function."""
    why = f"only {override} may bind" if override else "any driver may bind"
    path = sysfs.folder(address) / "driver_override"
    return Write(path, override or "\n", why, timeouts.override, address, driver, driver)


def power_write(sysfs: Sysfs, address: str, control: str, driver: str | None, timeouts: Timeouts) -> Write:
    """Whether a function may sleep while nobody uses it, while `driver` has it."""
    path = sysfs.folder(address) / "power/control"
    return Write(
        path, control, "its power management is as it was", timeouts.override, address, driver, driver
    )


def unbind_write(sysfs: Sysfs, address: str, driver: str, timeouts: Timeouts) -> Write:
    """A driver lets go."""
    path = sysfs.driver_folder(driver) / "unbind"
    return Write(path, address, f"{driver} lets go", timeouts.unbind, address, driver, None)


def bind_write(sysfs: Sysfs, address: str, driver: str, timeouts: Timeouts) -> Write:
    """A driver takes a function that has none. Its probe's errno is the write's."""
    path = sysfs.driver_folder(driver) / "bind"
    return Write(path, address, f"{driver} takes it", timeouts.bind, address, None, driver)


def steps_to(sysfs: Sysfs, address: str, now: str | None, wanted: str, timeouts: Timeouts) -> Iterator[Write]:
    """From one driver to another. The override comes first, so that no third one takes the function."""
    yield override_write(sysfs, address, wanted, now, timeouts)
    if now is not None:
        yield unbind_write(sysfs, address, now, timeouts)
    yield bind_write(sysfs, address, wanted, timeouts)
