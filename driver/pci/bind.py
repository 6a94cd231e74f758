"""Giving a GPU to vfio-pci, and putting everything back.

What a plan says is done step by step, each checked before and after. What was there is kept in a state file
before the first write. When a write fails, takes too long, or somebody interrupts, everything that was begun
is put back at once; what cannot be is named, and the state file stays for the next attempt. No function is
ever removed from the bus. One process at a time binds or restores.

Facts: Linux Documentation/ABI/testing/sysfs-bus-pci (bind, unbind, driver_override), drivers/base/bus.c (a
failed probe's errno comes back from `bind`), drivers/vfio/pci/vfio_pci_core.c (pm_runtime_allow when it takes
a function, pm_runtime_forbid when it lets go).
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from barewire.errors import (
    BarewireError,
    BindRefused,
    DeviceBusy,
    DeviceLost,
    NoDevice,
    PollTimeout,
    RestoreIncomplete,
    SetupError,
    TransportError,
)
from barewire.pci.holders import look_for_holders
from barewire.pci.plan import NO_SUCH_MODE, NOTHING, Agreed, Plan, Planner, held
from barewire.pci.state import Record, States, Was
from barewire.pci.steps import (
    Give,
    LoadModule,
    Step,
    Timeouts,
    Write,
    bind_write,
    override_write,
    power_write,
    unbind_write,
)
from barewire.pci.sysfs import NOIOMMU_PARAMETER, VFIO_PCI, Sysfs, text_in
from barewire.pci.writing import Latch, PatientWriter, Writer, never, refused
from barewire.poll import poll


class Binder:
    """Binds functions of a machine to vfio-pci, and restores them.

    Args:
        sysfs: the machine.
        writer: who writes; a child for each write if not given.
        states: the state files; below /run if not given.
        timeouts: of the writes.
    """

    def __init__(
        self,
        sysfs: Sysfs | None = None,
        writer: Writer | None = None,
        states: States | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.sysfs = sysfs or Sysfs()
        self.writer: Writer = writer or PatientWriter()
        self.states = states or States(self.sysfs)
        self.timeouts = timeouts or Timeouts()

    def plan(self, address: str, agreed: Agreed = NOTHING) -> Plan:
        """See `Planner.plan`."""
        return Planner(self.sysfs, self.states, self.timeouts).plan(address, agreed)

    # Binding

    def bind(self, plan: Plan, progress: Callable[[Step], None] = lambda step: None) -> Record | None:
        """Do what was planned; when anything goes wrong, put everything back.

        After SIGINT, SIGTERM or SIGHUP everything is put back too; only then they are delivered.

        Args:
            plan: of `plan`.
            progress: called with each step before it is done.

        Returns:
            The record that the state file holds; None if there was nothing to do.

        Raises:
            BindRefused, DeviceBusy: something stands against it, or changed meanwhile.
            PermissionMissing: only root may.
            TransportError, PollTimeout: the kernel refused a write, or did not end it in time.
            RestoreIncomplete: that happened, and not everything could be put back.
        """
        plan.check()
        if not plan.steps:
            return None
        begun: list[Step] = []
        with Latch() as latch, self.states.turn(self.timeouts.turn, latch.pending):
            self.states.begin(plan.record)
            try:
                for step in plan.steps:
                    _check(latch)
                    progress(step)
                    self._check_unchanged(step)
                    begun.append(step)
                    self._do(step, latch.pending)
                _check(latch)
            except BaseException as failure:
                self._roll_back(_changed(plan.record, begun), failure, latch)
                raise
        return plan.record

    def _roll_back(self, record: Record, failure: BaseException, latch: Latch) -> None:
        """Put everything back.

        Raises:
            RestoreIncomplete: not everything could be.
        """
        problems = self._put_back(record)
        stuck = isinstance(failure, PollTimeout) and "pid" in failure.facts  # it may still take effect
        if not problems and not stuck:
            try:
                self.states.end(record)
            except SetupError as error:
                problems = [error]
        if problems or stuck:
            latch.forget()
            raise _incomplete(record, failure, problems) from failure

    def _do(self, step: Step, stop: Callable[[], bool] = never) -> None:
        """One step, checked before and after.

        Raises:
            see `bind`.
        """
        if isinstance(step, Give):
            self._give(step)
        elif isinstance(step, LoadModule):
            self.writer.load_module(step.module, step.timeout_s, stop)
        else:
            self._write(step, stop)

    def _check_unchanged(self, step: Step) -> None:
        """Refuse a write to a function that is not as it was planned any more.

        Raises:
            DeviceBusy: another driver has it.
            DeviceLost: it left the bus.
        """
        if not isinstance(step, Write) or step.address is None:
            return
        if not self.sysfs.exists(step.address):
            raise DeviceLost(
                f"{step.address} left the bus meanwhile",
                hint="`dmesg | tail` may say why.",
                address=step.address,
            )
        now = self.sysfs.driver(step.address)
        if now != step.before:
            raise DeviceBusy(
                f"the driver of {step.address} changed meanwhile: it is {now or 'none'}, not "
                f"{step.before or 'none'}",
                hint="Somebody else binds it too: udev, driverctl, or another program.",
                address=step.address,
            )

    def _write(self, step: Write, stop: Callable[[], bool]) -> None:
        try:
            self.writer.write(step.path, step.text, step.timeout_s, stop)
        except BarewireError:  # a time-out is an OSError too
            raise
        except OSError as error:
            raise refused(error, f"`{step.command}` failed", _why_refused(step, error)) from error
        if step.address is not None:
            self._wait_for_driver(step, step.address, step.after or "none")

    def _wait_for_driver(self, step: Write, address: str, wanted: str) -> None:
        def driver() -> str:
            return self.sysfs.driver(address) or "none"

        def is_wanted(now: str) -> bool:
            return now == wanted

        poll(
            driver,
            is_wanted,
            timeout_s=self.timeouts.settle,
            why=f"after `{step.command}` the driver of {address} is not {wanted}",
            what="driver",
            hint="`dmesg | tail` may say why.",
            expected=wanted,
        )

    def _give(self, step: Give) -> None:
        """Give the files that VFIO made to somebody, once udev has them."""
        poll(
            lambda: self.sysfs.vfio_files(step.address),
            bool,
            timeout_s=self.timeouts.settle,
            why=f"{step.address} is bound to vfio-pci, but {self.sysfs.dev / 'vfio'} has no file of it",
            hint="In a container: pass /dev/vfio on. Else udev does not run.",
        )
        self.writer.settle(self.timeouts.settle)
        for path in self.sysfs.vfio_files(step.address):
            try:
                self.writer.chown(path, step.uid, step.gid)
            except OSError as error:
                raise refused(error, f"`chown {step.whom} {path}` failed") from error

    # Restoring

    def check_restore(self, record: Record) -> None:
        """Refuse where restoring would wait for somebody, or has no driver to go back to.

        Raises:
            DeviceBusy: somebody has the device open by VFIO.
            BindRefused: the driver that had it is not loaded.
        """
        bound = [each for each in record.addresses if self.sysfs.driver(each) == VFIO_PCI]
        holders = look_for_holders(self.sysfs, bound).holders
        processes = [holder for holder in holders if holder.pid is not None]
        if processes:
            raise held(processes[0]).error()
        for was in record.functions:
            driver = was.driver
            if driver is None or not self.sysfs.exists(was.address):
                continue
            if self.sysfs.driver(was.address) != driver and not self.sysfs.driver_folder(driver).is_dir():
                raise BindRefused(
                    f"{driver}, which {was.address} goes back to, is not loaded",
                    hint=f"`modprobe {driver}`, then again.",
                    address=was.address,
                )

    def restore_steps(self, record: Record) -> tuple[Step, ...]:
        """What would put back what a bind changed, as things are now."""
        steps: list[Step] = []
        for was in reversed(record.functions):
            with contextlib.suppress(NoDevice):  # it leaves while it is looked at
                steps += self._steps_for(was)
        steps += [
            Give(record.address, each.uid, each.gid, Path(each.path))
            for each in record.owners
            if Path(each.path).exists()
        ]
        path = self.sysfs.root / NOIOMMU_PARAMETER
        unsafe = record.unsafe_no_iommu
        if unsafe is not None and text_in(path) not in (None, unsafe) and not self._is_shared(record):
            why = "VFIO's mode without an IOMMU is as it was"
            steps.append(Write(path, unsafe, why, self.timeouts.override))
        return tuple(steps)

    def _is_shared(self, record: Record) -> bool:
        """Whether another function needs VFIO's mode without an IOMMU still; the last one puts it back."""
        records, _ = self.states.look()
        return any(each.unsafe_no_iommu and each.address != record.address for each in records)

    def _steps_for(self, was: Was) -> list[Step]:
        if self._changed_hands(was) is None and self.sysfs.exists(was.address):
            return self._steps_back(was)
        if not self._override_is_ours(was):
            return []
        now = self.sysfs.driver(was.address)
        return [override_write(self.sysfs, was.address, was.driver_override, now, self.timeouts)]

    def _steps_back(self, was: Was) -> list[Step]:
        """To the driver and the override that a function had; they need not fit each other."""
        sysfs, address, now = self.sysfs, was.address, self.sysfs.driver(was.address)
        steps: list[Step] = []
        # vfio-pci lets a function sleep, and forbids it when it lets go.
        changed = now == VFIO_PCI or sysfs.power_control(address) != was.power_control
        if now is not None and now != was.driver:
            steps.append(unbind_write(sysfs, address, now, self.timeouts))
            now = None
        override = sysfs.driver_override(address)
        if now is None and was.driver is not None:
            allowed = was.driver_override if was.driver_override in (None, was.driver) else was.driver
            if override != allowed:
                steps.append(override_write(sysfs, address, allowed, now, self.timeouts))
            steps.append(bind_write(sysfs, address, was.driver, self.timeouts))
            override, now = allowed, was.driver
        if override != was.driver_override:
            steps.append(override_write(sysfs, address, was.driver_override, now, self.timeouts))
        if was.power_control is not None and changed:
            steps.append(power_write(sysfs, address, was.power_control, now, self.timeouts))
        return steps

    def _override_is_ours(self, was: Was) -> bool:
        """Whether a function of whose driver somebody else decides still has the override that we wrote."""
        if not self.sysfs.exists(was.address) or self.sysfs.function(was.address).id_text != was.id_text:
            return False
        return self.sysfs.driver_override(was.address) == VFIO_PCI != was.driver_override

    def _changed_hands(self, was: Was) -> str | None:
        """Why a function is not ours to restore any more."""
        if not self.sysfs.exists(was.address):
            return None
        now = self.sysfs.function(was.address)
        if now.id_text != was.id_text:
            return f"{was.address} is another card now ({now.id_text}, was {was.id_text})"
        if now.driver not in (None, VFIO_PCI, was.driver):
            return f"{was.address} was bound to {now.driver} by somebody else"
        return None

    def restore(
        self, record: Record, progress: Callable[[Step], None] = lambda step: None
    ) -> tuple[str, ...]:
        """Put back what a bind changed, and take the state file away.

        Signals wait until it is done; each write has its deadline.

        Returns:
            What could not be restored because it is gone or not ours any more, a sentence each.

        Raises:
            DeviceBusy, BindRefused: see `check_restore`; nothing was changed.
            RestoreIncomplete: something could not be put back. The state file stays; again restores the rest.
        """
        with Latch() as latch, self.states.turn(self.timeouts.turn, latch.pending, needed=False):
            self._check_current(record)
            self.check_restore(record)
            notes = tuple(self._notes(record))
            problems = self._put_back(record, progress)
            if not problems:
                try:
                    self.states.end(record)
                except SetupError as error:
                    problems = [error]
            if problems:
                latch.forget()
                raise _incomplete(record, None, problems)
        return notes

    def _check_current(self, record: Record) -> None:
        """Refuse a record whose function was restored, and bound anew, since it was read.

        Raises:
            DeviceBusy: it was.
        """
        there = self.states.find(record.address)
        if there is not None and there != record:
            raise DeviceBusy(
                f"{record.address} was restored meanwhile, and bound anew by process {there.pid}",
                hint="`barewire status` says how it is now.",
                address=record.address,
            )

    def _notes(self, record: Record) -> Iterator[str]:
        """What of a record cannot be restored, a sentence each."""
        for was in record.functions:
            if not self.sysfs.exists(was.address):
                yield f"{was.address} is not there any more"
                continue
            with contextlib.suppress(NoDevice):
                note = self._changed_hands(was)
                if note is not None:
                    yield note

    def _put_back(
        self, record: Record, progress: Callable[[Step], None] = lambda step: None
    ) -> list[BarewireError]:
        """As far as can be, function by function: one that fails does not keep the others from it."""
        problems: list[BarewireError] = []
        hopeless: set[str] = set()
        for step in self.restore_steps(record):
            address = step.address if isinstance(step, Write) else None
            if address in hopeless:
                continue
            with contextlib.suppress(Exception):  # such as a terminal that is gone: restoring goes on
                progress(step)
            try:
                self._check_unchanged(step)
                if isinstance(step, Give) and step.path is not None:
                    self.writer.chown(step.path, step.uid, step.gid)
                else:
                    self._do(step)
            except (BarewireError, OSError) as error:
                if address is not None:
                    hopeless.add(address)
                    if not self.sysfs.exists(address):  # it left the bus: nothing of it is left to restore
                        continue
                problems.append(
                    error if isinstance(error, BarewireError) else refused(error, f"`{step.command}` failed")
                )
        return problems


