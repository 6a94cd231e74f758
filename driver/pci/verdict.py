"""Where a GPU stands between its driver and vfio-pci, in one word, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from barewire.errors import BarewireError
from barewire.pci.bind import Binder
from barewire.pci.holders import look_for_holders
from barewire.pci.plan import HARMLESS_DRIVERS, IN_USE, NOT_READY, REVIEW, Plan, does_not_answer
from barewire.pci.state import Record
from barewire.pci.sysfs import VFIO_PCI, Function


class Verdict(Enum):
    """Where a GPU stands."""

    READY_TO_BIND = "ready to bind"
    REVIEW = "review required"  # the user has to agree to something
    IN_USE = "in use"  # somebody has to let go first
    NOT_READY = "not ready"  # the machine has to be prepared first
    BOUND = "bound"  # by barewire: it can be opened, and restored
    OPEN = "open"  # bound, and somebody has it open by VFIO
    EXTERNAL = "externally managed"  # bound by somebody else, who also has to unbind it
    RESTORE = "restore required"  # a bind or a restore was cut off

    @property
    def good(self) -> bool:
        """Whether nothing stands against what a user may want next."""
        return self in (Verdict.READY_TO_BIND, Verdict.BOUND, Verdict.OPEN, Verdict.EXTERNAL)


@dataclass(frozen=True)
class Situation:
    """A GPU's verdict.

    Attributes:
        function: the GPU.
        verdict: where it stands.
        reasons: why, a sentence each.
        next_action: what to do.
        plan: what binding it would do.
        record: what a bind of barewire's left to restore; None without.
    """

    function: Function
    verdict: Verdict
    reasons: tuple[str, ...]
    next_action: str
    plan: Plan
    record: Record | None


def judge(binder: Binder, address: str) -> Situation:
    """Where a GPU stands. Nothing is changed.

    Raises:
        NoDevice: there is no such function.
        UsageError: it is no GPU.
        FormatError, PermissionMissing: a state file cannot be used.
    """
    plan = binder.plan(address)
    function = plan.function
    record = binder.states.find(function.address)
    if record is not None and _cut_off(binder, record):
        worker = binder.states.worker()
        if worker is not None:
            who = f"process {worker}" if worker else "another process"
            reasons = (f"{who} is binding or restoring a GPU at this moment",)
            return Situation(function, Verdict.IN_USE, reasons, "wait until it is done", plan, record)
        return Situation(
            function,
            Verdict.RESTORE,
            (f"process {record.pid} began to bind it at {record.time_utc}, and did not finish or undo it",),
            f"`barewire unbind {record.address}`",
            plan,
            record,
        )
    if function.driver == VFIO_PCI:
        return _of_vfio(binder, plan, record)
    return _to_bind(plan)


def _cut_off(binder: Binder, record: Record) -> bool:
    return any(binder.sysfs.driver(each) != VFIO_PCI for each in record.addresses)


def _of_vfio(binder: Binder, plan: Plan, record: Record | None) -> Situation:
    function = plan.function
    unfit = [each for each in plan.members if each.driver is not None and each.driver not in HARMLESS_DRIVERS]
    dead = does_not_answer(binder.sysfs, function.address)
    if dead is not None:
        return Situation(function, Verdict.NOT_READY, (dead.message,), dead.hint, plan, record)
    if unfit:
        listed = ", ".join(f"{each.address} ({each.driver})" for each in unfit)
        reason = f"VFIO does not open group {function.iommu_group} while other drivers have {listed}"
        left = _to_bind(plan)
        return replace(left, reasons=(reason, *left.reasons), record=record)
    users = [each for each in look_for_holders(binder.sysfs, [function.address]).holders if each.pid]
    if users:
        reasons = tuple(each.what for each in users)
        return Situation(function, Verdict.OPEN, reasons, "none: it is at work", plan, record)
    if record is None:
        return Situation(
            function,
            Verdict.EXTERNAL,
            ("vfio-pci has it, and barewire has no record of how it was before",),
            f"{how_to_open(plan)}; whoever bound it gives it back (driverctl, libvirt, the command line)",
            plan,
            None,
        )
    was = ", ".join(f"{each.address} from {each.driver or 'no driver'}" for each in record.functions)
    return Situation(
        function,
        Verdict.BOUND,
        (f"since {record.time_utc}: {was}",),
        f"{how_to_open(plan)}; later `barewire unbind {record.address}`",
        plan,
        record,
    )


def _to_bind(plan: Plan) -> Situation:
    reasons = tuple(each.message for each in plan.obstacles)
    kinds = {each.kind for each in plan.obstacles}
    verdict = Verdict.READY_TO_BIND
    next_action = f"`{command(plan)}`"
    if kinds & {NOT_READY, IN_USE}:
        verdict = Verdict.NOT_READY if NOT_READY in kinds else Verdict.IN_USE
        first = next(each for each in plan.obstacles if each.kind in (NOT_READY, IN_USE))
        next_action = first.hint
    elif kinds:
        verdict = Verdict.REVIEW
        next_action = f"if you agree: `{command(plan)}`"
    return Situation(plan.function, verdict, reasons, next_action, plan, None)


def how_to_open(plan: Plan) -> str:
    """What opens a GPU that vfio-pci has."""
    device = f"vfio:{plan.function.address}"
    if plan.group is None or plan.group.no_iommu:
        return f'DMA unprotected: `barewire.open("{device}", unsafe_no_iommu=True)`'
    return f"`barewire demo --device {device}`"


def command(plan: Plan) -> str:
    """The command line that binds, with what has to be agreed to."""
    words = ["barewire bind", plan.function.address]
    others = [each.address for each in plan.taken if each.address != plan.function.address]
    words += [f"--with {each}" for each in others]
    if any(not each.facts.get("members") and each.kind == REVIEW for each in plan.obstacles):
        words.append("--dark-screen")
    return " ".join(words)


def situations(binder: Binder) -> tuple[Situation | tuple[Function, BarewireError], ...]:
    """Every GPU's; where that cannot be found out, the GPU with the error."""
    found: list[Situation | tuple[Function, BarewireError]] = []
    for gpu in binder.sysfs.gpus():
        try:
            found.append(judge(binder, gpu.address))
        except BarewireError as error:
            found.append((gpu, error))
    return tuple(found)
