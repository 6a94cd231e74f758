"""`barewire status`: where each GPU stands between its driver and vfio-pci, and what to do next."""

from __future__ import annotations

import argparse

from barewire.pci import ids
from barewire.pci.sysfs import Sysfs
from barewire.pci.verdict import Situation, judge, situations
from barewire.tools import binding
from barewire.tools.exits import Exit
from barewire.tools.output import Report, print_report

SUMMARY = "say for each GPU whether vfio-pci has it or could have it, who uses it, and what to do next"
CODES = (Exit.OK, Exit.FINDING, Exit.NOT_READY, Exit.INPUT)
EXAMPLES = "barewire status\nbarewire status 0000:01:00.0\nbarewire status --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One GPU in detail, or all in short."""
    binding.add_address(parser)


def run(args: argparse.Namespace) -> Exit:
    """Look; FINDING if something stands against binding a GPU, NOT_READY if there is none."""
    binder = binding.make_binder()
    report = Report()
    address = binding.named(args)
    if address is not None:
        situation = judge(binder, address)
        _in_detail(report, situation, binder.sysfs)
        print_report(report, as_json=args.json)
        return Exit.OK if situation.verdict.good else Exit.FINDING
    found = situations(binder)
    table = report.table("gpus", "address", "id", "what", "driver", "iommu_group", "verdict", "next_action")
    good, unseen = True, 0
    for each in found:
        if isinstance(each, Situation):
            gpu, verdict, action = each.function, each.verdict.value, each.next_action
            good = good and each.verdict.good
            unseen = max(unseen, each.plan.look.unseen_processes)
        else:
            gpu, error = each
            verdict, action, good = "unknown", f"{error.message}. {error.hint or ''}".strip(), False
        table.add(
            address=gpu.address, id=gpu.id_text, what=binding.what_it_is(gpu), driver=gpu.driver,
            iommu_group=gpu.iommu_group, verdict=verdict, next_action=action,
        )  # fmt: skip
    if not found:
        report.note("There is no NVIDIA GPU on the PCI bus.")
        print_report(report, as_json=args.json)
        return Exit.NOT_READY
    binding.note_unseen(report, unseen)
    print_report(report, as_json=args.json)
    return Exit.OK if good else Exit.FINDING


def _in_detail(report: Report, situation: Situation, sysfs: Sysfs) -> None:
    gpu, plan = situation.function, situation.plan
    report.fact("address", gpu.address)
    report.fact("id", gpu.id_text)
    report.fact("what", binding.what_it_is(gpu))
    report.fact("class", ids.class_name(gpu.class_code))
    report.fact("driver", gpu.driver)
    report.fact("driver_override", gpu.driver_override)
    report.fact("iommu_group", gpu.iommu_group)
    report.fact("iommu_kind", plan.group.kind if plan.group else None)
    report.fact("dma_protected", plan.group is not None and not plan.group.no_iommu)
    report.fact("vfio_files", [str(path) for path in sysfs.vfio_files(gpu.address)])
    report.fact("numa_node", gpu.numa_node)
    report.fact("power_state", gpu.power_state)
    report.fact("runtime_status", gpu.runtime_status)
    report.fact("reset_methods", list(gpu.reset_methods))
    bars = report.table("bars", "bar", "bus_address", "size_bytes", "kind")
    for bar in sysfs.bars(gpu.address):
        kind = "ports" if bar.is_io else "memory, prefetchable" if bar.prefetchable else "memory"
        bars.add(bar=bar.index, bus_address=f"{bar.bus_address:#x}", size_bytes=bar.size_bytes, kind=kind)
    binding.add_members(report, plan)
    binding.add_holders(report, plan, sysfs)
    binding.add_obstacles(report, plan.obstacles)
    report.fact("verdict", situation.verdict.value)
    report.fact("why", list(situation.reasons))
    report.fact("next_action", situation.next_action)
