"""How to bind a GPU at every start of the machine: texts for udev, modprobe and the kernel, to be looked at.

Nothing is written: what lasts is the owner's to install, and to take away again.

Facts: man 7 udev (ATTR assignments, RUN), Linux Documentation/admin-guide/kernel-parameters.txt
(intel_iommu, iommu.passthrough), drivers/vfio/pci/vfio_pci.c (ids), man 5 modprobe.d (softdep),
man 5 limits.conf (memlock).
"""

from __future__ import annotations

from barewire.pci.plan import Plan
from barewire.pci.sysfs import NVIDIA, VFIO_PCI, Function, Sysfs, text_in
from barewire.tools.output import Report

RULES = "/etc/udev/rules.d/10-barewire-vfio.rules"
MODPROBE = "/etc/modprobe.d/barewire-vfio.conf"
LIMITS = "/etc/security/limits.d/barewire-vfio.conf"


def show(report: Report, plan: Plan, owner: str | None, sysfs: Sysfs) -> None:
    """All texts for a plan's functions."""
    functions = [each for each in plan.members if not each.is_bridge]
    table = report.table("lasting", "file", "line")
    for line in udev_rules(functions, owner):
        table.add(file=RULES, line=line)
    for line in modprobe_lines(functions, sysfs):
        table.add(file=MODPROBE, line=line)
    for line in limits(owner):
        table.add(file=LIMITS, line=line)
    table.add(file="kernel command line", line=kernel_command_line(functions, sysfs))
    report.note(
        "Nothing was written. The udev rule binds this address alone; vfio-pci.ids on the kernel's command"
    )
    report.note("line binds every device of that model, and earlier: choose one of both.")
    report.note(
        "iommu=pt leaves all other devices untranslated, which is faster; the IOMMU guards them without it."
    )
    report.note("If NVIDIA's driver is in the initramfs, the rule has to be there too (update-initramfs -u).")


def udev_rules(functions: list[Function], owner: str | None) -> list[str]:
    """Rules that let only vfio-pci have some addresses, and give its files to somebody."""
    rules = [
        f'ACTION=="add", SUBSYSTEM=="pci", KERNEL=="{each.address}", '
        f'ATTR{{vendor}}=="{each.vendor_id:#06x}", ATTR{{device}}=="{each.device_id:#06x}", '
        'ATTR{driver_override}="vfio-pci", '
        'RUN+="/sbin/modprobe vfio-pci"'
        for each in functions
    ]
    user, _, group = (owner or "").partition(":")
    said = [f'OWNER="{user}"'] if user else []
    said += [f'GROUP="{group}"'] if group else []
    if said:
        whose = ", ".join([*said, 'MODE="0660"'])
        rules += [f'SUBSYSTEM=="vfio", {whose}', f'SUBSYSTEM=="vfio-dev", {whose}']
        rules += [f'SUBSYSTEM=="misc", KERNEL=="iommu", {whose}']
    return rules


def modprobe_lines(functions: list[Function], sysfs: Sysfs) -> list[str]:
    """vfio-pci comes before the modules of the drivers that the functions have now."""
    modules = {sysfs.module_of(each.driver) for each in functions if each.driver not in (None, VFIO_PCI)}
    modules |= {"nvidia", "nouveau"} if any(each.vendor_id == NVIDIA for each in functions) else set()
    return [f"softdep {module} pre: vfio-pci" for module in sorted(modules)]


def limits(owner: str | None) -> list[str]:
    """Memory for DMA is locked memory, which users have little of."""
    user, _, group = (owner or "").partition(":")
    at, who = ("", user) if user else ("@", group)
    number = ":" if who.isdecimal() else ""  # a range of ids that is one id
    return [f"{at}{number}{who} - memlock unlimited"] if who else []


def kernel_command_line(functions: list[Function], sysfs: Sysfs) -> str:
    """Words for the kernel: the IOMMU on, and these models for vfio-pci."""
    models = ",".join(dict.fromkeys(each.id_text for each in functions))
    amd = "AuthenticAMD" in (text_in(sysfs.proc / "cpuinfo") or "")
    words = [] if amd else ["intel_iommu=on"]  # AMD's is on unless it is switched off
    return " ".join([*words, "iommu=pt", f"vfio-pci.ids={models}"])
