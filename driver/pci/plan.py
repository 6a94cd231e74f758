"""What giving a GPU to vfio-pci would do, and what stands against it. Nothing is written here.

Found before anything is changed: who uses the device, what else is in its IOMMU group, whether there is an
IOMMU at all. What may be done all the same is the caller's to decide: `Agreed` says it.

Facts: Linux Documentation/driver-api/vfio.rst (groups, viability), drivers/vfio/vfio_main.c
(enable_unsafe_noiommu_mode), Documentation/PCI/pci-iov-howto.rst (sriov_numvfs).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from barewire.errors import BarewireError, BindRefused, DeviceBusy, UsageError
from barewire.pci.holders import CONSOLE, DISPLAY, Holder, Look, look_for_holders
from barewire.pci.state import OwnerWas, Record, States, Was, new_record, not_restored
from barewire.pci.steps import Give, LoadModule, Step, Timeouts, Write, steps_to
from barewire.pci.sysfs import (
    NOIOMMU_PARAMETER,
    VFIO_PCI,
    Function,
    Group,
    Sysfs,
    check_is_gpu,
    text_in,
)

# A group can be used while these have its other functions: they do no DMA, or only for VFIO's users.
HARMLESS_DRIVERS = (VFIO_PCI, "pci-stub", "pcieport")
NO_ANSWER = b"\xff\xff"
IOMMU_REMEDY = (
    "switch VT-d or AMD-Vi on in the firmware; Intel's also needs intel_iommu=on on the kernel's command line"
)
LOAD_REMEDY = "`modprobe vfio-pci`, or agree that `barewire bind` loads it: --load-module"
NO_SUCH_MODE = "It takes a kernel with CONFIG_VFIO_NOIOMMU, or an IOMMU."


@dataclass(frozen=True)
class Agreed:
    """What may be done; nothing that anybody could be surprised by, unless it is said here.

    Attributes:
        members: other functions of the group that may be taken from their drivers.
        whole_group: all of them may be.
        dark_screen: a screen, or the text console, may go dark.
        dma_unprotected: without an IOMMU: the device may then read and write all memory of this machine.
        load_module: vfio-pci may be loaded.
        uid, gid: who the device's files are given to; -1 leaves them as they are.
    """

    members: frozenset[str] = frozenset()
    whole_group: bool = False
    dark_screen: bool = False
    dma_unprotected: bool = False
    load_module: bool = False
    uid: int = -1
    gid: int = -1

    @property
    def owner(self) -> bool:
        """Whether files are given to anybody."""
        return self.uid >= 0 or self.gid >= 0


NOTHING = Agreed()

# What kind of thing stands against it.
NOT_READY = "not ready"  # the machine has to be prepared
IN_USE = "in use"  # somebody has to let go
REVIEW = "review"  # the user has to agree


@dataclass(frozen=True)
class Obstacle:
    """Something that stands against binding.

    Attributes:
        kind: "not ready", "in use" or "review".
        message: what it is.
        hint: what ends it.
        facts: for the error.
    """

    kind: str
    message: str
    hint: str
    facts: dict[str, Any] = field(default_factory=dict)

    def error(self) -> BarewireError:
        """The error that refuses because of it."""
        made = DeviceBusy if self.kind == IN_USE else BindRefused
        return made(self.message, hint=self.hint, **self.facts)


@dataclass(frozen=True)
class Plan:
    """What binding a function would do.

    Attributes:
        function: the one that was asked for.
        group: its IOMMU group; None without an IOMMU.
        members: all functions of the group.
        taken: those that would be bound, in that order; empty if all are where they should be.
        obstacles: what stands against it.
        steps: what would be done.
        record: what would be kept of how it was.
        look: who uses the functions.
    """

    function: Function
    group: Group | None
    members: tuple[Function, ...]
    taken: tuple[Function, ...]
    obstacles: tuple[Obstacle, ...]
    steps: tuple[Step, ...]
    record: Record
    look: Look

    def check(self) -> None:
        """Refuse if anything stands against it.

        Raises:
            BindRefused, DeviceBusy: the first obstacle; the others are in `others`.
        """
        if self.obstacles:
            error = self.obstacles[0].error()
            if len(self.obstacles) > 1:
                error.facts["others"] = "; ".join(each.message for each in self.obstacles[1:])
            raise error


class Planner:
    """Plans what binding would do.

    Args:
        sysfs: the machine.
        states: its state files.
        timeouts: of the writes that are planned.
    """

    def __init__(self, sysfs: Sysfs, states: States, timeouts: Timeouts) -> None:
        self.sysfs = sysfs
        self.states = states
        self.timeouts = timeouts

    def plan(self, address: str, agreed: Agreed = NOTHING) -> Plan:
        """What binding a GPU would do, and what stands against it. Nothing is changed.

        Raises:
            NoDevice: there is no such function.
            UsageError: it is none that is bound; or a member that is agreed to is not in the group.
        """
        function = self.sysfs.function(address)
        check_is_gpu(function)
        group = None if function.iommu_group is None else self.sysfs.group(function.iommu_group)
        members = (function,) if group is None else tuple(self.sysfs.function(each) for each in group.members)
        self._check_members(function, members, agreed)
        taken = self._taken(function, members)
        look = look_for_holders(self.sysfs, (each.address for each in taken))
        record = self._record(function, taken, agreed)
        obstacles = (
            *self._not_ready(function, group, members, taken, agreed),
            *self._in_use(taken, look, agreed),
            *self._to_review(function, taken, look, agreed),
        )
        steps = tuple(self._steps(function, taken, agreed))
        return Plan(function, group, members, taken, obstacles, steps, record, look)

    def _check_members(self, function: Function, members: tuple[Function, ...], agreed: Agreed) -> None:
        strangers = agreed.members - {each.address for each in members}
        if strangers:
            raise UsageError(
                f"{', '.join(sorted(strangers))} is not in the IOMMU group of {function.address}",
                hint="The members are: " + ", ".join(each.address for each in members),
            )

    def _taken(self, function: Function, members: tuple[Function, ...]) -> tuple[Function, ...]:
        """The functions that have to be bound: the one that is asked for first; no bridges."""
        asked = () if function.driver == VFIO_PCI else (function,)
        others = (each for each in members if each.address != function.address and not each.is_bridge)
        return (*asked, *(each for each in others if each.driver not in HARMLESS_DRIVERS))

    def _record(self, function: Function, taken: tuple[Function, ...], agreed: Agreed) -> Record:
        owners = []
        if agreed.owner and function.iommu_group is not None:
            path = self.sysfs.group_file(function.iommu_group)
            if path.exists():
                said = path.stat()
                owners.append(OwnerWas(str(path), said.st_uid, said.st_gid))
        unsafe = None
        if self._wants_unsafe(function, agreed):
            unsafe = self._unsafe_was()
        was = tuple(
            Was(
                each.address,
                each.id_text,
                each.driver,
                each.driver_override,
                self.sysfs.power_control(each.address),
            )
            for each in taken
        )
        return new_record(self.sysfs, function.address, was, tuple(owners), unsafe)

    def _unsafe_was(self) -> str:
        """VFIO's mode without an IOMMU before any function was bound by it; off if VFIO is not loaded yet."""
        records, _ = self.states.look()
        kept = (each.unsafe_no_iommu for each in records if each.unsafe_no_iommu)
        return next(kept, None) or text_in(self.sysfs.root / NOIOMMU_PARAMETER) or "N"

    def _wants_unsafe(self, function: Function, agreed: Agreed) -> bool:
        return function.iommu_group is None and agreed.dma_unprotected

    def _not_ready(
        self,
        function: Function,
        group: Group | None,
        members: tuple[Function, ...],
        taken: tuple[Function, ...],
        agreed: Agreed,
    ) -> list[Obstacle]:
        found = []
        address = function.address
        record = self.states.find(address)
        if record is not None and taken:
            kept = not_restored(address, record)
            found.append(Obstacle(NOT_READY, kept.message, kept.hint or "", kept.facts))
        dead = does_not_answer(self.sysfs, address)
        if dead is not None:
            found.append(dead)
        if group is None and not agreed.dma_unprotected:
            found.append(self._no_iommu(address))
        elif self._wants_unsafe(function, agreed) and self._has_no_unsafe_mode():
            found.append(Obstacle(NOT_READY, "this kernel's VFIO has no mode without an IOMMU", NO_SUCH_MODE))
        if not self.sysfs.driver_folder(VFIO_PCI).is_dir() and not agreed.load_module:
            found.append(
                Obstacle(
                    NOT_READY,
                    "vfio-pci is not loaded",
                    f"{LOAD_REMEDY}.",
                )
            )
        found += [
            Obstacle(
                NOT_READY,
                f"{each.address}, a bridge of the same IOMMU group, is bound to {each.driver}",
                "VFIO uses no group with it. A slot with a group of its own helps.",
            )
            for each in members
            if each.is_bridge and each.driver is not None and each.driver not in HARMLESS_DRIVERS
        ]
        return found

    def _has_no_unsafe_mode(self) -> bool:
        """Whether VFIO is there, and without it; a kernel whose VFIO is not loaded yet does not tell."""
        if self.sysfs.module_loaded("vfio"):
            return text_in(self.sysfs.root / NOIOMMU_PARAMETER) is None
        return self.sysfs.driver_folder(VFIO_PCI).is_dir()

    def _no_iommu(self, address: str) -> Obstacle:
        if self.sysfs.has_iommu():
            message = f"{address} is in no IOMMU group, although this machine has an IOMMU that is on"
        else:
            message = f"{address} is in no IOMMU group: this machine's IOMMU is off, or it has none"
        return Obstacle(
            NOT_READY,
            message,
            f"{sentence(IOMMU_REMEDY)} Without an IOMMU nothing keeps the device from any memory: "
            "DMA unprotected; who accepts that says so: --dma-unprotected.",
            {"address": address},
        )

    def _in_use(self, taken: tuple[Function, ...], look: Look, agreed: Agreed) -> list[Obstacle]:
        found = [
            Obstacle(
                IN_USE,
                f"{each.address} has {each.virtual_functions} virtual functions (SR-IOV) on",
                f"Switch them off: `echo 0 > {self.sysfs.folder(each.address)}/sriov_numvfs`.",
                {"address": each.address},
            )
            for each in taken
            if each.virtual_functions
        ]
        found += [held(holder) for holder in look.holders if holder.kind not in (DISPLAY, CONSOLE)]
        return found

    def _to_review(
        self, function: Function, taken: tuple[Function, ...], look: Look, agreed: Agreed
    ) -> list[Obstacle]:
        found = []
        others = [each for each in taken if each.address != function.address]
        asked = [each for each in others if each.address not in agreed.members]
        if asked and not agreed.whole_group:
            listed = ", ".join(f"{each.address} ({each.driver or 'no driver'})" for each in asked)
            flags = " ".join(f"--with {each.address}" for each in asked)
            found.append(
                Obstacle(
                    REVIEW,
                    f"IOMMU group {function.iommu_group} has other functions that have to go along: {listed}",
                    f"Agree to each ({flags}), or to the whole group (--whole-group).",
                    {"group": function.iommu_group, "members": tuple(each.address for each in asked)},
                )
            )
        if not agreed.dark_screen:
            found += [
                Obstacle(
                    REVIEW,
                    f"{holder.address}: {holder.what}",
                    sentence(holder.remedy),
                    {"address": holder.address},
                )
                for holder in look.holders
                if holder.kind in (DISPLAY, CONSOLE)
            ]
        return found

    def _steps(self, function: Function, taken: tuple[Function, ...], agreed: Agreed) -> list[Step]:
        steps: list[Step] = []
        if not taken:
            return steps
        if not self.sysfs.driver_folder(VFIO_PCI).is_dir():
            steps.append(LoadModule(VFIO_PCI, self.timeouts.load))
        if self._wants_unsafe(function, agreed):
            steps.append(
                Write(
                    self.sysfs.root / NOIOMMU_PARAMETER,
                    "Y",
                    "VFIO takes devices without an IOMMU: DMA unprotected",
                    self.timeouts.override,
                )
            )
        for each in taken:
            steps += steps_to(self.sysfs, each.address, each.driver, VFIO_PCI, self.timeouts)
        if agreed.owner:
            steps.append(Give(function.address, agreed.uid, agreed.gid))
        return steps


def does_not_answer(sysfs: Sysfs, address: str) -> Obstacle | None:
    """Whether a function's configuration space reads as ones; None where it does not, or cannot be read."""
    try:
        with (sysfs.folder(address) / "config").open("rb", buffering=0) as file:
            said = file.read(len(NO_ANSWER))
    except OSError:
        return None
    if said != NO_ANSWER:
        return None
    return Obstacle(
        NOT_READY,
        f"{address} does not answer: its configuration space reads as ones",
        "It fell off the bus, or sleeps in D3cold. A restart of the machine helps for certain.",
        {"address": address},
    )


def held(holder: Holder) -> Obstacle:
    facts: dict[str, Any] = {"address": holder.address}
    if holder.pid is not None:
        facts["pid"] = holder.pid
    return Obstacle(IN_USE, f"{holder.address} is in use: {holder.what}", sentence(holder.remedy), facts)


def sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