def _changed(record: Record, begun: list[Step]) -> Record:
    """What a record says of that alone which was begun: the rest was not touched, whoever has it now."""
    writes = [step for step in begun if isinstance(step, Write)]
    addresses = {step.address for step in writes}
    return replace(
        record,
        functions=tuple(was for was in record.functions if was.address in addresses),
        owners=record.owners if any(isinstance(step, Give) for step in begun) else (),
        unsafe_no_iommu=record.unsafe_no_iommu if None in addresses else None,
    )


def _check(latch: Latch) -> None:
    """Stop here if a signal came.

    Raises:
        TransportError: seen only where the program's own handler of the signal returns.
    """
    if latch.pending():
        raise TransportError("binding was interrupted", signal=latch.came[0])


def _incomplete(
    record: Record, failure: BaseException | None, problems: list[BarewireError]
) -> RestoreIncomplete:
    """The error where something is left to restore: what failed first, and what failed on the way back."""
    told = [failure] if isinstance(failure, BarewireError) else []
    said = [each.message for each in told] if told or failure is None else [f"{type(failure).__name__}"]
    if problems:
        said.append("not everything could be put back: " + "; ".join(each.message for each in problems))
    else:
        said.append("all else is as it was")
    hints = [each.hint for each in (*told, *problems) if each.hint]
    facts = {"pid": told[0].facts["pid"]} if told and "pid" in told[0].facts else {}
    return RestoreIncomplete(
        "; ".join(said),
        hint=" ".join(
            [*dict.fromkeys(hints), f"Then `barewire unbind {record.address}` restores what is left."]
        ),
        address=record.address,
        **facts,
    )


REFUSALS = {
    (
        VFIO_PCI,
        errno.EINVAL,
    ): "vfio-pci takes no function without an IOMMU group: is the IOMMU on? `dmesg | tail` says more.",
    (VFIO_PCI, errno.ENODEV): "vfio-pci does not accept it: `dmesg | tail` says why.",
    (VFIO_PCI, errno.EBUSY): "Another driver has it, or its resources: `dmesg | tail` says which.",
    (
        None,
        errno.ENODEV,
    ): "The driver does not take it any more, or lost it meanwhile: `barewire status` says.",
}


def _why_refused(step: Write, error: OSError) -> str | None:
    if error.errno is None:
        return None
    if step.path.name == Path(NOIOMMU_PARAMETER).name:
        return NO_SUCH_MODE
    return REFUSALS.get((step.after, error.errno)) or REFUSALS.get((None, error.errno))
